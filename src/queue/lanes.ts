/**
 * Lanes: one provider seen from one of our sending addresses. Exactly one worker drives a lane, so that its pace is plain
 * memory; it is that worker's as long as the worker lives.
 */
import type { Sql } from "../db/sql.ts";

export type LaneName = { provider: string; source: string };

/**
 * Takes those of these lanes that nobody alive drives; answers them with what their last driver had learned. The rows are
 * written in one order, so two workers that want the same ones can't wait for each other.
 */
export async function takeLanes(
  sql: Sql,
  worker: string,
  wanted: LaneName[],
  now: Date,
): Promise<(LaneName & { pace: unknown })[]> {
  if (wanted.length === 0) return [];
  return sql<(LaneName & { pace: unknown })[]>`
    insert into lanes (provider, source, worker, used_at)
    select provider, source, ${worker}::uuid, ${now}::timestamptz
    from unnest(${wanted.map((one) => one.provider)}::text[], ${wanted.map((one) => one.source)}::text[]) w(provider, source)
    where not exists (select from lanes l join workers k on k.id = l.worker
      where l.provider = w.provider and l.source = w.source and l.worker <> ${worker})
    order by provider, source
    on conflict (provider, source) do update set worker = excluded.worker, used_at = excluded.used_at
    where lanes.worker is null or lanes.worker = excluded.worker
      or not exists (select from workers w where w.id = lanes.worker)
    returning provider, source, pace`;
}

/** Lets go of lanes, with what was learned on them; only their driver may. */
export async function leaveLanes(
  sql: Sql,
  worker: string,
  left: (LaneName & { pace: unknown })[],
  now: Date,
): Promise<void> {
  if (left.length === 0) return;
  await sql`
    update lanes l set worker = null, pace = r.pace, used_at = ${now}
    from jsonb_to_recordset(${sql.json(left as never)}) as r(provider text, source text, pace jsonb)
    where l.provider = r.provider and l.source = r.source and l.worker = ${worker}`;
}

/** Writes down what was learned on lanes, for whoever drives them after a crash; only their driver may. */
export async function keepPaces(
  sql: Sql,
  worker: string,
  learned: (LaneName & { pace: unknown })[],
  now: Date,
): Promise<void> {
  if (learned.length === 0) return;
  await sql`
    update lanes l set pace = r.pace, used_at = ${now}
    from jsonb_to_recordset(${sql.json(learned as never)}) as r(provider text, source text, pace jsonb)
    where l.provider = r.provider and l.source = r.source and l.worker = ${worker}`;
}

/** The lanes this worker drives by the table's word: another may have taken them over while it was silent. */
export const lanesOf = (sql: Sql, worker: string): Promise<LaneName[]> =>
  sql<LaneName[]>`select provider, source from lanes where worker = ${worker}`;

/** How the lanes of a node's own addresses are spread: how many are driven, and by how many living workers they may be. */
export async function laneShare(
  sql: Sql,
  node: string,
  sources: string[],
): Promise<{ driven: number; workers: number }> {
  const [row] = await sql<{ driven: number; workers: number }[]>`
    select
      (select count(*)::int from lanes where worker is not null and source = any(${sources})) as driven,
      (select count(*)::int from workers where node = ${node} and 'outbound' = any(roles)) as workers`;
  return row ?? { driven: 0, workers: 1 };
}

/** Forgets lanes that nobody has driven since `before`. */
export async function forgetLanes(sql: Sql, before: Date): Promise<void> {
  await sql`delete from lanes where worker is null and used_at < ${before}`;
}
