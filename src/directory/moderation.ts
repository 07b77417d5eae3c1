/** What becomes of a member's posts, as who runs the group has decided; each decision is in the member's history. */
import type { Sql } from "../db/sql.ts";
import { en } from "../language/language.ts";
import { changeMembership } from "./changes.ts";
import type { Moderation } from "./members.ts";

export type Moderating = { groupId: string; membershipId: string; to: Moderation; by: string; why: string };

/** Sets what becomes of a member's posts. `by` and `why` go into their history. Answers whether they are still there. */
export async function setModeration(
  sql: Sql,
  { groupId, membershipId, to, by, why }: Moderating,
  now: Date,
): Promise<boolean> {
  const [here] = await sql`select from memberships where group_id = ${groupId} and id = ${membershipId}`;
  if (!here) return false;
  return changeMembership(sql, membershipId, { moderation: to }, why ? `${by}: ${why}` : by, now);
}

/** What it was before the last decision, which can be taken back; undefined when there was none. */
export async function moderationBefore(
  sql: Sql,
  groupId: string,
  membershipId: string,
): Promise<Moderation | undefined> {
  const [last] = await sql<{ had: Moderation }[]>`
    select substring(what from 'moderation (\\S+) →') as had from membership_events
    where group_id = ${groupId} and membership_id = ${membershipId} and what like 'moderation %'
    order by at desc limit 1`;
  return last?.had;
}

/** Takes the last decision back. Answers what holds now; undefined when there was none. */
export async function undoModeration(
  sql: Sql,
  { groupId, membershipId, by }: Pick<Moderating, "groupId" | "membershipId" | "by">,
  now: Date,
): Promise<Moderation | undefined> {
  const had = await moderationBefore(sql, groupId, membershipId);
  if (had === undefined) return undefined;
  const isDone = await setModeration(sql, { groupId, membershipId, to: had, by: en`${by} took it back`, why: "" }, now);
  return isDone ? had : undefined;
}
