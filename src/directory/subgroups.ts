/** Subgroups: leaving a group leaves those that belong to it. */
import type { Sql } from "../db/sql.ts";

/**
 * Who is in a group no more is in its subgroups no more, where these admit its members only. Their owners stay: nobody
 * else could let anybody in. It can be taken back there as it was left here.
 */
export async function leaveSubgroups(
  sql: Sql,
  ended: string[],
  what: "left" | "removed",
  cause: string,
  now: Date,
): Promise<void> {
  await sql`
    with subs as (
      update memberships m set ended_at = ${now}
      from memberships p join groups g on g.parent_id = p.group_id and g.admits = 'parent'
      where p.id = any(${ended}::uuid[]) and p.ended_at is not null and m.group_id = g.id and m.person_id = p.person_id
        and m.ended_at is null and m.role <> 'owner'
        and not exists (
          select from memberships o where o.group_id = p.group_id and o.person_id = p.person_id and o.ended_at is null)
      returning m.group_id, m.id
    )
    insert into membership_events (group_id, membership_id, at, what, cause)
    select group_id, id, ${now}, ${what}, ${cause} from subs`;
}
