/** What the clock asks for on members' behalf: who is back from a holiday gets mail again, and a letter that says so. */
import { type Pool, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { Clock } from "../kit/clock.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";

export type OnBehalf = { pool: Pool; domain: string; url: string; clock: Clock };

/** Ends the holidays that are over: the change and its letters are committed together. */
export async function endHolidays({ pool, ...writer }: OnBehalf): Promise<number> {
  return transact(pool, async (sql) => {
    const back = await directory.endHolidays(sql, writer.clock.now());
    if (back.length === 0) return 0;
    const groups = await directory.groupsById(sql, [...new Set(back.map((one) => one.groupId))]);
    const byId = new Map(groups.map((group) => [group.id, group]));
    const letters = back.flatMap(({ groupId, address, getsMail }) => {
      const group = byId.get(groupId);
      return group && getsMail ? [notices.holidayOverLetter(writer, { to: address, group })] : [];
    });
    await queue.plan(sql, await notices.write(sql, letters, writer.clock), writer.clock);
    return back.length;
  });
}
