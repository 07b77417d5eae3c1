/**
 * The rule of the house about strangers: nobody can make us send more than a few letters to an address that has not asked.
 *
 * A sign-in link, a confirmation, an invitation, a help mail: whatever anybody can have sent to an address by typing it, or
 * by forging it, is counted here together, through whichever door and from wherever it is asked for (list-bombing). Who has
 * signed in with the address from the same network before is no stranger, and has a few of their own: else whoever
 * spends a person's letters would keep them out.
 */
import { hold } from "../db/lock.ts";
import type { Sql } from "../db/sql.ts";
import { DAY, HOUR } from "../kit/clock.ts";
import { addressKey } from "../mail/address.ts";

const TO_ADDRESS = 5;
const TO_ADDRESS_A_DAY = 12;
const BY_CLIENT = 20;
const BY_NETWORK = 60;
/** In a day: nobody has so many further addresses. */
const BY_PERSON = 6;

/** What speaks against writing: the address has had enough, or who asks has asked enough. */
export type Verdict = "ok" | "address" | "client" | "person";

export type Ask = {
  address: string;
  /** From where on the web (`clientKey`); "" by mail, where the next server is not who asks. */
  client: string;
  /** For whose account it is asked. */
  personId?: string | null;
  /** Who asks has signed in with this address from here before. */
  isKnown?: boolean;
};

/** Counts one letter to a stranger if it may be sent, in a transaction; answers what speaks against it. */
export async function mayWrite(sql: Sql, { address, client, personId = null, isKnown = false }: Ask, now: Date) {
  const key = isKnown ? `known ${mailboxOf(address)}` : mailboxOf(address);
  const network = networkOf(client);
  const since = new Date(now.getTime() - HOUR);
  await hold(sql, `sign-in ${key}`);
  await sql`delete from sign_in_requests where at < ${new Date(now.getTime() - DAY)}`;
  const [row] = await sql<{ to: number; today: number; by: number; near: number; person: number }[]>`
    select count(*) filter (where address_key = ${key} and at > ${since})::int as "to",
      count(*) filter (where address_key = ${key})::int as today,
      count(*) filter (where client <> '' and client = ${client} and at > ${since})::int as "by",
      count(*) filter (where network <> '' and network = ${network} and at > ${since})::int as near,
      count(*) filter (where person_id = ${personId})::int as person
    from sign_in_requests
    where address_key = ${key} or (client <> '' and client = ${client})
      or (network <> '' and network = ${network}) or person_id = ${personId}`;
  const verdict = verdictOf(row!);
  if (verdict === "ok")
    await sql`
      insert into sign_in_requests (address_key, client, network, at, person_id)
      values (${key}, ${client}, ${network}, ${now}, ${personId})`;
  return verdict;
}

function verdictOf(count: { to: number; today: number; by: number; near: number; person: number }): Verdict {
  if (count.to >= TO_ADDRESS || count.today >= TO_ADDRESS_A_DAY) return "address";
  if (count.by >= BY_CLIENT || count.near >= BY_NETWORK) return "client";
  return count.person >= BY_PERSON ? "person" : "ok";
}

/** What is one mailbox at nearly every provider: `ana+lists@far.test` comes to `ana@far.test`. For counting, not for comparing. */
const mailboxOf = (address: string): string => addressKey(address).replace(/(?<=.)\+[^@]*(?=@)/, "");

/** Who asked for letters to these addresses, or for this person, and from where: a day's worth. */
export const askedAbout = async (
  sql: Sql,
  addressKeys: string[],
  personId: string,
): Promise<Record<string, unknown>[]> => [
  ...(await sql`
    select at, client as "network" from sign_in_requests
    where address_key = any(${bothKeys(addressKeys)}) or person_id = ${personId} order by at limit 1000`),
];

export async function forgetAsked(sql: Sql, addressKeys: string[], personId: string): Promise<void> {
  await sql`
    delete from sign_in_requests where address_key = any(${bothKeys(addressKeys)}) or person_id = ${personId}`;
}

const bothKeys = (keys: string[]): string[] => keys.map(mailboxOf).flatMap((key) => [key, `known ${key}`]);

/** What counts as one client: an IPv4 address, or the /64 of an IPv6 one. */
export function clientKey(address: string): string {
  const plain = address.replace(/^::ffff:/, "");
  return plain.includes(":") ? `${groupsOf(plain).slice(0, 4).join(":")}::/64` : plain;
}

/** The network of a client as `clientKey` names it: the /24 of an IPv4 address, the /48 of an IPv6 one. */
export function networkOf(client: string): string {
  if (client.endsWith("::/64")) return `${client.slice(0, -5).split(":").slice(0, 3).join(":")}::/48`;
  const found = /^(\d+\.\d+\.\d+)\.\d+$/.exec(client);
  return found ? `${found[1]}.0/24` : client;
}

/** The eight groups of an IPv6 address (RFC 4291 2.2). */
function groupsOf(address: string): string[] {
  const [head = "", tail = ""] = address.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail.split(":").filter(Boolean);
  if (!address.includes("::")) return left;
  return [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
}
