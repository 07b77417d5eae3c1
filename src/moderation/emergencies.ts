/** When a group's emergency switch was turned on and off, and by whom; the switch itself is the group's setting. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { en } from "../language/language.ts";
import { type Doer, record } from "./activity.ts";

export type Emergency = { beganAt: Date; beganBy: string };

/** Notes that the switch was turned, in the setting's transaction. False when it stood so already. */
export async function noteEmergency(
  sql: Sql,
  groupId: string,
  isOn: boolean,
  by: Doer,
  clock: Clock,
): Promise<boolean> {
  const now = clock.now();
  const rows = isOn
    ? await sql`
        insert into emergencies (group_id, began_at, began_by) values (${groupId}, ${now}, ${by.name})
        on conflict (group_id) where ended_at is null do nothing returning group_id`
    : await sql`
        update emergencies set ended_at = ${now}, ended_by = ${by.name}
        where group_id = ${groupId} and ended_at is null returning group_id`;
  if (rows.length === 0) return false;
  const what = isOn ? en`turned the emergency switch on: everything waits` : en`turned the emergency switch off`;
  await record(sql, { groupId, by, kind: "settings", what, link: "held" }, clock);
  return true;
}

/** The present emergency of a group, if it has one. */
export async function emergencyOf(sql: Sql, groupId: string): Promise<Emergency | undefined> {
  const [row] = await sql<Emergency[]>`
    select began_at as "beganAt", began_by as "beganBy" from emergencies
    where group_id = ${groupId} and ended_at is null`;
  return row;
}
