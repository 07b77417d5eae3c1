/**
 * Who asked us to write to an address that may be a stranger's: a few letters for an address, some more for a client and
 * for an account. Whoever asks, and for a link or a confirmation, they are counted together: many who ask for one address
 * (list-bombing) get it no more letters than one who does.
 */

import { hold } from "../../db/lock.ts";
import { type Pool, transact } from "../../db/sql.ts";
import { DAY, HOUR } from "../../kit/clock.ts";
import { addressKey } from "../../mail/address.ts";

const TO_ADDRESS = 5;
const TO_ADDRESS_A_DAY = 12;
const BY_CLIENT = 20;
/** In a day: nobody has so many further addresses. */
const BY_PERSON = 6;

export type Verdict = "ok" | "address" | "client" | "person";

/** Counts one request if it may be made; answers what speaks against it. `personId`: for whose account it is asked. */
export function request(
  pool: Pool,
  address: string,
  client: string,
  now: Date,
  personId: string | null = null,
): Promise<Verdict> {
  const key = addressKey(address);
  const since = new Date(now.getTime() - HOUR);
  return transact(pool, async (sql) => {
    await hold(sql, `sign-in ${key}`);
    await sql`delete from sign_in_requests where at < ${new Date(now.getTime() - DAY)}`;
    const [row] = await sql<{ to: number; today: number; by: number; person: number }[]>`
      select count(*) filter (where address_key = ${key} and at > ${since})::int as "to",
        count(*) filter (where address_key = ${key})::int as today,
        count(*) filter (where client = ${client} and at > ${since})::int as "by",
        count(*) filter (where person_id = ${personId})::int as person
      from sign_in_requests where address_key = ${key} or client = ${client} or person_id = ${personId}`;
    if (row!.to >= TO_ADDRESS || row!.today >= TO_ADDRESS_A_DAY) return "address";
    if (row!.by >= BY_CLIENT) return "client";
    if (row!.person >= BY_PERSON) return "person";
    await sql`
      insert into sign_in_requests (address_key, client, at, person_id)
      values (${key}, ${client}, ${now}, ${personId})`;
    return "ok";
  });
}

/** What counts as one client: an IPv4 address, or the /64 of an IPv6 one. */
export function clientKey(address: string): string {
  const plain = address.replace(/^::ffff:/, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail = ""] = plain.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail.split(":").filter(Boolean);
  const groups = plain.includes("::")
    ? [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right]
    : left;
  return `${groups.slice(0, 4).join(":")}::/64`;
}
