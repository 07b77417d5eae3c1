/**
 * What a member has read: everything in the group up to a number, and in single topics up to a later one.
 *
 * Marks only move forward. A visit to a topic lasts half an hour: until then what was new at its beginning is still shown
 * as new, so that going back or loading again loses nothing. A member has at most MOST rows; when there would be more,
 * the lowest are forgotten and the group's mark is raised to them. Why a GET writes this: docs/decisions/0031-reading-marks.md.
 */
import type { Sql } from "../db/sql.ts";
import { MINUTE } from "../kit/clock.ts";
import { LOWEST_ID } from "./read.ts";

const VISIT = 30 * MINUTE;
const MOST = 1000;
const FORGOTTEN_AT_ONCE = 100;
/** How many topics are looked through for the next one with something new. */
const LOOKED_THROUGH = 500;

/** Whose marks: a membership, by its id. */
export type ReaderId = { groupId: string; membershipId: string };

export type GroupMarks = {
  /** The number of the newest post. */
  newest: number;
  /** All up to this one is read; null before the first visit. */
  upTo: number | null;
};

export async function groupMarks(sql: Sql, { groupId, membershipId }: ReaderId): Promise<GroupMarks> {
  const [row] = await sql<GroupMarks[]>`
    select a.last_number as newest, r.number as "upTo" from archives a
    left join group_reads r on r.group_id = a.group_id and r.membership_id = ${membershipId}
    where a.group_id = ${groupId}`;
  return row ?? { newest: 0, upTo: null };
}

/** The first visit: what is here now is not new to them. */
export async function beginReading(sql: Sql, { groupId, membershipId }: ReaderId): Promise<void> {
  await sql`
    insert into group_reads (group_id, membership_id, number)
    values (${groupId}, ${membershipId}, coalesce((select last_number from archives where group_id = ${groupId}), 0))
    on conflict do nothing`;
}

/** How far these topics are read, where that is further than the group's mark. */
export async function topicMarks(sql: Sql, reader: ReaderId, topicIds: string[]): Promise<Map<string, number>> {
  const rows = await sql<{ id: string; number: number }[]>`
    select topic_id as id, number from topic_reads
    where group_id = ${reader.groupId} and membership_id = ${reader.membershipId} and topic_id = any(${topicIds}::uuid[])`;
  return new Map(rows.map(({ id, number }) => [id, number]));
}

/** A visit to a topic: what is above `newAbove` is new on it; up to `upTo` it was read before. */
export type TopicVisit = {
  newAbove: number;
  upTo: number;
  since: Date;
  /** Nothing of the group was marked yet. */
  isFirst: boolean;
};

/** The visit that goes on, or a new one. Before the first visit to the group nothing is new. */
export async function visitTo(sql: Sql, reader: ReaderId, topicId: string, now: Date): Promise<TopicVisit> {
  const { groupId, membershipId } = reader;
  const [row] = await sql<
    { floor: number; isFirst: boolean; number: number | null; before: number; visitedAt: Date }[]
  >`
    select coalesce(g.number, a.last_number) as floor, g.number is null as "isFirst", r.number, r.before, r.visited_at as "visitedAt" from archives a
    left join group_reads g on g.group_id = a.group_id and g.membership_id = ${membershipId}
    left join topic_reads r on r.group_id = a.group_id and r.membership_id = ${membershipId} and r.topic_id = ${topicId}
    where a.group_id = ${groupId}`;
  if (!row) return { newAbove: 0, upTo: 0, since: now, isFirst: true };
  const { floor, isFirst, number, before, visitedAt } = row;
  if (number === null) return { newAbove: floor, upTo: floor, since: now, isFirst };
  const goesOn = now.getTime() - visitedAt.getTime() < VISIT;
  return {
    newAbove: Math.max(floor, goesOn ? before : number),
    upTo: Math.max(floor, number),
    since: goesOn ? visitedAt : now,
    isFirst,
  };
}

/** How far a topic is read once these posts were seen: up to the first one that was neither seen nor read before. */
export function readUpTo(visit: TopicVisit, topic: readonly { number: number }[], seen: ReadonlySet<number>): number {
  let upTo = visit.upTo;
  for (const { number } of topic.toSorted((a, b) => a.number - b.number)) {
    if (number <= visit.upTo) continue;
    if (!seen.has(number)) break;
    upTo = number;
  }
  return upTo;
}

/** Moves the mark of a topic forward. Run again it changes nothing. */
export async function noteRead(
  sql: Sql,
  { groupId, membershipId }: ReaderId,
  topicId: string,
  visit: TopicVisit,
  upTo: number,
): Promise<void> {
  const [row] = await sql<{ isFresh: boolean }[]>`
    insert into topic_reads as r (group_id, membership_id, topic_id, number, before, visited_at)
    values (${groupId}, ${membershipId}, ${topicId}, ${upTo}, ${visit.newAbove}, ${visit.since})
    on conflict (group_id, membership_id, topic_id) do update set
      number = greatest(r.number, excluded.number), before = excluded.before, visited_at = excluded.visited_at
    returning xmax = 0 as "isFresh"`;
  if (row?.isFresh) await forgetLowest(sql, { groupId, membershipId });
}

/** Keeps the rows of a member few: what they read longest ago, by number, falls under the group's mark. */
async function forgetLowest(sql: Sql, { groupId, membershipId }: ReaderId): Promise<void> {
  await sql`
    with counted as (
      select count(*) as rows from topic_reads where group_id = ${groupId} and membership_id = ${membershipId}
    ), lowest as (
      select topic_id, number from topic_reads
      where group_id = ${groupId} and membership_id = ${membershipId} and (select rows from counted) > ${MOST}
      order by number limit ${FORGOTTEN_AT_ONCE}
    ), raised as (
      update group_reads set number = greatest(number, (select max(number) from lowest))
      where group_id = ${groupId} and membership_id = ${membershipId} and exists (select from lowest)
    )
    delete from topic_reads r using lowest l
    where r.group_id = ${groupId} and r.membership_id = ${membershipId} and r.topic_id = l.topic_id`;
}

/** Everything up to this number is read. */
export async function readAll(sql: Sql, { groupId, membershipId }: ReaderId, upTo: number): Promise<void> {
  await sql`
    with raised as (
      insert into group_reads as r (group_id, membership_id, number)
      select ${groupId}, ${membershipId}, least(${upTo}, last_number) from archives where group_id = ${groupId}
      on conflict (group_id, membership_id) do update set number = greatest(r.number, excluded.number)
    )
    delete from topic_reads
    where group_id = ${groupId} and membership_id = ${membershipId} and number <= ${upTo}`;
}

/** The next topic, by the newest post, in which something is new to them; none before their first visit. */
export async function nextNewTopic(sql: Sql, reader: ReaderId, except = LOWEST_ID): Promise<string | undefined> {
  const { groupId, membershipId } = reader;
  const [row] = await sql<{ id: string }[]>`
    select t.id from group_reads g, (
      select id, last_number, last_at from topics where group_id = ${groupId}
      order by last_at desc, id desc limit ${LOOKED_THROUGH}
    ) t
    left join topic_reads r on r.group_id = ${groupId} and r.membership_id = ${membershipId} and r.topic_id = t.id
    where g.group_id = ${groupId} and g.membership_id = ${membershipId}
      and t.id <> ${except} and t.last_number > greatest(coalesce(r.number, 0), g.number)
    order by t.last_at desc, t.id desc limit 1`;
  return row?.id;
}
