/**
 * Workers: the processes that may hold work, each with a lease that it renews by being seen.
 *
 * A worker writes `seen_at` every second or two. Who is not seen for LEASE has lost everything it held, and whoever
 * sweeps puts it back to `waiting`. A supervisor that sees its worker die says so at once with `farewell`.
 */
import type { Sql } from "../db/sql.ts";
import { SECOND } from "../kit/clock.ts";
import { stateWhenPutBack } from "./holds.ts";

export const LEASE = 10 * SECOND;

export type Worker = {
  id: string;
  node: string;
  pid: number;
  roles: string[];
  version: string;
  startedAt: Date;
  seenAt: Date;
};

/** Says that this worker is here; the first time it is entered, later only its time is renewed. */
export async function beHere(sql: Sql, worker: Omit<Worker, "seenAt">, now: Date): Promise<void> {
  await sql`
    insert into workers (id, node, pid, roles, version, started_at, seen_at)
    values (${worker.id}, ${worker.node}, ${worker.pid}, ${worker.roles}, ${worker.version}, ${worker.startedAt}, ${now})
    on conflict (id) do update set seen_at = excluded.seen_at`;
}

/** A worker is gone, by its own word or its supervisor's: what it held is free at the next sweep. */
export async function farewell(sql: Sql, workerId: string): Promise<void> {
  await sql`delete from workers where id = ${workerId}`;
}

export const workers = (sql: Sql): Promise<Worker[]> =>
  sql<Worker[]>`
    select id, node, pid, roles, version, started_at as "startedAt", seen_at as "seenAt"
    from workers order by node, started_at`;

/**
 * Frees what dead workers had taken. A delivery keeps only the recipients that the settle log does not name as sent or
 * refused for good, and one that has none left ends.
 *
 * A database that has just come back tells nothing of who is alive: everybody was silent. Leases count again when it has
 * run for one.
 */
export async function sweep(sql: Sql, now: Date): Promise<{ mails: number; deliveries: number }> {
  const [database] = await sql<{ isFresh: boolean }[]>`
    select clock_timestamp() - pg_postmaster_start_time() < make_interval(secs => ${LEASE / SECOND}) as "isFresh"`;
  const lost = new Date(now.getTime() - LEASE);
  if (!database?.isFresh) await sql`delete from workers where seen_at < ${lost}`;
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
      select id, item_id, recipients from deliveries d where ${which} for update skip locked
    ), settled as (
      select s.delivery_id as id, array_agg(r) as recipients
      from settlements s join orphans o on o.item_id = s.item_id and o.id = s.delivery_id, unnest(s.recipients) r
      where s.kind in ('sent', 'never')
      group by s.delivery_id
    ), remaining as (
      select o.id, array(select r from unnest(o.recipients) r where not r = any(coalesce(s.recipients, '{}'))) as recipients
      from orphans o left join settled s on s.id = o.id
    ), ended as (
      delete from deliveries where id in (select id from remaining where recipients = '{}') returning id
    )
    update deliveries d
    set state = ${stateWhenPutBack(sql, sql`d`)}, taken_by = null, recipients = r.recipients
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
