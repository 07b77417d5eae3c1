/**
 * Leaving a group, and taking it back: by the link or the address in a mail, by a command, on the web.
 *
 * Who left may come back for UNDO: the same membership goes on, with its mode and its history. Its role goes on only for
 * who has shown that the address is theirs; a token alone, which may have been forwarded with a post, brings back an
 * ordinary member. The only owner of a group can't be lost by a click: their mail stops and the membership stays.
 *
 * Only a member's own leaving is taken back here. Who was removed by somebody else has an event `removed`, and stays out.
 */
import type { Sql } from "../db/sql.ts";
import { DAY } from "../kit/clock.ts";
import { SERVICE } from "./bans.ts";
import { type Membership, membershipById, membershipOf, type Role } from "./members.ts";
import { leaveSubgroups } from "./subgroups.ts";

/** How long leaving can be taken back. */
export const UNDO = 30 * DAY;

/** `left`: the membership ended. `mail stopped`: it was the only owner's, and stays without mail. */
export type Leaving = "left" | "mail stopped";

type Kept = Membership & { endedAt: Date | null };

/**
 * The membership that a leave token speaks of: its own, or, when that one has ended and its address has joined anew, the
 * new one. Who presses "unsubscribe" in an old mail wants the mail to end.
 */
export async function membershipBehind(sql: Sql, id: string): Promise<Kept | undefined> {
  const own = await membershipById(sql, id);
  if (!own?.endedAt) return own;
  const present = await membershipOf(sql, own.groupId, own.address);
  return present ? { ...present, endedAt: null } : own;
}

/** Lets nobody else change who owns a group until the transaction ends. */
export async function lockGroup(sql: Sql, groupId: string): Promise<void> {
  await sql`select id from groups where id = ${groupId} for update`;
}

/** Lets nobody else change who owns the groups of this person until the transaction ends. */
export async function lockOwned(sql: Sql, personId: string): Promise<void> {
  await sql`
    select id from groups g
    where exists (
      select from memberships m where m.group_id = g.id and m.person_id = ${personId} and m.role = 'owner' and m.ended_at is null)
    order by id for update`;
}

/** Would the group be left without an owner? */
export async function isOnlyOwner(sql: Sql, { id, groupId }: Pick<Membership, "id" | "groupId">): Promise<boolean> {
  const rows = await sql<{ id: string }[]>`
    select id from memberships where group_id = ${groupId} and role = 'owner' and ended_at is null limit 2`;
  return rows.length === 1 && rows[0]!.id === id;
}

/** A member leaves, in a transaction. Answers what came of it; undefined when there was nothing left to end or stop. */
export async function leave(
  sql: Sql,
  membership: Pick<Membership, "id" | "groupId" | "role">,
  cause: string,
  now: Date,
): Promise<Leaving | undefined> {
  // Two owners who leave at the same moment meet here, and one of them is the last.
  if (membership.role === "owner") await lockGroup(sql, membership.groupId);
  const isKept = await isOnlyOwner(sql, membership);
  const rows = isKept ? await stopMail(sql, membership.id, cause, now) : await end(sql, membership.id, cause, now);
  if (rows.length === 0) return undefined;
  if (!isKept) await leaveSubgroups(sql, [membership.id], "left", cause, now);
  return isKept ? "mail stopped" : "left";
}

const end = (sql: Sql, id: string, cause: string, now: Date) => sql`
  with ended as (
    update memberships set ended_at = ${now} where id = ${id} and ended_at is null returning group_id, id
  ), told as (
    insert into membership_events (group_id, membership_id, at, what, cause)
    select group_id, id, ${now}, 'left', ${cause} from ended
  )
  select id from ended`;

const stopMail = (sql: Sql, id: string, cause: string, now: Date) => sql`
  with before as (
    select group_id, id, mode from memberships where id = ${id} and ended_at is null and mode <> 'none' for update
  ), stopped as (
    update memberships m set mode = 'none' from before b where m.group_id = b.group_id and m.id = b.id
    returning m.group_id, m.id, b.mode as had
  ), told as (
    insert into membership_events (group_id, membership_id, at, what, cause)
    select group_id, id, ${now}, 'mail stopped' || case when had = 'each' then '' else ', was ' || had end, ${cause}
    from stopped
  )
  select id from stopped`;

export type Undoable = { what: Leaving; until: Date; role: Role };

/** What of a membership's leaving can still be taken back; undefined when nothing can. */
export async function undoable(sql: Sql, id: string, now: Date): Promise<Undoable | undefined> {
  const [last] = await sql<{ what: string; at: Date; role: Role; ended: boolean; mode: string }[]>`
    select e.what, e.at, m.role, m.ended_at is not null as ended, m.mode
    from memberships m join membership_events e on e.group_id = m.group_id and e.membership_id = m.id
    where m.id = ${id} and (e.what in ('left', 'removed') or e.what like 'mail stopped%' or e.what like 'mode %')
      and (m.ended_at is not null) = (e.what in ('left', 'removed'))
    order by e.at desc, (e.what = 'removed' or e.what like 'mail stopped%') desc limit 1`;
  if (!last || last.at.getTime() + UNDO < now.getTime()) return undefined;
  const what = last.what.replace(/,.*/, "") as Leaving;
  const isOpen = last.ended ? what === "left" : what === "mail stopped" && last.mode === "none";
  return isOpen ? { what, until: new Date(last.at.getTime() + UNDO), role: last.role } : undefined;
}

/** Takes leaving back. `isProved`: by who has shown that the address is theirs. Answers what was taken back, if anything. */
export async function comeBack(
  sql: Sql,
  id: string,
  isProved: boolean,
  cause: string,
  now: Date,
): Promise<Leaving | undefined> {
  const open = await undoable(sql, id, now);
  if (!open) return undefined;
  const rows =
    open.what === "left" ? await resume(sql, id, isProved, cause, now) : await mailAgain(sql, id, cause, now);
  return rows.length > 0 ? open.what : undefined;
}

const resume = (sql: Sql, id: string, isProved: boolean, cause: string, now: Date) => sql`
  with before as (
    select group_id, id, role from memberships m
    where m.id = ${id} and m.ended_at is not null
      and not exists (select from bans b where b.group_id in (m.group_id, ${SERVICE}::uuid) and m.address_key like b.matches)
      and not exists (
      select from memberships o where o.group_id = m.group_id and o.address_key = m.address_key and o.ended_at is null)
    for update
  ), back as (
    update memberships m set ended_at = null, digest_upto = null, role = case when ${isProved} then b.role else 'member' end
    from before b where m.group_id = b.group_id and m.id = b.id
    returning m.group_id, m.id, m.role
  ), told as (
    insert into membership_events (group_id, membership_id, at, what, cause)
    select k.group_id, k.id, ${now}, t.what, ${cause}
    from back k join before b on b.id = k.id, lateral (values
      ('came back'), (case when k.role <> b.role then 'role ' || b.role || ' → ' || k.role end)) as t (what)
    where t.what is not null
  )
  select id from back`;

/** The mode they had before goes on. */
const mailAgain = (sql: Sql, id: string, cause: string, now: Date) => sql`
  with again as (
    update memberships m set mode = coalesce((
      select substring(e.what from 'was (.*)') from membership_events e
      where e.group_id = m.group_id and e.membership_id = m.id and e.what like 'mail stopped%'
      order by e.at desc limit 1), 'each'), digest_upto = null
    where id = ${id} and ended_at is null and mode = 'none' returning group_id, id, mode
  ), told as (
    insert into membership_events (group_id, membership_id, at, what, cause)
    select group_id, id, ${now}, 'mode none → ' || mode, ${cause} from again
  )
  select id from again`;
