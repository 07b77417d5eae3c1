/**
 * A post written on the web, by a page or through the API: who may write, what can be sent, and its way into the queue.
 *
 * What is sent here takes the way of every mail: into the queue, through the pipeline. The draft carries the id the mail
 * will have, so that sending it twice, or again after a lost answer, sends it once.
 */

import * as archive from "../archive/archive.ts";
import { type Pool, type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as drafts from "../drafts/drafts.ts";
import { newId } from "../kit/id.ts";
import { t, told } from "../language/language.ts";
import { addressKey } from "../mail/address.ts";
import { htmlToText } from "../mail/html.ts";
import { readMail } from "../mail/read.ts";
import * as queue from "../queue/queue.ts";
import { unpack } from "./bytes.ts";
import type { House, Page } from "./house.ts";
import { groupFor, NotAllowed, NotHere, type Seen } from "./rights.ts";

export const LONGEST_SUBJECT = 300;
const LONGEST_TEXT = 500_000;

/** The post that is answered. */
export type Parent = { post: archive.Post; references: string[]; text: string; isLocked: boolean };
/** `version` counts the savings it is based on; 0 was never saved. */
export type Draft = {
  id: string;
  version: number;
  name: string;
  subject: string;
  text: string;
  isSpecial: boolean;
  isPlain: boolean;
};
export type Problems = Partial<Record<"name" | "subject" | "text" | "files" | "sendAt", string>>;

/** The group, for who may write to it; throws what errors.ts answers otherwise. */
export async function mayWrite(c: Page): Promise<Seen> {
  const seen = await groupFor(c, "poster");
  const against = directory.againstPosting(seen.group, seen.membership);
  if (against !== undefined) throw new NotAllowed(told(against));
  return seen;
}

/** A post of this group as something to answer; NotHere when there is none. */
export async function parentFrom(pool: Pool, { group }: Seen, post: archive.Post | undefined): Promise<Parent> {
  const packed = post && (await archive.rawPost(pool, group.id, post.id));
  if (!packed) throw new NotHere();
  const mail = readMail(unpack(packed));
  const topic = await archive.topic(pool, group.id, post.topicId);
  return {
    post,
    references: mail.references,
    text: mail.text ?? htmlToText(mail.html ?? ""),
    isLocked: Boolean(topic?.lockedAt),
  };
}

/** The writer's name as others will see it; "" when we know none. */
export const nameOf = ({ membership, visitor }: Seen): string => membership?.name || visitor?.name || "";

/** What has to change before it can be sent, a sentence for each field. */
export function problemsOf({ subject, text }: Draft, parent?: Parent): Problems {
  return {
    ...(subject === "" && { subject: t`Give it a subject, so that others see what it is about.` }),
    ...(subject.length > LONGEST_SUBJECT && { subject: t`Keep the subject to ${LONGEST_SUBJECT} characters.` }),
    ...(text.trim() === "" && { text: t`There is nothing to send yet: write something.` }),
    ...(text.length > LONGEST_TEXT && { text: t`This is longer than a post may be (half a million characters).` }),
    ...(parent?.isLocked && {
      text: t`This topic is locked and takes no more replies: begin a new topic if there is more to say.`,
    }),
  };
}

/** Who runs the group may send what reaches also those who want nothing else. */
export const maySendSpecial = ({ membership }: Seen): boolean =>
  membership !== undefined && membership.role !== "member";

/** By which drafts are known as this visitor's: every address shown to be theirs. */
export async function authorKeysOf(pool: Pool, visitor: NonNullable<Seen["visitor"]>): Promise<string[]> {
  const others = visitor.personId ? await directory.verifiedAddresses(pool, visitor.personId) : [];
  return [...new Set([visitor.address, ...others].map(addressKey))];
}

const typedOf = (seen: Seen, parent: Parent | undefined, draft: Draft, authorKey: string): drafts.Typed => ({
  groupId: seen.group.id,
  id: draft.id,
  authorKey,
  address: seen.membership?.address ?? seen.visitor!.address,
  answers: parent?.post.number ?? null,
  name: draft.name,
  subject: draft.subject.slice(0, 2 * LONGEST_SUBJECT),
  body: draft.text.slice(0, 2 * LONGEST_TEXT),
  isSpecial: draft.isSpecial && maySendSpecial(seen),
  isPlain: draft.isPlain,
});

/** `other`: it was changed, sent or thrown away elsewhere, and what was typed here is a draft of its own now. */
export type Saved = { kind: "saved" | "other" | "full"; draft: Draft };

/** Keeps what was typed. Nothing is overwritten that this page has not shown. */
export async function saveDraft(house: House, seen: Seen, parent: Parent | undefined, draft: Draft): Promise<Saved> {
  const { pool, clock } = house;
  const keys = await authorKeysOf(pool, seen.visitor!);
  const known = await drafts.draftOf(pool, keys, draft.id);
  const typed = typedOf(seen, parent, draft, known?.authorKey ?? keys[0]!);
  const isFirst = draft.version === 0;
  if (isFirst && !known && (await drafts.countOf(pool, keys)) >= drafts.MOST_DRAFTS) return { kind: "full", draft };
  const version = await drafts.save(pool, typed, draft.version, clock.now());
  if (version !== undefined) return { kind: "saved", draft: { ...draft, version } };
  const own = { ...draft, id: newId(clock), version: 0 };
  const kept = await transact(pool, async (sql) => {
    const saved = await drafts.save(sql, { ...typed, id: own.id, authorKey: keys[0]! }, 0, clock.now());
    await copyFiles(sql, house, seen.group.id, draft.id, own.id, known !== undefined);
    return saved;
  });
  return { kind: "other", draft: { ...own, version: kept ?? 0 } };
}

/** The files belong to what was typed in either tab. */
async function copyFiles(sql: Sql, { clock }: House, groupId: string, from: string, to: string, isThere: boolean) {
  if (!isThere) return;
  for (const file of await drafts.contentsOf(sql, { groupId, draftId: from }))
    await drafts.addFile(sql, { groupId, draftId: to }, { ...file, id: newId(clock) }, clock.now());
}

/**
 * Puts the post into the queue, as a mail that came by HTTP, and ends its draft with it. `other` when the draft is
 * another one than this page has shown.
 */
export async function post(
  { pool, config, clock }: House,
  seen: Seen,
  parent: Parent | undefined,
  draft: Draft,
  client: string,
): Promise<"posted" | "other"> {
  const keys = await authorKeysOf(pool, seen.visitor!);
  return transact(pool, async (sql) => {
    const kept = await drafts.draftOf(sql, keys, draft.id, "lock");
    const typed = typedOf(seen, parent, draft, kept?.authorKey ?? keys[0]!);
    if (kept && kept.version !== draft.version && !isSame(kept, typed)) return "other";
    if (!kept && (await queue.waitingMail(sql, draft.id))) return "posted";
    if (!kept && (await queue.outcomesOf(sql, draft.id)).length > 0) return "posted";
    if (!kept && draft.version > 0) return "other"; // thrown away in another tab
    const mail = await drafts.mailOf({
      draft: { ...typed, client },
      files: kept ? await drafts.contentsOf(sql, { groupId: seen.group.id, draftId: draft.id }) : [],
      group: seen.group,
      parent: parent && { messageId: parent.post.messageId, references: parent.references },
      domain: config.domain,
      now: clock.now(),
    });
    await queue.put(sql, [mail]);
    await drafts.sent(sql, typed);
    return "posted";
  });
}

const isSame = (one: drafts.Typed, other: drafts.Typed): boolean =>
  one.name === other.name &&
  one.subject === other.subject &&
  one.body === other.body &&
  one.isSpecial === other.isSpecial &&
  one.isPlain === other.isPlain;

/** Bytes of files that one post can carry: base64 makes four of three, and the text needs its place. */
export const mostAttached = (mostMail: number): number => Math.floor(((mostMail - 100_000) * 3) / 4 / 1.03);
