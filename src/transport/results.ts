/**
 * Sessions, counted for TLS reports (RFC 8460 4.3): a count for each day, domain, policy, result, and pair of hosts.
 *
 * Counts collect in memory and are written every few seconds. What a worker had not written when it was killed is lost:
 * they are statistics, and no mail waits for them.
 */
import { createHash } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import { type Clock, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { startLoop } from "../kit/loop.ts";
import type { Policy, Result, Session } from "./protection.ts";

/** `result` is "ok" or a type of failure; `source` and `address` are empty for what went well. */
export type Count = {
  /** A day of UTC, "2026-11-24". */
  day: string;
  domain: string;
  policy: Policy;
  result: Result;
  reason: string;
  source: string;
  host: string;
  address: string;
  sessions: number;
};

export type Counter = { count(session: Session): void; stop(): Promise<void> };

const WRITTEN_EVERY = 10 * SECOND;
/** Different counts between two writings; what a flood of domains brings beyond them is not counted. */
const COUNTS_MOST = 50_000;
const REASON_KEPT = 200;

export function counter(options: { sql: Sql; clock: Clock; log: Log; everyMs?: number }): Counter {
  const { sql, clock, log } = options;
  let counts = new Map<string, Count>();
  const write = async (): Promise<void> => {
    const full = counts;
    counts = new Map();
    try {
      await addCounts(sql, [...full]);
    } catch (error) {
      for (const [id, one] of full) add(counts, id, one);
      throw error;
    }
  };
  const loop = startLoop(
    "tls results",
    async () => {
      if (counts.size > 0) await write();
      return "idle";
    },
    { everyMs: options.everyMs ?? WRITTEN_EVERY, log },
  );
  return {
    count: (session) => {
      const one = countOf(session, clock.now());
      add(counts, idOf(one), one);
    },
    stop: async () => {
      await loop.stop();
      if (counts.size > 0)
        await write().catch((error) => log.warn({ err: reasonOf(error) }, "counts of TLS sessions were not written"));
    },
  };
}

function add(counts: Map<string, Count>, id: string, one: Count): void {
  const known = counts.get(id);
  if (known) known.sessions += one.sessions;
  else if (counts.size < COUNTS_MOST) counts.set(id, { ...one });
}

/** Trouble with the policy itself outweighs what the connection was like: the domain wants to hear of it. */
function countOf({ protection, ...session }: Session, now: Date): Count {
  const { domain, policy, trouble } = protection;
  const result = trouble ?? session.result;
  const isOk = result === "ok";
  return {
    day: now.toISOString().slice(0, 10),
    domain,
    policy,
    result,
    reason: trouble ? "" : session.reason.slice(0, REASON_KEPT).toWellFormed(),
    host: isOk ? "" : session.host,
    source: isOk ? "" : session.source,
    address: isOk ? "" : session.address,
    sessions: 1,
  };
}

function idOf(one: Count): string {
  const { sessions, policy, ...rest } = one;
  return createHash("sha256")
    .update(JSON.stringify([rest, policy]))
    .digest("base64url");
}

/** Adds to what is counted already. In the order of their keys, so that two workers never wait for each other. */
async function addCounts(sql: Sql, counts: [id: string, count: Count][]): Promise<void> {
  const rows = counts
    .map(([id, { policy, ...one }]) => ({
      ...one,
      id,
      type: policy.type,
      whose: policy.domain,
      lines: policy.lines,
      hosts: policy.hosts,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  await sql`
    insert into tls_results (day, domain, policy_type, policy_domain, policy_lines, policy_hosts, result, reason, source,
      host, address, sessions, id)
    select day, domain, type, whose, lines, hosts, result, reason, source, host, address, sessions, id
    from jsonb_to_recordset(${sql.json(rows as never)}) as r(
      day date, domain text, type text, whose text, lines text[], hosts text[], result text, reason text, source text,
      host text, address text, sessions bigint, id text)
    order by day, domain, id
    on conflict (day, domain, id) do update set sessions = tls_results.sessions + excluded.sessions`;
}

/** What was counted for a domain on a day, policies together, the largest counts first. */
export const countsFor = (sql: Sql, domain: string, day: string): Promise<Count[]> =>
  sql<Count[]>`
    select to_char(day, 'YYYY-MM-DD') as day, domain, result, reason, source, host, address, sessions::float8 as sessions,
      jsonb_build_object('type', policy_type, 'domain', policy_domain, 'lines', policy_lines, 'hosts', policy_hosts) as policy
    from tls_results where domain = ${domain} and day = ${day}::date
    order by policy_type, policy_domain, policy_lines, result <> 'ok', sessions desc, result, host`;

export type Sum = { domain: string; policy: string; sessions: number; failed: number };

/** Domains of a day by policy, those with the most failures first. */
export const sumsOf = (sql: Sql, day: string, limit: number): Promise<Sum[]> =>
  sql<Sum[]>`
    select domain, policy_type as policy, sum(sessions)::float8 as sessions,
      coalesce(sum(sessions) filter (where result <> 'ok'), 0)::float8 as failed
    from tls_results where day = ${day}::date
    group by domain, policy_type order by failed desc, sessions desc, domain limit ${limit}`;

export async function forgetResults(sql: Sql, before: Date): Promise<void> {
  await sql`delete from tls_results where day < ${before}::date`;
}
