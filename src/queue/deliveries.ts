/**
 * Deliveries: the unit of outgoing work. One item (a post, a letter or a digest), one provider, up to RECIPIENTS recipients.
 *
 * Recipients of posts and digests are membership ids; a letter's one recipient is the letter itself. Addresses and wishes are read when a
 * delivery is taken, so who left during a backlog gets nothing more.
 */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { costOf, tagsOf } from "./fairness.ts";
import { stateWhenPutBack } from "./holds.ts";

export const RECIPIENTS = 100;

/** The class of posts. Direct mail (sign-in links, notices) goes ahead of them as class 0, digests behind as class 2. */
export const POSTS = 1;
export const DIGESTS = 2;

export type Carries = "post" | "letter" | "digest";

/** What is to be sent: who gets it, by the domains of their addresses. */
export type Plan = {
  carries: Carries;
  itemId: string;
  groupId: string | null;
  class: number;
  size: number;
  /** The group's share of a provider's time against other groups' (default 1). */
  weight?: number;
  recipients: { domain: string; ids: string[] }[];
};

/** Rows inserted by one statement. */
const ROWS = 2000;
/** A notice holds 8,000 bytes; who hears of more providers than fit in it looks for itself. */
const NOTICE = 7000;

/**
 * Plans the deliveries of some items, inside the transaction that files them.
 *
 * Domains of one provider are joined as far as outbound has learned who serves them; a domain it has not met yet is its
 * own provider until then. What an operator holds begins as held.
 */
export async function plan(sql: Sql, plans: Plan[], clock: Clock): Promise<void> {
  if (plans.length === 0) return;
  const now = clock.now();
  const domains = [...new Set(plans.flatMap((item) => item.recipients.map((one) => one.domain)))];
  const known = await sql<{ domain: string; provider: string }[]>`
    select domain, provider from domains where domain = any(${domains})`;
  const providers = new Map(known.map((row) => [row.domain, row.provider]));
  const holds = await sql<{ scope: string; key: string }[]>`select scope, key from holds`;
  const held = new Set(holds.map((row) => `${row.scope} ${row.key}`));
  const rows = plans.flatMap((item) =>
    byProvider(item, providers).map(({ provider, ids }) => ({
      id: newId(clock),
      class: item.class,
      carries: item.carries,
      item_id: item.itemId,
      group_id: item.groupId,
      provider,
      recipients: ids,
      size: item.size,
      cost: costOf(ids.length, item.weight ?? 1),
      state:
        held.has("all ") || held.has(`group ${item.groupId}`) || held.has(`provider ${provider}`) ? "held" : "waiting",
    })),
  );
  for (let from = 0; from < rows.length; from += ROWS) await insert(sql, rows.slice(from, from + ROWS), now);
  const sendings = plans.map((item) => ({
    item_id: item.itemId,
    group_id: item.groupId,
    planned: item.recipients.reduce((sum, one) => sum + one.ids.length, 0),
    planned_at: now,
  }));
  await sql`insert into sendings ${sql(sendings)} on conflict (item_id) do nothing`;
  await announce(sql, new Set(rows.map((row) => row.provider)));
}

type NewRow = Record<string, unknown>;

async function insert(sql: Sql, rows: NewRow[], now: Date): Promise<void> {
  await sql`
    with r as materialized (
      select * from jsonb_to_recordset(${sql.json(rows as never)}) as r(
        id uuid, class smallint, carries text, item_id uuid, group_id uuid, provider text, recipients uuid[], size int,
        cost int, state text)
    )
    insert into deliveries (id, class, tag, carries, item_id, group_id, provider, recipients, size, cost, state, created_at, due_at)
    select r.id, r.class, t.tag, r.carries, r.item_id, r.group_id, r.provider, r.recipients, r.size, r.cost, r.state,
      ${now}, ${now}
    from r join (${tagsOf(sql, sql`r`)}) t on t.id = r.id`;
}

/** Wakes outbound when this is committed, naming the providers that have work as far as they fit. */
async function announce(sql: Sql, providers: Set<string>): Promise<void> {
  const words = ["delivery", ...providers].join(" ");
  await sql`select pg_notify('smartgroups', ${words.length <= NOTICE ? words : "delivery"})`;
}

/** Joins the domains of one provider and cuts the result into lists of at most RECIPIENTS. */
function byProvider(item: Plan, providers: Map<string, string>): { provider: string; ids: string[] }[] {
  const joined = new Map<string, string[]>();
  for (const { domain, ids } of item.recipients) {
    const provider = providers.get(domain) ?? domain;
    const list = joined.get(provider);
    if (list) for (const id of ids) list.push(id);
    else joined.set(provider, [...ids]);
  }
  const cut: { provider: string; ids: string[] }[] = [];
  for (const [provider, ids] of joined) {
    for (let from = 0; from < ids.length; from += RECIPIENTS)
      cut.push({ provider, ids: ids.slice(from, from + RECIPIENTS) });
  }
  return cut;
}

export type Delivery = {
  id: string;
  class: number;
  tag: number;
  carries: Carries;
  itemId: string;
  groupId: string | null;
  provider: string;
  recipients: string[];
  attempts: number;
  createdAt: Date;
  refusedMs: number;
  refusedAt: Date | null;
  waitMs: number;
  /** Ids under which those who held it before may still write down what they sent; null: nobody held it before. */
  formerly: string[] | null;
};

/** So many deliveries of this provider are wanted; `virtual`: the largest tag that was begun there. */
export type Wanted = { provider: string; count: number; virtual: number };

/**
 * Takes deliveries that wait, of each provider in the order class, tag, age; no other worker gets them. The virtual time of
 * the worker's lanes is written down with it. What is due later is `deferred`, so no clock is asked here: one that was
 * set back would keep what waits from going out.
 */
export async function takeDeliveries(sql: Sql, worker: string, wanted: Wanted[]): Promise<Delivery[]> {
  if (wanted.length === 0) return [];
  return sql<Delivery[]>`
    with wanted as materialized (
      select * from unnest(${wanted.map((one) => one.provider)}::text[], ${wanted.map((one) => one.count)}::int[],
        ${wanted.map((one) => one.virtual)}::bigint[]) w(provider, count, virtual)
    ), due as (
      select d.id
      from wanted w cross join lateral (
        select id from deliveries
        where provider = w.provider and state = 'waiting'
        order by class, tag, id
        limit w.count
        for update skip locked
      ) d
    ), served as (
      update lanes l set virtual = w.virtual from wanted w
      where l.provider = w.provider and l.worker = ${worker} and l.virtual < w.virtual
    )
    update deliveries d
    set state = 'taken', taken_by = ${worker}, attempts = attempts + 1
    from due
    where d.id = due.id
    returning d.id, d.class, d.tag::float8 as tag, d.carries, d.item_id as "itemId", d.group_id as "groupId", d.provider,
      d.recipients, d.attempts, d.created_at as "createdAt", d.refused_ms::float8 as "refusedMs",
      d.refused_at as "refusedAt", d.wait_ms::float8 as "waitMs", d.formerly`;
}

/**
 * Lets deferred deliveries whose time has come wait again, behind what their groups have waiting; answers how many.
 * A state of its own keeps them out of the way of what is due now.
 */
export async function ripen(sql: Sql, now: Date, count: number): Promise<number> {
  const rows = await sql<{ provider: string }[]>`
    with ripe as materialized (
      select id, provider, class, group_id, cost from deliveries
      where state = 'deferred' and due_at <= ${now}
      order by due_at
      limit ${count}
      for update skip locked
    )
    update deliveries d set state = 'waiting', tag = t.tag
    from (${tagsOf(sql, sql`ripe`)}) t
    where d.id = t.id
    returning d.provider`;
  if (rows.length > 0) await announce(sql, new Set(rows.map((row) => row.provider)));
  return rows.length;
}

/** Providers behind `after`, in order, that have deliveries waiting: a skip from one to the next, not a scan. */
export async function providersWaiting(sql: Sql, after: string, count: number): Promise<string[]> {
  const rows = await sql<{ provider: string }[]>`
    with recursive p(provider) as (
      (select provider from deliveries where state = 'waiting' and provider > ${after} order by provider limit 1)
      union all
      select (select d.provider from deliveries d where d.state = 'waiting' and d.provider > p.provider
        order by d.provider limit 1)
      from p where p.provider is not null
    )
    select provider from p where provider is not null limit ${count}`;
  return rows.map((row) => row.provider);
}

/** A delivery whose recipients are another provider's than it was planned for: it is planned anew, as these. */
export type Move = { id: string; deliveryId: string; provider: string; recipients: string[] };

/** Moves recipients to the providers that they belong to; only the deliveries' holder may. */
export async function reroute(sql: Sql, worker: string, moves: Move[]): Promise<void> {
  if (moves.length === 0) return;
  await sql`
    with moves as materialized (
      select * from jsonb_to_recordset(${sql.json(moves as never)}) as m(
        id uuid, "deliveryId" uuid, provider text, recipients uuid[])
    ), old as (
      delete from deliveries where id in (select "deliveryId" from moves) and taken_by = ${worker} returning *
    ), fresh as materialized (
      select m.id, o.class, m.provider, o.group_id, m.recipients, o.cost, o.carries, o.item_id, o.size, o.created_at,
        o.due_at, o.attempts - 1 as attempts, o.refused_ms, o.refused_at, o.wait_ms, o.problem, o.formerly
      from moves m join old o on o.id = m."deliveryId"
    )
    insert into deliveries as d (id, class, tag, carries, item_id, group_id, provider, recipients, size, cost, state, created_at,
      due_at, attempts, refused_ms, refused_at, wait_ms, problem, formerly)
    select f.id, f.class, t.tag, f.carries, f.item_id, f.group_id, f.provider, f.recipients, f.size, f.cost,
      ${stateWhenPutBack(sql, sql`f`)}, f.created_at, f.due_at, f.attempts, f.refused_ms, f.refused_at, f.wait_ms, f.problem,
      f.formerly
    from fresh f join (${tagsOf(sql, sql`fresh`)}) t on t.id = f.id
    on conflict (id) do nothing`;
  await announce(sql, new Set(moves.map((one) => one.provider)));
}

/** Remembers which provider serves a domain, so that the next plan joins its recipients with the others there. */
export async function learnProviders(
  sql: Sql,
  found: { domain: string; provider: string }[],
  now: Date,
): Promise<void> {
  if (found.length === 0) return;
  const rows = found.map((one) => ({ ...one, checked_at: now })).sort((a, b) => (a.domain < b.domain ? -1 : 1));
  await sql`
    insert into domains ${sql(rows)}
    on conflict (domain) do update set provider = excluded.provider, checked_at = excluded.checked_at`;
}

/** Who serves these domains, as far as it is known. */
export async function providersOf(sql: Sql, domains: string[]): Promise<Map<string, string>> {
  const rows = await sql<{ domain: string; provider: string }[]>`
    select domain, provider from domains where domain = any(${domains})`;
  return new Map(rows.map((row) => [row.domain, row.provider]));
}
