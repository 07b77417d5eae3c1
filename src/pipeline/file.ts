/**
 * Last stage: one transaction says what became of a batch of mails, and they leave the queue with it.
 *
 * Posts are placed, their deliveries planned, letters written, outcomes noted. Killed at any line, either all of a
 * mail's consequences are there and it is gone, or none and it is still waiting. The statements take whole sets, so a
 * batch of sixteen costs little more than one.
 */

import * as archive from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";
import { addressKey } from "../mail/address.ts";
import { isImportant, namedIn } from "../mail/addressed.ts";
import type { Disposable } from "../mail/disposable.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import type { Done } from "./answer.ts";
import { attribute } from "./attribute.ts";
import { wishesAbout } from "./choosing.ts";
import { obey } from "./commands.ts";
import { lettersToModerators, noteHeld, withEdit } from "./held.ts";
import { disown, isSame, madeUpId } from "./identity.ts";
import { calmed, isCalm, letterFor, letterForApproved, lettersForHeld, mayBeTold } from "./letters.ts";
import type { Errand, Opened } from "./recognise.ts";
import type { CameBack } from "./returns.ts";
import type { Spam } from "./spam.ts";
import { addressOf, type Verdict } from "./verdict.ts";
import type { Auth } from "./verify.ts";

export type Judged = {
  opened: Opened;
  auth: Auth;
  verdicts: { errand: Errand; verdict: Verdict }[];
  back: CameBack | undefined;
  /** What the spam filter said; undefined when it was not asked, or is away. */
  spam?: Spam | undefined;
};

export type Filing = {
  worker: string;
  domain: string;
  url: string;
  tokenSecret: Buffer;
  clock: Clock;
  /** Outgoing mail stays on this machine, so answering an unproved sender harms nobody. */
  isCapturing: boolean;
  /** What becomes of throwaway addresses. */
  disposable?: Disposable;
};

/** A mail of the batch was no longer ours: nothing may be committed. */
export class LostHold extends Error {}

export async function file(sql: Sql, filing: Filing, batch: Judged[]): Promise<void> {
  const now = filing.clock.now();
  const outcomes: queue.Outcome[] = [];
  const letters: notices.Letter[] = [];
  const returned: health.Return[] = [];
  const note = (
    judged: Judged,
    errand: Errand,
    rest: Pick<queue.Outcome, "outcome" | "detail"> & { postId?: string },
  ): void => {
    outcomes.push({
      mailId: judged.opened.mail.id,
      recipient: errand.recipient,
      receivedAt: judged.opened.mail.receivedAt,
      at: now,
      messageId: judged.opened.summary.messageId,
      sender: judged.opened.mail.sender,
      groupId: "group" in errand ? errand.group.id : null,
      postId: null,
      ...rest,
    });
  };

  const plans = await filePosts(sql, filing, batch, note, letters);

  const held: (queue.Holding & { judged: Judged })[] = [];
  for (const judged of batch) {
    const aside: { errand: Errand; reason: string; release?: queue.Release }[] = [];
    for (const { errand, verdict } of judged.verdicts) {
      switch (verdict.kind) {
        case "post":
          break;
        case "hold":
        case "keep":
        case "wait":
          aside.push({ errand, reason: verdict.reason, ...releaseOf(judged, errand, verdict) });
          if (errand.kind === "post") await noteHeld(sql, filing, judged, errand, verdict);
          // One that waited for several groups and was let into another has been told of already.
          if (judged.opened.mail.approvedBy || judged.opened.mail.waitedFor === verdict.reason) break;
          letters.push(...(await lettersForHeld(sql, filing, judged, errand, verdict, letters)));
          if (errand.kind === "post" && verdict.kind !== "wait")
            letters.push(...(await lettersToModerators(sql, filing, judged, errand, verdict.reason)));
          break;
        case "decline":
          note(judged, errand, { outcome: "declined", detail: verdict.reason });
          letters.push(...(await letterFor(sql, filing, judged, errand, verdict.reason)));
          break;
        case "quiet":
          note(judged, errand, { outcome: "quiet", detail: verdict.reason });
          break;
        case "return": {
          const { rows, detail } = await attribute(sql, judged, errand, filing.tokenSecret);
          returned.push(...rows);
          note(judged, errand, { outcome: "returned", detail });
          break;
        }
        case "forward": {
          const owners = await directory.deciders(sql, "group" in errand ? errand.group.id : "");
          for (const owner of owners) letters.push(forwarded(judged, owner.address));
          note(judged, errand, { outcome: "forwarded", detail: `to ${owners.length} of the group's owners` });
          break;
        }
        case "obey": {
          const done: Done = await obey(sql, filing, judged, errand);
          letters.push(...done.letters);
          note(judged, errand, { outcome: done.outcome, detail: done.detail });
          break;
        }
      }
    }
    if (aside.length > 0) {
      // Under the group's own address, by which its moderators look, also where the mail wrote Group+x@ or GROUP@.
      const recipients = aside.map(({ errand }) =>
        errand.kind === "post" ? addressOf(errand, filing.domain) : errand.recipient,
      );
      held.push({
        judged,
        mailId: judged.opened.mail.id,
        recipients,
        problem: aside[0]!.reason,
        release: aside.find((one) => one.release)?.release,
        spam: judged.spam,
      });
    }
  }

  await health.noteReturns(sql, returned, filing.clock);
  await queue.plan(sql, [...plans, ...(await notices.write(sql, calmed(letters), filing.clock))], filing.clock);
  const heldIds = new Set(held.map((one) => one.mailId));
  for (const one of held) {
    if (!(await queue.holdMail(sql, filing.worker, one)))
      throw new LostHold("a mail of the batch was taken over by another worker");
  }
  const ending = batch.map((judged) => judged.opened.mail.id).filter((id) => !heldIds.has(id));
  // One that waited for its time, and not for a decision, leaves the desk by itself.
  const released = batch.filter(({ opened: { mail } }) => mail.waitedFor !== null && !heldIds.has(mail.id));
  await moderation.leftTheDesk(
    sql,
    released.map(({ opened }) => opened.mail.id),
  );
  const ended = await queue.finish(sql, filing.worker, ending, outcomes);
  if (ended.length !== ending.length) throw new LostHold("a mail of the batch was taken over by another worker");
}

/** Whose a mail that goes on by itself is, and when it does. */
const releaseOf = ({ opened }: Judged, errand: Errand, verdict: Verdict): { release?: queue.Release } =>
  verdict.kind === "wait" && "group" in errand
    ? {
        release: {
          at: verdict.until,
          groupId: errand.group.id,
          author: addressKey(opened.summary.authorAddress),
        },
      }
    : {};

type Note = (
  judged: Judged,
  errand: Errand,
  rest: Pick<queue.Outcome, "outcome" | "detail"> & { postId?: string },
) => void;

/** Archives the posts of a batch and answers the plans of their deliveries. */
async function filePosts(
  sql: Sql,
  filing: Filing,
  batch: Judged[],
  note: Note,
  letters: notices.Letter[],
): Promise<queue.Plan[]> {
  const edits = await moderation.editsOf(
    sql,
    batch.flatMap(({ opened: { mail } }) => (mail.approvedBy ? [mail.id] : [])),
  );
  const editOf = ({ opened }: Judged, groupId: string) => edits.get(`${groupId} ${opened.mail.id}`);
  const wanted = batch.flatMap((judged) =>
    judged.verdicts.flatMap(({ errand, verdict }) => {
      if (verdict.kind !== "post" || errand.kind !== "post") return [];
      const sent = withEdit(judged, editOf(judged, errand.group.id));
      return [{ judged: sent, received: judged, errand, post: newPost(sent, errand.group.id, filing) }];
    }),
  );
  if (wanted.length === 0) return [];
  await archive.lockMessages(
    sql,
    wanted.map((one) => one.post.messageId),
  );
  await disown(
    sql,
    filing.domain,
    wanted.map((one) => one.post),
  );
  const resent = await underWayAlike(
    sql,
    wanted.map((one) => one.post),
  );
  const fresh = wanted.filter((one) => !resent.has(one.post.id));
  const placed = await archive.place(
    sql,
    fresh.map((one) => one.post),
  );
  const duplicates = new Map([
    ...resent,
    ...placed.flatMap((one) => (one.kind === "duplicate" ? [[one.id, one.of] as const] : [])),
  ]);
  const numbers = new Map(placed.map((one) => [one.id, one.kind === "placed" ? one.number : undefined]));
  for (const { judged, received, errand, post } of wanted) {
    const first = duplicates.get(post.id);
    if (first === undefined) {
      const edit = editOf(received, errand.group.id);
      if (edit) await moderation.keepOriginal(sql, edit, post.id, received.opened.mail.raw);
      const detail = judged.spam === "away" ? en`The spam filter was away, so it was judged without it.` : "";
      note(judged, errand, { outcome: "posted", detail, postId: post.id });
      if (judged.opened.mail.approvedBy && errand.group.tellsApproved)
        letters.push(...(await letterForApproved(sql, filing, judged, errand.group, numbers.get(post.id))));
      continue;
    }
    note(judged, errand, { outcome: "duplicate", detail: "The group has this post already.", postId: first });
    if (!mayBeTold(filing, judged)) continue;
    if (!(await isCalm(sql, filing, "resent", judged.opened.summary.authorAddress))) continue;
    const url = await trackerOf(sql, filing, first);
    letters.push(
      notices.resentLetter(
        filing,
        {
          to: judged.opened.summary.authorAddress,
          group: errand.group,
          about: { messageId: judged.opened.summary.messageId, subject: judged.opened.summary.subject },
        },
        url,
      ),
    );
  }
  return plansOf(sql, filing.clock.now(), fresh, placed);
}

async function trackerOf(sql: Sql, filing: Filing, postId: string): Promise<string> {
  const first = (await queue.outcomesOfPost(sql, postId)).find((one) => one.outcome === "posted");
  return `${filing.url}/mail/${first?.mailId ?? postId}`;
}

/** Posts of the same author and body as one whose deliveries are still under way: sent again by an impatient sender. */
async function underWayAlike(sql: Sql, posts: archive.NewPost[]): Promise<Map<string, string>> {
  const pairs = await archive.alike(sql, posts);
  const moving = await queue.underWay(
    sql,
    pairs.map((pair) => pair.earlier),
  );
  const found = new Map(pairs.filter((pair) => moving.has(pair.earlier)).map((pair) => [pair.id, pair.earlier]));
  // Two in one batch: the first of them is the one that stays.
  const seen = new Map<string, string>();
  for (const post of posts) {
    const key = `${post.groupId} ${post.fingerprint.toString("base64")}`;
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, post.id);
    else if (!found.has(post.id) && posts.find((one) => one.id === earlier)?.messageId !== post.messageId)
      found.set(post.id, earlier);
  }
  return found;
}

type Fresh = { judged: Judged; errand: Extract<Errand, { kind: "post" }>; post: archive.NewPost };

/** Who gets each post: the group's readers, less those who have had it in another group or want no copy of this one. */
async function plansOf(sql: Sql, now: Date, fresh: Fresh[], placed: archive.Placed[]): Promise<queue.Plan[]> {
  const here = placed.filter((one) => one.kind === "placed");
  if (here.length === 0) return [];
  const groupIds = [...new Set(here.map((one) => one.groupId))];
  const readers = await directory.readers(sql, groupIds, now);
  // After the readers were read: who chooses digests between the two has this post there too, rather than nowhere.
  await directory.beginDigests(sql, here);
  const byId = new Map(fresh.map((one) => [one.post.id, one]));
  const siblings = await archive.postsEverywhere(
    sql,
    here.map((one) => byId.get(one.id)!.post.messageId),
  );
  const unwanted = await unwantedCopies(
    sql,
    here.map((one) => byId.get(one.id)!),
  );
  const wishes = await wishesAbout(sql, now, here, siblings);
  const plans: queue.Plan[] = [];
  for (const one of here) {
    const { judged, errand, post } = byId.get(one.id)!;
    const others = siblings.filter((other) => other.groupId !== post.groupId && isSame(other, post));
    // Of two groups in one batch the one placed first delivers to those who are in both.
    const before = others.filter((other) => isBefore(other.id, post.id, here)).map((other) => other.groupId);
    const served =
      before.length > 0
        ? await directory.readersAlsoIn(sql, post.groupId, before, now, wishes.without(before))
        : new Set<string>();
    const without = unwanted.get(post.id) ?? new Set();
    const isForAll = await isNotice(sql, judged, post);
    const chosen = wishes.of(post.id);
    plans.push({
      carries: "post",
      itemId: post.id,
      groupId: post.groupId,
      class: queue.POSTS,
      size: post.size,
      weight: errand.group.weight,
      recipients: readers
        .filter((some) => some.groupId === post.groupId)
        .map(({ domain, ids, important }) => ({
          domain,
          ids: (isForAll ? [...ids, ...important] : ids).filter(
            (id) => !served.has(id) && !without.has(id) && !chosen.isUnwanted(id, isForAll),
          ),
        }))
        .concat(
          chosen
            .more(isForAll)
            .map(({ id, domain }) => ({ domain, ids: served.has(id) || without.has(id) ? [] : [id] })),
        )
        .filter(({ ids }) => ids.length > 0),
    });
  }
  return plans;
}

/** By post, who wants no copy of it: its author, and who has it directly, each as they chose. */
async function unwantedCopies(sql: Sql, posts: Fresh[]): Promise<Map<string, Set<string>>> {
  const named = posts.map(({ judged, post }) => ({
    postId: post.id,
    groupId: post.groupId,
    author: addressKey(post.authorAddress),
    named: namedIn(judged.opened.summary.fields),
  }));
  const found = Map.groupBy(await directory.unwanted(sql, named), (one) => one.postId);
  return new Map([...found].map(([postId, some]) => [postId, new Set(some.map((one) => one.id))]));
}

/** A special notice: who runs the group calls it important. */
async function isNotice(sql: Sql, { opened }: Judged, { groupId, authorAddress }: archive.NewPost): Promise<boolean> {
  if (!isImportant(opened.summary.fields)) return false;
  const author = await directory.membershipOf(sql, groupId, authorAddress);
  return author !== undefined && author.role !== "member";
}

function isBefore(otherId: string, postId: string, here: { id: string }[]): boolean {
  const other = here.findIndex((one) => one.id === otherId);
  return other < 0 || other < here.findIndex((one) => one.id === postId);
}

function newPost({ opened, auth, spam }: Judged, groupId: string, filing: Filing): archive.NewPost {
  const { mail, summary } = opened;
  return {
    id: newId(filing.clock),
    groupId,
    messageId: summary.messageId ?? madeUpId(summary.fingerprint, filing.domain),
    references: summary.references,
    authorName: summary.authorName,
    authorAddress: summary.authorAddress,
    subject: summary.subject,
    baseSubject: summary.baseSubject,
    isReplySubject: summary.isReplySubject,
    sentAt: summary.sentAt,
    receivedAt: mail.receivedAt,
    words: summary.words,
    size: opened.raw.length,
    parts: summary.parts,
    auth: spam === undefined ? auth : { ...auth, spam },
    fingerprint: summary.fingerprint,
    source: mail.client.protocol === "HTTP" ? "web" : "mail",
    raw: mail.raw,
  };
}

/** GROUP-owner: passed on as it is, so that the author's own signature stays good. */
function forwarded({ opened }: Judged, owner: string): notices.Letter {
  return {
    kind: "owner",
    groupId: null,
    sender: "",
    recipient: owner,
    subject: opened.summary.subject,
    raw: opened.raw,
  };
}
