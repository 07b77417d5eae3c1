/**
 * Settling: what the far side said, written to the log and to the deliveries in one transaction, many at a time.
 *
 * The log's rows have ids of their own, so a settling whose commit was lost can be run again and counts nothing twice.
 */
import type { Sql } from "../db/sql.ts";
import { stateWhenPutBack } from "./holds.ts";

/** One SMTP transaction's result for the recipients it settles alike. */
export type Settlement = {
  id: string;
  at: Date;
  deliveryId: string;
  itemId: string;
  groupId: string | null;
  provider: string;
  host: string;
  /** Local address it was sent from. */
  source: string;
  /** TLS version and cipher, "" in clear. */
  tls: string;
  kind: "sent" | "later" | "never";
  recipients: string[];
  code: number;
  /** Enhanced status (RFC 3463), "" when none was given. */
  status: string;
  reply: string;
};

/**
 * Recipients of a delivery that stay: tried again at `dueAt`, or not begun and waiting on. The part that bears the
 * delivery's own id stays that delivery; each other one becomes a delivery of its own.
 */
export type Remaining = {
  id: string;
  deliveryId: string;
  recipients: string[];
  state: "waiting" | "deferred";
  dueAt: Date;
  attempts: number;
  /** Time spent being refused by the far side so far, in milliseconds. */
  refusedMs: number;
  refusedAt: Date | null;
  /** The pause we planned before the next try, in milliseconds: only this much of it can count as the far side's. */
  waitMs: number;
  problem: string;
};

/**
 * Writes results to the log and counts them. The rows travel as one JSON value: a parameter for each column of each row
 * would end at 65,534, and a busy second has more.
 */
export async function log(sql: Sql, settlements: Settlement[]): Promise<void> {
  if (settlements.length === 0) return;
  await sql`
    with logged as (
      insert into settlements (at, id, delivery_id, item_id, group_id, provider, host, source, tls, kind, recipients, code, status, reply)
      select at, id, "deliveryId", "itemId", "groupId", provider, host, source, tls, kind, recipients, code, status, reply
      from jsonb_to_recordset(${sql.json(settlements as never)}) as r(
        at timestamptz, id uuid, "deliveryId" uuid, "itemId" uuid, "groupId" uuid, provider text, host text, source text,
        tls text, kind text, recipients uuid[], code int, status text, reply text)
      on conflict (at, id) do nothing
      returning item_id, kind, cardinality(recipients) as count, at
    ), counted as (
      select item_id, coalesce(sum(count) filter (where kind = 'sent'), 0) as sent,
        coalesce(sum(count) filter (where kind = 'never'), 0) as given_up, max(at) as last_at
      from logged where kind <> 'later'
      group by item_id order by item_id
    )
    update sendings s
    set sent = s.sent + c.sent, given_up = s.given_up + c.given_up, last_at = greatest(s.last_at, c.last_at)
    from counted c
    where s.item_id = c.item_id`;
}

/** Ends deliveries that have no recipient left; only the present holder may. */
export async function end(sql: Sql, worker: string, deliveryIds: string[]): Promise<void> {
  if (deliveryIds.length === 0) return;
  await sql`delete from deliveries where id = any(${deliveryIds}::uuid[]) and taken_by = ${worker}`;
}

/** Puts deliveries back with the recipients that remain; only the present holder may. */
export async function later(sql: Sql, worker: string, remaining: Remaining[]): Promise<void> {
  if (remaining.length === 0) return;
  await sql`
    with parts as materialized (
      select * from jsonb_to_recordset(${sql.json(remaining as never)}) as r(
        id uuid, "deliveryId" uuid, recipients uuid[], state text, "dueAt" timestamptz, attempts int, "refusedMs" float8,
        "refusedAt" timestamptz, "waitMs" float8, problem text)
    ), parted as (
      insert into deliveries (id, class, tag, carries, item_id, group_id, provider, recipients, size, cost, state,
        created_at, due_at, attempts, refused_ms, refused_at, wait_ms, problem)
      select r.id, d.class, d.tag, d.carries, d.item_id, d.group_id, d.provider, r.recipients, d.size, d.cost,
        ${stateWhenPutBack(sql, sql`d`, sql`r.state`)}, d.created_at, r."dueAt", r.attempts, r."refusedMs",
        r."refusedAt", r."waitMs", r.problem
      from parts r join deliveries d on d.id = r."deliveryId" and d.taken_by = ${worker}
      where r.id <> r."deliveryId"
    )
    update deliveries d
    set state = ${stateWhenPutBack(sql, sql`d`, sql`r.state`)}, taken_by = null, recipients = r.recipients,
      due_at = r."dueAt", attempts = r.attempts, refused_ms = r."refusedMs", refused_at = r."refusedAt",
      wait_ms = r."waitMs", problem = r.problem
    from parts r
    where d.id = r.id and r.id = r."deliveryId" and d.taken_by = ${worker}`;
}

/** Makes the log's partition for a day (UTC) if it is not there; `settlements_otherwise` takes what has none. */
export async function openLogDay(sql: Sql, day: Date): Promise<void> {
  const from = day.toISOString().slice(0, 10);
  const to = new Date(Date.parse(from) + 86_400_000).toISOString().slice(0, 10);
  await sql.unsafe(
    `create table if not exists settlements_${from.replaceAll("-", "")} partition of settlements for values from ('${from}') to ('${to}')`,
  );
}

/** Drops the log's partitions of days before `before` (UTC). Answers their names. */
export async function dropLogDays(sql: Sql, before: Date): Promise<string[]> {
  const last = `settlements_${before.toISOString().slice(0, 10).replaceAll("-", "")}`;
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'settlements'::regclass and c.relname ~ '^settlements_\\d{8}$' and c.relname < ${last}`;
  for (const { name } of rows) await sql.unsafe(`drop table if exists ${name}`);
  await sql`delete from settlements_otherwise where at < ${before}`;
  return rows.map((row) => row.name);
}

export type Attempt = Omit<Settlement, "itemId" | "groupId" | "deliveryId">;

/** The log of one item, newest first: for the owner's report and `trace`. */
export const attemptsOf = (sql: Sql, itemId: string, limit: number): Promise<Attempt[]> =>
  sql<Attempt[]>`
    select id, at, provider, host, source, tls, kind, recipients, code, status, reply
    from settlements where item_id = ${itemId} order by at desc limit ${limit}`;

export type Failure = Pick<
  Settlement,
  "id" | "at" | "itemId" | "groupId" | "provider" | "recipients" | "code" | "status" | "reply"
>;

/**
 * What was refused for good or given up, in the order of its time, from behind `after` on. Rows are committed a little
 * out of order, so who reads on and on begins again a while before where they ended. Who left before it was sent is no
 * failure: such rows have neither code nor status.
 */
export const failuresSince = (sql: Sql, after: { at: Date; id: string }, limit: number): Promise<Failure[]> =>
  sql<Failure[]>`
    select id, at, item_id as "itemId", group_id as "groupId", provider, recipients, code, status, reply
    from settlements
    where kind = 'never' and at >= ${after.at} and (at, id) > (${after.at}, ${after.id}) and (code <> 0 or status <> '')
    order by at, id limit ${limit}`;

/** How many different recipients at a provider were sent to, or refused, since `since`. */
export async function triedSince(sql: Sql, provider: string, since: Date): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(distinct recipient)::int as count from settlements, unnest(recipients) as recipient
    where provider = ${provider} and at > ${since} and kind in ('sent', 'never')`;
  return row?.count ?? 0;
}

/** Of these items those that have reached a far side, with the time of the last. */
export const sentItems = (sql: Sql, itemIds: string[]): Promise<{ itemId: string; lastAt: Date }[]> =>
  sql<{ itemId: string; lastAt: Date }[]>`
    select item_id as "itemId", last_at as "lastAt" from sendings
    where item_id = any(${itemIds}::uuid[]) and sent > 0`;
