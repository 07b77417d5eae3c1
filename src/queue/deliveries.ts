/**
 * Deliveries: the unit of outgoing work. One item (a post or a letter), one provider, up to RECIPIENTS recipients.
 *
 * Recipients are membership ids; a letter's one recipient is the letter itself. Addresses and wishes are read when a
 * delivery is taken, so who left during a backlog gets nothing more.
 */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { stateWhenPutBack } from "./holds.ts";

export const RECIPIENTS = 100;

/** The class of posts. Direct mail (sign-in links, notices) goes ahead of them as class 0, digests behind as class 2. */
export const POSTS = 1;

export type Carries = "post" | "letter";

/** What is to be sent: who gets it, by the domains of their addresses. */
export type Plan = {
  carries: Carries;
  itemId: string;
  groupId: string | null;
  class: number;
  size: number;
  recipients: { domain: string; ids: string[] }[];
};

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
      state:
        held.has("all ") || held.has(`group ${item.groupId}`) || held.has(`provider ${provider}`) ? "held" : "waiting",
      created_at: now,
      due_at: now,
    })),
  );
  for (let from = 0; from < rows.length; from += 2000) {
    await sql`insert into deliveries ${sql(rows.slice(from, from + 2000) as never)}`;
  }
  const sendings = plans.map((item) => ({
    item_id: item.itemId,
    group_id: item.groupId,
    planned: item.recipients.reduce((sum, one) => sum + one.ids.length, 0),
    planned_at: now,
  }));
  await sql`insert into sendings ${sql(sendings)} on conflict (item_id) do nothing`;
  await sql`select pg_notify('smartgroups', 'delivery')`;
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
  carries: Carries;
  itemId: string;
  groupId: string | null;
  provider: string;
  recipients: string[];
  attempts: number;
  refusedMs: number;
  refusedAt: Date | null;
  waitMs: number;
};

/** Takes up to `count` deliveries that are due, direct mail first, none of the `busy` providers; no other worker gets them. */
export async function takeDeliveries(
  sql: Sql,
  worker: string,
  busy: string[],
  count: number,
  now: Date,
): Promise<Delivery[]> {
  return sql<Delivery[]>`
    with due as (
      select id from deliveries
      where state = 'waiting' and due_at <= ${now} and not provider = any(${busy})
      order by class, tag, due_at
      limit ${count}
      for update skip locked
    )
    update deliveries d
    set state = 'taken', taken_by = ${worker}, attempts = attempts + 1
    from due
    where d.id = due.id
    returning d.id, d.carries, d.item_id as "itemId", d.group_id as "groupId", d.provider, d.recipients, d.attempts,
      d.refused_ms::float8 as "refusedMs", d.refused_at as "refusedAt", d.wait_ms::float8 as "waitMs"`;
}

/** Remembers which provider serves a domain, so that the next plan joins its recipients with the others there. */
export async function learnProviders(
  sql: Sql,
  found: { domain: string; provider: string }[],
  now: Date,
): Promise<void> {
  if (found.length === 0) return;
  const rows = found.map((one) => ({ ...one, checked_at: now }));
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

/** Puts a delivery back whole, to be tried at `dueAt`: trouble of ours, which counts towards nothing. */
export async function postpone(
  sql: Sql,
  worker: string,
  deliveryId: string,
  dueAt: Date,
  problem: string,
): Promise<void> {
  await sql`
    update deliveries d
    set state = ${stateWhenPutBack(sql)}, taken_by = null, due_at = ${dueAt}, problem = ${problem}
    where id = ${deliveryId} and taken_by = ${worker}`;
}
