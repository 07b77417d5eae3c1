/** Whom a group's monthly letter goes to: each member once a month, whoever asks and however often. */
import type { Sql } from "../db/sql.ts";
import type { Membership } from "./members.ts";

export type Reminded = Pick<Membership, "id" | "groupId" | "address" | "name" | "mode" | "role">;

/**
 * Takes up to `count` members whose letter of this month was not written yet, and notes that it now is: in the
 * transaction that writes it. Who joined since the month began has just been welcomed. `month` is its first day.
 */
export const takeReminders = (sql: Sql, month: string, now: Date, count: number): Promise<Reminded[]> =>
  sql<Reminded[]>`
    with due as (
      select m.group_id, m.id from memberships m join groups g on g.id = m.group_id
      where (g.monthly = 'membership' or (g.monthly = 'guidelines' and g.guidelines <> '')) and m.ended_at is null
        and m.reminders and m.paused_at is null and (m.holiday_until is null or m.holiday_until <= ${now})
        and (m.reminded_in is null or m.reminded_in < ${month}::date) and m.joined_at < ${month}::date
      limit ${count} for update of m skip locked
    )
    update memberships m set reminded_in = ${month}::date from due
    where m.group_id = due.group_id and m.id = due.id
    returning m.id, m.group_id as "groupId", m.address, m.name, m.mode, m.role`;
