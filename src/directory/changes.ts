/** Changing a membership: role and mode, each change kept in the member's history with its cause. */
import type { Sql } from "../db/sql.ts";
import type { Membership, Role } from "./members.ts";

export const MEMBER_ROLES: readonly Role[] = ["member", "moderator", "owner"];
export const MEMBER_MODES: readonly Membership["mode"][] = ["each", "none"];

export type MembershipChange = { role?: Role; mode?: Membership["mode"]; name?: string };

/** Changes a present membership; what is the same already leaves no trace. Answers whether it is still there. */
export async function changeMembership(
  sql: Sql,
  id: string,
  change: MembershipChange,
  cause: string,
  now: Date,
): Promise<boolean> {
  const rows = await sql`
    with before as (
      select group_id, id, role, mode, name from memberships where id = ${id} and ended_at is null for update
    ), changed as (
      update memberships m
      set role = coalesce(${change.role ?? null}, m.role), mode = coalesce(${change.mode ?? null}, m.mode),
        name = coalesce(${change.name ?? null}, m.name)
      from before b where m.group_id = b.group_id and m.id = b.id
      returning m.group_id, m.id, m.role, m.mode, m.name
    ), told as (
      insert into membership_events (group_id, membership_id, at, what, cause)
      select c.group_id, c.id, ${now}, what, ${cause}
      from changed c join before b on b.id = c.id, lateral (values
        (case when c.role <> b.role then 'role ' || b.role || ' → ' || c.role end),
        (case when c.mode <> b.mode then 'mode ' || b.mode || ' → ' || c.mode end),
        (case when c.name <> b.name then 'name changed' end)) as told (what)
      where what is not null
    )
    select id from changed`;
  return rows.length > 0;
}
