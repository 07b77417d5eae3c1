/** A member's history: every change of a membership with its cause, for the member and the group's owners. */
import type { Sql } from "../db/sql.ts";

export type MembershipEvent = { groupId: string; membershipId: string; what: string; cause: string };

/** Writes events whose change was made in another room, in that change's transaction. */
export async function noteEvents(sql: Sql, events: MembershipEvent[], now: Date): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((one) => ({
    group_id: one.groupId,
    membership_id: one.membershipId,
    at: now,
    what: one.what,
    cause: one.cause.slice(0, 500),
  }));
  // A provider's bad day is an event for all its members, and a statement has 65,534 parameters.
  for (let from = 0; from < rows.length; from += 5000)
    await sql`insert into membership_events ${sql(rows.slice(from, from + 5000))}`;
}

/** The history of a membership, newest first. */
export const eventsOf = (
  sql: Sql,
  groupId: string,
  membershipId: string,
  limit: number,
): Promise<{ at: Date; what: string; cause: string }[]> =>
  sql<{ at: Date; what: string; cause: string }[]>`
    select at, what, cause from membership_events
    where group_id = ${groupId} and membership_id = ${membershipId}
    order by at desc limit ${limit}`;
