/** A person taken out of the queue's memory: their mails that wait for a moderator, and their address in what is logged. */
import type { Sql } from "../db/sql.ts";

/** Mails these addresses (lower-case) sent that are set aside go. Answers how many. */
export async function dropAsideFrom(sql: Sql, addresses: string[]): Promise<number> {
  const rows = await sql`
    with gone as (
      delete from mails where state in ('held', 'unreadable') and lower(sender) = any(${addresses}) returning id
    ), emptied as (
      delete from mail_pieces where mail_id in (select id from gone)
    )
    select id from gone`;
  return rows.length;
}

/** Takes the address out of outcomes, some at a time from `after` on. Answers where to go on; undefined at the end. */
export async function forgetInOutcomes(
  sql: Sql,
  addresses: string[],
  after: { mailId: string; recipient: string } | undefined,
  limit: number,
): Promise<{ mailId: string; recipient: string } | undefined> {
  const from = after ?? { mailId: "00000000-0000-0000-0000-000000000000", recipient: "" };
  const pattern = anyOf(addresses);
  const rows = await sql<{ mailId: string; recipient: string }[]>`
    with looked as (
      select mail_id, recipient, sender, detail from outcomes
      where (mail_id, recipient) > (${from.mailId}::uuid, ${from.recipient}) order by mail_id, recipient limit ${limit}
    ), without as (
      update outcomes o
      set sender = case when lower(o.sender) = any(${addresses}) then '' else o.sender end,
        detail = regexp_replace(o.detail, ${pattern}, '[removed]', 'gi'),
        message_id = case when o.message_id ~* ${pattern} then null else o.message_id end
      from looked s
      where o.mail_id = s.mail_id and o.recipient = s.recipient
        and (lower(s.sender) = any(${addresses}) or s.detail ~* ${pattern})
    )
    select mail_id as "mailId", recipient from looked order by mail_id desc, recipient desc limit 1`;
  return rows[0];
}

/** The days the settle log is kept of, as `YYYY-MM-DD`, the oldest first. */
export async function logDays(sql: Sql): Promise<string[]> {
  const rows = await sql<{ day: string }[]>`
    select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'settlements'::regclass and c.relname ~ '^settlements_\\d{8}$' order by 1`;
  return rows.map((row) => row.day);
}

/** What other servers said of a day, without the address in it. The day's rows stay: they speak of memberships by id. */
export async function forgetInLog(sql: Sql, addresses: string[], day: string): Promise<void> {
  const pattern = anyOf(addresses);
  await sql`
    update settlements set reply = regexp_replace(reply, ${pattern}, '[removed]', 'gi')
    where at >= ${day}::date and at < ${day}::date + 1 and reply ~* ${pattern}`;
}

/** Letters that went are not told of any more: their deliveries' log and counts go. */
export async function forgetItems(sql: Sql, itemIds: string[]): Promise<void> {
  await sql`delete from deliveries where item_id = any(${itemIds}::uuid[]) and state <> 'taken'`;
  await sql`delete from sendings where item_id = any(${itemIds}::uuid[])`;
}

/** Addresses as a pattern of PostgreSQL's that finds any of them. */
const anyOf = (addresses: string[]): string =>
  addresses.length === 0 ? "^\\M$" : addresses.map((one) => one.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");

export type LoggedTry = {
  at: Date;
  itemId: string;
  recipient: string;
  kind: string;
  provider: string;
  host: string;
  tls: string;
  code: number;
  status: string;
  reply: string;
};

/** What was tried for these memberships and letters on a day. */
export const triesOfDay = (sql: Sql, ids: string[], day: string): Promise<LoggedTry[]> =>
  sql<LoggedTry[]>`
    select s.at, s.item_id as "itemId", r.id as recipient, s.kind, s.provider, s.host, s.tls, s.code, s.status, s.reply
    from settlements s cross join unnest(s.recipients) as r(id)
    where s.at >= ${day}::date and s.at < ${day}::date + 1 and s.recipients && ${ids}::uuid[] and r.id = any(${ids}::uuid[])
    order by s.at, s.id`;
