/**
 * The archive by date: how many posts each month has, the posts of a month, and what stands before and after a post.
 *
 * Months are UTC's, so that a month's address shows everybody the same. Their counts are kept as posts are placed:
 * nothing here looks through the archive.
 */
import type { Sql } from "../db/sql.ts";
import { OUTLINE, type OutlinePost, type Post } from "./read.ts";

/** `month` as `2026-03`. */
export type Month = { month: string; postCount: number };

/** Every month that has posts, the newest first. */
export const months = (sql: Sql, groupId: string): Promise<Month[]> =>
  sql<Month[]>`
    select to_char(month, 'YYYY-MM') as month, post_count as "postCount" from archive_months
    where group_id = ${groupId} and post_count > 0 order by archive_months.month desc`;

/** Counts posts into their months, inside the transaction that places them. */
export async function countIntoMonths(sql: Sql, groupId: string, sentAt: readonly Date[]): Promise<void> {
  const counts = new Map<string, number>();
  for (const date of sentAt) {
    const month = `${date.toISOString().slice(0, 7)}-01`;
    counts.set(month, (counts.get(month) ?? 0) + 1);
  }
  await sql`
    insert into archive_months (group_id, month, post_count)
    select ${groupId}, month, posts
    from unnest(${[...counts.keys()]}::date[], ${[...counts.values()]}::int[]) as fresh(month, posts) order by month
    on conflict (group_id, month) do update set post_count = archive_months.post_count + excluded.post_count`;
}

/** A place in the order of dates: posts of one time are in the order of their numbers. */
export type DatePlace = Pick<Post, "sentAt" | "number">;

export type PostInList = OutlinePost & Pick<Post, "words">;

const LISTED = `${OUTLINE}, words`;

/** Posts written from `after` on and before `until`, the earliest first. */
export const postsByDate = (
  sql: Sql,
  groupId: string,
  after: DatePlace,
  until: Date,
  limit: number,
): Promise<PostInList[]> =>
  sql<PostInList[]>`
    select ${sql.unsafe(LISTED)} from posts
    where group_id = ${groupId} and (sent_at, number) > (${after.sentAt}, ${after.number}) and sent_at < ${until}
      and deleted_at is null
    order by sent_at, number limit ${limit}`;

export type Neighbours = { earlier: PostInList | undefined; later: PostInList | undefined };

/** The posts written just before and just after this one. */
export async function neighboursOf(sql: Sql, groupId: string, { sentAt, number }: DatePlace): Promise<Neighbours> {
  const [earlier, later] = await Promise.all([
    sql<PostInList[]>`
      select ${sql.unsafe(LISTED)} from posts
      where group_id = ${groupId} and (sent_at, number) < (${sentAt}, ${number})
      order by sent_at desc, number desc limit 1`,
    sql<PostInList[]>`
      select ${sql.unsafe(LISTED)} from posts
      where group_id = ${groupId} and (sent_at, number) > (${sentAt}, ${number})
      order by sent_at, number limit 1`,
  ]);
  return { earlier: earlier[0], later: later[0] };
}
