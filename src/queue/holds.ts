/** Holding and releasing: an operator stops everything, a group or a provider; what waits is kept as `held`. */
import type { Sql } from "../db/sql.ts";

export type Hold = { scope: "all" | "group" | "provider"; key: string };

/**
 * Holds; answers how many deliveries that stopped. Held again, nothing changes. What is under way goes back when its
 * worker hears of it.
 */
export async function hold(sql: Sql, what: Hold, now: Date): Promise<number> {
  await sql`
    insert into holds (scope, key, held_at) values (${what.scope}, ${what.key}, ${now}) on conflict (scope, key) do nothing`;
  const rows = await sql`
    update deliveries set state = 'held'
    where state in ('waiting', 'deferred') and ${matches(sql, what)}
    returning id`;
  await sql`select pg_notify('smartgroups', 'hold')`;
  return rows.length;
}

/**
 * Releases; answers how many deliveries go on. They become due over a while, so that a release is no burst: the first
 * ones at once, then 50 a second, twice as many every ten seconds. What another hold still covers stays held.
 */
export async function release(sql: Sql, what: Hold, now: Date): Promise<number> {
  await sql`delete from holds where scope = ${what.scope} and key = ${what.key}`;
  // A rate of 50 × 2^(t/10) has let n go by t = 10 × log2(1 + n × ln 2 / 500).
  const rows = await sql`
    with freed as (
      select id, row_number() over (order by class, tag, id) - 1 as place from deliveries
      where state = 'held' and ${matches(sql, what)}
        and not exists (select from holds h where h.scope = 'all'
          or (h.scope = 'group' and h.key = deliveries.group_id::text)
          or (h.scope = 'provider' and h.key = deliveries.provider))
    )
    update deliveries d
    set state = 'deferred', due_at = greatest(d.due_at, ${now}::timestamptz
      + make_interval(secs => 10 * ln(1 + f.place * ln(2::float8) / 500) / ln(2::float8)))
    from freed f
    where d.id = f.id
    returning d.id`;
  await sql`select pg_notify('smartgroups', 'delivery')`;
  return rows.length;
}

export const holds = (sql: Sql): Promise<(Hold & { heldAt: Date })[]> =>
  sql<(Hold & { heldAt: Date })[]>`select scope, key, held_at as "heldAt" from holds order by scope, key`;

/** The state of a delivery `d` that is put back: what was stopped while it was under way stays stopped. */
export const stateWhenPutBack = (sql: Sql, d: ReturnType<Sql>, otherwise = sql`'waiting'`) => sql`
  case when exists (select from holds h where h.scope = 'all'
    or (h.scope = 'group' and h.key = ${d}.group_id::text)
    or (h.scope = 'provider' and h.key = ${d}.provider)) then 'held' else ${otherwise} end`;

function matches(sql: Sql, what: Hold) {
  if (what.scope === "group") return sql`group_id = ${what.key}::uuid`;
  if (what.scope === "provider") return sql`provider = ${what.key}`;
  return sql`true`;
}
