/** What became of each mail, for each address it was sent to: the trail behind `trace` and the tracker page. */
import type { Sql } from "../db/sql.ts";

/**
 * - posted: archived as `postId`, and its deliveries planned
 * - duplicate: the group has this post already, as `postId`
 * - held: a moderator will look at it
 * - declined: the group's rules or a moderator said no
 * - obeyed: a mail command, done
 * - forwarded: passed on to the group's owners
 * - quiet: a loop or an automatic reply, ended without an answer
 * - returned: a bounce or complaint, kept for the member's health
 */
export type OutcomeKind = "posted" | "duplicate" | "held" | "declined" | "obeyed" | "forwarded" | "quiet" | "returned";

export type Outcome = {
  mailId: string;
  recipient: string;
  receivedAt: Date;
  at: Date;
  outcome: OutcomeKind;
  detail: string;
  /** Without angle brackets; null when the mail had none. */
  messageId: string | null;
  sender: string;
  groupId: string | null;
  postId: string | null;
};

const COLUMNS = `mail_id as "mailId", recipient, received_at as "receivedAt", at, outcome, detail, message_id as "messageId",
  sender, group_id as "groupId", post_id as "postId"`;

/** The outcomes of a mail by its tracking id. */
export const outcomesOf = (sql: Sql, mailId: string): Promise<Outcome[]> =>
  sql<Outcome[]>`select ${sql.unsafe(COLUMNS)} from outcomes where mail_id = ${mailId} order by recipient`;

/** The outcomes of every mail that carried this Message-ID (without angle brackets), newest first. */
export const outcomesOfMessage = (sql: Sql, messageId: string): Promise<Outcome[]> =>
  sql<Outcome[]>`
    select ${sql.unsafe(COLUMNS)} from outcomes where message_id = ${messageId} order by received_at desc limit 100`;

/** The mails that became this post, or came again after it. */
export const outcomesOfPost = (sql: Sql, postId: string): Promise<Outcome[]> =>
  sql<Outcome[]>`select ${sql.unsafe(COLUMNS)} from outcomes where post_id = ${postId} order by received_at limit 100`;

export type WaitingMail = {
  id: string;
  receivedAt: Date;
  state: "waiting" | "taken" | "held" | "unreadable";
  sender: string;
  recipients: string[];
  attempts: number;
  dueAt: Date;
  size: number;
  problem: string;
};

/** A mail that has no outcome yet: still in the incoming queue, or aside. */
export async function waitingMail(sql: Sql, mailId: string): Promise<WaitingMail | undefined> {
  const [row] = await sql<WaitingMail[]>`
    select id, received_at as "receivedAt", state, sender, recipients, attempts, due_at as "dueAt", size,
      coalesce(problem, '') as problem
    from mails where id = ${mailId}`;
  return row;
}
