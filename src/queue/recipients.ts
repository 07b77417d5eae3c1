/**
 * Who has an item, recipient by recipient, as the settle log and the deliveries that are left tell it.
 *
 * Nothing is written for this: settling stays as cheap as it is. The log is found by its item, over the index that the
 * sweep needs anyway; an index on recipients would cost every copy a write. What that takes in a large log:
 * docs/performance.md.
 */

import type { Sql } from "../db/sql.ts";
import { en } from "../language/language.ts";

/**
 * - sent: the far side took it
 * - on its way: planned, and not tried yet
 * - waiting: tried, and the far side said "later"
 * - held: stopped by the operator
 * - given up: the far side said "never", or "later" for too long
 * - left: left the group or was paused before it was sent
 */
export type RecipientState = "sent" | "on its way" | "waiting" | "held" | "given up" | "left";

export const RECIPIENT_STATES: readonly RecipientState[] = [
  "sent",
  "on its way",
  "waiting",
  "held",
  "given up",
  "left",
];

/** What outbound notes for a recipient who does not want it any more when its delivery is taken. */
const LEFT = en`left before it was sent`;

/** One recipient of one item: the settlement that counts, and what is planned next. */
export type ItemRecipient = {
  itemId: string;
  /** A membership, or a letter's own id. */
  id: string;
  state: RecipientState;
  provider: string;
  /** When the far side last spoke; null when it has not been tried. */
  at: Date | null;
  host: string;
  source: string;
  tls: string;
  code: number;
  status: string;
  reply: string;
  tries: number;
  /** More than one: a reply was lost, and it was sent again. */
  copies: number;
  dueAt: Date | null;
};

/** The recipients of these items, or only those among `ids`. */
function recipientsIn(sql: Sql, itemIds: string[], ids: string[] | null) {
  return sql`
    said as (
      select distinct on (s.item_id, r.id) s.item_id, r.id, s.at, s.kind, s.provider, s.host, s.source, s.tls, s.code,
        s.status, s.reply, count(*) over one as tries, count(*) filter (where s.kind = 'sent') over one as copies
      from settlements s cross join unnest(s.recipients) as r (id)
      where s.item_id = any(${itemIds}::uuid[])
        ${ids === null ? sql`` : sql`and s.recipients && ${ids}::uuid[] and r.id = any(${ids}::uuid[])`}
      window one as (partition by s.item_id, r.id)
      order by s.item_id, r.id, s.kind = 'sent' desc, s.kind = 'never' desc, s.at desc, s.id desc
    ), open as (
      select d.item_id, r.id, d.state, d.provider, d.due_at
      from deliveries d cross join unnest(d.recipients) as r (id)
      where d.item_id = any(${itemIds}::uuid[])
        ${ids === null ? sql`` : sql`and d.recipients && ${ids}::uuid[] and r.id = any(${ids}::uuid[])`}
    ), recipients as (
      select coalesce(s.item_id, o.item_id) as item_id, coalesce(s.id, o.id) as id,
        case when s.kind = 'sent' then 'sent'
          when s.kind = 'never' and s.code = 0 and s.reply = ${LEFT} then 'left'
          when s.kind = 'never' then 'given up'
          when o.state = 'held' then 'held'
          when s.kind = 'later' then 'waiting'
          else 'on its way' end as state,
        coalesce(s.provider, o.provider) as provider, s.at, coalesce(s.host, '') as host, coalesce(s.source, '') as source,
        coalesce(s.tls, '') as tls, coalesce(s.code, 0) as code, coalesce(s.status, '') as status,
        coalesce(s.reply, '') as reply, coalesce(s.tries, 0)::int as tries, coalesce(s.copies, 0)::int as copies,
        case when s.kind in ('sent', 'never') then null else o.due_at end as due_at
      from said s full join open o on o.item_id = s.item_id and o.id = s.id
    )`;
}

const COLUMNS = `item_id as "itemId", id, state, provider, at, host, source, tls, code, status, reply, tries, copies, due_at as "dueAt"`;

export type RecipientsAsked = {
  state?: RecipientState | undefined;
  /** Only these. */
  ids?: string[] | undefined;
  /** Those behind this one: a list is walked in the order of ids. */
  after?: string | undefined;
  limit: number;
};

/** Recipients of an item, by id. */
export const recipientsOf = (sql: Sql, itemId: string, asked: RecipientsAsked): Promise<ItemRecipient[]> =>
  sql<ItemRecipient[]>`
    with ${recipientsIn(sql, [itemId], asked.ids ?? null)}
    select ${sql.unsafe(COLUMNS)} from recipients
    where (${asked.state ?? null}::text is null or state = ${asked.state ?? null})
      and (${asked.after ?? null}::uuid is null or id > ${asked.after ?? null})
    order by id limit ${asked.limit}`;

/** What became of several items for these recipients; items that were never meant for them are left out. */
export const itemsFor = (sql: Sql, itemIds: string[], ids: string[]): Promise<ItemRecipient[]> =>
  sql<ItemRecipient[]>`
    with ${recipientsIn(sql, itemIds, ids)} select ${sql.unsafe(COLUMNS)} from recipients`;

/** All recipients of an item in batches, so that a list of any length goes through a little memory. */
export const eachRecipient = (
  sql: Sql,
  itemId: string,
  state: RecipientState | undefined,
  batch: number,
): AsyncIterable<ItemRecipient[]> =>
  sql<ItemRecipient[]>`
    with ${recipientsIn(sql, [itemId], null)}
    select ${sql.unsafe(COLUMNS)} from recipients
    where ${state ?? null}::text is null or state = ${state ?? null}
    order by id`.cursor(batch);

export type ProviderCount = {
  provider: string;
  state: RecipientState;
  recipients: number;
  nextDue: Date | null;
  lastAt: Date | null;
};

/** The recipients of an item in numbers, by provider and state. */
export const recipientCounts = (sql: Sql, itemId: string): Promise<ProviderCount[]> =>
  sql<ProviderCount[]>`
    with ${recipientsIn(sql, [itemId], null)}
    select provider, state, count(*)::int as recipients, min(due_at) as "nextDue", max(at) as "lastAt"
    from recipients group by provider, state order by recipients desc, provider`;

export type RecipientAttempt = {
  at: Date;
  kind: "sent" | "later" | "never";
  provider: string;
  host: string;
  source: string;
  tls: string;
  code: number;
  status: string;
  reply: string;
};

/** Everything the far sides said about one recipient of an item, newest first. */
export const attemptsFor = (sql: Sql, itemId: string, id: string, limit: number): Promise<RecipientAttempt[]> =>
  sql<RecipientAttempt[]>`
    select at, kind, provider, host, source, tls, code, status, reply
    from settlements where item_id = ${itemId} and ${id}::uuid = any(recipients)
    order by at desc limit ${limit}`;
