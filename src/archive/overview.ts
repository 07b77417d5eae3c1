/** Several groups' archives at a glance: which are lively, how many posts a month, what is new to a member. */
import type { Sql } from "../db/sql.ts";
import { TOPIC, type Topic } from "./read.ts";
import type { ReaderId } from "./reads.ts";

/** The groups by their newest post. Looks at one row a group, so it is asked for now and then, not by every page. */
export async function liveliest(sql: Sql, most: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select group_id as id from archives where last_at is not null order by last_at desc, group_id limit ${most}`;
  return rows.map((row) => row.id);
}

/** Posts a month, on average over the last three whole months; groups with none are left out. */
export async function perMonth(sql: Sql, groupIds: string[], now: Date): Promise<Map<string, number>> {
  const rows = await sql<{ id: string; posts: number }[]>`
    select group_id as id, (sum(post_count) / 3.0)::float8 as posts from archive_months
    where group_id = any(${groupIds}::uuid[])
      and month >= date_trunc('month', ${now}::timestamptz at time zone 'UTC') - interval '3 months'
      and month < date_trunc('month', ${now}::timestamptz at time zone 'UTC')
    group by group_id`;
  return new Map(rows.map(({ id, posts }) => [id, posts]));
}

/** The topic with the newest post of each group. */
export async function newestTopics(sql: Sql, groupIds: string[]): Promise<Map<string, Topic>> {
  const rows = await sql<(Topic & { groupId: string })[]>`
    select w.id as "groupId", newest.* from unnest(${groupIds}::uuid[]) as w(id)
    cross join lateral (
      select ${sql.unsafe(TOPIC)} from topics where group_id = w.id and post_count > 0
      order by last_at desc, id desc limit 1
    ) newest`;
  return new Map(rows.map(({ groupId, ...topic }) => [groupId, topic]));
}

/** Topics looked through for what is new in a group: a count that reaches it is "as many, or more". */
export const MOST_NEW = 30;

/**
 * In how many topics of each group something is new to its member, among the MOST_NEW that moved last. Groups with
 * nothing new, or that were never visited, are left out. A group in which all is read costs two rows.
 */
export async function newTopics(sql: Sql, readers: readonly ReaderId[]): Promise<Map<string, number>> {
  if (readers.length === 0) return new Map();
  const rows = await sql<{ id: string; topics: number }[]>`
    select w.group_id as id, n.topics
    from unnest(${readers.map((one) => one.groupId)}::uuid[], ${readers.map((one) => one.membershipId)}::uuid[])
      as w(group_id, membership_id)
    join group_reads g on g.group_id = w.group_id and g.membership_id = w.membership_id
    join archives a on a.group_id = w.group_id and a.last_number > g.number
    cross join lateral (
      select count(*)::int as topics from (
        select id, last_number from topics where group_id = w.group_id and post_count > 0
        order by last_at desc, id desc limit ${MOST_NEW}
      ) t
      left join topic_reads r on r.group_id = w.group_id and r.membership_id = w.membership_id and r.topic_id = t.id
      where t.last_number > greatest(g.number, coalesce(r.number, 0))
    ) n
    where n.topics > 0`;
  return new Map(rows.map(({ id, topics }) => [id, topics]));
}
