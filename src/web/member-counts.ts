/**
 * How many members a group has, without a page waiting for the count of many.
 *
 * A large count is kept for a minute, and after that still told while it is counted anew: nobody sees 100,001 instead of
 * 100,000. Small ones are counted each time, which costs nothing and is never out of date.
 */
import * as directory from "../directory/directory.ts";
import { MINUTE } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { House } from "./house.ts";

const LARGE = 1000;

export async function memberCount(house: House, groupId: string): Promise<number> {
  const kept = house.memberCounts.get(groupId);
  if (!kept) return recount(house, groupId);
  if (house.clock.now().getTime() - kept.at >= MINUTE) {
    house.memberCounts.set(groupId, { ...kept, at: house.clock.now().getTime() }, 1); // one asker counts, not all of them
    recount(house, groupId).catch((error: unknown) =>
      house.log.warn({ group: groupId, err: reasonOf(error) }, "members not counted: the older figure stays"),
    );
  }
  return kept.count;
}

async function recount({ pool, clock, memberCounts }: House, groupId: string): Promise<number> {
  const count = (await directory.countMembers(pool, [groupId])).get(groupId) ?? 0;
  if (count >= LARGE || memberCounts.get(groupId)) memberCounts.set(groupId, { count, at: clock.now().getTime() }, 1);
  return count;
}
