/** What is still to be weighed: returns that nobody has looked at, and how far the settle log has been read. */
import type { Sql } from "../db/sql.ts";
import type { Return } from "./health.ts";

export type Unweighed = Return & { id: string; at: Date };

/** Takes returns that were not weighed yet; in this transaction nobody else gets them. */
export const unweighed = (sql: Sql, limit: number): Promise<Unweighed[]> =>
  sql<Unweighed[]>`
    select id, at, mail_id as "mailId", group_id as "groupId", membership_id as "membershipId", letter_id as "letterId",
      item_id as "itemId", address, kind, class, status, sense, reason, said
    from returns where weighed_at is null order by at, id limit ${limit} for update skip locked`;

export async function weighed(sql: Sql, ids: string[], now: Date): Promise<void> {
  await sql`update returns set weighed_at = ${now} where id = any(${ids}::uuid[])`;
}

/** How far a log was read, and when it was last read again from far behind. */
export async function readUpTo(sql: Sql, log: string): Promise<{ at: Date; againAt: Date } | undefined> {
  const [row] = await sql<{ at: Date; againAt: Date }[]>`
    select at, again_at as "againAt" from weighings where name = ${log}`;
  return row;
}

export async function noteRead(sql: Sql, log: string, upTo: { at: Date; againAt: Date }): Promise<void> {
  await sql`
    insert into weighings (name, at, again_at) values (${log}, ${upTo.at}, ${upTo.againAt})
    on conflict (name) do update
      set at = greatest(weighings.at, excluded.at), again_at = greatest(weighings.again_at, excluded.again_at)`;
}
