/**
 * Members: who is in a group, with which address, in what role, and how they want its mail.
 *
 * A membership that ends keeps its row and its history; the same address joining again gets a new one.
 */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { addressKey, domainOf } from "../mail/address.ts";
import { peopleFor } from "./people.ts";

export type Role = "member" | "moderator" | "owner";

export type Membership = {
  id: string;
  groupId: string;
  personId: string;
  address: string;
  name: string;
  role: Role;
  /** `each`: every post by mail; `none`: read on the web. */
  mode: "each" | "none";
  joinedAt: Date;
  /** Since when mail to them is stopped because it came back, or because they complained; null while it goes out. */
  pausedAt: Date | null;
  pauseCause: string | null;
};

const COLUMNS = `id, group_id as "groupId", person_id as "personId", address, name, role, mode, joined_at as "joinedAt",
  paused_at as "pausedAt", pause_cause as "pauseCause"`;

export type NewMember = { address: string; name: string; role?: Role };

/**
 * Puts addresses into a group, as a set; who is there already stays as they are.
 * Answers the addresses that were added. `cause` goes into each one's history.
 */
export async function addMembers(
  sql: Sql,
  groupId: string,
  wanted: NewMember[],
  cause: string,
  clock: Clock,
): Promise<string[]> {
  const byKey = new Map(wanted.map((one) => [addressKey(one.address), one]));
  if (byKey.size === 0) return [];
  const people = await peopleFor(sql, [...byKey.values()], clock);
  const now = clock.now();
  const rows = [...byKey].map(([key, one]) => ({
    group_id: groupId,
    id: newId(clock),
    person_id: people.get(key)!,
    address: one.address,
    address_key: key,
    domain: domainOf(one.address),
    name: one.name,
    role: one.role ?? "member",
    joined_at: now,
  }));
  const added: { id: string; address: string }[] = [];
  for (let from = 0; from < rows.length; from += 5000) {
    added.push(
      ...(await sql<{ id: string; address: string }[]>`
        with added as (
          insert into memberships ${sql(rows.slice(from, from + 5000))}
          on conflict (group_id, address_key) where ended_at is null do nothing
          returning id, address
        ), told as (
          insert into membership_events (group_id, membership_id, at, what, cause)
          select ${groupId}, id, ${now}, 'joined', ${cause} from added
        )
        select id, address from added`),
    );
  }
  return added.map((row) => row.address);
}

/** Takes members out, by somebody else's will: only who left by their own (leaving.ts) can undo it. Answers those that were present. */
export async function endMemberships(sql: Sql, ids: string[], cause: string, now: Date): Promise<Membership[]> {
  return sql<Membership[]>`
    with ended as (
      update memberships set ended_at = ${now} where id = any(${ids}::uuid[]) and ended_at is null
      returning ${sql.unsafe(COLUMNS)}
    ), told as (
      insert into membership_events (group_id, membership_id, at, what, cause)
      select "groupId", id, ${now}, 'removed', ${cause} from ended
    )
    select * from ended`;
}

/** Present members of a group, by address. */
export const members = (sql: Sql, groupId: string, limit = 1_000_000): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(COLUMNS)} from memberships where group_id = ${groupId} and ended_at is null
    order by address_key limit ${limit}`;

export async function countMembers(sql: Sql, groupIds: string[]): Promise<Map<string, number>> {
  const rows = await sql<{ id: string; count: number }[]>`
    select group_id as id, count(*)::int as count from memberships
    where group_id = any(${groupIds}::uuid[]) and ended_at is null group by group_id`;
  return new Map(rows.map((row) => [row.id, row.count]));
}

/** How many members' mail is stopped. */
export async function countPaused(sql: Sql, groupId: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from memberships
    where group_id = ${groupId} and ended_at is null and paused_at is not null`;
  return row?.count ?? 0;
}

/** The present membership of an address in a group. */
export async function membershipOf(sql: Sql, groupId: string, address: string): Promise<Membership | undefined> {
  const [found] = await membershipsOf(sql, [groupId], [address]);
  return found;
}

/** Present memberships of any of these addresses in any of these groups: one question for a batch of posts. */
export const membershipsOf = (sql: Sql, groupIds: string[], addresses: string[]): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(COLUMNS)} from memberships
    where group_id = any(${groupIds}::uuid[]) and address_key = any(${addresses.map(addressKey)}) and ended_at is null`;

/** One membership by its id, present or ended. */
export async function membershipById(
  sql: Sql,
  id: string,
): Promise<(Membership & { endedAt: Date | null }) | undefined> {
  const [found] = await sql<(Membership & { endedAt: Date | null })[]>`
    select ${sql.unsafe(COLUMNS)}, ended_at as "endedAt" from memberships where id = ${id}`;
  return found;
}

/** Memberships by their ids, ended ones left out. */
export const presentMemberships = (sql: Sql, ids: string[]): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(COLUMNS)} from memberships where id = any(${ids}::uuid[]) and ended_at is null`;

/** Owners (and moderators) of a group: who decides about held posts and hears GROUP-owner. */
export const deciders = (sql: Sql, groupId: string): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(COLUMNS)} from memberships
    where group_id = ${groupId} and role <> 'member' and ended_at is null
    order by role desc, address_key`;

/** The groups a person is in, by any of their addresses. */
export const membershipsOfPerson = (sql: Sql, personId: string): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(COLUMNS)} from memberships where person_id = ${personId} and ended_at is null order by group_id`;

export type Readers = { groupId: string; domain: string; ids: string[] };

/** Who gets a post by mail: membership ids by group and domain. */
export const readers = (sql: Sql, groupIds: string[]): Promise<Readers[]> =>
  sql<Readers[]>`
    select group_id as "groupId", domain, array_agg(id) as ids from memberships
    where group_id = any(${groupIds}::uuid[]) and mode = 'each' and ended_at is null and paused_at is null
    group by group_id, domain`;

/** Those of a group's readers who read `others` too, by membership id: they have had the post there. */
export async function readersAlsoIn(sql: Sql, groupId: string, others: string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select m.id from memberships m
    where m.group_id = ${groupId} and m.mode = 'each' and m.ended_at is null and m.paused_at is null and exists (
      select from memberships o where o.group_id = any(${others}::uuid[]) and o.person_id = m.person_id
        and o.mode = 'each' and o.ended_at is null and o.paused_at is null)`;
  return new Set(rows.map((row) => row.id));
}

export type Recipient = { id: string; address: string; name: string };

/** Addresses of the memberships that still want mail: read when a delivery is taken, so who left or is paused gets nothing more. */
export const recipients = (sql: Sql, ids: string[]): Promise<Recipient[]> =>
  sql<Recipient[]>`
    select id, address, name from memberships
    where id = any(${ids}::uuid[]) and mode = 'each' and ended_at is null and paused_at is null`;
