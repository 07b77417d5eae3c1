/** When a group's emergency switch was turned on and off, and by whom; the switch itself is the group's setting. */
import type { Sql } from "../db/sql.ts";

export type Emergency = { beganAt: Date; beganBy: string };

/** Notes that the switch was turned; turned twice the same way, it is noted once. In the setting's transaction. */
export async function noteEmergency(sql: Sql, groupId: string, isOn: boolean, by: string, now: Date): Promise<void> {
  if (isOn)
    await sql`
      insert into emergencies (group_id, began_at, began_by) values (${groupId}, ${now}, ${by})
      on conflict (group_id) where ended_at is null do nothing`;
  else
    await sql`
      update emergencies set ended_at = ${now}, ended_by = ${by} where group_id = ${groupId} and ended_at is null`;
}

/** The present emergency of a group, if it has one. */
export async function emergencyOf(sql: Sql, groupId: string): Promise<Emergency | undefined> {
  const [row] = await sql<Emergency[]>`
    select began_at as "beganAt", began_by as "beganBy" from emergencies
    where group_id = ${groupId} and ended_at is null`;
  return row;
}
