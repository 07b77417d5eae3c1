/**
 * Weighing: what came back as mail, and what the far side refused while we sent, becomes what is noted about members.
 *
 * Of an enquiry it is the answer. A complaint pauses at once. Rows of the settle log are committed a little out of order,
 * so each round begins OVERLAP before where the last one ended, and once an hour a day before: noting again is harmless.
 */
import { type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import { DAY, HOUR, MINUTE } from "../kit/clock.ts";
import { addressKey, domainOf } from "../mail/address.ts";
import { type Sense, senseOf } from "../mail/sense.ts";
import * as queue from "../queue/queue.ts";
import { failEnquiry } from "./asking.ts";
import { pauseComplainer } from "./pausing.ts";
import type { Means } from "./returns.ts";

const AT_ONCE = 500;
const OVERLAP = 10 * MINUTE;
const LOG = "settlements";
const FIRST = "00000000-0000-0000-0000-000000000000";

/** Weighs all there is. Answers how much it was, and at which providers something was noted. */
export async function weigh(means: Means): Promise<{ weighed: number; providers: string[] }> {
  const providers = new Set<string>();
  let weighed = 0;
  for (;;) {
    const batch = await transact(means.pool, (sql) => weighReturns(sql, means));
    for (const provider of batch.providers) providers.add(provider);
    weighed += batch.count;
    if (batch.count < AT_ONCE) break;
  }
  for (const provider of await weighLog(means)) providers.add(provider);
  return { weighed, providers: [...providers] };
}

/** A failure about somebody, from either source. */
type Found = { at: Date; membershipId: string; provider: string; said: string; status: string } & Pick<
  health.Evidence,
  "found" | "sense" | "kind"
>;

async function weighReturns(sql: Sql, means: Means): Promise<{ count: number; providers: string[] }> {
  const returns = await health.unweighed(sql, AT_ONCE);
  if (returns.length === 0) return { count: 0, providers: [] };
  const owners = await membershipsBehind(sql, returns);
  const providers = await queue.providersOf(sql, [...new Set(returns.map((one) => domainOf(one.address)))]);
  const providerOf = (address: string): string => providers.get(domainOf(address)) ?? domainOf(address);
  const found: Found[] = [];
  for (const one of returns) {
    const membershipId = owners.get(one.id);
    const failure = {
      sense: one.sense as Sense,
      kind: one.class === "permanent" ? ("permanent" as const) : ("temporary" as const),
      provider: providerOf(one.address),
      said: one.said || one.reason,
    };
    if (one.kind === "bounce" && one.letterId) await failEnquiry(sql, means, one.letterId, failure);
    if (!membershipId) continue;
    if (one.kind === "complaint") await pauseComplainer(sql, means, membershipId, failure);
    else found.push({ ...failure, at: one.at, membershipId, status: one.status, found: "returned" });
  }
  const concerned = await note(sql, found);
  await health.weighed(
    sql,
    returns.map((one) => one.id),
    means.clock.now(),
  );
  return { count: returns.length, providers: concerned };
}

/** Whom each return is about: by the return path, or, of a copy many shared, by the address that failed. */
async function membershipsBehind(sql: Sql, returns: health.Unweighed[]): Promise<Map<string, string>> {
  const shared = returns.filter((one) => !one.membershipId && one.groupId);
  const members =
    shared.length === 0
      ? []
      : await directory.membershipsOf(
          sql,
          shared.map((one) => one.groupId!),
          shared.map((one) => one.address),
        );
  const byAddress = new Map(members.map((one) => [`${one.groupId} ${addressKey(one.address)}`, one.id]));
  const behind = returns.flatMap((one) => {
    const id = one.membershipId ?? byAddress.get(`${one.groupId} ${addressKey(one.address)}`);
    return id === undefined ? [] : [[one.id, id] as const];
  });
  return new Map(behind);
}

/** Reads what was refused for good or given up since the last round. Answers the providers where something was noted. */
async function weighLog(means: Means): Promise<string[]> {
  const { pool, clock } = means;
  const now = clock.now();
  const last = await health.readUpTo(pool, LOG);
  const isAgain = !last || now.getTime() - last.againAt.getTime() >= HOUR;
  const from = isAgain ? now.getTime() - DAY : last.at.getTime() - OVERLAP;
  const providers = new Set<string>();
  let after = { at: new Date(from), id: FIRST };
  for (;;) {
    const failures = await queue.failuresSince(pool, after, AT_ONCE);
    for (const provider of await transact(pool, (sql) => weighFailures(sql, means, failures))) providers.add(provider);
    const end = failures.at(-1);
    if (end) after = { at: end.at, id: end.id };
    if (failures.length < AT_ONCE) break;
  }
  await health.noteRead(pool, LOG, { at: after.at, againAt: isAgain ? now : last.againAt });
  return [...providers];
}

async function weighFailures(sql: Sql, means: Means, failures: queue.Failure[]): Promise<string[]> {
  const letters = new Set(
    (
      await health.enquiriesByLetter(
        sql,
        failures.map((one) => one.itemId),
      )
    ).map((one) => one.letterId),
  );
  const found: Found[] = [];
  for (const { at, itemId, provider, recipients, code, status, reply } of failures) {
    // Refused, or tried for days and given up: either way it is not for now.
    const failure = { sense: senseOf({ code, status, text: reply }), kind: "permanent" as const, provider };
    const said = [code || "", status, reply].filter(Boolean).join(" ");
    if (letters.has(itemId)) await failEnquiry(sql, means, itemId, { ...failure, said });
    for (const membershipId of recipients) found.push({ ...failure, at, membershipId, status, said, found: "refused" });
  }
  return note(sql, found);
}

/** Notes failures of members who are still there. A letter's recipient is the letter, which is no member. */
async function note(sql: Sql, found: Found[]): Promise<string[]> {
  const members = new Map(
    (await directory.presentMemberships(sql, [...new Set(found.map((one) => one.membershipId))])).map((one) => [
      one.id,
      one,
    ]),
  );
  return health.noteTroubles(
    sql,
    found.flatMap((one) => {
      const member = members.get(one.membershipId);
      return member ? [{ ...one, groupId: member.groupId, address: member.address }] : [];
    }),
  );
}
