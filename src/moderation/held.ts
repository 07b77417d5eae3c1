/**
 * Held posts as moderators see them: one row a mail and group, from the day it is held until long after the decision.
 *
 * The mail itself waits in the queue. What is read here costs no unpacking, so that a desk of hundreds is a quick list.
 */
import type { Sql } from "../db/sql.ts";
import { addressKey } from "../mail/address.ts";
import type { Decision } from "./decisions.ts";

export type NewHeldPost = {
  groupId: string;
  mailId: string;
  /** The group's address as the queue has it for this mail. */
  recipient: string;
  receivedAt: Date;
  authorName: string;
  authorAddress: string;
  subject: string;
  words: string;
  size: number;
  attachments: number;
  /** Why it is held, kept in English. */
  reason: string;
  /** What was found about its author's address; `{}` when nothing is known any more. */
  auth: unknown;
  messageId: string | null;
  /** Message-IDs of what it answers, the nearest last. */
  answers: string[];
  mayBeTold: boolean;
  /** What the spam filter said, if it was asked. */
  spam?: unknown;
  /** When it goes out by itself; null for one that waits for a person. */
  releaseAt?: Date | null;
};

export type HeldState = "waiting" | "due" | "approved" | "declined" | "gone";

export type HeldPost = NewHeldPost & {
  state: HeldState;
  decisionId: string | null;
  decision: Decision | null;
  decidedAt: Date | null;
  dueAt: Date | null;
  decidedBy: string | null;
  decidedName: string | null;
  decidedHow: string | null;
  answer: string;
  isSilent: boolean;
  claimedBy: string | null;
  claimedName: string | null;
  claimedUntil: Date | null;
  question: string | null;
  askedName: string | null;
  askedAt: Date | null;
  reply: string | null;
  repliedAt: Date | null;
  editedSubject: string | null;
  editedText: string | null;
  editedBy: string | null;
  editedName: string | null;
  editedAt: Date | null;
};

export const HELD = `group_id as "groupId", mail_id as "mailId", recipient, received_at as "receivedAt",
  author_name as "authorName", author_address as "authorAddress", subject, words, size, attachments, reason, auth,
  message_id as "messageId", answers, may_be_told as "mayBeTold", spam, release_at as "releaseAt", state, decision_id as "decisionId", decision,
  decided_at as "decidedAt", due_at as "dueAt", decided_by as "decidedBy", decided_name as "decidedName",
  decided_how as "decidedHow", answer, is_silent as "isSilent", claimed_by as "claimedBy", claimed_name as "claimedName",
  claimed_until as "claimedUntil", question, asked_name as "askedName", asked_at as "askedAt", reply,
  replied_at as "repliedAt", edited_subject as "editedSubject", edited_text as "editedText", edited_by as "editedBy",
  edited_name as "editedName", edited_at as "editedAt"`;

const LONGEST_ANCESTRY = 20;

/** Puts held posts on the desk; one that was there before keeps what is known of it, and its decision while that is due. */
export async function noteHeld(sql: Sql, posts: readonly NewHeldPost[]): Promise<void> {
  for (const post of posts) {
    const row = {
      group_id: post.groupId,
      mail_id: post.mailId,
      recipient: post.recipient,
      received_at: post.receivedAt,
      author_name: post.authorName,
      author_address: post.authorAddress,
      author_key: addressKey(post.authorAddress),
      subject: post.subject,
      words: post.words,
      size: post.size,
      attachments: post.attachments,
      reason: post.reason,
      auth: post.auth as never,
      message_id: post.messageId,
      answers: post.answers.slice(-LONGEST_ANCESTRY),
      may_be_told: post.mayBeTold,
      spam: (post.spam ?? null) as never,
      release_at: post.releaseAt ?? null,
    };
    await sql`
      insert into held_posts ${sql(row as never)}
      on conflict (group_id, mail_id) do update set reason = excluded.reason, release_at = excluded.release_at,
        state = case when held_posts.state = 'due' then 'due' else 'waiting' end`;
  }
}

export async function heldPost(sql: Sql, groupId: string, mailId: string): Promise<HeldPost | undefined> {
  const [row] = await sql<HeldPost[]>`
    select ${sql.unsafe(HELD)} from held_posts where group_id = ${groupId} and mail_id = ${mailId}`;
  return row;
}

export type WaitingAsked = {
  /** The address of their author. */
  author?: string | undefined;
  /** Only these. */
  mailIds?: string[] | undefined;
  /** Beyond this one, in the order in which they came; towards the older ones when `backwards`. */
  after?: string | undefined;
  backwards?: boolean;
  limit: number;
};

/** Who waits, the oldest first: ids are made in the order of arrival. */
export const waitingPosts = (
  sql: Sql,
  groupId: string,
  { author, mailIds, after, backwards, limit }: WaitingAsked,
): Promise<HeldPost[]> =>
  sql<HeldPost[]>`
    select ${sql.unsafe(HELD)} from held_posts
    where group_id = ${groupId} and state = 'waiting'
      and (${author === undefined ? null : addressKey(author)}::text is null or author_key = ${addressKey(author ?? "")})
      and (${mailIds ?? null}::uuid[] is null or mail_id = any(${mailIds ?? null}::uuid[]))
      ${after === undefined ? sql`` : backwards ? sql`and mail_id < ${after}` : sql`and mail_id > ${after}`}
    order by mail_id ${backwards ? sql`desc` : sql`asc`} limit ${limit}`;

/** Which of these mails are on the desk of a group, waiting or decided and not done yet. */
export async function onTheDesk(sql: Sql, groupId: string, mailIds: string[]): Promise<Set<string>> {
  if (mailIds.length === 0) return new Set();
  const rows = await sql<{ mailId: string }[]>`
    select mail_id as "mailId" from held_posts
    where group_id = ${groupId} and mail_id = any(${mailIds}::uuid[]) and state in ('waiting', 'due')`;
  return new Set(rows.map((row) => row.mailId));
}

/** How many wait; before `before`, when given. */
export async function countWaiting(sql: Sql, groupId: string, before?: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from held_posts
    where group_id = ${groupId} and state = 'waiting' and (${before ?? null}::uuid is null or mail_id < ${before ?? null})`;
  return row!.count;
}

/** Mails that went on without a decision: by themselves, or by an operator's command for all groups at once. */
export async function leftTheDesk(sql: Sql, mailIds: string[]): Promise<void> {
  if (mailIds.length === 0) return;
  await sql`update held_posts set state = 'gone' where mail_id = any(${mailIds}::uuid[]) and state = 'waiting'`;
}

export type AuthorRecord = { waiting: number; approved: number; declined: number };

/** What became of what this address sent before, besides this mail. */
export async function recordOf(sql: Sql, groupId: string, address: string, besides: string): Promise<AuthorRecord> {
  const [row] = await sql<AuthorRecord[]>`
    select count(*) filter (where state = 'waiting')::int as waiting,
      count(*) filter (where state = 'approved')::int as approved,
      count(*) filter (where state = 'declined')::int as declined
    from held_posts where group_id = ${groupId} and author_key = ${addressKey(address)} and mail_id <> ${besides}`;
  return row!;
}

/** Forgets what was decided before `before`, but for what the archive still points to. */
export async function forgetHeld(sql: Sql, before: Date): Promise<void> {
  await sql`
    delete from held_posts
    where state in ('approved', 'declined', 'gone') and coalesce(decided_at, received_at) < ${before} and post_id is null`;
  await sql`delete from held_letters where at < ${before}`;
}

/** As the command prints it and the API answers. */
export const heldAsJson = (post: HeldPost) => ({
  id: post.mailId,
  state: post.state,
  receivedAt: post.receivedAt,
  author: { name: post.authorName, address: post.authorAddress },
  subject: post.editedSubject ?? post.subject,
  words: post.words,
  size: post.size,
  attachments: post.attachments,
  reason: post.reason,
  releaseAt: post.releaseAt ?? null,
  claimedBy: post.claimedName,
  claimedUntil: post.claimedUntil,
  editedBy: post.editedName,
  decision: post.decision,
  decidedBy: post.decision ? post.decidedName : null,
  decidedAt: post.decidedAt,
  dueAt: post.dueAt,
  answer: post.answer,
  question: post.question,
  reply: post.reply,
});
