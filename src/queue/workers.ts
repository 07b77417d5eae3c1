/**
 * Workers: the processes that may hold work, each entered here for as long as it lives.
 *
 * Their supervisor *beats* for them, twice a second and in one statement. Whoever watches another node's row unchanged
 * for long enough by its own monotonic clock (node/beat.ts) *buries* it: then nobody holds what that worker had taken,
 * and the sweep puts it back to `waiting`. No clock that can be set has a say in it; `seen_at` is for people to read. A
 * supervisor that sees a worker of its own end says so with `farewell`, and nobody else may.
 */
import type { Sql } from "../db/sql.ts";
import { SECOND } from "../kit/clock.ts";
import { stateWhenPutBack } from "./holds.ts";

/** Promised to operators: after so long, and a little, the work of a node that died is free. */
export const LEASE = 10 * SECOND;

export type Worker = {
  id: string;
  node: string;
  pid: number;
  roles: string[];
  version: string;
  startedAt: Date;
  /** When its supervisor last said that it lives. */
  seenAt: Date;
  /** How long it had then said nothing to its supervisor. */
  silentMs: number;
};

export type NewWorker = Omit<Worker, "seenAt" | "silentMs">;

/** A worker is called slow after so long without a word of it, or of its supervisor. */
export const SLOW = 3 * SECOND;

/**
 * Is it slow, and who has not been heard? By the clock on the wall, so for people only: nothing is taken from a worker
 * because of it.
 */
export function slowness({ seenAt, silentMs }: Worker, now: Date): { what: "node" | "worker"; ms: number } | undefined {
  const unseenMs = now.getTime() - seenAt.getTime();
  if (unseenMs > SLOW) return { what: "node", ms: unseenMs };
  return silentMs > SLOW ? { what: "worker", ms: silentMs } : undefined;
}

/** Enters a worker that is about to begin. */
export async function enter(sql: Sql, worker: NewWorker, now: Date): Promise<void> {
  await sql`
    insert into workers (id, node, pid, roles, version, started_at, seen_at)
    values (${worker.id}, ${worker.node}, ${worker.pid}, ${worker.roles}, ${worker.version}, ${worker.startedAt}, ${now})
    on conflict (id) do update set beat = workers.beat + 1, seen_at = excluded.seen_at`;
}

/** A worker as its row looked; another look shows whether anything has changed. */
export type Sighting = { id: string; beat: string };

/** Says that these workers live; answers which of them are still entered, and how the rows of all others look. */
export async function beat(
  sql: Sql,
  own: { id: string; silentMs: number }[],
  now: Date,
): Promise<{ entered: string[]; others: Sighting[] }> {
  const ids = own.map((one) => one.id);
  const silent = own.map((one) => Math.round(one.silentMs));
  const rows = await sql<(Sighting & { isOwn: boolean })[]>`
    with beaten as (
      update workers w set beat = beat + 1, seen_at = ${now}, silent_ms = o.silent_ms
      from unnest(${ids}::uuid[], ${silent}::int[]) o(id, silent_ms)
      where w.id = o.id
      returning w.id
    )
    select id, '' as beat, true as "isOwn" from beaten
    union all
    select w.id, ${looks(sql)}, false from workers w where w.id <> all(${ids}::uuid[])`;
  const isOwn = (row: { isOwn: boolean }): boolean => row.isOwn;
  return {
    entered: rows.filter(isOwn).map((row) => row.id),
    others: rows.filter((row) => !isOwn(row)).map(({ id, beat: look }) => ({ id, beat: look })),
  };
}

/** Nodes of the version before this one renew `seen_at` alone. */
const looks = (sql: Sql) => sql`w.beat || ' ' || extract(epoch from w.seen_at)`;

/**
 * Buries workers whose rows still look as they did, and ends their sessions: what a frozen one has begun in a transaction
 * would keep others waiting for as long as it is frozen. A row that such a transaction locks is buried by the next look.
 * Answers who was buried.
 */
export async function bury(sql: Sql, silent: Sighting[]): Promise<string[]> {
  if (silent.length === 0) return [];
  const ids = silent.map((one) => one.id);
  const rows = await sql<{ id: string }[]>`
    delete from workers where id in (
      select w.id from workers w
        join unnest(${ids}::uuid[], ${silent.map((one) => one.beat)}::text[]) s(id, look) on s.id = w.id and s.look = ${looks(sql)}
      for update of w skip locked)
    returning id`;
  await sql`
    select pg_terminate_backend(a.pid) from pg_stat_activity a
      join unnest(${ids}::uuid[]) s(id) on a.application_name = ${SESSION} || s.id
    where a.datname = current_database() and a.usename = current_user`;
  return rows.map((row) => row.id);
}

const SESSION = "smartgroups ";
/** The name of a worker's sessions in the database. */
export const sessionName = (worker: string): string => SESSION + worker;

/** Workers whose process is gone: what they held is free at the next sweep. */
export async function farewell(sql: Sql, workerIds: string[]): Promise<void> {
  await sql`delete from workers where id = any(${workerIds}::uuid[])`;
}

/**
 * Is this worker still entered? To be asked first in a transaction that writes down what it did: nobody buries it before
 * the transaction ends, so what is written is there before anybody else looks for it.
 */
export async function isEntered(sql: Sql, worker: string): Promise<boolean> {
  const rows = await sql`select from workers where id = ${worker} for key share`;
  return rows.length > 0;
}

export const workers = (sql: Sql): Promise<Worker[]> =>
  sql<Worker[]>`
    select id, node, pid, roles, version, started_at as "startedAt", seen_at as "seenAt",
      silent_ms as "silentMs"
    from workers order by node, started_at`;

/**
 * Frees what is held by nobody who is entered. A delivery keeps only the recipients that the settle log does not name as
 * sent or refused for good, and one that has none left ends. It remembers the ids under which its former holder, if it is
 * not quite dead, may still write down what it sent.
 */
export async function sweep(sql: Sql): Promise<{ mails: number; deliveries: number }> {
  const mails = await sql`
    update mails set state = 'waiting', taken_by = null
    where state = 'taken' and not exists (select from workers w where w.id = taken_by)
    returning id`;
  const deliveries = await freeDeliveries(
    sql,
    sql`state = 'taken' and not exists (select from workers w where w.id = d.taken_by)`,
  );
  return { mails: mails.length, deliveries };
}

/**
 * A worker that had trouble holds no mail: frees all that are still in its name, and the try does not count. Only
 * between two batches of its own.
 */
export async function freeMailsOf(sql: Sql, worker: string): Promise<void> {
  await sql`
    update mails set state = 'waiting', taken_by = null, attempts = attempts - 1
    where state = 'taken' and taken_by = ${worker}`;
}

/** A worker that had trouble works on no deliveries but these: frees the others that are still in its name. */
export async function freeDeliveriesOf(sql: Sql, worker: string, inHand: string[]): Promise<number> {
  return freeDeliveries(sql, sql`state = 'taken' and taken_by = ${worker} and not id = any(${inHand}::uuid[])`);
}

async function freeDeliveries(sql: Sql, which: ReturnType<Sql>): Promise<number> {
  const freed = await sql`
    with orphans as (
      select id, item_id, recipients, array_append(array_remove(coalesce(formerly, '{}'), id), id) as formerly
      from deliveries d where ${which} for update skip locked
    ), settled as (
      select o.id, array_agg(r) as recipients
      from orphans o cross join unnest(o.formerly) f
        join settlements s on s.item_id = o.item_id and s.delivery_id = f, unnest(s.recipients) r
      where s.kind in ('sent', 'never')
      group by o.id
    ), remaining as (
      select o.id, o.formerly,
        array(select r from unnest(o.recipients) r where not r = any(coalesce(s.recipients, '{}'))) as recipients
      from orphans o left join settled s on s.id = o.id
    ), ended as (
      delete from deliveries where id in (select id from remaining where recipients = '{}') returning id
    )
    update deliveries d
    set state = ${stateWhenPutBack(sql, sql`d`)}, taken_by = null, recipients = r.recipients, formerly = r.formerly
    from remaining r
    where d.id = r.id and r.recipients <> '{}'
    returning d.id`;
  return freed.length;
}

/** Pieces of large mails whose connection died before their 250: nothing was promised for them. */
export async function sweepPieces(sql: Sql, before: Date): Promise<void> {
  // A UUIDv7 begins with its time in milliseconds.
  const floor = `${before
    .getTime()
    .toString(16)
    .padStart(12, "0")
    .replace(/^(.{8})(.{4})$/, "$1-$2")}-0000-0000-000000000000`;
  await sql`
    delete from mail_pieces p
    where p.mail_id < ${floor}::uuid and not exists (select from mails m where m.id = p.mail_id)`;
}
