/**
 * Care of the archive: topics pinned, locked, split and merged, posts deleted; each with a trace of who, when and why.
 *
 * Every function changes and traces in the caller's transaction, under the lock of the group's archive, and answers
 * whether there was something to do: run again it changes nothing and leaves no second trace.
 */
import type { Sql } from "../db/sql.ts";
import { joinTopics, lockArchive } from "./place.ts";
import { addTags } from "./tags.ts";

export type ChangeWord = "pin" | "unpin" | "lock" | "unlock" | "split" | "merge" | "delete";

/** Who does it, when and why; `id` is the trace's own. */
export type Doing = { id: string; groupId: string; at: Date; membershipId: string; byName: string; reason: string };

export type Change = {
  id: string;
  at: Date;
  membershipId: string;
  byName: string;
  what: ChangeWord;
  topicId: string;
  number: number | null;
  reason: string;
};

const CHANGE = `id, at, membership_id as "membershipId", by_name as "byName", what, topic_id as "topicId", number, reason`;

/** The newest changes, all or one member's; `below` continues the list. */
export const changes = (
  sql: Sql,
  groupId: string,
  below: string | null,
  limit: number,
  membershipId: string | null = null,
): Promise<Change[]> =>
  sql<Change[]>`
    select ${sql.unsafe(CHANGE)} from archive_changes
    where group_id = ${groupId} and id < ${below ?? "ffffffff-ffff-ffff-ffff-ffffffffffff"}
      and (${membershipId}::uuid is null or membership_id = ${membershipId})
    order by id desc limit ${limit}`;

/** How these posts were deleted, by their numbers. */
export async function deletionsOf(sql: Sql, groupId: string, numbers: number[]): Promise<Map<number, Change>> {
  if (numbers.length === 0) return new Map();
  const rows = await sql<Change[]>`
    select ${sql.unsafe(CHANGE)} from archive_changes
    where group_id = ${groupId} and number = any(${numbers}::int[]) and what = 'delete'`;
  return new Map(rows.map((row) => [row.number!, row]));
}

async function trace(sql: Sql, doing: Doing, what: ChangeWord, topicId: string, number: number | null): Promise<void> {
  await sql`
    insert into archive_changes (group_id, id, at, membership_id, by_name, what, topic_id, number, reason)
    values (${doing.groupId}, ${doing.id}, ${doing.at}, ${doing.membershipId}, ${doing.byName}, ${what}, ${topicId},
      ${number}, ${doing.reason})`;
}

export async function pin(sql: Sql, doing: Doing, topicId: string, isPinned: boolean): Promise<boolean> {
  const rows = await sql`
    update topics set pinned_at = ${isPinned ? doing.at : null}
    where group_id = ${doing.groupId} and id = ${topicId} and (pinned_at is not null) <> ${isPinned} returning id`;
  if (rows.length > 0) await trace(sql, doing, isPinned ? "pin" : "unpin", topicId, null);
  return rows.length > 0;
}

/** A locked topic takes no more replies. */
export async function lock(sql: Sql, doing: Doing, topicId: string, isLocked: boolean): Promise<boolean> {
  const rows = await sql`
    update topics set locked_at = ${isLocked ? doing.at : null}
    where group_id = ${doing.groupId} and id = ${topicId} and (locked_at is not null) <> ${isLocked} returning id`;
  if (rows.length > 0) await trace(sql, doing, isLocked ? "lock" : "unlock", topicId, null);
  return rows.length > 0;
}

/** Takes a post's words and bytes out for good. Its number stays; copies that are not sent yet are not sent. */
export async function deletePost(sql: Sql, doing: Doing, number: number): Promise<boolean> {
  const { groupId } = doing;
  await lockArchive(sql, groupId);
  const [row] = await sql<{ topicId: string; sentAt: Date }[]>`
    update posts set deleted_at = ${doing.at}, subject = '', words = '', parts = '[]', raw = ''
    where group_id = ${groupId} and number = ${number} and deleted_at is null
    returning topic_id as "topicId", sent_at as "sentAt"`;
  if (!row) return false;
  await sql`
    delete from post_editions e using posts p
    where p.group_id = ${groupId} and p.number = ${number} and e.group_id = p.group_id and e.post_id = p.id`;
  await sql`update archives set post_count = post_count - 1 where group_id = ${groupId}`;
  await sql`
    update archive_months set post_count = post_count - 1
    where group_id = ${groupId} and month = date_trunc('month', ${row.sentAt}::timestamptz at time zone 'UTC')::date`;
  await recount(sql, groupId, row.topicId);
  await trace(sql, doing, "delete", row.topicId, number);
  return true;
}

/** A post and all that answers it become a topic of their own, whose id is the post's. The post that began the topic stays. */
export async function split(sql: Sql, doing: Doing, number: number): Promise<string | undefined> {
  const { groupId } = doing;
  await lockArchive(sql, groupId);
  const [post] = await sql<{ id: string; topicId: string; subject: string }[]>`
    select id, topic_id as "topicId", subject from posts
    where group_id = ${groupId} and number = ${number} and topic_id <> id and deleted_at is null`;
  if (!post) return undefined;
  await sql`
    with recursive branch as (
      select id from posts where group_id = ${groupId} and id = ${post.id}
      union
      select p.id from posts p join branch b on p.parent_id = b.id
      where p.group_id = ${groupId} and p.topic_id = ${post.topicId}
    )
    update posts set topic_id = ${post.id},
      parent_id = case when id = ${post.id} then null else parent_id end,
      awaited = case when id = ${post.id} then '{}' else awaited end
    where group_id = ${groupId} and id in (select id from branch)`;
  // Its subject as a base of its own: a later reply that names nobody is placed by the old one, beside the old topic.
  await sql`
    insert into topics (group_id, id, subject, base_subject, started_at, last_at, post_count, last_number, last_author, last_words, authors)
    values (${groupId}, ${post.id}, ${post.subject}, '', ${doing.at}, ${doing.at}, 0, 0, '', '', '{}')`;
  await addTags(sql, groupId, [{ topicId: post.id, subject: post.subject }]);
  await recount(sql, groupId, post.topicId);
  await recount(sql, groupId, post.id);
  await trace(sql, doing, "split", post.topicId, number);
  return post.id;
}

/** A topic becomes part of another of the same group. */
export async function merge(sql: Sql, doing: Doing, from: string, into: string): Promise<boolean> {
  const { groupId } = doing;
  await lockArchive(sql, groupId);
  const rows = await sql`select id from topics where group_id = ${groupId} and id = any(${[from, into]}::uuid[])`;
  if (from === into || rows.length < 2) return false;
  await joinTopics(sql, groupId, from, into);
  await recount(sql, groupId, into);
  await trace(sql, doing, "merge", into, null);
  return true;
}

/** For this room only. Makes a topic's row anew from its posts that are still there; one that has none is in no list. */
export async function recount(sql: Sql, groupId: string, topicId: string): Promise<void> {
  await sql`
    update topics t set
      post_count = n.posts, subject = coalesce(n.subject, ''), started_at = coalesce(n.started, t.started_at), last_at = coalesce(n.last, t.last_at),
      last_number = coalesce(n.number, t.last_number),
      last_author = coalesce(n.author, ''), last_words = coalesce(n.words, ''), authors = coalesce(n.authors, '{}')
    from (
      select count(*)::int as posts, min(received_at) as started, max(received_at) as last, max(number) as number,
        (array_agg(subject order by number))[1] as subject,
        (array_agg(words order by received_at desc, number desc))[1] as words,
        (array_agg(coalesce(nullif(author_name, ''), author_address) order by received_at desc, number desc))[1] as author,
        (select (array_agg(who order by first))[1:6] from (
          select coalesce(nullif(author_name, ''), author_address) as who, min(number) as first from posts
          where group_id = ${groupId} and topic_id = ${topicId} and deleted_at is null group by 1) w) as authors
      from posts where group_id = ${groupId} and topic_id = ${topicId} and deleted_at is null
    ) n
    where t.group_id = ${groupId} and t.id = ${topicId}`;
}

/** Which of these posts would answer within a locked topic; `references` are Message-IDs, the nearest ancestor last. */
export async function answersToLocked(
  sql: Sql,
  posts: readonly { groupId: string; references: readonly string[] }[],
): Promise<boolean[]> {
  if (posts.every((post) => post.references.length === 0)) return posts.map(() => false);
  const groups = await sql<{ id: string }[]>`
    select distinct group_id as id from topics
    where locked_at is not null and group_id = any(${[...new Set(posts.map((post) => post.groupId))]}::uuid[])`;
  const ids = new Set(groups.map(({ id }) => id));
  const named = posts.filter((post) => ids.has(post.groupId)).flatMap((post) => post.references);
  if (named.length === 0) return posts.map(() => false);
  const rows = await sql<{ groupId: string; messageId: string; isLocked: boolean }[]>`
    select p.group_id as "groupId", p.message_id as "messageId", t.locked_at is not null as "isLocked"
    from posts p join topics t on t.group_id = p.group_id and t.id = p.topic_id
    where p.group_id = any(${[...ids]}::uuid[]) and p.message_id = any(${named})`;
  const known = new Map(rows.map((row) => [`${row.groupId} ${row.messageId}`, row.isLocked]));
  return posts.map(({ groupId, references }) => {
    const nearest = references.toReversed().find((id) => known.has(`${groupId} ${id}`));
    return nearest !== undefined && known.get(`${groupId} ${nearest}`)!;
  });
}
