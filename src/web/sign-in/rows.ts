/** What is kept about how somebody signs in: for who downloads it, and taken out with who is erased. */
import type { Sql } from "../../db/sql.ts";

/** `addresses` in lower case. Secrets are not among it: a session's token is a key, and says nothing about anybody. */
export async function signInRowsOf(sql: Sql, addresses: string[], personId: string): Promise<Record<string, unknown>> {
  const users = await sql`
    select id, email, created_at as "createdAt", updated_at as "updatedAt" from sign_in_users where email = any(${addresses})`;
  const sessions = await sql`
    select s.id, u.email, s.created_at as "createdAt", s.updated_at as "seenAt", s.expires_at as "expiresAt",
      s.user_agent as "device"
    from sign_in_sessions s join sign_in_users u on u.id = s.user_id where u.email = any(${addresses})
    order by s.created_at limit 1000`;
  const requests = await sql`
    select at, client as "network" from sign_in_requests
    where address_key = any(${addresses}) or person_id = ${personId} order by at limit 1000`;
  return { users: [...users], sessions: [...sessions], requests: [...requests] };
}

/** Sessions, and whatever they sign in with, go with their rows; links that wait in a mail open nothing any more. */
export async function forgetSignIn(sql: Sql, addresses: string[], personId: string): Promise<void> {
  await sql`delete from sign_in_users where email = any(${addresses})`;
  await sql`delete from sign_in_requests where address_key = any(${addresses}) or person_id = ${personId}`;
  await sql`
    delete from sign_in_links
    where exists (select from unnest(${addresses}::text[]) as a(address) where position(a.address in lower(value)) > 0)`;
}
