/** The end of a group: closed and opened, on its way out and taken back, and its row gone for good. */
import type { Sql } from "../db/sql.ts";
import { DAY } from "../kit/clock.ts";
import { GROUP, type Group } from "./groups.ts";

/** How long a group's removal can be taken back. */
export const GRACE = 14 * DAY;

/** A group that takes no posts and no members: closed, or on its way out. */
export const isClosed = (group: Pick<Group, "closedAt" | "eraseAt">): boolean =>
  group.closedAt !== null || group.eraseAt !== null;

/** Each answers the group as it is now, or undefined when it was so already. */
export const closeGroup = (sql: Sql, groupId: string, now: Date): Promise<Group | undefined> =>
  one(sql<Group[]>`
    update groups set closed_at = ${now} where id = ${groupId} and closed_at is null returning ${sql.unsafe(GROUP)}`);

export const openGroup = (sql: Sql, groupId: string): Promise<Group | undefined> =>
  one(sql<Group[]>`
    update groups set closed_at = null where id = ${groupId} and closed_at is not null and erase_at is null
    returning ${sql.unsafe(GROUP)}`);

export const removeGroup = (sql: Sql, groupId: string, now: Date): Promise<Group | undefined> =>
  one(sql<Group[]>`
    update groups set erase_at = ${new Date(now.getTime() + GRACE)} where id = ${groupId} and erase_at is null
    returning ${sql.unsafe(GROUP)}`);

export const restoreGroup = (sql: Sql, groupId: string): Promise<Group | undefined> =>
  one(sql<Group[]>`
    update groups set erase_at = null where id = ${groupId} and erase_at is not null returning ${sql.unsafe(GROUP)}`);

async function one(rows: Promise<Group[]>): Promise<Group | undefined> {
  return (await rows)[0];
}

/** The next group whose grace is over, kept from other hands until the transaction ends. */
export const groupsToEnd = (sql: Sql, now: Date): Promise<Group[]> =>
  sql<Group[]>`
    select ${sql.unsafe(GROUP)} from groups where erase_at <= ${now} order by erase_at limit 1 for update skip locked`;

/**
 * Takes the row of a group, in a transaction: from then on there is no such group, and an erasure says that its rest is
 * still to be erased. Answers its names.
 */
export async function endGroup(sql: Sql, groupId: string, now: Date): Promise<string[]> {
  await sql`
    insert into group_erasures (group_id, name, began_at) select id, name, ${now} from groups where id = ${groupId}
    on conflict do nothing`;
  const rows = await sql<{ name: string }[]>`
    with former as (delete from group_names where group_id = ${groupId} returning name),
    present as (delete from groups where id = ${groupId} returning name)
    select name from present union all select name from former`;
  return rows.map((row) => row.name);
}

export type Erasure = { groupId: string; name: string; beganAt: Date; erased: number };

export const erasures = (sql: Sql): Promise<Erasure[]> =>
  sql<Erasure[]>`
    select group_id as "groupId", name, began_at as "beganAt", erased::float8 as erased from group_erasures order by began_at`;

/** Keeps an erasure for the caller until the transaction ends; false where somebody else has it, or it is over. */
export const takeErasure = async (sql: Sql, groupId: string): Promise<boolean> =>
  (await sql`select group_id from group_erasures where group_id = ${groupId} for update skip locked`).length > 0;

export async function noteErased(sql: Sql, groupId: string, count: number): Promise<void> {
  await sql`update group_erasures set erased = erased + ${count} where group_id = ${groupId}`;
}

/** Nothing of the group is left. Answers whether that was not known before. */
export const endErasure = async (sql: Sql, groupId: string): Promise<boolean> =>
  (await sql`delete from group_erasures where group_id = ${groupId} returning group_id`).length > 0;
