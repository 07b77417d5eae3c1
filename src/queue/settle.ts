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
  /** Ids under which those who held the delivery before may have written, or may yet write, what they sent. */
  formerly?: string[] | null;
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
    with ${logging(sql, settlements)}, counted as (
      select item_id, coalesce(sum(cardinality(recipients)) filter (where kind = 'sent'), 0) as sent,
        coalesce(sum(cardinality(recipients)) filter (where kind = 'never'), 0) as given_up, 0 as again, max(at) as last_at
      from logged where kind <> 'later'
      group by item_id order by item_id
    )
    ${counting(sql)}`;
}

/**
 * The same for deliveries that somebody else held before, or holds now: of some recipients the log may know already. They
 * are logged all the same, as the far side took what it took, but each recipient counts once. `isLate`: who held it has
 * lost it, and who holds it now is asked by item, since its deliveries may have other ids by then. Answers how many
 * recipients were known to have it.
 */
export async function logAgain(sql: Sql, settlements: Settlement[], isLate: boolean): Promise<number> {
  if (settlements.length === 0) return 0;
  const items = [...new Set(settlements.map((one) => one.itemId))];
  const ids = settlements.flatMap((one) => [one.deliveryId, ...(one.formerly ?? [])]);
  // Whoever settles the same item in this way waits for us here, and then sees what we wrote.
  await sql`select from sendings where item_id = any(${items}::uuid[]) order by item_id for update`;
  const [row] = await sql<{ again: number }[]>`
    with ${logging(sql, settlements)}, known as (
      select s.item_id, r as recipient, bool_or(s.kind = 'sent') as has_it
      from settlements s cross join unnest(s.recipients) r
      where s.item_id = any(${items}::uuid[]) and (${isLate} or s.delivery_id = any(${ids}::uuid[]))
        and s.kind in ('sent', 'never') and s.id <> all(${settlements.map((one) => one.id)}::uuid[])
      group by s.item_id, r
    ), counted as (
      select l.item_id, count(distinct r) filter (where kind = 'sent' and k.recipient is null) as sent,
        count(distinct r) filter (where kind = 'never' and k.recipient is null) as given_up,
        count(*) filter (where kind = 'sent' and k.has_it) as again, max(at) as last_at
      from logged l cross join unnest(l.recipients) r left join known k on k.item_id = l.item_id and k.recipient = r
      where kind <> 'later'
      group by l.item_id order by l.item_id
    ), added as (${counting(sql)})
    select coalesce(sum(again), 0)::int as again from counted`;
  return row?.again ?? 0;
}

/** `logged`: the rows that were not in the log; a settling whose commit was lost finds its own there and counts nothing. */
const logging = (sql: Sql, settlements: Settlement[]) => sql`
  logged as (
    insert into settlements (at, id, delivery_id, item_id, group_id, provider, host, source, tls, kind, recipients, code, status, reply)
    select at, id, "deliveryId", "itemId", "groupId", provider, host, source, tls, kind, recipients, code, status, reply
    from jsonb_to_recordset(${sql.json(settlements as never)}) as r(
      at timestamptz, id uuid, "deliveryId" uuid, "itemId" uuid, "groupId" uuid, provider text, host text, source text,
      tls text, kind text, recipients uuid[], code int, status text, reply text)
    on conflict (at, id) do nothing
    returning item_id, kind, recipients, at
  )`;

/** Adds `counted` to the sums of its items, which never say more than was planned: what is beyond came again. */
function counting(sql: Sql) {
  const givenUp = sql`least(s.given_up + c.given_up, greatest(s.planned - s.sent, s.given_up))`;
  const sent = sql`least(s.sent + c.sent, greatest(s.planned - ${givenUp}, s.sent))`;
  return sql`
    update sendings s
    set sent = ${sent}, given_up = ${givenUp}, again = s.again + c.again + s.sent + c.sent - ${sent},
      last_at = greatest(s.last_at, c.last_at)
    from counted c
    where s.item_id = c.item_id`;
}

/**
 * Recipients who were sent to late, by a worker that has lost its deliveries: whom nobody has in hand by now is taken off,
 * so that what is known to have come is not sent again. What is taken is locked, so that no sweep frees it without having
 * seen the log that is written next.
 */
export async function takeOff(sql: Sql, settlements: Settlement[]): Promise<void> {
  const done = settlements.filter((one) => one.kind !== "later");
  if (done.length === 0) return;
  await sql`
    with done as materialized (
      select "itemId" as item_id, "deliveryId" as delivery_id, r.recipients
      from jsonb_to_recordset(${sql.json(done as never)}) as r("itemId" uuid, "deliveryId" uuid, recipients uuid[])
    ), concerned as (
      select d.id, d.item_id, d.state, d.recipients from deliveries d
      where d.item_id in (select item_id from done)
        and exists (select from done n where d.id = n.delivery_id or n.delivery_id = any(d.formerly))
      order by d.id for update
    ), remaining as (
      select c.id, array(select r from unnest(c.recipients) r
        where not exists (select from done n where n.item_id = c.item_id and r = any(n.recipients))) as recipients
      from concerned c where c.state <> 'taken'
    ), ended as (
      delete from deliveries where id in (select id from remaining where recipients = '{}')
    )
    update deliveries d set recipients = m.recipients
    from remaining m
    where d.id = m.id and m.recipients <> '{}' and d.recipients <> m.recipients`;
}

export type MendedSum = {
  itemId: string;
  planned: number;
  before: { sent: number; givenUp: number };
  sent: number;
  givenUp: number;
};

/**
 * Mends sums that say more than was planned, as versions before this one could leave them: by the log where all of it is
 * still kept (since `keptSince`), else by taking off what is too much. Answers what was wrong.
 */
export const mendSums = (sql: Sql, keptSince: Date): Promise<MendedSum[]> =>
  sql<MendedSum[]>`
    with wrong as (
      select item_id, planned, planned_at, sent, given_up from sendings where sent + given_up > planned
      order by item_id limit 1000 for update skip locked
    ), said as (
      select item_id, count(*) filter (where has_it) as sent, count(*) filter (where not has_it) as given_up
      from (
        select w.item_id, r, bool_or(s.kind = 'sent') as has_it
        from wrong w join settlements s on s.item_id = w.item_id and s.kind in ('sent', 'never'), unnest(s.recipients) r
        where w.planned_at >= ${keptSince}
        group by w.item_id, r
      ) each group by item_id
    ), right_sums as (
      select w.item_id, least(coalesce(s.sent, w.sent), w.planned) as sent, coalesce(s.given_up, w.given_up) as given_up
      from wrong w left join said s on s.item_id = w.item_id
    )
    update sendings n
    set sent = r.sent, given_up = least(r.given_up, n.planned - r.sent), again = n.again + greatest(n.sent - r.sent, 0)
    from right_sums r join wrong w on w.item_id = r.item_id
    where n.item_id = r.item_id
    returning n.item_id as "itemId", n.planned, n.sent, n.given_up as "givenUp",
      json_build_object('sent', w.sent, 'givenUp', w.given_up) as before`;

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
        created_at, due_at, attempts, refused_ms, refused_at, wait_ms, problem, formerly)
      select r.id, d.class, d.tag, d.carries, d.item_id, d.group_id, d.provider, r.recipients, d.size, d.cost,
        ${stateWhenPutBack(sql, sql`d`, sql`r.state`)}, d.created_at, r."dueAt", r.attempts, r."refusedMs",
        r."refusedAt", r."waitMs", r.problem, d.formerly
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
