/** What is in the queue: by stage, by provider, by item. The figures behind `status`, `queue list` and the tracker. */
import type { Sql } from "../db/sql.ts";
import { SLOW } from "./workers.ts";

export type Outlook = {
  mails: { state: string; count: number; oldest: Date | null }[];
  providers: ProviderOutlook[];
  /** Recipients settled in the last five minutes, by kind. */
  rates: { kind: string; recipients: number }[];
};

export type ProviderOutlook = {
  provider: string;
  state: string;
  deliveries: number;
  recipients: number;
  oldest: Date;
  nextDue: Date;
  problem: string;
};

export async function outlook(sql: Sql, now: Date): Promise<Outlook> {
  const mails = await sql<Outlook["mails"]>`
    select state, count(*)::int as count, min(received_at) as oldest from mails group by state order by state`;
  const providers = await sql<ProviderOutlook[]>`
    select provider, state, count(*)::int as deliveries, sum(cardinality(recipients))::int as recipients,
      min(created_at) as oldest, min(due_at) as "nextDue", max(problem) as problem
    from deliveries group by provider, state order by recipients desc limit 200`;
  const rates = await sql<Outlook["rates"]>`
    select kind, sum(cardinality(recipients))::int as recipients from settlements
    where at > ${new Date(now.getTime() - 5 * 60_000)} group by kind order by kind`;
  return { mails, providers, rates };
}

export type Queued = { provider: string; state: "waiting" | "held"; recipients: number; problem: string };

/** What waits for each provider, and what its last trouble was; taken counts as waiting. */
export const queuedByProvider = (sql: Sql): Promise<Queued[]> =>
  sql<Queued[]>`
    select provider, case state when 'held' then 'held' else 'waiting' end as state,
      sum(cardinality(recipients))::int as recipients, max(problem) as problem
    from deliveries group by 1, 2 order by recipients desc limit 500`;

export type Progress = {
  planned: number;
  sent: number;
  givenUp: number;
  /** Copies beyond the first that far sides are known to have taken. */
  again: number;
  plannedAt: Date;
  lastAt: Date | null;
  /** Who is being waited for, as providers. */
  waiting: {
    provider: string;
    state: string;
    recipients: number;
    /** How many of them are in the hands of a worker of ours that has said nothing for SLOW. */
    slow: number;
    nextDue: Date;
    attempts: number;
    problem: string;
  }[];
};

/** Of deliveries `d`. */
const recipientsThatAreSlow = (sql: Sql) => sql`
  coalesce(sum(cardinality(d.recipients)) filter (where d.state = 'taken'
    and exists (select from workers w where w.id = d.taken_by and w.silent_ms > ${SLOW})), 0)::int as slow`;

/** How far an item is; undefined when it was never planned (an imported post). */
export async function progressOf(sql: Sql, itemId: string): Promise<Progress | undefined> {
  const [row] = await sql<Omit<Progress, "waiting">[]>`
    select planned, sent, given_up as "givenUp", again, planned_at as "plannedAt", last_at as "lastAt"
    from sendings where item_id = ${itemId}`;
  if (!row) return undefined;
  const waiting = await sql<Progress["waiting"]>`
    select provider, state, sum(cardinality(recipients))::int as recipients, ${recipientsThatAreSlow(sql)},
      min(due_at) as "nextDue", max(attempts)::int as attempts, max(problem) as problem
    from deliveries d where item_id = ${itemId}
    group by provider, state order by recipients desc limit 50`;
  return { ...row, waiting };
}

/** Items among these whose deliveries are still under way. */
export async function underWay(sql: Sql, itemIds: string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select distinct item_id as id from deliveries where item_id = any(${itemIds}::uuid[])`;
  return new Set(rows.map((row) => row.id));
}

export type QueueRow = {
  id: string;
  carries: string;
  itemId: string;
  groupId: string | null;
  provider: string;
  state: string;
  recipients: number;
  attempts: number;
  createdAt: Date;
  dueAt: Date;
  problem: string;
};

/** Deliveries in the order they will be taken. */
export const deliveries = (sql: Sql, limit: number): Promise<QueueRow[]> =>
  sql<QueueRow[]>`
    select id, carries, item_id as "itemId", group_id as "groupId", provider, state, cardinality(recipients) as recipients,
      attempts, created_at as "createdAt", due_at as "dueAt", problem
    from deliveries order by state desc, class, tag, due_at limit ${limit}`;

/** How far several items are, by item id: a thread's page asks once. Items never planned (imported posts) are left out. */
export async function progressOfItems(sql: Sql, itemIds: string[]): Promise<Map<string, Progress>> {
  const rows = await sql<(Omit<Progress, "waiting"> & { id: string })[]>`
    select item_id as id, planned, sent, given_up as "givenUp", again, planned_at as "plannedAt", last_at as "lastAt"
    from sendings where item_id = any(${itemIds}::uuid[])`;
  const open = rows.filter((row) => row.sent + row.givenUp < row.planned).map((row) => row.id);
  const waiting = await sql<(Progress["waiting"][number] & { id: string })[]>`
    select item_id as id, provider, state, sum(cardinality(recipients))::int as recipients, ${recipientsThatAreSlow(sql)},
      min(due_at) as "nextDue", max(attempts)::int as attempts, max(problem) as problem
    from deliveries d where item_id = any(${open}::uuid[])
    group by item_id, provider, state order by recipients desc limit 500`;
  return new Map(rows.map(({ id, ...row }) => [id, { ...row, waiting: waiting.filter((one) => one.id === id) }]));
}
