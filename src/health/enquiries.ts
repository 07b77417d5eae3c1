/**
 * Enquiries: letters that ask a member whether mail still arrives, before anybody is paused.
 *
 *     open ──came back, or was refused──▶ failed (the member is paused)
 *      ├────a few days without a word──▶ passed (what spoke against them counts half)
 *      ├────the member said yes────────▶ answered
 *      └────about us, or an outage─────▶ dropped
 */
import type { Sql } from "../db/sql.ts";

export type Enquiry = {
  id: string;
  groupId: string;
  membershipId: string;
  letterId: string;
  askedAt: Date;
  state: "open" | "passed" | "failed" | "answered" | "dropped";
  endedAt: Date | null;
  said: string;
};

const COLUMNS = `id, group_id as "groupId", membership_id as "membershipId", letter_id as "letterId", asked_at as "askedAt",
  state, ended_at as "endedAt", said`;

/**
 * Notes that a member is asked. Answers false when they are being asked, or were after `lately`: the letter is not to be
 * written then.
 */
export async function ask(
  sql: Sql,
  one: { id: string; groupId: string; membershipId: string; letterId: string },
  lately: Date,
  now: Date,
): Promise<boolean> {
  const rows = await sql`
    insert into enquiries (id, group_id, membership_id, letter_id, asked_at)
    select ${one.id}, ${one.groupId}, ${one.membershipId}, ${one.letterId}, ${now}::timestamptz
    where not exists (
      select from enquiries
      where group_id = ${one.groupId} and membership_id = ${one.membershipId} and asked_at > ${lately})
    on conflict do nothing returning id`;
  return rows.length > 0;
}

export const openEnquiries = (sql: Sql, limit: number): Promise<Enquiry[]> =>
  sql<Enquiry[]>`
    select ${sql.unsafe(COLUMNS)} from enquiries where state = 'open' order by asked_at limit ${limit}`;

/** The open enquiries that went out as these letters. */
export const enquiriesByLetter = (sql: Sql, letterIds: string[]): Promise<Enquiry[]> =>
  sql<Enquiry[]>`
    select ${sql.unsafe(COLUMNS)} from enquiries where letter_id = any(${letterIds}::uuid[]) and state = 'open'`;

/** The enquiries to the members of a group, or to one of them, newest first. */
export const enquiriesOf = (
  sql: Sql,
  groupId: string,
  membershipId: string | null,
  limit: number,
): Promise<Enquiry[]> =>
  sql<Enquiry[]>`
    select ${sql.unsafe(COLUMNS)} from enquiries
    where group_id = ${groupId} and (${membershipId}::uuid is null or membership_id = ${membershipId})
    order by asked_at desc limit ${limit}`;

/** Ends an open enquiry. Answers whether it was open until now: only then does anything follow from it. */
export async function endEnquiry(
  sql: Sql,
  id: string,
  state: Exclude<Enquiry["state"], "open">,
  said: string,
  now: Date,
): Promise<boolean> {
  const rows = await sql`
    update enquiries set state = ${state}, ended_at = ${now}, said = ${said.slice(0, 500)}
    where id = ${id} and state = 'open' returning id`;
  return rows.length > 0;
}

/** The member spoke up, or an owner decided: an enquiry that is open has its answer. */
export async function answerEnquiry(sql: Sql, groupId: string, membershipId: string, now: Date): Promise<void> {
  await sql`
    update enquiries set state = 'answered', ended_at = ${now}
    where group_id = ${groupId} and membership_id = ${membershipId} and state = 'open'`;
}
