/**
 * Requests to join. One is `asked` until its sender has answered our letter, which shows that the address is theirs; where
 * moderators let people in it then waits for them, through whatever backlog, until somebody decides or its time is over.
 */
import { hold } from "../db/lock.ts";
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { addressKey } from "../mail/address.ts";

/** When moderators are reminded of a request, and how much later it ends. */
export const REQUEST_REMINDED = 7 * DAY;
export const REQUEST_ENDS = 21 * DAY;

export type RequestState = "asked" | "waiting" | "joined" | "declined" | "expired";

export type JoinRequest = {
  id: string;
  groupId: string;
  address: string;
  name: string;
  state: RequestState;
  /** Why they ask, and their answer to the group's question. */
  words: string;
  answer: string;
  confirmedAt: Date | null;
  /** How they have shown that the address is theirs. */
  shownBy: "web" | "mail";
  remindedAt: Date | null;
};

export type NewRequest = { address: string; name: string; words?: string; answer?: string };

const COLUMNS = `id, group_id as "groupId", address, name, state, words, answer, confirmed_at as "confirmedAt",
  shown_by as "shownBy", reminded_at as "remindedAt"`;

export async function askToJoin(sql: Sql, groupId: string, who: NewRequest, clock: Clock): Promise<string> {
  const id = newId(clock);
  await sql`
    insert into join_requests (id, group_id, address, address_key, name, words, answer, asked_at)
    values (${id}, ${groupId}, ${who.address}, ${addressKey(who.address)}, ${lineOf(who.name, 100)},
      ${lineOf(who.words, 500)}, ${lineOf(who.answer, 500)}, ${clock.now()})`;
  return id;
}

/** Foreign words on one line, bounded. */
export const lineOf = (text: string | undefined, most: number): string =>
  (text ?? "")
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .slice(0, most)
    .toWellFormed();

/** A request by the id in its token; it stays, so that confirming twice says the same twice. */
export async function joinRequest(sql: Sql, id: string): Promise<JoinRequest | undefined> {
  const [row] = await sql<JoinRequest[]>`select ${sql.unsafe(COLUMNS)} from join_requests where id = ${id}`;
  return row;
}

/** Its address is shown to be the asker's: it waits for a moderator. Answers whether it does so only now. */
export async function letWait(
  sql: Sql,
  request: JoinRequest,
  now: Date,
  shownBy: JoinRequest["shownBy"] = "mail",
): Promise<boolean> {
  const key = addressKey(request.address);
  await hold(sql, `join ${request.groupId} ${key}`); // who asks twice at once waits once
  const rows = await sql`
    update join_requests set state = 'waiting', confirmed_at = ${now}, address_key = ${key}, shown_by = ${shownBy},
      due_at = ${new Date(now.getTime() + REQUEST_REMINDED)}
    where id = ${request.id} and state = 'asked' and not exists (
      select from join_requests o where o.group_id = ${request.groupId} and o.address_key = ${key} and o.state = 'waiting')
    returning id`;
  return rows.length > 0;
}

/** Those that wait in a group, the oldest first. */
export const waitingRequests = (sql: Sql, groupId: string, limit = 200): Promise<JoinRequest[]> =>
  sql<JoinRequest[]>`
    select ${sql.unsafe(COLUMNS)} from join_requests where group_id = ${groupId} and state = 'waiting'
    order by confirmed_at, id limit ${limit}`;

export async function countRequests(sql: Sql, groupId: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from join_requests where group_id = ${groupId} and state = 'waiting'`;
  return row?.count ?? 0;
}

export async function waitingRequestOf(sql: Sql, groupId: string, address: string): Promise<JoinRequest | undefined> {
  const [row] = await sql<JoinRequest[]>`
    select ${sql.unsafe(COLUMNS)} from join_requests
    where group_id = ${groupId} and address_key = ${addressKey(address)} and state = 'waiting'`;
  return row;
}

/** Ends a waiting request of this group. Answers it, or nothing where somebody was quicker. */
export async function endRequest(
  sql: Sql,
  { groupId, id }: { groupId: string; id: string },
  end: { state: "joined" | "declined" | "expired"; by: string; reason?: string },
  now: Date,
): Promise<JoinRequest | undefined> {
  const [row] = await sql<JoinRequest[]>`
    update join_requests
    set state = ${end.state}, decided_at = ${now}, decided_by = ${end.by.slice(0, 200)},
      reason = ${(end.reason ?? "").slice(0, 2000)}, due_at = null
    where id = ${id} and group_id = ${groupId} and state = 'waiting' returning ${sql.unsafe(COLUMNS)}`;
  return row;
}

/** The requests whose moderators are to be reminded now, and those that end. Each is answered once. */
export async function dueRequests(sql: Sql, now: Date): Promise<{ remind: JoinRequest[]; ended: JoinRequest[] }> {
  const rows = await sql<(JoinRequest & { ends: boolean })[]>`
    with due as (
      select id, reminded_at is not null as ends from join_requests
      where state = 'waiting' and due_at <= ${now} order by due_at limit 200 for update skip locked
    )
    update join_requests r
    set reminded_at = coalesce(r.reminded_at, ${now}),
      state = case when due.ends then 'expired' else 'waiting' end,
      decided_at = case when due.ends then ${now}::timestamptz end,
      due_at = case when due.ends then null else ${new Date(now.getTime() + REQUEST_ENDS)}::timestamptz end
    from due where r.id = due.id
    returning r.id, group_id as "groupId", address, name, state, words, answer, confirmed_at as "confirmedAt",
      shown_by as "shownBy", reminded_at as "remindedAt", due.ends`;
  return { remind: rows.filter((one) => !one.ends), ended: rows.filter((one) => one.ends) };
}

/** Forgets requests nobody confirmed, and those decided long ago. */
export async function forgetRequests(sql: Sql, before: Date): Promise<void> {
  await sql`delete from join_requests where asked_at < ${before} and state = 'asked'`;
  await sql`delete from join_requests where decided_at < ${before} and state <> 'waiting'`;
}
/** What somebody asked for and has not confirmed, for who downloads it. */
export async function requestsOf(sql: Sql, personId: string, keys: string[]): Promise<Record<string, unknown[]>> {
  const joining = await sql`
    select r.address, r.name, r.words, r.answer, r.state, r.asked_at as "askedAt", g.name as "group" from join_requests r
    left join groups g on g.id = r.group_id where lower(r.address) = any(${keys}) order by r.asked_at limit 1000`;
  const addresses = await sql`
    select address, asked_at as "askedAt" from address_claims where person_id = ${personId} order by asked_at limit 1000`;
  const invited = await sql`
    select i.address, i.by_name as "by", i.words, i.state, i.made_at as "madeAt", g.name as "group" from invitations i
    left join groups g on g.id = i.group_id where i.address_key = any(${keys}) order by i.made_at limit 1000`;
  const unwanted = await sql`
    select u.at, g.name as "group" from invitations_unwanted u left join groups g on g.id = u.group_id
    where u.address_key = any(${keys}) limit 1000`;
  return { joining: [...joining], invited: [...invited], unwanted: [...unwanted], addresses: [...addresses] };
}
