/** Questions to the author of a held post: the post goes on waiting, and what they answer stands beside it. */
import type { Sql } from "../db/sql.ts";
import { idFromBytes, idToBytes } from "../kit/id.ts";
import { openToken, sealToken } from "../mail/token.ts";
import type { Doer } from "./activity.ts";
import { HELD, type HeldPost } from "./held.ts";

export const LONGEST_QUESTION = 2000;

/** Keeps the last question. Answers the post when it still waits. */
export async function noteQuestion(
  sql: Sql,
  groupId: string,
  mailId: string,
  question: string,
  by: Doer,
  now: Date,
): Promise<HeldPost | undefined> {
  const [row] = await sql<HeldPost[]>`
    update held_posts set question = ${question.slice(0, LONGEST_QUESTION)}, asked_name = ${by.name}, asked_at = ${now},
      reply = null, replied_at = null
    where group_id = ${groupId} and mail_id = ${mailId} and state = 'waiting' returning ${sql.unsafe(HELD)}`;
  return row;
}

/** Behind the address that an author answers to: the mail, and of its group as much as an address has room for. */
export const questionToken = (secret: Buffer, groupId: string, mailId: string): string =>
  sealToken(secret, "answer", Buffer.concat([idToBytes(mailId), idToBytes(groupId).subarray(-GROUP_BYTES)]));

/** The post that an answer is about; undefined for a token that is none of ours. */
export async function questionBehind(sql: Sql, secret: Buffer, token: string): Promise<HeldPost | undefined> {
  const payload = openToken(secret, "answer", token);
  if (payload?.length !== 16 + GROUP_BYTES) return undefined;
  const rows = await sql<HeldPost[]>`
    select ${sql.unsafe(HELD)} from held_posts where mail_id = ${idFromBytes(Buffer.from(payload.subarray(0, 16)))}`;
  return rows.find((row) => idToBytes(row.groupId).subarray(-GROUP_BYTES).equals(payload.subarray(16)));
}

const GROUP_BYTES = 6;

/** What the author answered; a later answer is put below. Answers false when nobody waits for it any more. */
export async function noteReply(sql: Sql, groupId: string, mailId: string, reply: string, now: Date): Promise<boolean> {
  const rows = await sql`
    update held_posts set reply = left(coalesce(reply || E'\n\n', '') || ${reply}, 8000), replied_at = ${now}
    where group_id = ${groupId} and mail_id = ${mailId} and state = 'waiting' and asked_at is not null
    returning mail_id`;
  return rows.length > 0;
}
