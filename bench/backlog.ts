/**
 * Does a delivery cost more the more others wait? 10^4, 10^6 and 10^7 recipients wait, over 3,000 providers of which the
 * twenty largest have seven tenths of them; then sending begins, and the first deliveries are measured.
 *
 *     npm run bench backlog [-- RECIPIENTS…]
 *
 * The rows are written by SQL, as planning so many would take an hour; they are those that `queue.plan` would write: one
 * a post and provider, of at most 100 recipients. Needs some 3 GB of disk.
 */
import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { closePool, openPool, type Pool } from "../src/db/sql.ts";
import { nodeClock } from "../src/kit/clock.ts";
import { inject } from "./accept-load.ts";
import { benchPost } from "./post.ts";
import { type Routes, type Service, type Sink, startService, startSink } from "./service.ts";
import { benchNow } from "./time.ts";

const SIZES = process.argv.slice(3).map(Number);
const PROVIDERS = 3000;
const LARGE = 20;
const MEMBERS = 100_000;
const POSTS = 100;
/** Parts of what waits (at most so many): sent before the counting begins, so that lanes are taken; and while it counts. */
const WARM = (size: number): number => Math.min(size / 5, 20_000);
const COUNTED = (size: number): number => Math.min(size / 2, 60_000);

export async function run(): Promise<void> {
  const sink = await startSink();
  const routes: Routes = {};
  for (let i = 0; i < PROVIDERS; i += 1)
    routes[`d${i}.test`] = { host: "127.0.0.1", port: sink.port, provider: `p${i}` };
  let service = await startService(sink.port, IDLE, routes);
  const rows: Record<string, string | number>[] = [];
  try {
    await prepare(service);
    await writeFile(service.databaseSettings, "shared_preload_libraries = 'pg_stat_statements'\n");
    for (const size of SIZES.length > 0 ? SIZES : [1e4, 1e6, 1e7]) {
      service = await service.restart(IDLE);
      const { written, seconds } = await withPool(service, (sql) => fill(sql, size));
      service = await service.restart({});
      rows.push({ waiting: size, rows: written, "written in, s": seconds, ...(await measure(service, sink, size)) });
    }
  } finally {
    await service.stop();
    sink.stop();
  }
  console.table(rows);
}

const IDLE = { SMARTGROUPS_ROLES: "intake,pipeline,chores" };

async function withPool<T>(service: Service, work: (sql: Pool) => Promise<T>): Promise<T> {
  const pool = openPool(service.database, { max: 2 });
  try {
    return await work(pool);
  } finally {
    await closePool(pool);
  }
}

/** A group with posts in its archive, and then with members. */
async function prepare(service: Service): Promise<void> {
  await service.command(["group", "add", "many"]);
  await service.command(["member", "add", "many", "-"], "load@load.test,\n");
  await service.command(["member", "set", "many", "load@load.test", "mode=none"]);
  await inject({
    host: "127.0.0.1",
    port: service.smtpPort,
    connections: 8,
    mails: POSTS,
    bytes: 4096,
    rcpt: () => "many@groups.test",
    message: () => benchPost({ timed: false }),
  });
  await withPool(service, async (sql) => {
    for (let left = 1; left > 0; await pause(100)) {
      const [row] = await sql<{ left: number }[]>`select count(*)::int as left from mails`;
      left = row!.left;
    }
    const [group] = await sql<{ id: string }[]>`select id from groups where name = 'many'`;
    const start = nodeClock().now();
    await sql`
      with members as (
        select n, gen_random_uuid() as id, gen_random_uuid() as person, 'd' || case when n % 10 < 7
          then (n / 10 * 7 + n % 10) % ${LARGE} else ${LARGE} + (n / 10 * 3 + n % 10) % ${PROVIDERS - LARGE} end || '.test' as domain
        from generate_series(1, ${MEMBERS}) n
      ), people as (
        insert into people (id, created_at) select person, ${start} from members
      )
      insert into memberships (group_id, id, person_id, address, address_key, domain, joined_at)
      select ${group!.id}, id, person, 'm' || n || '@' || domain, 'm' || n || '@' || domain, domain, ${start} from members`;
    await sql`insert into domains (domain, provider, checked_at)
      select 'd' || n || '.test', 'p' || n, ${start} from generate_series(0, ${PROVIDERS - 1}) n`;
    await sql`analyze memberships`;
  });
}

/** Lets so many recipients wait: whole posts, and a part of one where there is less. */
async function fill(sql: Pool, size: number): Promise<{ written: number; seconds: string }> {
  await sql`create extension if not exists pg_stat_statements`;
  await sql`truncate deliveries`;
  const start = benchNow();
  const posts = await sql<{ id: string; groupId: string }[]>`
    select id, group_id as "groupId" from posts order by number limit ${Math.max(1, Math.ceil(size / MEMBERS))}`;
  let written = 0;
  for (const [i, post] of posts.entries()) {
    const some = await sql<{ count: number }[]>`
      with lists as (
        select provider, array_agg(id) as ids from (
          select 'p' || substr(split_part(domain, '.', 1), 2) as provider, id,
            row_number() over (partition by domain) as place
          from (select domain, id from memberships where mode = 'each' limit ${Math.min(size, MEMBERS)}) m
        ) placed group by provider, (place - 1) / 100
      ), written as (
        insert into deliveries (id, class, tag, carries, item_id, group_id, provider, recipients, size, cost, state,
          created_at, due_at)
        select gen_random_uuid(), 1, ${i}::bigint * 10000, 'post', ${post.id}, ${post.groupId}, provider, ids, 4200,
          100 * cardinality(ids), 'waiting', now(), now()
        from lists returning 1
      )
      select count(*)::int as count from written`;
    written += some[0]!.count;
    await sql`update sendings set planned = ${Math.min(size, MEMBERS)} where item_id = ${post.id}`;
  }
  await sql`vacuum analyze deliveries`;
  return { written, seconds: ((benchNow() - start) / 1000).toFixed(0) };
}

async function measure(service: Service, sink: Sink, size: number): Promise<Record<string, string | number>> {
  await sink.reset();
  await reach(sink, WARM(size));
  await withPool(service, (sql) => sql`select pg_stat_statements_reset()`);
  const before = { ...(await service.cost()), ...(await sink.stats()), at: benchNow() };
  await reach(sink, WARM(size) + COUNTED(size));
  const after = { ...(await service.cost()), ...(await sink.stats()), at: benchNow() };
  const sent = after.recipients - before.recipients;
  const statements = await withPool(service, (sql) => statementTimes(sql, sent, size));
  return {
    "deliveries/s": Math.round((1000 * sent) / (after.at - before.at)),
    "CPU µs": Math.round((1e6 * (after.cpuSeconds - before.cpuSeconds)) / sent),
    "worker MB": after.workerMegabytes,
    "node MB": after.megabytes,
    ...statements,
  };
}

async function reach(sink: Sink, recipients: number): Promise<void> {
  for (let still = 0, seen = -1; still < 300; still += 1) {
    const stats = await sink.stats();
    if (stats.recipients >= recipients) return;
    if (stats.recipients !== seen) still = 0;
    seen = stats.recipients;
    await pause(50);
  }
  throw new Error("Nothing more arrives in the sink");
}

/** The statements that cost most, planning included; and the mean of those that could grow with what waits. */
async function statementTimes(sql: Pool, sent: number, size: number): Promise<Record<string, string>> {
  const all = await sql<{ query: string; calls: number; ms: number }[]>`
    select query, calls::int, (total_exec_time + total_plan_time)::float8 as ms from pg_stat_statements order by ms desc`;
  console.log(`\n${size} waiting:`);
  console.table(
    all.slice(0, 10).map(({ query, calls, ms }) => ({
      statement: query.replace(/\s+/g, " ").trim().slice(0, 70),
      calls,
      "mean ms": (ms / calls).toFixed(2),
      "µs a delivery": ((1000 * ms) / sent).toFixed(1),
    })),
  );
  const mean = (pattern: RegExp): string => {
    const some = all.filter(({ query }) => pattern.test(query));
    const calls = some.reduce((sum, one) => sum + one.calls, 0);
    return calls === 0 ? "" : (some.reduce((sum, one) => sum + one.ms, 0) / calls).toFixed(1);
  };
  return Object.fromEntries(STATEMENTS.map(([name, pattern]) => [`${name} ms`, mean(pattern)]));
}

const STATEMENTS: [name: string, pattern: RegExp][] = [
  ["take", /^\s*with wanted as/],
  ["log", /^\s*with logged as/],
  ["search", /^\s*with recursive p\(provider\)/],
];
