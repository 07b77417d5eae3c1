/** Digests that were written: each is one mail for many members, kept as long as letters are. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";

export type NewDigest = { groupId: string; firstNumber: number; lastNumber: number; raw: Buffer };

/** Keeps digests; answers their ids, in order. */
export async function keepDigests(sql: Sql, digests: NewDigest[], clock: Clock): Promise<string[]> {
  const rows = digests.map((one) => ({
    id: newId(clock),
    group_id: one.groupId,
    first_number: one.firstNumber,
    last_number: one.lastNumber,
    raw: one.raw,
    created_at: clock.now(),
  }));
  if (rows.length > 0) await sql`insert into digests ${sql(rows)}`;
  return rows.map((row) => row.id);
}

/** The bytes of a digest. */
export async function digest(sql: Sql, id: string): Promise<Buffer | undefined> {
  const [row] = await sql<{ raw: Buffer }[]>`select raw from digests where id = ${id}`;
  return row?.raw;
}

export type KeptDigest = { id: string; firstNumber: number; lastNumber: number };

/** Digests of a group that hold posts from `first` to `last`, the newest first. */
export const digestsWith = (sql: Sql, groupId: string, first: number, last: number): Promise<KeptDigest[]> =>
  sql<KeptDigest[]>`
    select id, first_number as "firstNumber", last_number as "lastNumber" from digests
    where group_id = ${groupId} and last_number >= ${first} and first_number <= ${last}
    order by created_at desc limit 500`;
