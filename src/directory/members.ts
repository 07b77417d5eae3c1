/**
 * Members: who is in a group, with which address, in what role, and how they want its mail.
 *
 * A membership that ends keeps its row and its history; the same address joining again gets a new one.
 */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { addressKey, domainOf } from "../mail/address.ts";
import { bannedAmong } from "./bans.ts";
import { type Consent, noteConsents } from "./consents.ts";
import { peopleFor } from "./people.ts";
import type { Permission } from "./rights.ts";
import { leaveSubgroups } from "./subgroups.ts";

export type Role = "member" | "moderator" | "owner";

export type Membership = {
  id: string;
  groupId: string;
  personId: string;
  address: string;
  name: string;
  role: Role;
  mode: Mode;
  joinedAt: Date;
  /** Since when mail to them is stopped because it came back, or because they complained; null while it goes out. */
  pausedAt: Date | null;
  pauseCause: string | null;
  /** What a moderator may do, where an owner has chosen; null for what the role gives. */
  permissions: Permission[] | null;
  /** What becomes of their posts: what the group's rules say, held always, or never asked about. */
  moderation: Moderation;
  /** Does a copy of their own posts come back to them? */
  ownPosts: boolean;
  /** Does the group's copy come as well when a post names them in To or Cc? */
  secondCopy: boolean;
  /** Who may write to them alone, by the alias of a post. */
  privateMail: PrivateMail;
  /** Other members may see them, with a line about them. */
  isListed: boolean;
  about: string;
  /** `own`: new topics, and what answers their posts. */
  replies: "all" | "own";
  /** Hashtags whose topics do not come; and where there are any, the only ones that do. */
  mutedTags: string[];
  onlyTags: string[];
  /** Do they want what the group sends once a month? */
  reminders: boolean;
  /** No mail before this time, by their own wish. */
  holidayUntil: Date | null;
  /** The time zone their days and hours are meant in. */
  zone: string;
  /** The hour of the day, there, at which a digest comes. */
  digestHour: number;
  /** `html`: one mail to read, as text and HTML. `mime`: the posts as mails within one (RFC 2046 5.1.5). */
  digestForm: DigestForm;
  /** Up to which post they have had; null while there was none since they chose digests. */
  digestUpto: number | null;
  digestDueAt: Date | null;
  /** Who may decide about held posts is asked to by letter. */
  heldLetters: boolean;
};

/**
 * How a member gets posts. `each`: each by mail. `digest`: once a day, together. `summary`: once a day, subjects and
 * links. `notices`: only what an owner or moderator sends as important. `none`: on the web.
 */
export type Mode = "each" | "digest" | "summary" | "notices" | "none";
export const MEMBER_MODES: readonly Mode[] = ["each", "digest", "summary", "notices", "none"];

export type Moderation = "default" | "moderated" | "trusted";
export const MODERATIONS: readonly Moderation[] = ["default", "moderated", "trusted"];

export type PrivateMail = "anyone" | "members" | "nobody";
export const PRIVATE_MAIL: readonly PrivateMail[] = ["anyone", "members", "nobody"];

export type DigestForm = "html" | "mime";
export const DIGEST_FORMS: readonly DigestForm[] = ["html", "mime"];

export const MEMBERSHIP = `id, group_id as "groupId", person_id as "personId", address, name, role, mode,
  joined_at as "joinedAt", permissions, moderation, paused_at as "pausedAt", pause_cause as "pauseCause", own_posts as "ownPosts", private_mail as "privateMail",
  second_copy as "secondCopy", reminders, is_listed as "isListed", about, replies, muted_tags as "mutedTags", only_tags as "onlyTags", holiday_until as "holidayUntil", zone, digest_hour as "digestHour",
  digest_form as "digestForm", digest_upto as "digestUpto", digest_due_at as "digestDueAt", held_letters as "heldLetters"`;

export type NewMember = { address: string; name: string; role?: Role };

/**
 * Puts addresses into a group, as a set; who is there already stays as they are, and who is banned stays out.
 * Answers the addresses that were added. `cause` goes into each one's history, `consent` says on whose word.
 */
export async function addMembers(
  sql: Sql,
  groupId: string,
  wanted: NewMember[],
  cause: string,
  clock: Clock,
  consent: Consent = { how: "unknown" },
): Promise<string[]> {
  const byKey = new Map(wanted.map((one) => [addressKey(one.address), one]));
  const pairs = [...byKey.values()].map(({ address }) => ({ groupId, address }));
  for (const one of await bannedAmong(sql, pairs)) byKey.delete(one.slice(one.indexOf(" ") + 1));
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
  await noteConsents(
    sql,
    groupId,
    added.map((row) => row.id),
    { source: cause, ...consent },
    now,
  );
  return added.map((row) => row.address);
}

/** Takes members out, by somebody else's will: only who left by their own (leaving.ts) can undo it. Answers those that were present. */
export async function endMemberships(sql: Sql, ids: string[], cause: string, now: Date): Promise<Membership[]> {
  const ended = await sql<Membership[]>`
    with ended as (
      update memberships set ended_at = ${now} where id = any(${ids}::uuid[]) and ended_at is null
      returning ${sql.unsafe(MEMBERSHIP)}
    ), told as (
      insert into membership_events (group_id, membership_id, at, what, cause)
      select "groupId", id, ${now}, 'removed', ${cause} from ended
    )
    select * from ended`;
  const gone = ended.map((one) => one.id);
  if (gone.length > 0) await leaveSubgroups(sql, gone, "removed", cause, now);
  return ended;
}

/** Present members of a group, by address. */
export const members = (sql: Sql, groupId: string, limit = 1_000_000): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(MEMBERSHIP)} from memberships where group_id = ${groupId} and ended_at is null
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

/** The present membership of somebody in a group: by the address they came with, else by another that is theirs. */
export async function membershipFor(
  sql: Sql,
  groupId: string,
  { address, personId }: { address: string; personId: string | undefined },
): Promise<Membership | undefined> {
  const own = await membershipOf(sql, groupId, address);
  if (own || !personId) return own;
  return (await membershipsOfPerson(sql, personId)).find((one) => one.groupId === groupId);
}

/** Present memberships of any of these addresses in any of these groups: one question for a batch of posts. */
export const membershipsOf = (sql: Sql, groupIds: string[], addresses: string[]): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(MEMBERSHIP)} from memberships
    where group_id = any(${groupIds}::uuid[]) and address_key = any(${addresses.map(addressKey)}) and ended_at is null`;

/** One membership by its id, present or ended. */
export async function membershipById(
  sql: Sql,
  id: string,
): Promise<(Membership & { endedAt: Date | null }) | undefined> {
  const [found] = await sql<(Membership & { endedAt: Date | null })[]>`
    select ${sql.unsafe(MEMBERSHIP)}, ended_at as "endedAt" from memberships where id = ${id}`;
  return found;
}

/** Memberships by their ids, ended ones left out. */
export const presentMemberships = (sql: Sql, ids: string[]): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(MEMBERSHIP)} from memberships where id = any(${ids}::uuid[]) and ended_at is null`;

/** Owners (and moderators) of a group: who decides about held posts and hears GROUP-owner. */
export const deciders = (sql: Sql, groupId: string): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(MEMBERSHIP)} from memberships
    where group_id = ${groupId} and role <> 'member' and ended_at is null
    order by role desc, address_key`;

/** Who owns a group. */
export const ownersOf = async (sql: Sql, groupId: string): Promise<Membership[]> =>
  (await deciders(sql, groupId)).filter((one) => one.role === "owner");

/** The groups a person is in, by any of their addresses. */
export const membershipsOfPerson = (sql: Sql, personId: string): Promise<Membership[]> =>
  sql<Membership[]>`
    select ${sql.unsafe(MEMBERSHIP)} from memberships where person_id = ${personId} and ended_at is null order by group_id`;

export type Readers = { groupId: string; domain: string; ids: string[]; important: string[] };

/** Who gets mail now, if their mode says so: neither paused nor on holiday. */
const getsMail = (sql: Sql, now: Date) =>
  sql`ended_at is null and paused_at is null and (holiday_until is null or holiday_until <= ${now})`;

/** Who gets a post by mail: membership ids by group and domain. `important`: who gets it too when it is important. */
export const readers = (sql: Sql, groupIds: string[], now: Date): Promise<Readers[]> =>
  sql<Readers[]>`
    select group_id as "groupId", domain, coalesce(array_agg(id) filter (where mode = 'each'), '{}') as ids,
      coalesce(array_agg(id) filter (where mode = 'notices'), '{}') as important
    from memberships
    where group_id = any(${groupIds}::uuid[]) and mode in ('each', 'notices') and ${getsMail(sql, now)}
    group by group_id, domain`;

/** Those of a group's readers who read `others` too, by membership id: they have had the post there. `except`: those who chose not to. */
export async function readersAlsoIn(
  sql: Sql,
  groupId: string,
  others: string[],
  now: Date,
  except: string[] = [],
): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    with present as (
      select group_id, id, person_id from memberships
      where group_id = any(${[groupId, ...others]}::uuid[]) and not id = any(${except}::uuid[]) and mode = 'each' and ${getsMail(sql, now)}
    )
    select m.id from present m
    where m.group_id = ${groupId} and exists (
      select from present o where o.group_id <> ${groupId} and o.person_id = m.person_id)`;
  return new Set(rows.map((row) => row.id));
}

/** A post's author and whom its To and Cc name, by address keys. */
export type Named = { postId: string; groupId: string; author: string; named: string[] };

/** Who does not want a copy of a post although they read its group: its author, and who has it directly. */
export const unwanted = (sql: Sql, posts: Named[]): Promise<{ postId: string; id: string }[]> =>
  sql<{ postId: string; id: string }[]>`
    select p."postId", m.id
    from jsonb_to_recordset(${sql.json(posts)}) as p("postId" uuid, "groupId" uuid, author text, named text[])
    join memberships m on m.group_id = p."groupId" and m.address_key = any(p.named || p.author) and m.ended_at is null
    where (not m.own_posts and m.address_key = p.author)
      or (not m.second_copy and m.address_key <> p.author and m.address_key = any(p.named))`;

/** Of those who want a post for its topic's sake: who gets mail now at all. */
export async function mailable(sql: Sql, ids: string[], now: Date): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await sql<{ id: string }[]>`
    select id from memberships where id = any(${ids}::uuid[]) and mode <> 'none' and ${getsMail(sql, now)}`;
  return new Set(rows.map((row) => row.id));
}

export type Recipient = { id: string; address: string; name: string };

/**
 * Addresses of the memberships that still want mail, read when a delivery is taken: who left, stopped their mail or is
 * paused gets nothing more. Whoever has another mode since gets what was under way.
 */
export const recipients = (sql: Sql, ids: string[], now: Date): Promise<Recipient[]> =>
  sql<Recipient[]>`
    select id, address, name from memberships
    where id = any(${ids}::uuid[]) and mode <> 'none' and ${getsMail(sql, now)}`;
