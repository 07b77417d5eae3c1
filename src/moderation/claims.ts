/** Claims: "Ana is looking at this". Advice to the others, never a lock: it passes by itself. */
import type { Sql } from "../db/sql.ts";
import { MINUTE } from "../kit/clock.ts";
import type { Doer } from "./activity.ts";

/** Long enough to read a long post, short enough that a closed laptop keeps nothing. */
export const CLAIM = 5 * MINUTE;

/** Whoever holds it keeps it until it passes. Answers whether it is theirs now. */
export async function claimHeld(sql: Sql, groupId: string, mailId: string, by: Doer, now: Date): Promise<boolean> {
  const rows = await sql`
    update held_posts
    set claimed_by = ${by.membershipId}, claimed_name = ${by.name}, claimed_until = ${new Date(now.getTime() + CLAIM)}
    where group_id = ${groupId} and mail_id = ${mailId} and state = 'waiting'
      and (claimed_by is null or claimed_by = ${by.membershipId} or claimed_until <= ${now})
    returning mail_id`;
  return rows.length > 0;
}

export async function releaseHeld(sql: Sql, groupId: string, mailId: string, by: Doer): Promise<void> {
  await sql`
    update held_posts set claimed_by = null, claimed_name = null, claimed_until = null
    where group_id = ${groupId} and mail_id = ${mailId} and claimed_by = ${by.membershipId}`;
}

/** Somebody else is looking at it. */
export const isClaimed = (
  post: { claimedBy: string | null; claimedUntil: Date | null },
  membershipId: string,
  now: Date,
): boolean => post.claimedBy !== null && post.claimedBy !== membershipId && post.claimedUntil! > now;
