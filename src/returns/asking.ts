/** Asking: a letter to who is in trouble, what becomes of it, and what follows. */

import { type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import { DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";
import { letterReturnPath } from "../mail/copy.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import { each } from "./each.ts";
import { pauseReturned, resumeReturned } from "./pausing.ts";
import type { Means } from "./returns.ts";
import { backToken } from "./tokens.ts";

/** After an enquiry nobody is asked again for this long, whatever became of it. */
const ASK_AGAIN = 7 * DAY;

/** Nor by hand more than once in this time: a letter needs a while to come back. */
const ASK_AGAIN_BY_HAND = DAY;

/** Without a word for this long after it was sent, an enquiry has arrived. */
const PASSES_AFTER = 3 * DAY;

/** Letters are kept for 30 days: one that was never sent by then says nothing. */
const DROPPED_AFTER = 30 * DAY;

const MOST_OPEN = 10_000;

export type Failure = { sense: string; kind: health.Class; provider: string; said: string };

/** Writes to members whose score has reached the point of asking. Answers to how many. */
export async function ask(means: Means): Promise<number> {
  const candidates = await inTrouble(means.pool, means);
  return each(means, "asking", candidates, (one) => askMember(means, one.membershipId, one));
}

/** Who is to be asked now; of one member alone where they are named. */
function inTrouble(sql: Sql, { clock }: Means, membershipId: string | null = null): Promise<health.Candidate[]> {
  const now = clock.now();
  const lately = new Date(now.getTime() - ASK_AGAIN);
  return health.inTrouble(sql, health.ASK_AT, lately, lately, now, membershipId);
}

/** Asks a member because somebody wants to know, whatever the score. Answers false when they were asked just now. */
export async function askNow(means: Means, member: directory.Membership, cause: string): Promise<boolean> {
  const [last] = await health.enquiriesOf(means.pool, member.groupId, member.id, 1);
  if (last && means.clock.now().getTime() - last.askedAt.getTime() < ASK_AGAIN_BY_HAND) return false;
  const troubles = health.counting(await health.troublesOf(means.pool, member.groupId, member.id, 100));
  const { sense, said } = troubles[0] ?? { sense: "", said: "" };
  return askMember(means, member.id, { sense, said, days: daysOf(troubles) }, cause);
}

const daysOf = (troubles: health.Trouble[]): number =>
  new Set(troubles.map((one) => one.at.toISOString().slice(0, 10))).size;

async function askMember(
  means: Means,
  membershipId: string,
  trouble: { sense: string; said: string; days: number },
  askedBy?: string,
): Promise<boolean> {
  const { pool, clock } = means;
  return transact(pool, async (sql) => {
    const [member] = await directory.presentMemberships(sql, [membershipId]);
    const [group] = member ? await directory.groupsById(sql, [member.groupId]) : [];
    if (!member || !group) return false;
    if (!askedBy && (member.pausedAt || member.mode === "none")) return false;
    // Since they were found they may have been asked and have answered.
    if (!askedBy && (await inTrouble(sql, means, membershipId)).length === 0) return false;
    const letterId = newId(clock);
    const enquiry = { id: newId(clock), groupId: group.id, membershipId, letterId };
    const now = clock.now();
    const lately = new Date(now.getTime() - (askedBy ? ASK_AGAIN_BY_HAND : ASK_AGAIN));
    if (!(await health.ask(sql, enquiry, lately, now))) return false;
    const letter = notices.enquiryLetter(
      means,
      {
        to: member.address,
        group,
        returned: { id: letterId, sender: letterReturnPath(means.tokenSecret, letterId, means.domain) },
      },
      { reason: health.plainly(trouble.sense), said: trouble.said, days: trouble.days },
      backToken(means, membershipId),
    );
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
    const cause = askedBy ?? en`mail came back on ${trouble.days} days: ${health.plainly(trouble.sense)}`;
    await directory.noteEvents(sql, [{ ...enquiry, what: en`asked whether mail arrives`, cause }], clock.now());
    return true;
  });
}

/**
 * An enquiry came back or was refused: its member is paused. What is about us, and what a provider in trouble says, proves
 * nothing about the address: then it is dropped, and asked again another week.
 */
export async function failEnquiry(sql: Sql, means: Means, letterId: string, failure: Failure): Promise<void> {
  const [enquiry] = await health.enquiriesByLetter(sql, [letterId]);
  if (!enquiry) return;
  const isOutage = (await health.openOutages(sql)).some((one) => one.provider === failure.provider);
  const proves = !isOutage && health.weightOf(failure.sense as never, failure.kind) > 0;
  const state = proves ? "failed" : "dropped";
  if (!(await health.endEnquiry(sql, enquiry.id, state, failure.said, means.clock.now()))) return;
  if (proves) await pauseReturned(sql, means, enquiry.membershipId, failure);
}

/** Enquiries that have been out for some days and did not come back: what spoke against the member counts half. */
export async function endEnquiries(means: Means): Promise<number> {
  const { pool, clock } = means;
  const now = clock.now().getTime();
  const open = await health.openEnquiries(pool, MOST_OPEN);
  const sent = new Map(
    (
      await queue.sentItems(
        pool,
        open.map((one) => one.letterId),
      )
    ).map((one) => [one.itemId, one.lastAt.getTime()]),
  );
  return each(means, "ending an enquiry", open, async (enquiry) => {
    const sentAt = sent.get(enquiry.letterId);
    // What waits in our own queue has not been answered by anybody.
    if (sentAt !== undefined && now - sentAt >= PASSES_AFTER) return transact(pool, (sql) => pass(sql, means, enquiry));
    if (now - enquiry.askedAt.getTime() >= DROPPED_AFTER)
      await health.endEnquiry(pool, enquiry.id, "dropped", "", clock.now());
    return false;
  });
}

async function pass(sql: Sql, means: Means, enquiry: health.Enquiry): Promise<boolean> {
  const now = means.clock.now();
  if (!(await health.endEnquiry(sql, enquiry.id, "passed", "", now))) return false;
  await health.halveTroubles(sql, enquiry.groupId, enquiry.membershipId);
  const event = { what: en`trouble counts half`, cause: en`the letter that asked did not come back` };
  await directory.noteEvents(sql, [{ ...enquiry, ...event }], now);
  // Asked while paused: the address takes mail again.
  await resumeReturned(sql, means, enquiry, event.cause);
  return true;
}
