/** Requests to join that wait for their sender to confirm: who answers our letter has shown that the address is theirs. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";

export type JoinRequest = { id: string; groupId: string; address: string; name: string };

export async function askToJoin(
  sql: Sql,
  groupId: string,
  who: { address: string; name: string },
  clock: Clock,
): Promise<string> {
  const id = newId(clock);
  await sql`
    insert into join_requests (id, group_id, address, name, asked_at)
    values (${id}, ${groupId}, ${who.address}, ${who.name}, ${clock.now()})`;
  return id;
}

/** A request by the id in its token; it stays, so that confirming twice says the same twice. */
export async function joinRequest(sql: Sql, id: string): Promise<JoinRequest | undefined> {
  const [row] = await sql<JoinRequest[]>`
    select id, group_id as "groupId", address, name from join_requests where id = ${id}`;
  return row;
}

/** Forgets requests nobody confirmed. */
export async function forgetRequests(sql: Sql, before: Date): Promise<void> {
  await sql`delete from join_requests where asked_at < ${before}`;
}

/** What somebody asked for and has not confirmed, for who downloads it. */
export async function requestsOf(sql: Sql, personId: string, keys: string[]): Promise<Record<string, unknown[]>> {
  const joining = await sql`
    select r.address, r.name, r.asked_at as "askedAt", g.name as "group" from join_requests r
    left join groups g on g.id = r.group_id where lower(r.address) = any(${keys}) order by r.asked_at limit 1000`;
  const addresses = await sql`
    select address, asked_at as "askedAt" from address_claims where person_id = ${personId} order by asked_at limit 1000`;
  return { joining: [...joining], addresses: [...addresses] };
}
