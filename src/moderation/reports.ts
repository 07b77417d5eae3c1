/** Reports: members ask the moderators to look at a post. Those about one post wait together, and one decision ends them. */
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";

export type NewReport = {
  groupId: string;
  postId: string;
  number: number;
  membershipId: string;
  byName: string;
  reason: string;
};

/** Of one member in a day: who reports everything is heard no better. */
const MOST_A_DAY = 10;
const LONGEST_REASON = 1000;

/** `first`: the moderators have to hear of it. `more`: they have heard of the post. `again`: this member has reported it. */
export type Reported = "first" | "more" | "again";

/** Keeps a report, in a transaction. Refuses in a sentence who reports too much. */
export async function report(sql: Sql, one: NewReport, clock: Clock): Promise<Reported> {
  const now = clock.now();
  // Reports of one post come in one after the other, so that exactly one of them is the first.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`report ${one.groupId} ${one.postId}`}, 5))`;
  const [had] = await sql<{ today: number; here: boolean; open: boolean }[]>`
    select
      (select count(*)::int from reports
        where group_id = ${one.groupId} and membership_id = ${one.membershipId}
          and at > ${new Date(now.getTime() - DAY)}) as today,
      exists (select from reports
        where group_id = ${one.groupId} and post_id = ${one.postId} and membership_id = ${one.membershipId}) as here,
      exists (select from reports
        where group_id = ${one.groupId} and post_id = ${one.postId} and decided_at is null) as open`;
  if (had!.here) return "again";
  if (had!.today >= MOST_A_DAY)
    throw new Refusal(
      en`You have reported ${MOST_A_DAY} posts within a day: write to the group's owners about the rest.`,
    );
  await sql`
    insert into reports (group_id, id, post_id, number, membership_id, by_name, reason, at)
    values (${one.groupId}, ${newId(clock)}, ${one.postId}, ${one.number}, ${one.membershipId}, ${one.byName.slice(0, 200)},
      ${one.reason.trim().slice(0, LONGEST_REASON)}, ${now})
    on conflict (group_id, post_id, membership_id) do nothing`;
  return had!.open ? "more" : "first";
}

export type Report = { number: number; postId: string; membershipId: string; byName: string; reason: string; at: Date };

/** What waits for a decision, the post that was reported first at the top. */
export const openReports = (sql: Sql, groupId: string, limit: number): Promise<Report[]> =>
  sql<Report[]>`
    select number, post_id as "postId", membership_id as "membershipId", by_name as "byName", reason, at
    from (
      select *, min(at) over (partition by number) as first from reports
      where group_id = ${groupId} and decided_at is null
    ) as open
    order by first, number, at limit ${limit}`;

/** How many posts wait. */
export async function countReported(sql: Sql, groupId: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(distinct number)::int as count from reports where group_id = ${groupId} and decided_at is null`;
  return row?.count ?? 0;
}

/** Ends the reports of a post. False when somebody else has decided meanwhile. */
export async function decideReports(sql: Sql, groupId: string, number: number, now: Date): Promise<boolean> {
  const rows = await sql`
    update reports set decided_at = ${now} where group_id = ${groupId} and number = ${number} and decided_at is null
    returning id`;
  return rows.length > 0;
}
