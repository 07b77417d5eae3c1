/** Pausing a member, with its reason, and telling them where they can be reached. */

import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import { en } from "../language/language.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import type { Failure } from "./asking.ts";
import { written } from "./each.ts";
import type { Means } from "./returns.ts";
import { backToken, leaveToken } from "./tokens.ts";

/** Mail to a member came back, and so did the letter that asked. */
export async function pauseReturned(sql: Sql, means: Means, membershipId: string, failure: Failure): Promise<void> {
  const cause = en`mail came back, and the letter that asked too: ${health.plainly(failure.sense)}`;
  const paused = await pause(sql, means, membershipId, "returned", failure, cause);
  if (!paused) return;
  await queue.plan(
    sql,
    await notices.write(sql, await pausedLetters(sql, means, paused.member, paused.group, failure, 0), means.clock),
    means.clock,
  );
}

/** A member marked a mail of the group as spam: their mail stops, and a letter asks what they want. Nobody is removed. */
export async function pauseComplainer(sql: Sql, means: Means, membershipId: string, failure: Failure): Promise<void> {
  const cause = en`the mail provider reported a mail of the group as marked as spam`;
  const paused = await pause(sql, means, membershipId, "complaint", failure, cause);
  if (!paused) return;
  const to = { to: paused.member.address, group: paused.group };
  const letters = written(means, () => [
    notices.complaintLetter(means, to, backToken(means, membershipId), leaveToken(means, membershipId)),
  ]);
  await queue.plan(sql, await notices.write(sql, letters, means.clock), means.clock);
}

async function pause(
  sql: Sql,
  means: Means,
  membershipId: string,
  why: health.Pause["why"],
  failure: Failure,
  cause: string,
): Promise<{ member: directory.Membership; group: directory.Group } | undefined> {
  if (!(await directory.pause(sql, membershipId, cause, means.clock.now()))) return undefined;
  const [member] = await directory.presentMemberships(sql, [membershipId]);
  const [group] = member ? await directory.groupsById(sql, [member.groupId]) : [];
  if (!member || !group) return undefined;
  const { sense, provider, said } = failure;
  await health.beginPause(sql, { groupId: group.id, membershipId, why, sense, provider, said }, means.clock);
  await health.answerEnquiry(sql, group.id, membershipId, means.clock.now());
  return { member, group };
}

/** The member stops their own mail (`wish`), or an owner does (`hand`). */
export async function stopMail(
  sql: Sql,
  means: Means,
  membershipId: string,
  why: "wish" | "hand",
  cause: string,
): Promise<boolean> {
  const nothing = { sense: "", kind: "temporary", provider: "", said: "" } as const;
  return (await pause(sql, means, membershipId, why, nothing, cause)) !== undefined;
}

/**
 * Somebody says that a member's mail arrives, or shall go out again: what spoke against them is forgotten, and a pause
 * ends. Pressed twice, it happens once.
 */
export async function bringBack(
  sql: Sql,
  means: Means,
  { id, groupId }: Pick<directory.Membership, "id" | "groupId">,
  cause: string,
): Promise<void> {
  const now = means.clock.now();
  await health.answerEnquiry(sql, groupId, id, now);
  const forgotten = await health.forgetTroubles(sql, groupId, id, now);
  if (forgotten > 0)
    await directory.noteEvents(sql, [{ groupId, membershipId: id, what: en`trouble forgotten`, cause }], now);
  await resume(sql, means, id, cause);
}

/** A paused member's mail goes out again, and a letter welcomes them back. Answers whether it was stopped until now. */
async function resume(sql: Sql, means: Means, membershipId: string, cause: string): Promise<boolean> {
  const now = means.clock.now();
  if (!(await directory.unpause(sql, membershipId, cause, now))) return false;
  const [member] = await directory.presentMemberships(sql, [membershipId]);
  const [group] = member ? await directory.groupsById(sql, [member.groupId]) : [];
  if (!member || !group) return false;
  await health.endPause(sql, group.id, membershipId, now);
  const letters = written(means, () => [
    notices.welcomeBackLetter(means, { to: member.address, group }, leaveToken(means, membershipId)),
  ]);
  await queue.plan(sql, await notices.write(sql, letters, means.clock), means.clock);
  return true;
}

/**
 * Mail to a member arrives after all: a pause for what came back ends. Who complained meanwhile, or was stopped by hand,
 * has to say so themselves.
 */
export async function resumeReturned(
  sql: Sql,
  means: Means,
  { groupId, membershipId }: { groupId: string; membershipId: string },
  cause: string,
): Promise<boolean> {
  await directory.holdMembership(sql, membershipId);
  const [present] = await health.pausesIn(sql, groupId, membershipId, 1);
  return present?.why === "returned" && resume(sql, means, membershipId, cause);
}

/** To the member's other addresses: to this one it would come back. Nobody has to have another; the web tells them too. */
export async function pausedLetters(
  sql: Sql,
  means: Means,
  member: directory.Membership,
  group: directory.Group,
  failure: Pick<Failure, "sense" | "said">,
  reminder: number,
): Promise<notices.Letter[]> {
  const others = await directory.otherAddresses(sql, member.personId, member.address);
  const trouble = { reason: health.plainly(failure.sense), said: failure.said };
  const token = backToken(means, member.id);
  return others.flatMap((to) =>
    written(means, () => [
      notices.pausedLetter(means, { to, group, address: member.address }, trouble, token, reminder),
    ]),
  );
}
