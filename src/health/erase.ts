/** Memberships of nobody have no health: what came back and what was done about it goes. */
import type { Sql } from "../db/sql.ts";

export async function forgetHealth(sql: Sql, groupId: string, ids: string[], addresses: string[]): Promise<void> {
  await sql`delete from troubles where group_id = ${groupId} and membership_id = any(${ids}::uuid[])`;
  await sql`delete from pauses where group_id = ${groupId} and membership_id = any(${ids}::uuid[])`;
  await sql`delete from enquiries where group_id = ${groupId} and membership_id = any(${ids}::uuid[])`;
  await sql`delete from returns where membership_id = any(${ids}::uuid[]) or lower(address) = any(${addresses})`;
}

/** What is known about whether mail reaches a membership, for who downloads it. */
export async function healthRowsOf(sql: Sql, groupId: string, id: string): Promise<Record<string, unknown[]>> {
  const troubles = await sql`
    select day, sense, at, last_at, found, provider, address, status, said, forgotten_at from troubles
    where group_id = ${groupId} and membership_id = ${id} order by at`;
  const pauses = await sql`
    select at, why, sense, provider, said, ended_at from pauses
    where group_id = ${groupId} and membership_id = ${id} order by at`;
  const enquiries = await sql`
    select asked_at, state, ended_at, said from enquiries
    where group_id = ${groupId} and membership_id = ${id} order by asked_at`;
  const returns = await sql`
    select at, address, kind, class, status, sense, reason, said from returns where membership_id = ${id} order by at`;
  return { troubles: [...troubles], pauses: [...pauses], enquiries: [...enquiries], returns: [...returns] };
}

/** What came back of an item that was sent to a membership. */
export const cameBack = (
  sql: Sql,
  itemId: string,
  membershipId: string,
): Promise<{ at: Date; kind: string; reason: string; said: string }[]> =>
  sql<{ at: Date; kind: string; reason: string; said: string }[]>`
    select at, kind, reason, said from returns where item_id = ${itemId} and membership_id = ${membershipId}
    order by at desc limit 5`;
