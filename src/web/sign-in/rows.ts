/** What is kept about how somebody signs in: for who downloads it, and taken out with who is erased. */
import type { Sql } from "../../db/sql.ts";
import * as notices from "../../notices/notices.ts";

/** `addresses` in lower case. Secrets are not among it: a session's token is a key, and says nothing about anybody. */
export async function signInRowsOf(sql: Sql, addresses: string[], personId: string): Promise<Record<string, unknown>> {
  const users = await sql`
    select id, email, two_factor_enabled as "asksForCodes", created_at as "createdAt", updated_at as "updatedAt",
      exists (select from sign_in_accounts a where a.user_id = u.id and a.provider_id = 'credential') as "hasPassword"
    from sign_in_users u where email = any(${addresses}) or id = ${personId}`;
  const sessions = await sql`
    select s.id, coalesce(s.address, u.email) as email, s.created_at as "createdAt", s.updated_at as "seenAt",
      s.expires_at as "expiresAt", s.user_agent as "device"
    from sign_in_sessions s join sign_in_users u on u.id = s.user_id where u.email = any(${addresses}) or u.id = ${personId}
    order by s.created_at limit 1000`;
  const passkeys = await sql`
    select name, created_at as "createdAt", used_at as "usedAt" from sign_in_passkeys
    where user_id = ${personId} order by created_at`;
  const identities = await sql`
    select issuer, subject, address, linked_at as "linkedAt", used_at as "usedAt" from sign_in_identities
    where user_id = ${personId} order by linked_at`;
  const tries = await sql`
    select at, network, is_ok as "cameIn" from sign_in_attempts where address_key = any(${addresses}) order by at limit 1000`;
  return {
    users: [...users],
    sessions: [...sessions],
    passkeys: [...passkeys],
    identities: [...identities],
    tries: [...tries],
    requests: await notices.askedAbout(sql, addresses, personId),
  };
}

/** Sessions, and whatever they sign in with, go with their rows; links that wait in a mail open nothing any more. */
export async function forgetSignIn(sql: Sql, addresses: string[], personId: string): Promise<void> {
  await sql`delete from sign_in_users where email = any(${addresses}) or id = ${personId}`;
  await sql`delete from sign_in_sessions where lower(address) = any(${addresses})`;
  await sql`delete from sign_in_identities where lower(address) = any(${addresses})`;
  await sql`delete from sign_in_attempts where address_key = any(${addresses})`;
  await notices.forgetAsked(sql, addresses, personId);
  await sql`
    delete from sign_in_links
    where value = ${personId}
      or exists (select from unnest(${addresses}::text[]) as a(address) where position(a.address in lower(value)) > 0)`;
}

/** What has run out opens nothing any more, and is taken out. */
export async function sweepSignIn(sql: Sql, now: Date): Promise<void> {
  await sql`delete from sign_in_sessions where expires_at < ${now}`;
  await sql`delete from sign_in_links where expires_at < ${now}`;
}
