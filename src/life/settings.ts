/** Settings of a group changed, and noted in its log. */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { Clock } from "../kit/clock.ts";
import * as moderation from "../moderation/moderation.ts";

/** Refuses in a sentence what can't be. What is set so already is neither changed nor noted. */
export async function set(
  sql: Sql,
  clock: Clock,
  group: directory.Group,
  settings: Readonly<Record<string, string>>,
  by: moderation.Doer,
): Promise<directory.Group> {
  directory.checkSettings(settings);
  const changed = Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => {
      const setting = directory.settingOf(key);
      return !setting || directory.settingValue(group, setting.key) !== value;
    }),
  );
  const after = await directory.setGroup(sql, group.id, changed);
  const { emergency, ...others } = changed;
  await moderation.record(sql, moderation.settingsChanged(group.id, by, others), clock);
  if (emergency !== undefined) await moderation.noteEmergency(sql, group.id, emergency === "on", by, clock);
  return after;
}
