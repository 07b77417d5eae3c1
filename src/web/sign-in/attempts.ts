/**
 * Tries at a password, counted by what was typed, known here or not, and by the network they come from.
 *
 * A guesser has a few tries at an account from a network, and all foreign networks together have some more. Where a person
 * has come in before, foreign tries do not count: nobody is locked out by somebody else's guesses. The mail link is open
 * to everybody at all times.
 */
import { hold } from "../../db/lock.ts";
import { type Pool, type Sql, transact } from "../../db/sql.ts";
import { type Clock, DAY, HOUR, MINUTE } from "../../kit/clock.ts";
import { newId } from "../../kit/id.ts";
import { addressKey } from "../../mail/address.ts";
import { networkOf } from "../../notices/notices.ts";

const HERE = 8;
const HERE_WITHIN = 15 * MINUTE;
const FROM_STRANGERS_AN_HOUR = 30;
const OF_NETWORK_AN_HOUR = 60;
/** How long a network stays somebody's after they came in from it. */
const KNOWN_FOR = 60 * DAY;

/** Takes one try: its id, or undefined when there were enough. It counts as failed until `cameIn` says otherwise. */
export function beginTry(pool: Pool, address: string, client: string, clock: Clock): Promise<string | undefined> {
  const now = clock.now();
  const [key, network, id] = [addressKey(address), networkOf(client), newId(clock)];
  const ago = (ms: number): Date => new Date(now.getTime() - ms);
  return transact(pool, async (sql) => {
    await hold(sql, `tries ${key}`);
    await forgetTries(sql, now);
    const [row] = await sql<{ here: number; strange: number; near: number; isKnown: boolean }[]>`
      select count(*) filter (where not is_ok and address_key = ${key} and network = ${network} and at > ${ago(HERE_WITHIN)})::int as here,
        count(*) filter (where not is_ok and address_key = ${key} and at > ${ago(HOUR)})::int as strange,
        count(*) filter (where not is_ok and network = ${network} and at > ${ago(HOUR)})::int as near,
        coalesce(bool_or(is_ok and address_key = ${key} and network = ${network}), false) as "isKnown"
      from sign_in_attempts where address_key = ${key} or network = ${network}`;
    const { here, strange, near, isKnown } = row!;
    if (here >= HERE || near >= OF_NETWORK_AN_HOUR || (!isKnown && strange >= FROM_STRANGERS_AN_HOUR)) return undefined;
    await sql`
      insert into sign_in_attempts (id, address_key, network, is_ok, at) values (${id}, ${key}, ${network}, false, ${now})`;
    return id;
  });
}

/** Somebody came in, whatever way: the network is theirs, and what they mistyped there is forgotten. */
export async function cameIn(sql: Sql, address: string, client: string, clock: Clock): Promise<void> {
  const [key, network] = [addressKey(address), networkOf(client)];
  await sql`delete from sign_in_attempts where address_key = ${key} and network = ${network}`;
  await sql`
    insert into sign_in_attempts (id, address_key, network, is_ok, at)
    values (${newId(clock)}, ${key}, ${network}, true, ${clock.now()})`;
}

/** Has somebody come in with this address from this network? */
export async function isKnownHere(sql: Sql, address: string, client: string, now: Date): Promise<boolean> {
  const rows = await sql`
    select from sign_in_attempts
    where address_key = ${addressKey(address)} and network = ${networkOf(client)} and is_ok
      and at > ${new Date(now.getTime() - KNOWN_FOR)} limit 1`;
  return rows.length > 0;
}

async function forgetTries(sql: Sql, now: Date): Promise<void> {
  await sql`
    delete from sign_in_attempts where at < ${new Date(now.getTime() - KNOWN_FOR)}
      or (not is_ok and at < ${new Date(now.getTime() - DAY)})`;
}
