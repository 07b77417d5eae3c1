/**
 * What the clock asks for in moderation: posts that waited for their time in slow mode go on, and authors of many held posts
 * hear of those that had no letter of their own, in one.
 */
import { transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { MINUTE } from "../kit/clock.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import type { OnBehalf } from "./members.ts";

export async function moderate(behalf: OnBehalf): Promise<void> {
  await queue.releaseDue(behalf.pool, behalf.clock.now());
  await tellTogether(behalf);
}

/** So long the first of them waits for others to be told of with it. */
const TOGETHER = 15 * MINUTE;

/** The held posts of a while in one letter; what was decided meanwhile is not told of. */
async function tellTogether({ pool, ...writer }: OnBehalf): Promise<void> {
  const { clock } = writer;
  await transact(pool, async (sql) => {
    const untold = await moderation.takeUntold(sql, new Date(clock.now().getTime() - TOGETHER));
    if (untold.length === 0) return;
    const still = new Set(
      await queue.heldAmong(
        sql,
        untold.map((one) => one.mailId),
      ),
    );
    const groups = await directory.groupsById(sql, [...new Set(untold.map((one) => one.groupId))]);
    const byId = new Map(groups.map((group) => [group.id, group]));
    const waiting = untold.filter((one) => still.has(one.mailId));
    const letters = [...Map.groupBy(waiting, (one) => `${one.groupId} ${one.address}`).values()].flatMap((posts) => {
      const group = byId.get(posts[0]!.groupId);
      return group ? [notices.heldMoreLetter(writer, { to: posts[0]!.address, group }, posts)] : [];
    });
    await queue.plan(sql, await notices.write(sql, letters, clock), clock);
  });
}
