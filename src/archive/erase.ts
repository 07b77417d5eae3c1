/** Posts without their author: what becomes of them when a person is erased, and of what the archive noted about them. */
import type { Sql } from "../db/sql.ts";
import { en } from "../language/language.ts";
import { deletePost, recount } from "./care.ts";
import { forgetEditions } from "./editions.ts";
import type { PartEntry } from "./place.ts";

/** What stands where an author stood. */
export const FORMER = en`A former member`;

export type AuthoredPost = {
  id: string;
  groupId: string;
  number: number;
  size: number;
  messageId: string;
  sentAt: Date;
  raw: Buffer;
  isDeleted: boolean;
};

/** Posts by these addresses (lower-case) in any group, after a place, with their bytes (zstd). */
export const authoredPosts = (
  sql: Sql,
  addresses: string[],
  after: { groupId: string; number: number },
  limit: number,
): Promise<AuthoredPost[]> =>
  // Group by group, as the index on authors begins with the group.
  sql<AuthoredPost[]>`
    select p.id, p.group_id as "groupId", p.number, p.size, p.message_id as "messageId", p.sent_at as "sentAt", p.raw,
      p.deleted_at is not null as "isDeleted"
    from archives a cross join lateral (
      select * from posts
      where group_id = a.group_id and lower(author_address) = any(${addresses})
        and number > case when a.group_id = ${after.groupId} then ${after.number}::int else 0 end
      order by number limit ${limit}) p
    where a.group_id >= ${after.groupId}
    order by p.group_id, p.number limit ${limit}`;

export type WithoutAuthor = {
  messageId: string;
  subject: string;
  words: string;
  size: number;
  parts: PartEntry[];
  raw: Buffer;
};

/** A post goes on without its author. */
export async function disownPost(
  sql: Sql,
  { id, groupId }: Pick<AuthoredPost, "id" | "groupId">,
  now: WithoutAuthor,
): Promise<void> {
  await sql`
    update posts set author_name = ${FORMER}, author_address = '', subject = ${now.subject}, words = ${now.words},
      size = ${now.size}, parts = ${sql.json(now.parts as never)}, raw = ${now.raw}, message_id = ${now.messageId},
      auth = '{}', fingerprint = sha256(convert_to(id::text, 'UTF8')), edition = edition + 1
    where group_id = ${groupId} and id = ${id}`;
  await forgetEditions(sql, groupId, id);
  await recountTopicOf(sql, groupId, id);
}

/** A post goes with its author. `trace` is the id of what the log of moderation says of it. */
export async function removeAuthored(
  sql: Sql,
  { id, groupId, number }: Pick<AuthoredPost, "id" | "groupId" | "number">,
  messageId: string,
  trace: { id: string; at: Date; membershipId: string },
): Promise<void> {
  const reason = en`its author was erased, by their own wish`;
  await deletePost(sql, { ...trace, groupId, byName: FORMER, reason }, number);
  await sql`
    update posts set author_name = ${FORMER}, author_address = '', message_id = ${messageId}, auth = '{}',
      fingerprint = sha256(convert_to(id::text, 'UTF8')), edition = edition + 1
    where group_id = ${groupId} and id = ${id}`;
  await forgetEditions(sql, groupId, id);
  await recountTopicOf(sql, groupId, id);
}

async function recountTopicOf(sql: Sql, groupId: string, id: string): Promise<void> {
  const [row] = await sql<{ topicId: string }[]>`
    select topic_id as "topicId" from posts where group_id = ${groupId} and id = ${id}`;
  if (row) await recount(sql, groupId, row.topicId);
}

/** What the archive of a group keeps of its reader: marks, and their name beside what they did as a moderator. */
export async function forgetReader(sql: Sql, groupId: string, membershipIds: string[]): Promise<void> {
  await sql`delete from group_reads where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[])`;
  await sql`delete from topic_reads where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[])`;
  await sql`
    update posts set edited_by = ${FORMER} where group_id = ${groupId} and id in (
      select post_id from post_editions where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[]))`;
  await sql`
    update post_editions set by_name = ${FORMER}
    where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[])`;
  await sql`
    update archive_changes set by_name = ${FORMER}
    where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[])`;
}

/** Up to where a member has read, and which topics they have opened, for who downloads it. */
export async function readMarksOf(sql: Sql, groupId: string, membershipId: string): Promise<Record<string, unknown>> {
  const [group] = await sql<{ number: number }[]>`
    select number from group_reads where group_id = ${groupId} and membership_id = ${membershipId}`;
  const topics = await sql`
    select topic_id as "topicId", number, visited_at as "visitedAt" from topic_reads
    where group_id = ${groupId} and membership_id = ${membershipId} order by visited_at limit 10000`;
  return { upTo: group?.number ?? null, topics: [...topics] };
}
