/**
 * A person taken out of the directory. Memberships stay as rows without anybody, since the log of what was sent speaks of
 * them by their ids; what happened to them stays, without names and addresses.
 */
import type { Sql } from "../db/sql.ts";
import { en } from "../language/language.ts";
import { addressKey } from "../mail/address.ts";
import { MEMBERSHIP, type Membership } from "./members.ts";

/** All memberships a person has had. */
export const membershipsEverOf = (sql: Sql, personId: string): Promise<(Membership & { endedAt: Date | null })[]> =>
  sql<(Membership & { endedAt: Date | null })[]>`
    select ${sql.unsafe(MEMBERSHIP)}, ended_at as "endedAt" from memberships where person_id = ${personId}
    order by joined_at, id`;

/** The groups this person alone owns: they would be left without an owner. */
export const onlyOwnerOf = (sql: Sql, personId: string): Promise<{ name: string; title: string }[]> =>
  sql<{ name: string; title: string }[]>`
    select g.name, g.title from groups g
    where exists (
      select from memberships m where m.group_id = g.id and m.person_id = ${personId} and m.role = 'owner' and m.ended_at is null)
    and not exists (
      select from memberships m where m.group_id = g.id and m.person_id <> ${personId} and m.role = 'owner' and m.ended_at is null)
    order by g.title limit 100`;

/** Is this the one operator that is left? */
export async function isOnlyOperator(sql: Sql, personId: string): Promise<boolean> {
  const rows = await sql<{ id: string }[]>`select id from people where is_operator limit 2`;
  return rows.length === 1 && rows[0]!.id === personId;
}

/** Ends a person's memberships, for good: nobody is left to come back. Answers how many ended. */
export async function leaveEverywhere(sql: Sql, personId: string, now: Date): Promise<number> {
  const rows = await sql`
    with ended as (
      update memberships set ended_at = ${now} where person_id = ${personId} and ended_at is null returning group_id, id
    ), told as (
      insert into membership_events (group_id, membership_id, at, what, cause)
      select group_id, id, ${now}, 'removed', ${en`erased, by their own wish`} from ended
    )
    select id from ended`;
  return rows.length;
}

/** What others' histories in a group, its bans and its consents call this person. */
export async function forgetName(sql: Sql, groupId: string, names: string[]): Promise<void> {
  const called = names.filter((one) => one.trim().length > 1);
  if (called.length === 0) return;
  const causes = called.map((one) => `${one}, on the web`);
  const former = en`a former member, on the web`;
  await sql`
    update membership_events set cause = ${former} where group_id = ${groupId} and cause = any(${causes})`;
  await sql`update bans set set_by = ${en`a former member`} where group_id = ${groupId} and set_by = any(${called})`;
  await sql`
    update consents set by_whom = ${en`a former member`} where group_id = ${groupId} and by_whom = any(${called})`;
}

/** Their own histories without names and addresses. */
export async function forgetInHistory(sql: Sql, groupId: string, membershipIds: string[]): Promise<void> {
  await sql`
    update membership_events
    set what = case when what like 'address %' then 'address changed' else what end,
      cause = case when cause like '%@%' or cause like '%, on the web' then '' else cause end
    where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[])
      and (what like 'address %' or cause like '%@%' or cause like '%, on the web')`;
  await sql`
    delete from topic_follows where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[])`;
  await sql`
    delete from consents where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[])`;
}

/** The person goes: addresses, name, notes, requests; the rows of their memberships are nobody's. */
export async function forgetPerson(sql: Sql, personId: string, nobody: string, now: Date): Promise<void> {
  const rows = await sql<{ address: string }[]>`
    select address from addresses where person_id = ${personId}
    union select address from memberships where person_id = ${personId}`;
  const keys = rows.map((row) => addressKey(row.address));
  await leaveEverywhere(sql, personId, now);
  await sql`
    update memberships set person_id = ${nobody}, address = '', address_key = '', domain = '', name = '', notes = '',
      role = 'member', permissions = null, pause_cause = null, zone = 'UTC', muted_tags = '{}', is_listed = false, about = '', only_tags = '{}', holiday_until = null
    where person_id = ${personId}`;
  await sql`delete from join_requests where lower(address) = any(${keys})`;
  await sql`delete from invitations where address_key = any(${keys})`;
  await sql`delete from invitations_unwanted where address_key = any(${keys})`;
  await sql`delete from address_claims where person_id = ${personId} or address_key = any(${keys})`;
  await sql`delete from addresses where person_id = ${personId}`;
  await sql`update groups set made_by = null where made_by = ${personId}`;
  await sql`delete from people where id = ${personId}`;
}
