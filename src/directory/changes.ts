/** Changing a membership: each change is kept in the member's history with its cause. */
import type { Sql } from "../db/sql.ts";
import { en } from "../language/language.ts";
import { addressKey, domainOf } from "../mail/address.ts";
import type { Membership, Role } from "./members.ts";

export const MEMBER_ROLES: readonly Role[] = ["member", "moderator", "owner"];

export type MembershipChange = Partial<
  Pick<
    Membership,
    | "role"
    | "mode"
    | "name"
    | "ownPosts"
    | "secondCopy"
    | "reminders"
    | "heldLetters"
    | "zone"
    | "address"
    | "holidayUntil"
    | "digestHour"
    | "digestForm"
    | "permissions"
    | "replies"
    | "isListed"
    | "about"
    | "mutedTags"
    | "onlyTags"
    | "moderation"
    | "privateMail"
  >
>;

/** Changes a present membership; what is the same already leaves no trace. Answers whether it is still there. */
export async function changeMembership(
  sql: Sql,
  id: string,
  change: MembershipChange,
  cause: string,
  now: Date,
): Promise<boolean> {
  const { address } = change;
  const permissions = change.permissions ?? null;
  const holiday = change.holidayUntil ?? null;
  const rows = await sql`
    with before as (
      select group_id, id, role, mode, name, own_posts, second_copy, held_letters, reminders, zone, address, address_key, domain, holiday_until,
        digest_hour, digest_form, permissions, moderation, private_mail, replies, muted_tags, only_tags, is_listed, about
      from memberships where id = ${id} and ended_at is null for update
    ), changed as (
      update memberships m
      set role = coalesce(${change.role ?? null}, m.role), mode = coalesce(${change.mode ?? null}, m.mode),
        name = coalesce(${change.name ?? null}, m.name), own_posts = coalesce(${change.ownPosts ?? null}, m.own_posts),
        held_letters = coalesce(${change.heldLetters ?? null}, m.held_letters),
        second_copy = coalesce(${change.secondCopy ?? null}, m.second_copy),
        reminders = coalesce(${change.reminders ?? null}, m.reminders), zone = coalesce(${change.zone ?? null}, m.zone),
        address = coalesce(${address ?? null}, m.address),
        address_key = coalesce(${address === undefined ? null : addressKey(address)}, m.address_key),
        domain = coalesce(${address === undefined ? null : domainOf(address)}, m.domain),
        holiday_until = case when ${change.holidayUntil === undefined} then m.holiday_until else ${holiday}::timestamptz end,
        permissions = case when ${change.permissions === undefined} then m.permissions else ${permissions}::text[] end,
        private_mail = coalesce(${change.privateMail ?? null}, m.private_mail),
        moderation = coalesce(${change.moderation ?? null}, m.moderation),
        is_listed = coalesce(${change.isListed ?? null}, m.is_listed), about = coalesce(${change.about ?? null}, m.about),
        replies = coalesce(${change.replies ?? null}, m.replies),
        muted_tags = coalesce(${change.mutedTags ?? null}::text[], m.muted_tags),
        only_tags = coalesce(${change.onlyTags ?? null}::text[], m.only_tags),
        digest_hour = coalesce(${change.digestHour ?? null}, m.digest_hour),
        digest_form = coalesce(${change.digestForm ?? null}, m.digest_form),
        -- Who comes from another mode begins with the next post; when the next digest is due is worked out anew.
        digest_upto = case when b.mode in ('digest', 'summary') then m.digest_upto end,
        digest_due_at = case when b.mode in ('digest', 'summary') and b.zone = coalesce(${change.zone ?? null}, b.zone)
          and b.digest_hour = coalesce(${change.digestHour ?? null}, b.digest_hour) then m.digest_due_at end
      from before b where m.group_id = b.group_id and m.id = b.id
      returning m.*
    ), told as (
      insert into membership_events (group_id, membership_id, at, what, cause)
      select c.group_id, c.id, ${now}, what, ${cause}
      from changed c join before b on b.id = c.id, lateral (values
        (case when c.role <> b.role then 'role ' || b.role || ' → ' || c.role end),
        (case when c.private_mail <> b.private_mail then 'private mail ' || b.private_mail || ' → ' || c.private_mail end),
        (case when c.moderation <> b.moderation then 'moderation ' || b.moderation || ' → ' || c.moderation end),
        (case when c.mode <> b.mode then 'mode ' || b.mode || ' → ' || c.mode end),
        (case when c.name <> b.name then 'name changed' end),
        (case when c.own_posts <> b.own_posts then 'own posts ' || case when c.own_posts then 'on' else 'off' end end),
        (case when c.second_copy <> b.second_copy then 'second copy ' || case when c.second_copy then 'on' else 'off' end end),
        (case when c.reminders <> b.reminders then 'reminders ' || case when c.reminders then 'on' else 'off' end end),
        (case when c.held_letters <> b.held_letters then 'held letters ' || case when c.held_letters then 'on' else 'off' end end),
        (case when c.zone <> b.zone then 'time zone ' || b.zone || ' → ' || c.zone end),
        (case when c.permissions is distinct from b.permissions then
          'may ' || coalesce(nullif(array_to_string(c.permissions, ', '), ''), case when c.permissions is null then 'what the role gives' else 'nothing more' end) end),
        (case when c.is_listed <> b.is_listed then case when c.is_listed then 'listed' else 'not listed' end end),
        (case when c.about <> b.about then 'line about them changed' end),
        (case when c.replies <> b.replies then 'replies ' || b.replies || ' → ' || c.replies end),
        (case when c.muted_tags <> b.muted_tags then
          'muted tags ' || array_to_string(b.muted_tags, ',') || ' → ' || array_to_string(c.muted_tags, ',') end),
        (case when c.only_tags <> b.only_tags then
          'only tags ' || array_to_string(b.only_tags, ',') || ' → ' || array_to_string(c.only_tags, ',') end),
        (case when c.digest_hour <> b.digest_hour then 'digest hour ' || b.digest_hour || ' → ' || c.digest_hour end),
        (case when c.digest_form <> b.digest_form then 'digest form ' || b.digest_form || ' → ' || c.digest_form end),
        (case when c.address <> b.address then 'address ' || b.address || ' → ' || c.address end),
        (case when c.holiday_until is distinct from b.holiday_until then
          case when c.holiday_until is null then 'holiday over'
            else 'holiday until ' || to_char(c.holiday_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') end end)) as told (what)
      where what is not null
    )
    select id from changed`;
  return rows.length > 0;
}

export type Back = { id: string; groupId: string; address: string; getsMail: boolean };

/** Ends the holidays that are over, some at a time. Answers whose. */
export const endHolidays = (sql: Sql, now: Date): Promise<Back[]> =>
  sql<Back[]>`
    with due as (
      select group_id, id from memberships where holiday_until <= ${now} limit 1000 for update skip locked
    ), over as (
      update memberships m set holiday_until = null from due where m.group_id = due.group_id and m.id = due.id
      returning m.group_id, m.id, m.address, m.mode, m.paused_at, m.ended_at
    ), told as (
      insert into membership_events (group_id, membership_id, at, what, cause)
      select group_id, id, ${now}, 'holiday over', ${en`its last day has passed`} from over where ended_at is null
    )
    select id, group_id as "groupId", address, mode <> 'none' and paused_at is null as "getsMail"
    from over where ended_at is null`;

/** What owners and moderators note about a member, for themselves alone. */
export async function noteAbout(sql: Sql, id: string, notes: string): Promise<void> {
  await sql`update memberships set notes = ${notes.slice(0, 5000)} where id = ${id}`;
}

export async function notesAbout(sql: Sql, id: string): Promise<string> {
  const [row] = await sql<{ notes: string }[]>`select notes from memberships where id = ${id}`;
  return row?.notes ?? "";
}
