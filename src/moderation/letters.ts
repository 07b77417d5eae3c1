/**
 * Letters that ask moderators to decide: a moderator gets one for each held post while they are few, then one an hour
 * about all that came since. Each letter's row says to whom it went and about which mails, and only that moderator's
 * answer to it counts.
 */
import type { Sql } from "../db/sql.ts";
import { type Clock, HOUR } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";

/** Letters about single posts in an hour; what comes beyond them is collected. */
const SINGLE_AN_HOUR = 3;

export type AskLetter = { id: string; groupId: string; membershipId: string; at: Date; mailIds: string[] };

const LETTER = `id, group_id as "groupId", membership_id as "membershipId", at, mail_ids as "mailIds"`;

/** Notes a letter to a moderator; answers its id, which its token holds. */
export async function noteLetter(sql: Sql, letter: Omit<AskLetter, "id" | "at">, clock: Clock): Promise<string> {
  const id = newId(clock);
  await sql`
    insert into held_letters (group_id, id, membership_id, at, mail_ids)
    values (${letter.groupId}, ${id}, ${letter.membershipId}, ${clock.now()}, ${letter.mailIds})`;
  return id;
}

/** Those of these moderators who have not had many letters lately: they hear of a post at once. */
export async function calmModerators(sql: Sql, groupId: string, ids: string[], now: Date): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select m.id from unnest(${ids}::uuid[]) as m(id)
    where (select count(*) from held_letters l
      where l.group_id = ${groupId} and l.membership_id = m.id and l.at > ${new Date(now.getTime() - HOUR)}) < ${SINGLE_AN_HOUR}`;
  return new Set(rows.map((row) => row.id));
}

export type WaitingHere = { groupId: string; mailIds: string[] };

/** By group, what waits; who asks tells each moderator what no letter to them has named. */
export const waitingByGroup = (sql: Sql, mostEach: number): Promise<WaitingHere[]> =>
  sql<WaitingHere[]>`
    select group_id as "groupId", (array_agg(mail_id order by mail_id))[1:${mostEach}] as "mailIds" from held_posts
    where state = 'waiting' group by group_id`;

export type Told = { membershipId: string; lastAt: Date; mailIds: string[] };

/** What each moderator of a group was asked about by letter, and when last. */
export const toldIn = (sql: Sql, groupId: string, mailIds: string[]): Promise<Told[]> =>
  sql<Told[]>`
    select membership_id as "membershipId", max(at) as "lastAt",
      array(select distinct unnest(m.mail_ids) from held_letters m
        where m.group_id = ${groupId} and m.membership_id = l.membership_id and m.mail_ids && ${mailIds}::uuid[]) as "mailIds"
    from held_letters l where group_id = ${groupId} group by membership_id`;

export async function askLetter(sql: Sql, id: string): Promise<AskLetter | undefined> {
  const [row] = await sql<AskLetter[]>`select ${sql.unsafe(LETTER)} from held_letters where id = ${id} limit 1`;
  return row;
}
