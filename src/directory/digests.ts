/**
 * Who gets digests, when the next is due, and up to which post each has had.
 *
 * A place (`upto`) begins with the first post that is filed after a member chose digests, in the transaction that files
 * it, so that no post is missed and none comes twice. It is moved on in the transaction that plans the digest.
 */
import type { Sql } from "../db/sql.ts";
import type { Membership } from "./members.ts";

/** Posts were filed in these groups, this number the first of each: the places of who has none begin before it. */
export async function beginDigests(sql: Sql, filed: { groupId: string; number: number }[]): Promise<void> {
  const first = new Map<string, number>();
  for (const { groupId, number } of filed) first.set(groupId, Math.min(number, first.get(groupId) ?? number));
  await sql`
    update memberships m set digest_upto = f.number - 1
    from unnest(${[...first.keys()]}::uuid[], ${[...first.values()]}::int[]) as f(group_id, number)
    where m.group_id = f.group_id and m.mode in ('digest', 'summary') and m.ended_at is null and m.digest_upto is null`;
}

/** Groups with members whose digest is due, those that wait longest first. */
export async function groupsWithDigestsDue(sql: Sql, now: Date): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select group_id as id from memberships
    where mode in ('digest', 'summary') and ended_at is null and (digest_due_at is null or digest_due_at <= ${now})
    group by group_id order by min(digest_due_at) limit 1000`;
  return rows.map((row) => row.id);
}

export type DueDigest = Pick<
  Membership,
  "id" | "mode" | "pausedAt" | "holidayUntil" | "zone" | "digestHour" | "digestForm"
> & {
  domain: string;
  upto: number | null;
  /** False where only the next time is to be worked out. */
  isDue: boolean;
};

/** Members of a group whose digest is due; nobody else gets them until the transaction ends. */
export const digestsDue = (sql: Sql, groupId: string, now: Date, limit: number): Promise<DueDigest[]> =>
  sql<DueDigest[]>`
    select id, mode, paused_at as "pausedAt", holiday_until as "holidayUntil", zone, digest_hour as "digestHour",
      digest_form as "digestForm", domain, digest_upto as upto, digest_due_at is not null as "isDue"
    from memberships
    where group_id = ${groupId} and mode in ('digest', 'summary') and ended_at is null
      and (digest_due_at is null or digest_due_at <= ${now})
    order by id limit ${limit} for update skip locked`;

/** Moves places on, and says when each is due next. */
export async function digested(
  sql: Sql,
  groupId: string,
  moved: { id: string; upto: number | null; dueAt: Date }[],
): Promise<void> {
  await sql`
    update memberships m set digest_upto = d.upto, digest_due_at = d.due_at
    from unnest(${moved.map((one) => one.id)}::uuid[], ${moved.map((one) => one.upto)}::int[],
      ${moved.map((one) => one.dueAt.toISOString())}::timestamptz[]) as d(id, upto, due_at)
    where m.group_id = ${groupId} and m.id = d.id`;
}
