/**
 * Editing a held post before it goes out. The mail in the queue stays as its author sent it; subject and text wait
 * beside it and are put in when it is filed. Then the row keeps the author's own bytes, and the post it became.
 */
import type { Sql } from "../db/sql.ts";
import type { Doer } from "./activity.ts";
import { HELD, type HeldPost } from "./held.ts";

export type Edit = { groupId: string; mailId: string; subject: string | null; text: string | null };

/** Null leaves subject or text as the author wrote it. Answers whether the post still waits. */
export async function editHeld(sql: Sql, edit: Edit, by: Doer, now: Date): Promise<boolean> {
  const isNone = edit.subject === null && edit.text === null;
  const rows = await sql`
    update held_posts
    set edited_subject = ${edit.subject}, edited_text = ${edit.text}, edited_by = ${isNone ? null : by.membershipId},
      edited_name = ${isNone ? null : by.name}, edited_at = ${isNone ? null : now}
    where group_id = ${edit.groupId} and mail_id = ${edit.mailId} and state = 'waiting' returning mail_id`;
  return rows.length > 0;
}

/** The edits of mails that are being filed, by group and mail. */
export async function editsOf(sql: Sql, mailIds: string[]): Promise<Map<string, Edit>> {
  if (mailIds.length === 0) return new Map();
  const rows = await sql<Edit[]>`
    select group_id as "groupId", mail_id as "mailId", edited_subject as subject, edited_text as text from held_posts
    where mail_id = any(${mailIds}::uuid[]) and edited_at is not null`;
  return new Map(rows.map((row) => [`${row.groupId} ${row.mailId}`, row]));
}

/** An edited post has gone out: what its author had sent is kept beside it. */
export async function keepOriginal(sql: Sql, { groupId, mailId }: Edit, postId: string, raw: Buffer): Promise<void> {
  await sql`
    update held_posts set original = ${raw}, post_id = ${postId} where group_id = ${groupId} and mail_id = ${mailId}`;
}

/** The held posts that these posts were, where a moderator edited them, by the post's id. */
export async function editedPosts(sql: Sql, postIds: string[]): Promise<Map<string, HeldPost>> {
  if (postIds.length === 0) return new Map();
  const rows = await sql<(HeldPost & { postId: string })[]>`
    select ${sql.unsafe(HELD)}, post_id as "postId" from held_posts where post_id = any(${postIds}::uuid[])`;
  return new Map(rows.map((row) => [row.postId, row]));
}

/** What the author of an edited post had sent, compressed. */
export async function originalOf(sql: Sql, groupId: string, postId: string): Promise<Buffer | undefined> {
  const [row] = await sql<{ original: Buffer | null }[]>`
    select original from held_posts where group_id = ${groupId} and post_id = ${postId}`;
  return row?.original ?? undefined;
}

/** A post was taken out of the archive: what its author had sent first goes with it. */
export async function forgetOriginal(sql: Sql, groupId: string, postId: string): Promise<void> {
  await sql`
    update held_posts set original = null, edited_text = null, words = ''
    where group_id = ${groupId} and post_id = ${postId}`;
}
