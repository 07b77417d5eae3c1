/** People and their addresses. Somebody who only ever uses mail is a person too, found by their address. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { addressKey } from "../mail/address.ts";

export type Person = { id: string; name: string; isOperator: boolean };

/** The person behind each address, made when nobody has it yet. Answers person ids by address key. */
export async function peopleFor(
  sql: Sql,
  wanted: { address: string; name: string }[],
  clock: Clock,
): Promise<Map<string, string>> {
  const now = clock.now();
  const found = new Map<string, string>();
  for (let from = 0; from < wanted.length; from += 5000) {
    const some = wanted.slice(from, from + 5000);
    const keys = some.map((one) => addressKey(one.address));
    const known = await sql<{ key: string; id: string }[]>`
      select address_key as key, person_id as id from addresses where address_key = any(${keys})
      for share`; // until the transaction ends, nobody becomes one with another (claims.ts)
    for (const row of known) found.set(row.key, row.id);
    const fresh = some.filter((one) => !found.has(addressKey(one.address)));
    if (fresh.length === 0) continue;
    const people = fresh.map((one) => ({ id: newId(clock), name: one.name, created_at: now }));
    const addresses = fresh.map((one, i) => ({
      address_key: addressKey(one.address),
      address: one.address,
      person_id: people[i]!.id,
    }));
    // Somebody else may have entered the same address meanwhile: theirs stands, and our person is not made.
    const entered = await sql<{ key: string; id: string }[]>`
      insert into addresses ${sql(addresses)}
      on conflict (address_key) do update set address = addresses.address
      returning address_key as key, person_id as id`;
    for (const row of entered) found.set(row.key, row.id);
    const made = new Set(entered.map((row) => row.id));
    const ours = people.filter((person) => made.has(person.id));
    if (ours.length > 0) await sql`insert into people ${sql(ours)} on conflict (id) do nothing`;
  }
  return found;
}

/** The person who has this address. */
export async function personWith(sql: Sql, address: string): Promise<Person | undefined> {
  const [person] = await sql<Person[]>`
    select p.id, p.name, p.is_operator as "isOperator" from addresses a join people p on p.id = a.person_id where a.address_key = ${addressKey(address)}`;
  return person;
}

/** Somebody has shown that an address is theirs, by opening a link mailed to it. */
export async function verifyAddress(sql: Sql, address: string, now: Date): Promise<void> {
  await sql`update addresses set verified_at = ${now} where address_key = ${addressKey(address)} and verified_at is null`;
}

/** The other addresses of a person that are shown to be theirs: where they can be told about trouble with this one. */
export async function otherAddresses(sql: Sql, personId: string, address: string): Promise<string[]> {
  const rows = await sql<{ address: string }[]>`
    select address from addresses
    where person_id = ${personId} and verified_at is not null and address_key <> ${addressKey(address)}
    order by verified_at, address_key limit 5`;
  return rows.map((row) => row.address);
}

/** Until the transaction ends, nobody takes this address from its person. */
export async function keepAddress(sql: Sql, address: string): Promise<void> {
  await sql`select from addresses where address_key = ${addressKey(address)} for share`;
}

/** The addresses that a person has shown to be theirs. */
export async function verifiedAddresses(sql: Sql, personId: string): Promise<string[]> {
  const rows = await sql<{ address: string }[]>`
    select address from addresses where person_id = ${personId} and verified_at is not null
    order by verified_at, address_key limit 100`;
  return rows.map((row) => row.address);
}

export type Address = { address: string; verifiedAt: Date | null };

/** Everything we know a person by, the addresses shown to be theirs first. */
export const addressesOf = (sql: Sql, personId: string): Promise<Address[]> =>
  sql<Address[]>`
    select address, verified_at as "verifiedAt" from addresses where person_id = ${personId}
    order by verified_at nulls last, address_key limit 100`;

export const personById = async (sql: Sql, id: string): Promise<Person | undefined> =>
  (await sql<Person[]>`select id, name, is_operator as "isOperator" from people where id = ${id}`)[0];

/** A second factor is asked for when this person signs in, or no more: claims.ts asks. */
export async function guardPerson(sql: Sql, id: string, isGuarded: boolean): Promise<void> {
  await sql`update people set is_guarded = ${isGuarded} where id = ${id}`;
}

export async function renamePerson(sql: Sql, id: string, name: string): Promise<void> {
  await sql`update people set name = ${name} where id = ${id}`;
}
