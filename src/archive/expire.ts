/**
 * Posts go when their time is over: a topic as a whole, once its newest post is older than the group keeps posts, so that
 * no answer stands without its question. Pinned topics stay. Numbers are not given again.
 */
import type { Sql } from "../db/sql.ts";
import { lockArchive } from "./place.ts";

export type Expired = { topics: number; posts: number };

/** Takes out topics whose newest post is older than `before`, of about `most` posts together, and at least one. */
export async function expire(sql: Sql, groupId: string, before: Date, most: number): Promise<Expired> {
  const due = await sql`
    select from topics where group_id = ${groupId} and last_at < ${before} and pinned_at is null limit 1`;
  if (due.length === 0) return { topics: 0, posts: 0 };
  await lockArchive(sql, groupId);
  const rows = await sql<{ id: string }[]>`
    select id from (
      select id, sum(post_count) over (order by last_at, id) - post_count as before from (
        select id, last_at, post_count from topics
        where group_id = ${groupId} and last_at < ${before} and pinned_at is null order by last_at, id limit ${most}
        for update
      ) as oldest
    ) as counted where before < ${most}`;
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return { topics: 0, posts: 0 };
  const [gone] = await sql<{ posts: number; present: number }[]>`
    with gone as (
      delete from posts where group_id = ${groupId} and topic_id = any(${ids}::uuid[]) returning sent_at, deleted_at, number
    ), counted as (
      select date_trunc('month', sent_at at time zone 'UTC')::date as month, count(*)::int as posts
      from gone where deleted_at is null group by 1
    ), months as (
      update archive_months m set post_count = greatest(0, m.post_count - c.posts)
      from counted c where m.group_id = ${groupId} and m.month = c.month
    ), traces as (
      delete from archive_changes where group_id = ${groupId} and topic_id = any(${ids}::uuid[])
    )
    select count(*)::int as posts, count(*) filter (where deleted_at is null)::int as present from gone`;
  await sql`update archives set post_count = post_count - ${gone!.present} where group_id = ${groupId}`;
  await sql`
    delete from post_editions e where e.group_id = ${groupId}
      and not exists (select from posts p where p.group_id = e.group_id and p.id = e.post_id)`;
  await sql`delete from topic_reads where group_id = ${groupId} and topic_id = any(${ids}::uuid[])`;
  await sql`delete from topic_tags where group_id = ${groupId} and topic_id = any(${ids}::uuid[])`;
  await sql`delete from topics where group_id = ${groupId} and id = any(${ids}::uuid[])`;
  return { topics: ids.length, posts: gone!.posts };
}
