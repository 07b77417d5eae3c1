/** Editions: a post's words changed by its author or a moderator. What it said before is kept, with who changed it and when. */
import type { Sql } from "../db/sql.ts";
import { recount } from "./care.ts";
import { lockArchive, type PartEntry } from "./place.ts";

export type Edition = {
  edition: number;
  /** When it was replaced, and by whom. */
  at: Date;
  byName: string;
  byAuthor: boolean;
  reason: string;
  subject: string;
  raw: Buffer;
};

export type Edited = { subject: string; words: string; size: number; parts: PartEntry[]; raw: Buffer };

/** Replaces what a post says, unless somebody was faster (`edition` is what was read). Answers whether it did. */
export async function editPost(
  sql: Sql,
  { groupId, id, edition }: { groupId: string; id: string; edition: number },
  by: { membershipId: string; name: string; isAuthor: boolean; reason: string; at: Date },
  now: Edited,
): Promise<boolean> {
  await lockArchive(sql, groupId);
  const rows = await sql<{ topicId: string }[]>`
    with before as (
      select group_id, id, edition, subject, size, raw from posts
      where group_id = ${groupId} and id = ${id} and edition = ${edition} and deleted_at is null for update
    ), kept as (
      insert into post_editions (group_id, post_id, edition, at, membership_id, by_name, by_author, reason, subject, size, raw)
      select group_id, id, edition, ${by.at}, ${by.membershipId}, ${by.name}, ${by.isAuthor}, ${by.reason}, subject, size, raw
      from before
    )
    update posts p set subject = ${now.subject}, words = ${now.words}, size = ${now.size},
      parts = ${sql.json(now.parts as never)}, raw = ${now.raw}, edition = p.edition + 1, edited_at = ${by.at},
      edited_by = ${by.name}
    from before b where p.group_id = b.group_id and p.id = b.id
    returning p.topic_id as "topicId"`;
  if (rows.length > 0) await recount(sql, groupId, rows[0]!.topicId);
  return rows.length > 0;
}

/** What a post said before, the latest first. */
export const editionsOf = (sql: Sql, groupId: string, postId: string, limit: number): Promise<Edition[]> =>
  sql<Edition[]>`
    select edition, at, by_name as "byName", by_author as "byAuthor", reason, subject, raw from post_editions
    where group_id = ${groupId} and post_id = ${postId} order by edition desc limit ${limit}`;

/** For this room only: a post that loses its author, or goes, loses what it said before. */
export async function forgetEditions(sql: Sql, groupId: string, postId: string): Promise<void> {
  await sql`delete from post_editions where group_id = ${groupId} and post_id = ${postId}`;
  await sql`
    update posts set edited_by = null where group_id = ${groupId} and id = ${postId} and edited_by is not null`;
}
