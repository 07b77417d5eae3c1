/** Reading the archive: topics, posts and their bytes. */

import type { Sql } from "../db/sql.ts";
import { timeOfId } from "../kit/id.ts";
import type { PartEntry, Source } from "./place.ts";

export type Topic = {
  id: string;
  subject: string;
  startedAt: Date;
  lastAt: Date;
  postCount: number;
  lastNumber: number;
  lastAuthor: string;
  lastWords: string;
  authors: string[];
  pinnedAt: Date | null;
  /** Takes no more replies. */
  lockedAt: Date | null;
};

/** For this room only. */
export const TOPIC = `id, subject, started_at as "startedAt", last_at as "lastAt", post_count as "postCount",
  last_number as "lastNumber", last_author as "lastAuthor", last_words as "lastWords", authors, pinned_at as "pinnedAt", locked_at as "lockedAt"`;

/** A place in the list of topics, which has no ties: those of one time are in the order of their ids. */
export type TopicPlace = Pick<Topic, "lastAt" | "id">;

/** Before every id: what is below a place with it is older than its time. */
export const LOWEST_ID = "00000000-0000-0000-0000-000000000000";

/** Topics of a group, newest first; `below` continues a list. */
export const topics = (sql: Sql, groupId: string, below: TopicPlace | null, limit: number): Promise<Topic[]> =>
  sql<Topic[]>`
    select ${sql.unsafe(TOPIC)} from topics
    where group_id = ${groupId} and post_count > 0 and (last_at, id) < (coalesce(${below?.lastAt ?? null}::timestamptz, 'infinity'), ${below?.id ?? LOWEST_ID}::uuid)
    order by last_at desc, id desc limit ${limit}`;

/** Those that stand above the list. */
export const pinnedTopics = (sql: Sql, groupId: string, limit: number): Promise<Topic[]> =>
  sql<Topic[]>`
    select ${sql.unsafe(TOPIC)} from topics
    where group_id = ${groupId} and pinned_at is not null and post_count > 0 order by pinned_at desc limit ${limit}`;

export async function topic(sql: Sql, groupId: string, id: string): Promise<Topic | undefined> {
  const [row] = await sql<Topic[]>`select ${sql.unsafe(TOPIC)} from topics where group_id = ${groupId} and id = ${id}`;
  return row;
}

export type Post = {
  id: string;
  groupId: string;
  number: number;
  topicId: string;
  parentId: string | null;
  messageId: string;
  authorName: string;
  authorAddress: string;
  subject: string;
  sentAt: Date;
  receivedAt: Date;
  words: string;
  size: number;
  parts: PartEntry[];
  auth: unknown;
  source: Source;
  /** Its words and bytes are gone; the number stays. */
  deletedAt: Date | null;
  /** Counts up when what it says is changed. */
  edition: number;
  editedAt: Date | null;
  editedBy: string | null;
};

const POST = `id, group_id as "groupId", number, topic_id as "topicId", parent_id as "parentId", message_id as "messageId",
  author_name as "authorName", author_address as "authorAddress", subject, sent_at as "sentAt", received_at as "receivedAt",
  words, size, parts, auth, source, deleted_at as "deletedAt", edition, edited_at as "editedAt", edited_by as "editedBy"`;

export async function postNumbered(sql: Sql, groupId: string, number: number): Promise<Post | undefined> {
  const [row] = await sql<Post[]>`
    select ${sql.unsafe(POST)} from posts where group_id = ${groupId} and number = ${number}`;
  return row;
}

export async function postById(sql: Sql, id: string): Promise<Post | undefined> {
  const [row] = await sql<Post[]>`select ${sql.unsafe(POST)} from posts where id = ${id}`;
  return row;
}

export async function postWithMessageId(sql: Sql, groupId: string, messageId: string): Promise<Post | undefined> {
  const [row] = await sql<Post[]>`
    select ${sql.unsafe(POST)} from posts where group_id = ${groupId} and message_id = ${messageId}`;
  return row;
}

/** A post as others with its Message-ID are compared with it. */
export type Known = { groupId: string; id: string; messageId: string; authorAddress: string };

/** The posts, in any group, that carry these Message-IDs. */
export const postsEverywhere = (sql: Sql, messageIds: string[]): Promise<Known[]> =>
  sql<Known[]>`
    select group_id as "groupId", id, message_id as "messageId", author_address as "authorAddress"
    from posts where message_id = any(${messageIds})`;

/** For each of these posts the newest one of its group that has the same author and body but another Message-ID. */
export async function alike(
  sql: Sql,
  posts: { id: string; groupId: string; messageId: string; fingerprint: Buffer }[],
): Promise<{ id: string; earlier: string }[]> {
  return sql<{ id: string; earlier: string }[]>`
    select distinct on (w.id) w.id, p.id as earlier
    from unnest(${posts.map((post) => post.id)}::uuid[], ${posts.map((post) => post.groupId)}::uuid[],
      ${posts.map((post) => post.messageId)}::text[], ${posts.map((post) => post.fingerprint.toString("hex"))}::text[])
      as w(id, group_id, message_id, fingerprint)
    join posts p on p.group_id = w.group_id and p.fingerprint = decode(w.fingerprint, 'hex')
      and p.message_id <> w.message_id
    order by w.id, p.number desc`;
}

/** A post as outbound makes its copies from: `raw` is zstd of its `size` bytes. */
export type PostToSend = Pick<Post, "id" | "groupId" | "number" | "messageId" | "receivedAt" | "size" | "auth"> & {
  raw: Buffer;
};

/** These posts of these groups, in no order. */
export const postsToSend = (sql: Sql, groupIds: string[], ids: string[]): Promise<PostToSend[]> =>
  sql<PostToSend[]>`
    select id, group_id as "groupId", number, message_id as "messageId", received_at as "receivedAt", size, auth, raw
    from posts where group_id = any(${groupIds}::uuid[]) and id = any(${ids}::uuid[]) and deleted_at is null`;

/** The bytes of a post as they came (zstd). */
export async function rawPost(sql: Sql, groupId: string, id: string): Promise<Buffer | undefined> {
  const [row] = await sql<{ raw: Buffer }[]>`
    select raw from posts where group_id = ${groupId} and id = ${id} and deleted_at is null`;
  return row?.raw;
}

/** The bytes of several posts (zstd), by post id: a thread's page asks once. */
export async function rawPosts(sql: Sql, groupId: string, ids: string[]): Promise<Map<string, Buffer>> {
  const rows = await sql<{ id: string; raw: Buffer }[]>`
    select id, raw from posts where group_id = ${groupId} and id = any(${ids}::uuid[]) and deleted_at is null`;
  return new Map(rows.map((row) => [row.id, row.raw]));
}

/** The number of a group's newest post; 0 while there is none. */
export async function lastNumberOf(sql: Sql, groupId: string): Promise<number> {
  const [row] = await sql<{ last: number }[]>`select last_number as last from archives where group_id = ${groupId}`;
  return row?.last ?? 0;
}

/** Posts of a group with numbers above `after`, up to `last`, the oldest first; imported and deleted ones are left out. */
export const postsBetween = (sql: Sql, groupId: string, after: number, last: number, limit: number): Promise<Post[]> =>
  sql<Post[]>`
    select ${sql.unsafe(POST)} from posts
    where group_id = ${groupId} and number > ${after} and number <= ${last} and source <> 'import'
      and deleted_at is null
    order by number limit ${limit}`;

export type ArchiveSummary = { postCount: number; lastAt: Date | null };

export async function summaries(sql: Sql, groupIds: string[]): Promise<Map<string, ArchiveSummary>> {
  const rows = await sql<(ArchiveSummary & { id: string })[]>`
    select group_id as id, post_count as "postCount", last_at as "lastAt" from archives
    where group_id = any(${groupIds}::uuid[])`;
  return new Map(rows.map(({ id, ...summary }) => [id, summary]));
}

export type OutlinePost = Pick<
  Post,
  "id" | "number" | "parentId" | "authorName" | "authorAddress" | "subject" | "sentAt" | "deletedAt" | "edition"
>;

/** For this room only. */
export const OUTLINE = `id, number, parent_id as "parentId", author_name as "authorName", author_address as "authorAddress",
  subject, sent_at as "sentAt", deleted_at as "deletedAt", edition`;

/** The topic a post is in now: how an address of a topic that was joined to another is followed. */
export async function topicOfPost(sql: Sql, groupId: string, postId: string): Promise<string | undefined> {
  const [row] = await sql<{ id: string }[]>`
    select topic_id as id from posts where group_id = ${groupId} and id = ${postId}`;
  return row?.id;
}

/** The shape of a topic: who answered whom, in the order of arrival. */
export const outlineOfTopic = (sql: Sql, groupId: string, topicId: string, limit: number): Promise<OutlinePost[]> =>
  sql<OutlinePost[]>`
    select ${sql.unsafe(OUTLINE)} from posts where group_id = ${groupId} and topic_id = ${topicId}
    order by number limit ${limit}`;

/** Posts of a group by id, in no order. */
export const postsOf = (sql: Sql, groupId: string, ids: string[]): Promise<Post[]> =>
  sql<Post[]>`select ${sql.unsafe(POST)} from posts where group_id = ${groupId} and id = any(${ids}::uuid[])`;

/** The newest posts of a group, those below `before` where it is given. */
export const newestPosts = (sql: Sql, groupId: string, before: number | null, limit: number): Promise<Post[]> =>
  sql<Post[]>`
    select ${sql.unsafe(POST)} from posts
    where group_id = ${groupId} and number < coalesce(${before}::int, 2147483647) and deleted_at is null
    order by number desc limit ${limit}`;

/** The newest posts of a topic. */
export const newestOfTopic = (sql: Sql, groupId: string, topicId: string, limit: number): Promise<Post[]> =>
  sql<Post[]>`
    select ${sql.unsafe(POST)} from posts where group_id = ${groupId} and topic_id = ${topicId} and deleted_at is null
    order by sent_at desc, number desc limit ${limit}`;

/** The posts of a group above a number, in the order of arrival. */
export const postsAfter = (sql: Sql, groupId: string, number: number, limit: number): Promise<OutlinePost[]> =>
  sql<OutlinePost[]>`
    select ${sql.unsafe(OUTLINE)} from posts where group_id = ${groupId} and number > ${number} order by number limit ${limit}`;

export type ByAuthor = { groupId: string; author: string };

/**
 * How many posts each author has in a group, counted no further than `most`, and when the last one was placed; deleted
 * posts and imported ones don't count as the last. Keys are `group author`; who has none is not in it.
 */
export async function postsBy(
  sql: Sql,
  whose: readonly ByAuthor[],
  most: number,
): Promise<Map<string, { count: number; lastAt: Date | null }>> {
  if (whose.length === 0) return new Map();
  const rows = await sql<{ key: string; count: number; last: string | null }[]>`
    select distinct on (w."groupId", w.author) w."groupId" || ' ' || w.author as key, had.count, last.id as last
    from jsonb_to_recordset(${sql.json(whose as never)}) as w("groupId" uuid, author text),
      lateral (
        select count(*)::int as count from (
          select from posts p
          where p.group_id = w."groupId" and lower(p.author_address) = w.author and p.deleted_at is null limit ${most}
        ) as few
      ) as had
      left join lateral (
        select p.id from posts p
        where p.group_id = w."groupId" and lower(p.author_address) = w.author and p.source <> 'import'
        order by p.id desc limit 1
      ) as last on true`;
  return new Map(rows.map(({ key, count, last }) => [key, { count, lastAt: last ? timeOfId(last) : null }]));
}
