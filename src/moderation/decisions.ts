/**
 * Decisions on held posts: made by one moderator, due a few seconds later, and until then taken back as if never made.
 *
 * waiting → due → approved or declined. The row is the lock: of two moderators one wins and the other hears of it; taking
 * back and taking effect wait for each other. Chores carry out what is due (chores/held.ts), whoever died meanwhile.
 */
import type { Sql } from "../db/sql.ts";
import { type Clock, SECOND } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";
import type { Doer } from "./activity.ts";
import { HELD, type HeldPost } from "./held.ts";

/** `trust`: approve, and let their next posts through without asking. */
export type Decision = "approve" | "decline" | "trust";
export const DECISIONS: readonly Decision[] = ["approve", "decline", "trust"];

/** How long a decision can be taken back. */
export const UNDO = 10 * SECOND;

export const LONGEST_ANSWER = 4000;

export type Deciding = {
  groupId: string;
  mailIds: string[];
  decision: Decision;
  by: Doer;
  /** What the author is told; "" for a sentence of ours. */
  answer: string;
  /** The author is not told. */
  isSilent?: boolean;
  /** When it takes effect. */
  dueAt: Date;
};

/** Decides what still waits. Answers what was decided by this; all else was decided by somebody else, or is gone. */
export const decide = (sql: Sql, one: Deciding, clock: Clock): Promise<HeldPost[]> =>
  sql<HeldPost[]>`
    update held_posts
    set state = 'due', decision_id = ${newId(clock)}, decision = ${one.decision}, decided_at = ${clock.now()},
      due_at = ${one.dueAt}, decided_by = ${one.by.membershipId}, decided_name = ${one.by.name}, decided_how = ${one.by.how},
      answer = ${one.answer.slice(0, LONGEST_ANSWER)}, is_silent = ${one.isSilent ?? false},
      claimed_by = null, claimed_name = null, claimed_until = null
    where group_id = ${one.groupId} and mail_id = any(${one.mailIds}::uuid[]) and state = 'waiting'
    returning ${sql.unsafe(HELD)}`;

/** Takes a decision back before it takes effect. Answers how many posts wait again: none when it was done already. */
export async function takeBack(sql: Sql, groupId: string, decisionId: string): Promise<number> {
  const rows = await sql`
    update held_posts set state = 'waiting', decision = null, decision_id = null, decided_at = null, due_at = null,
      decided_by = null, decided_name = null, decided_how = null, answer = '', is_silent = false
    where group_id = ${groupId} and decision_id = ${decisionId} and state = 'due' returning mail_id`;
  return rows.length;
}

/** What this moderator decided and can still take back, the newest first. */
export const undoable = (sql: Sql, groupId: string, membershipId: string, now: Date): Promise<HeldPost[]> =>
  sql<HeldPost[]>`
    select ${sql.unsafe(HELD)} from held_posts
    where state = 'due' and due_at > ${now} and group_id = ${groupId} and decided_by = ${membershipId}
    order by decided_at desc, mail_id limit 500`;

/** One decision that is due, locked for who carries it out; undefined when there is none that nobody else has. */
export async function takeDue(sql: Sql, now: Date): Promise<HeldPost | undefined> {
  const [row] = await sql<HeldPost[]>`
    select ${sql.unsafe(HELD)} from held_posts
    where state = 'due' and due_at <= ${now} order by due_at, mail_id limit 1 for update skip locked`;
  return row;
}

/** What a decision came to; `gone` when the mail had left the queue without us. */
export async function settleHeld(
  sql: Sql,
  { groupId, mailId }: HeldPost,
  state: "approved" | "declined" | "gone",
): Promise<void> {
  await sql`update held_posts set state = ${state} where group_id = ${groupId} and mail_id = ${mailId}`;
}

/**
 * It can't be carried out now: it is due again later, and its neighbours do not wait. Answers whether it was still due: who
 * comes late must not hurry on what was decided anew.
 */
export async function putOff(sql: Sql, { groupId, mailId, decisionId }: HeldPost, until: Date): Promise<boolean> {
  const rows = await sql`
    update held_posts set due_at = ${until}
    where group_id = ${groupId} and mail_id = ${mailId} and state = 'due' and decision_id = ${decisionId} returning mail_id`;
  return rows.length > 0;
}

/** Why a decision came too late, in a sentence kept in English. */
export function decidedBefore(post: HeldPost | undefined): string {
  if (!post?.decision || post.state === "gone")
    return en`The post does not wait any more: somebody has seen to it, or it went out by itself.`;
  const subject = post.subject.slice(0, 200);
  const who = post.decidedName ?? "";
  const when = `${post.decidedAt!.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return post.decision === "decline"
    ? en`“${subject}” was declined by ${who} already, at ${when}. Nothing was changed.`
    : en`“${subject}” was approved by ${who} already, at ${when}. Nothing was changed.`;
}
