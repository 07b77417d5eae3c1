/** Pauses: why a member's mail was stopped, who was told of it, and when it went out again. Whether it is stopped says the directory. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";

export type Pause = {
  id: string;
  groupId: string;
  membershipId: string;
  at: Date;
  /** returned: mail came back; complaint: they marked it as spam; wish: they stopped it; hand: an owner did. */
  why: "returned" | "complaint" | "wish" | "hand";
  sense: string;
  provider: string;
  said: string;
  endedAt: Date | null;
  reminders: number;
};

const COLUMNS = `id, group_id as "groupId", membership_id as "membershipId", at, why, sense, provider, said,
  ended_at as "endedAt", reminders`;

export type NewPause = Pick<Pause, "groupId" | "membershipId" | "why" | "sense" | "provider" | "said">;

/** Begins a pause; a member who has one keeps it. */
export async function beginPause(sql: Sql, one: NewPause, clock: Clock): Promise<void> {
  const now = clock.now();
  // What somebody does by hand needs no letter to those who did it.
  const toldAt = isByHand(one.why) ? now : null;
  await sql`
    insert into pauses (id, group_id, membership_id, at, why, sense, provider, said, told_at)
    values (${newId(clock)}, ${one.groupId}, ${one.membershipId}, ${now}, ${one.why}, ${one.sense}, ${one.provider},
      ${one.said.slice(0, 500)}, ${toldAt})
    on conflict (group_id, membership_id) where ended_at is null do nothing`;
}

const isByHand = (why: Pause["why"]): boolean => why === "wish" || why === "hand";

export async function endPause(sql: Sql, groupId: string, membershipId: string, now: Date): Promise<void> {
  await sql`
    update pauses set ended_at = ${now}
    where group_id = ${groupId} and membership_id = ${membershipId} and ended_at is null`;
}

/** The present pauses in a group, or of one of its members, newest first. */
export const pausesIn = (sql: Sql, groupId: string, membershipId: string | null, limit: number): Promise<Pause[]> =>
  sql<Pause[]>`
    select ${sql.unsafe(COLUMNS)} from pauses
    where group_id = ${groupId} and ended_at is null
      and (${membershipId}::uuid is null or membership_id = ${membershipId})
    order by at desc limit ${limit}`;

/** Pauses for mail that came back, with fewer than `reminders` reminders and begun before `before`. */
export const toRemind = (sql: Sql, reminders: number, before: Date, limit: number): Promise<Pause[]> =>
  sql<Pause[]>`
    select ${sql.unsafe(COLUMNS)} from pauses
    where ended_at is null and why = 'returned' and reminders < ${reminders} and at <= ${before}
    order by at limit ${limit}`;

/** Counts a reminder. Answers false when somebody was faster, or the pause is over. */
export async function reminded(sql: Sql, id: string, reminders: number): Promise<boolean> {
  const rows = await sql`
    update pauses set reminders = ${reminders} where id = ${id} and reminders < ${reminders} and ended_at is null
    returning id`;
  return rows.length > 0;
}

/** Groups with pauses their owners have not heard of, and where the last telling was before `lastBefore`. */
export async function groupsToTell(sql: Sql, lastBefore: Date): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select distinct group_id as id from pauses p
    where told_at is null and not exists (
      select from pauses o where o.group_id = p.group_id and o.why in ('returned', 'complaint') and o.told_at > ${lastBefore})`;
  return rows.map((row) => row.id);
}

/**
 * Marks a group's pauses as told to its owners, unless they were told of others after `lastBefore`. Answers those that were
 * not told of until now, and are not over.
 */
export async function tellOwners(sql: Sql, groupId: string, lastBefore: Date, now: Date): Promise<Pause[]> {
  const rows = await sql<Pause[]>`
    update pauses set told_at = ${now} where group_id = ${groupId} and told_at is null and not exists (
      select from pauses o where o.group_id = ${groupId} and o.why in ('returned', 'complaint') and o.told_at > ${lastBefore})
    returning ${sql.unsafe(COLUMNS)}`;
  return rows.filter((row) => row.endedAt === null);
}
