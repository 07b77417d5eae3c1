/** Telling about pauses: the member again after a week and a month, the owners once, and no more than a letter a day. */
import { holdIfFree } from "../db/lock.ts";
import { transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import { DAY } from "../kit/clock.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import { each } from "./each.ts";
import { pausedLetters } from "./pausing.ts";
import type { Means } from "./returns.ts";

const REMINDERS = [7 * DAY, 30 * DAY];
const AT_ONCE = 500;
const OWNERS_EVERY = DAY;

/** Named in one letter; the page has them all. */
const NAMED = 20;

export async function remind(means: Means): Promise<number> {
  const { pool, clock } = means;
  let count = 0;
  // The last first: who was away for long gets one letter, not all of them.
  for (let number = REMINDERS.length; number > 0; number -= 1) {
    const before = new Date(clock.now().getTime() - REMINDERS[number - 1]!);
    const pauses = await health.toRemind(pool, number, before, AT_ONCE);
    count += await each(means, "reminding", pauses, (pause) =>
      transact(pool, async (sql) => {
        if (!(await health.reminded(sql, pause.id, number))) return false;
        const [member] = await directory.presentMemberships(sql, [pause.membershipId]);
        const [group] = await directory.groupsById(sql, [pause.groupId]);
        if (!member?.pausedAt || !group) return false;
        const letters = await pausedLetters(sql, means, member, group, pause, number);
        await queue.plan(sql, await notices.write(sql, letters, clock), clock);
        return letters.length > 0;
      }),
    );
  }
  return count;
}

/** A letter to the owners of each group with pauses they have not heard of. Answers how many groups were told. */
export async function tellOwners(means: Means): Promise<number> {
  const { pool, clock } = means;
  const lastBefore = (): Date => new Date(clock.now().getTime() - OWNERS_EVERY);
  const groupIds = await health.groupsToTell(pool, lastBefore());
  return each(means, "telling the owners", groupIds, (groupId) =>
    transact(pool, async (sql) => {
      // Another who tells them at the same moment would not see that a letter goes out today.
      if (!(await holdIfFree(sql, `telling owners ${groupId}`))) return false;
      const pauses = await health.tellOwners(sql, groupId, lastBefore(), clock.now());
      const [group] = await directory.groupsById(sql, [groupId]);
      if (!group || pauses.length === 0) return false;
      const paused = await newlyPaused(sql, pauses);
      if (paused.length === 0) return false;
      const deciders = await directory.deciders(sql, groupId);
      const owners = deciders.filter((one) => one.role === "owner" && !one.pausedAt);
      const letters = owners.map((owner) =>
        notices.ownersLetter(
          means,
          { to: owner.address, group },
          paused.slice(0, NAMED),
          Math.max(0, paused.length - NAMED),
        ),
      );
      await queue.plan(sql, await notices.write(sql, letters, clock), clock);
      return true;
    }),
  );
}

async function newlyPaused(
  sql: Parameters<typeof directory.groupsById>[0],
  pauses: health.Pause[],
): Promise<notices.NewlyPaused[]> {
  const members = new Map(
    (
      await directory.presentMemberships(
        sql,
        pauses.map((one) => one.membershipId),
      )
    ).map((one) => [one.id, one]),
  );
  return pauses.flatMap((pause) => {
    const member = members.get(pause.membershipId);
    if (!member) return [];
    const isComplaint = pause.why === "complaint";
    return [
      {
        name: member.name,
        address: member.address,
        isComplaint,
        reason: health.plainly(pause.sense),
        said: pause.said,
      },
    ];
  });
}
