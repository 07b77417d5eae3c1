/** Who asked for sign-in links: a few an hour for an address, some more for a client. */

import { hold } from "../../db/lock.ts";
import { type Pool, transact } from "../../db/sql.ts";
import { DAY, HOUR } from "../../kit/clock.ts";
import { addressKey } from "../../mail/address.ts";

const TO_ADDRESS = 5;
const BY_CLIENT = 20;

/** Counts one request if it may be made; answers what speaks against it. */
export function request(pool: Pool, address: string, client: string, now: Date): Promise<"ok" | "address" | "client"> {
  const key = addressKey(address);
  const since = new Date(now.getTime() - HOUR);
  return transact(pool, async (sql) => {
    await hold(sql, `sign-in ${key}`);
    await sql`delete from sign_in_requests where at < ${new Date(now.getTime() - DAY)}`;
    const [row] = await sql<{ to: number; by: number }[]>`
      select count(*) filter (where address_key = ${key})::int as "to", count(*) filter (where client = ${client})::int as "by"
      from sign_in_requests where (address_key = ${key} or client = ${client}) and at > ${since}`;
    if (row!.to >= TO_ADDRESS) return "address";
    if (row!.by >= BY_CLIENT) return "client";
    await sql`insert into sign_in_requests (address_key, client, at) values (${key}, ${client}, ${now})`;
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
