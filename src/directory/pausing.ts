/**
 * Pausing: a member's mail stops, and nothing else does. They stay a member, may post and read on the web, and one press
 * of a button lets their mail go out again. Each change is written to the member's history with its cause.
 */
import type { Sql } from "../db/sql.ts";

/** Stops the mail of a present member. Answers whether it was going out until now. */
export async function pause(sql: Sql, id: string, cause: string, now: Date): Promise<boolean> {
  const rows = await sql`
    with paused as (
      update memberships set paused_at = ${now}, pause_cause = ${cause}
      where id = ${id} and ended_at is null and paused_at is null
      returning group_id, id
    ), told as (
      insert into membership_events (group_id, membership_id, at, what, cause)
      select group_id, id, ${now}, 'paused', ${cause} from paused
    )
    select id from paused`;
  return rows.length > 0;
}

/** Lets nobody else stop a member's mail, or start it, until the transaction ends. */
export async function holdMembership(sql: Sql, id: string): Promise<void> {
  await sql`select id from memberships where id = ${id} for update`;
}

/** Lets a paused member's mail go out again. Answers whether it was stopped until now. */
export async function unpause(sql: Sql, id: string, cause: string, now: Date): Promise<boolean> {
  const rows = await sql`
    with resumed as (
      update memberships set paused_at = null, pause_cause = null
      where id = ${id} and ended_at is null and paused_at is not null
      returning group_id, id
    ), told as (
      insert into membership_events (group_id, membership_id, at, what, cause)
      select group_id, id, ${now}, 'resumed', ${cause} from resumed
    )
    select id from resumed`;
  return rows.length > 0;
}
