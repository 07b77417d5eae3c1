/**
 * Posts that are to be sent at a time. One transaction makes a draft a mail in the queue and ends the draft: killed at any
 * line, it is one or the other. Whether its author may still post is asked again; the pipeline judges it like any other.
 */
import * as archive from "../archive/archive.ts";
import { isPassing, type Pool, type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as drafts from "../drafts/drafts.ts";
import { type Clock, MINUTE } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { unpack } from "../kit/zstd.ts";
import { en } from "../language/language.ts";
import { summarise } from "../mail/summary.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";

export type Scheduled = { pool: Pool; domain: string; url: string; clock: Clock; log: Log };

const LATER = 10 * MINUTE;
const LARGEST = 256 * 1024 * 1024;

/** Sends what is due, one by one; answers how many drafts were dealt with. */
export async function sendScheduled(means: Scheduled): Promise<number> {
  let done = 0;
  for (; done < 1000; done += 1) if (!(await sendNext(means))) break;
  return done;
}

async function sendNext({ pool, log, ...writer }: Scheduled): Promise<boolean> {
  let draft: drafts.Draft | undefined;
  try {
    return await transact(pool, async (sql) => {
      draft = await drafts.takeDue(sql, writer.clock.now());
      if (!draft) return false;
      await sendOne(sql, writer, draft);
      return true;
    });
  } catch (error) {
    if (isPassing(error) || draft === undefined) throw error;
    const isLater = await drafts.postpone(pool, draft, new Date(writer.clock.now().getTime() + LATER));
    if (isLater)
      log.error({ draft: draft.id, err: reasonOf(error) }, "a scheduled post could not be sent: tried again later");
    return true;
  }
}

async function sendOne(sql: Sql, { domain, url, clock }: Omit<Scheduled, "pool" | "log">, draft: drafts.Draft) {
  const now = clock.now();
  const [group] = await directory.groupsById(sql, [draft.groupId]);
  const member = group && (await directory.membershipOf(sql, group.id, draft.address));
  const answered = await answeredBy(sql, draft);
  const problem = problemOf(group, member, draft, answered);
  if (!group || problem !== undefined) {
    await drafts.notSent(sql, draft, problem ?? "", now);
    if (!group) return;
    const about = { messageId: null, subject: draft.subject };
    const letter = notices.notSentLetter({ domain, url, clock }, { to: draft.address, group, about }, problem ?? "");
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
    return;
  }
  const files = await drafts.contentsOf(sql, { groupId: draft.groupId, draftId: draft.id });
  await queue.put(sql, [await drafts.mailOf({ draft, files, group, parent: answered?.parent, domain, now })]);
  await drafts.sent(sql, draft);
}

/** Why it can't be sent, in a sentence; undefined when it can. */
function problemOf(
  group: directory.Group | undefined,
  member: directory.Membership | undefined,
  draft: drafts.Draft,
  answered: Answered | undefined,
): string | undefined {
  if (!group) return en`The group is gone.`;
  const against = directory.againstPosting(group, member);
  if (against !== undefined) return against;
  if (draft.answers !== null && !answered) return en`The post that it answers is gone.`;
  if (answered?.isLocked) return en`The topic was locked meanwhile and takes no more replies.`;
  return undefined;
}

type Answered = { parent: { messageId: string; references: string[] }; isLocked: boolean };

async function answeredBy(sql: Sql, { groupId, answers }: drafts.Draft): Promise<Answered | undefined> {
  const post = answers === null ? undefined : await archive.postNumbered(sql, groupId, answers);
  const packed = post && (await archive.rawPost(sql, groupId, post.id));
  if (!packed) return undefined;
  const { references } = summarise(await unpack(packed, post.size, LARGEST), post.receivedAt);
  const topic = await archive.topic(sql, groupId, post.topicId);
  return { parent: { messageId: post.messageId, references }, isLocked: Boolean(topic?.lockedAt) };
}
