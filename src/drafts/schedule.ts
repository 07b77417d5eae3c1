/** Drafts that are to be sent at a time: set by their authors, taken when it has come. */
import type { Sql } from "../db/sql.ts";
import { DRAFT, type Draft } from "./keep.ts";

/** Sets the time, on top of `version`; null takes it off the schedule. Answers whether it was still that version. */
export async function schedule(
  sql: Sql,
  authorKeys: readonly string[],
  { id, version, sendAt, client }: { id: string; version: number; sendAt: Date | null; client: string },
): Promise<boolean> {
  const rows = await sql`
    update drafts set send_at = ${sendAt}, client = ${client}, problem = null
    where id = ${id} and author_key = any(${[...authorKeys]}) and version = ${version} returning id`;
  return rows.length > 0;
}

/** One draft whose time has come, held until the transaction ends; nobody else gets it meanwhile. */
export async function takeDue(sql: Sql, now: Date): Promise<Draft | undefined> {
  const [due] = await sql<Draft[]>`
    select ${sql.unsafe(DRAFT)} from drafts where send_at <= ${now} order by send_at limit 1 for update skip locked`;
  return due;
}

/** It has become a mail. */
export async function sent(sql: Sql, { groupId, id }: Pick<Draft, "groupId" | "id">): Promise<void> {
  await sql`delete from drafts where group_id = ${groupId} and id = ${id}`;
}

/** It can't be sent: it stays a draft, with the reason. */
export async function notSent(sql: Sql, { groupId, id }: Draft, problem: string, now: Date): Promise<void> {
  await sql`
    update drafts set send_at = null, problem = ${problem}, saved_at = ${now} where group_id = ${groupId} and id = ${id}`;
}

/** Something else failed: later, unless it was sent meanwhile or has another time now. Answers whether it still waited. */
export async function postpone(sql: Sql, { groupId, id, sendAt }: Draft, until: Date): Promise<boolean> {
  const rows = await sql`
    update drafts set send_at = ${until} where group_id = ${groupId} and id = ${id} and send_at = ${sendAt} returning id`;
  return rows.length > 0;
}
