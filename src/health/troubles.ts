/**
 * Troubles: what speaks against a member's address, a row a day and sense at most.
 *
 * Noting is a matter of the key: said twice, read twice, weighed twice, it is there once. What an outage explains, and
 * what was forgotten, stays as history and counts for nothing.
 */
import type { Sql } from "../db/sql.ts";
import { DAY } from "../kit/clock.ts";
import type { Sense } from "../mail/sense.ts";
import { type Class, scoreOf, weightOf } from "./score.ts";

/** What is older has faded to a hundredth. */
export const KEPT = 90 * DAY;

export type Evidence = {
  groupId: string;
  membershipId: string;
  at: Date;
  /** returned: came back as a mail; refused: said by the far side in SMTP, or given up. */
  found: "returned" | "refused";
  provider: string;
  address: string;
  sense: Sense;
  kind: Class;
  status: string;
  said: string;
};

/** Notes what weighs against an address; the rest is about us or the message, and left out. Answers the providers concerned. */
export async function noteTroubles(sql: Sql, evidence: Evidence[]): Promise<string[]> {
  const rows = new Map<string, object>();
  const providers = new Set<string>();
  for (const { kind, ...one } of evidence) {
    const weight = weightOf(one.sense, kind);
    if (weight === 0) continue;
    const day = one.at.toISOString().slice(0, 10);
    // Later ones of the batch only move last_at on, as they would one by one.
    const key = `${one.membershipId} ${day} ${one.sense}`;
    const first = rows.get(key);
    rows.set(key, first ? { ...first, lastAt: one.at } : { ...one, day, lastAt: one.at, weight });
    providers.add(one.provider);
  }
  if (rows.size === 0) return [];
  await sql`
    insert into troubles (group_id, membership_id, day, sense, at, last_at, found, provider, address, weight, status, said, outage_id)
    select "groupId", "membershipId", day, sense, at, "lastAt", found, provider, address, weight, status, left(said, 500),
      (select o.id from outages o where o.provider = r.provider and o.ending <> 'lasting' and r.at >= o.began_at
        and (o.ended_at is null or r.at <= o.seen_at) order by o.began_at desc limit 1)
    from jsonb_to_recordset(${sql.json([...rows.values()] as never)}) as r(
      "groupId" uuid, "membershipId" uuid, day date, sense text, at timestamptz, "lastAt" timestamptz, found text,
      provider text, address text, weight real, status text, said text)
    order by "groupId", "membershipId", day, sense
    on conflict (group_id, membership_id, day, sense)
      do update set last_at = greatest(troubles.last_at, excluded.last_at)`;
  return [...providers];
}

export type Trouble = {
  membershipId: string;
  at: Date;
  lastAt: Date;
  found: "returned" | "refused";
  sense: string;
  provider: string;
  weight: number;
  status: string;
  said: string;
  outageId: string | null;
  forgottenAt: Date | null;
};

const COLUMNS = `membership_id as "membershipId", at, last_at as "lastAt", found, sense, provider, weight, status, said,
  outage_id as "outageId", forgotten_at as "forgottenAt"`;

/** What was noted about a member, newest first, also what does not count any more. */
export const troublesOf = (sql: Sql, groupId: string, membershipId: string, limit: number): Promise<Trouble[]> =>
  sql<Trouble[]>`
    select ${sql.unsafe(COLUMNS)} from troubles
    where group_id = ${groupId} and membership_id = ${membershipId} order by at desc limit ${limit}`;

/** What was noted about the members of a group since `since`, newest first. */
export const troublesIn = (sql: Sql, groupId: string, since: Date, limit: number): Promise<Trouble[]> =>
  sql<Trouble[]>`
    select ${sql.unsafe(COLUMNS)} from troubles
    where group_id = ${groupId} and last_at > ${since} order by at desc limit ${limit}`;

/** The providers of whom something was noted in a group since `since`. */
export async function providersConcerned(sql: Sql, groupId: string, since: Date): Promise<string[]> {
  const rows = await sql<{ provider: string }[]>`
    select distinct provider from troubles where group_id = ${groupId} and last_at > ${since}`;
  return rows.map((row) => row.provider);
}

export const counting = (troubles: readonly Trouble[]): Trouble[] =>
  troubles.filter((one) => one.outageId === null && one.forgottenAt === null);

export type Candidate = {
  groupId: string;
  membershipId: string;
  score: number;
  days: number;
  sense: string;
  said: string;
};

/**
 * Members with trouble since `since` whose score has reached `least`, and who are neither asked nor paused already; one of
 * them alone where they are named.
 */
export async function inTrouble(
  sql: Sql,
  least: number,
  since: Date,
  askedBefore: Date,
  now: Date,
  membershipId: string | null = null,
): Promise<Candidate[]> {
  const rows = await sql<(Trouble & { groupId: string })[]>`
    with heavy as (
      select group_id, membership_id from troubles t
      where outage_id is null and forgotten_at is null and at > ${new Date(now.getTime() - KEPT)}
        and (${membershipId}::uuid is null or membership_id = ${membershipId})
      group by group_id, membership_id
      having sum(weight) >= ${least} and max(at) > ${since}
    )
    select t.group_id as "groupId", ${sql.unsafe(COLUMNS)} from troubles t join heavy h using (group_id, membership_id)
    where outage_id is null and forgotten_at is null
      and not exists (select from pauses p where p.membership_id = t.membership_id and p.group_id = t.group_id and p.ended_at is null)
      and not exists (
        select from enquiries e where e.membership_id = t.membership_id and e.group_id = t.group_id
          and (e.state = 'open' or e.asked_at > ${askedBefore}))
    order by at desc`;
  const members = Map.groupBy(rows, (row) => row.membershipId);
  return [...members].flatMap(([membershipId, troubles]) => {
    const score = scoreOf(troubles, now);
    const { groupId, sense, said } = troubles[0]!;
    const days = new Set(troubles.map((one) => one.at.toISOString().slice(0, 10))).size;
    return score < least ? [] : [{ groupId, membershipId, score, days, sense, said }];
  });
}

/** Forgets what speaks against a member. Answers how many days of it there were. */
export async function forgetTroubles(sql: Sql, groupId: string, membershipId: string, now: Date): Promise<number> {
  const rows = await sql`
    update troubles set forgotten_at = ${now}
    where group_id = ${groupId} and membership_id = ${membershipId} and forgotten_at is null and outage_id is null
    returning day`;
  return rows.length;
}

/** Takes the last forgetting back: what it covered counts again. Answers how many days of it there are. */
export async function recallTroubles(sql: Sql, groupId: string, membershipId: string): Promise<number> {
  const rows = await sql`
    update troubles set forgotten_at = null
    where group_id = ${groupId} and membership_id = ${membershipId} and forgotten_at = (
      select max(forgotten_at) from troubles where group_id = ${groupId} and membership_id = ${membershipId})
    returning day`;
  return rows.length;
}

/** Mail has passed: what speaks against a member counts half from now on. */
export async function halveTroubles(sql: Sql, groupId: string, membershipId: string): Promise<void> {
  await sql`
    update troubles set weight = weight / 2
    where group_id = ${groupId} and membership_id = ${membershipId} and forgotten_at is null and outage_id is null`;
}

/** Drops what has faded, with the rows it was made from and what came of it; a member's history keeps the events. */
export async function forgetFaded(sql: Sql, before: Date): Promise<void> {
  await sql`delete from troubles where last_at < ${before}`;
  await sql`delete from returns where at < ${before} and weighed_at is not null`;
  await sql`delete from enquiries where ended_at < ${before}`;
  await sql`delete from pauses where ended_at < ${before}`;
  await sql`delete from outages where ended_at < ${before}`;
}
