/**
 * Notices: the letters we write ourselves. Composing and keeping only; a letter goes out as a delivery like a post.
 *
 * `write` answers plans for the queue, so that a letter and what it tells of are committed together:
 * `await queue.plan(sql, await notices.write(sql, letters, clock), clock)`.
 */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { domainOf } from "../mail/address.ts";
import type { Wording } from "./wording.ts";
import { worded } from "./wordings.ts";

export * from "./account-texts.ts";
export { NOTICES, noticeNamed } from "./all.ts";
export * from "./command-texts.ts";
export type { Occasion, OfGroup } from "./compose.ts";
export { type DigestPost, digestMails, type Kind as DigestKind } from "./digest-mail.ts";
export * from "./digests.ts";
export * from "./erase.ts";
export * from "./group-texts.ts";
export * from "./health-texts.ts";
export * from "./held-texts.ts";
export * from "./joining-texts.ts";
export * from "./membership-texts.ts";
export * from "./moderation-texts.ts";
export { defaultWording, type Notice, neededOf, type Receiver, sampleLetter, valuesOf } from "./notice.ts";
export * from "./privacy-texts.ts";
export * from "./strangers.ts";
export * from "./texts.ts";
export { checkedFor, wordedNotice, wordedNotices } from "./worded.ts";
export { checkedWording, type Wording } from "./wording.ts";
export { keepWording, newestVersions, type Version, versions } from "./wordings.ts";
export * from "./writing-texts.ts";

export type Letter = {
  /** Given where its return path names it; else it gets one when it is written. */
  id?: string;
  /** What sort of letter: `sign-in`, `help`, `held`, `declined`, `resent`, `owner` … */
  kind: string;
  groupId: string | null;
  /** Envelope sender: "" for letters that must not be answered by a bounce. */
  sender: string;
  recipient: string;
  subject: string;
  raw: Buffer;
  /** The address key of whose words it carries, where they are somebody's. */
  writtenBy?: string;
  /** What it is written in, and the same letter in the words of its group; only of letters that owners may word. */
  language?: string;
  worded?: (wording: Wording) => Letter;
};

export type LetterPlan = {
  carries: "letter";
  itemId: string;
  groupId: string | null;
  class: number;
  size: number;
  recipients: { domain: string; ids: string[] }[];
};

/** Keeps letters; answers what the queue needs to plan them, in the class of direct mail. */
export async function write(sql: Sql, letters: Letter[], clock: Clock): Promise<LetterPlan[]> {
  if (letters.length === 0) return [];
  const rows = (await worded(sql, letters)).map((letter) => ({
    id: letter.id ?? newId(clock),
    kind: letter.kind,
    group_id: letter.groupId,
    sender: letter.sender,
    recipient: letter.recipient,
    subject: letter.subject,
    raw: letter.raw,
    written_by: letter.writtenBy ?? null,
    created_at: clock.now(),
  }));
  await sql`insert into letters ${sql(rows)}`;
  return rows.map((row) => ({
    carries: "letter",
    itemId: row.id,
    groupId: row.group_id,
    class: 0,
    size: row.raw.length,
    recipients: [{ domain: domainOf(row.recipient), ids: [row.id] }],
  }));
}

export type KeptLetter = Letter & { id: string; createdAt: Date };

/** Letters by id, with their bytes (plain, not compressed). */
export const letters = (sql: Sql, ids: string[]): Promise<KeptLetter[]> =>
  sql<KeptLetter[]>`
    select id, kind, group_id as "groupId", sender, recipient, subject, raw, created_at as "createdAt"
    from letters where id = any(${ids}::uuid[])`;

/** Forgets letters and digests older than `before`. */
export async function forget(sql: Sql, before: Date): Promise<void> {
  await sql`delete from digests where created_at < ${before}`;
  await sql`delete from letters where created_at < ${before}`;
}

/** How many letters of a kind an address was sent since `since`: nobody can make us flood a stranger. */
export async function sentTo(sql: Sql, kind: string, recipient: string, since: Date): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from letters
    where kind = ${kind} and lower(recipient) = lower(${recipient}) and created_at > ${since}`;
  return row?.count ?? 0;
}

/** How many letters have carried somebody's words since `since`. */
export async function writtenBy(sql: Sql, addressKey: string, since: Date): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from letters where written_by = ${addressKey} and created_at > ${since}`;
  return row?.count ?? 0;
}

/** Letters of a group to an address, the newest first, without their bytes. */
export const lettersTo = (sql: Sql, groupId: string, recipient: string, limit: number): Promise<SentLetter[]> =>
  sql<SentLetter[]>`
    select id, kind, subject, created_at as "createdAt" from letters
    where lower(recipient) = lower(${recipient}) and group_id = ${groupId}
    order by created_at desc limit ${limit}`;

export type SentLetter = Pick<KeptLetter, "id" | "kind" | "subject" | "createdAt">;
