/** A person's sessions: on which devices they are signed in, by whichever of their addresses, and how that ends. */
import type { Sql } from "../../db/sql.ts";
import { t } from "../../language/language.ts";

export type Session = { id: string; createdAt: Date; seenAt: Date; device: string };

/** The sessions that go on, the latest used first. */
export async function sessionsOf(sql: Sql, personId: string, addresses: string[], now: Date): Promise<Session[]> {
  const rows = await sql<(Omit<Session, "device"> & { agent: string })[]>`
    select s.id, s.created_at as "createdAt", s.updated_at as "seenAt", coalesce(s.user_agent, '') as agent
    from sign_in_sessions s join sign_in_users u on u.id = s.user_id
    where (u.id = ${personId} or u.email = any(${keysOf(addresses)})) and s.expires_at > ${now}
    order by s.updated_at desc, s.id limit 100`;
  return rows.map(({ agent, ...one }) => ({ ...one, device: deviceOf(agent) }));
}

type Which = { only: string } | { but: string };

/** Ends sessions of a person: the one named, or all but the one kept. */
export async function endSessions(sql: Sql, personId: string, addresses: string[], which: Which): Promise<void> {
  await sql`
    delete from sign_in_sessions s using sign_in_users u
    where u.id = s.user_id and (u.id = ${personId} or u.email = any(${keysOf(addresses)}))
      and ${"only" in which ? sql`s.id = ${which.only}` : sql`s.id <> ${which.but}`}`;
}

/** An address is nobody's any more: who is signed in with it is signed out, and what they signed in with is forgotten. */
export async function forgetUser(sql: Sql, address: string): Promise<void> {
  await sql`delete from sign_in_users where email = ${address.toLowerCase()}`;
  await sql`delete from sign_in_sessions where lower(address) = ${address.toLowerCase()}`;
  await sql`delete from sign_in_identities where lower(address) = ${address.toLowerCase()}`;
}

/** No device skips the second factor any more. */
export async function forgetTrust(sql: Sql, personId: string): Promise<void> {
  await sql`delete from sign_in_links where value = ${personId} and identifier like 'trust-device-%'`;
}

const keysOf = (addresses: string[]): string[] => addresses.map((one) => one.toLowerCase());

const BROWSERS = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;
const SYSTEMS = [
  [/\b(iPhone|iPad)\b/, "iOS"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
] as const;

/** What a User-Agent field (RFC 9110 10.1.5) says in two words: the first that fits, as each names those it is like. */
function deviceOf(agent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (browser && system) return t`${browser} on ${system}`;
  return browser ?? system ?? t`A device we can't name`;
}
