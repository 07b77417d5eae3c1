/**
 * Claims: a person says that a further address is theirs, and shows it by the letter that goes there.
 *
 * An address nobody has becomes theirs. Where somebody has it who has no other, and so only ever came by that address,
 * the two are one person: memberships and all go over. Who has several addresses keeps them: each was shown to be theirs.
 * So does who is asked for a second factor: whoever reads their mail has the first one only.
 */
import { hold } from "../db/lock.ts";
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { addressKey } from "../mail/address.ts";
import { membershipsOfPerson } from "./members.ts";

/** How long the letter is good for. */
export const CLAIM_LIVES = 2 * DAY;

export type Claim = { id: string; personId: string; address: string };

/** Keeps a claim; what was asked before about the same address holds no longer. Answers the id for the letter's token. */
export async function claimAddress(sql: Sql, personId: string, address: string, clock: Clock): Promise<string> {
  const id = newId(clock);
  await dropClaim(sql, personId, address);
  await sql`
    insert into address_claims (id, person_id, address, address_key, asked_at)
    values (${id}, ${personId}, ${address}, ${addressKey(address)}, ${clock.now()})`;
  return id;
}

export async function dropClaim(sql: Sql, personId: string, address: string): Promise<void> {
  await sql`delete from address_claims where person_id = ${personId} and address_key = ${addressKey(address)}`;
}

/** A claim by the id in its token; it stays, so that confirming twice says the same twice. */
export async function claimById(sql: Sql, id: string, now: Date): Promise<Claim | undefined> {
  const [found] = await sql<Claim[]>`
    select id, person_id as "personId", address from address_claims
    where id = ${id} and asked_at > ${new Date(now.getTime() - CLAIM_LIVES)}`;
  return found;
}

/** The addresses a person has claimed and not shown to be theirs yet. */
export async function claimsOf(sql: Sql, personId: string, now: Date): Promise<string[]> {
  const rows = await sql<{ address: string }[]>`
    select c.address from address_claims c
    where c.person_id = ${personId} and c.asked_at > ${new Date(now.getTime() - CLAIM_LIVES)} and not exists (
      select from addresses a where a.address_key = c.address_key and a.person_id = c.person_id)
    order by c.asked_at limit 100`;
  return rows.map((row) => row.address);
}

/** `added`: theirs now. `merged`: with all that its person had. `taken`: somebody has it who has others too. */
export type Claimed = "added" | "merged" | "taken" | "gone";

/** Whoever has the letter confirms, in a transaction. Said twice, it answers `added` the second time. */
export async function confirmClaim(sql: Sql, id: string, now: Date): Promise<Claimed> {
  await hold(sql, "address claims"); // two people who claim each other's address meet here
  const claim = await claimById(sql, id, now);
  if (!claim) return "gone";
  const key = addressKey(claim.address);
  await sql`
    insert into addresses (address_key, address, person_id) values (${key}, ${claim.address}, ${claim.personId})
    on conflict (address_key) do nothing`;
  const [had] = await sql<{ personId: string; others: number; isGuarded: boolean }[]>`
    select person_id as "personId",
      (select count(*)::int from addresses o where o.person_id = a.person_id and o.address_key <> a.address_key) as others,
      coalesce((select is_guarded from people p where p.id = a.person_id), false) as "isGuarded"
    from addresses a where address_key = ${key} for update`;
  const isOther = had!.personId !== claim.personId;
  if (isOther && (had!.others > 0 || had!.isGuarded)) return "taken";
  await sql`
    update addresses set person_id = ${claim.personId}, verified_at = coalesce(verified_at, ${now})
    where address_key = ${key}`;
  if (!isOther) return "added";
  await becomeOne(sql, had!.personId, claim.personId);
  return "merged";
}

async function becomeOne(sql: Sql, from: string, into: string): Promise<void> {
  await sql`update memberships set person_id = ${into} where person_id = ${from}`;
  await sql`update address_claims set person_id = ${into} where person_id = ${from}`;
  await sql`
    update people p set name = case when p.name = '' then o.name else p.name end, is_operator = p.is_operator or o.is_operator
    from people o where p.id = ${into} and o.id = ${from}`;
  await sql`delete from people where id = ${from}`;
}

export type Removed = "removed" | "last" | "used" | "not theirs";

/** Takes an address from a person, in a transaction: not their last, and none a membership of theirs goes to. */
export async function removeAddress(sql: Sql, personId: string, address: string): Promise<Removed> {
  await hold(sql, "address claims");
  const key = addressKey(address);
  const all = await sql<{ key: string }[]>`
    select address_key as key from addresses where person_id = ${personId} for update`;
  if (!all.some((one) => one.key === key)) return "not theirs";
  if (all.length === 1) return "last";
  const present = await membershipsOfPerson(sql, personId);
  if (present.some((one) => addressKey(one.address) === key)) return "used";
  await sql`delete from addresses where address_key = ${key} and person_id = ${personId}`;
  await dropClaim(sql, personId, address);
  return "removed";
}

/** Forgets what was never confirmed. */
export async function forgetClaims(sql: Sql, now: Date): Promise<void> {
  await sql`delete from address_claims where asked_at < ${new Date(now.getTime() - CLAIM_LIVES)}`;
}
