/** Holding and releasing: an operator stops everything, a group or a provider; what waits is kept as `held`. */
import type { Sql } from "../db/sql.ts";

export type Hold = { scope: "all" | "group" | "provider"; key: string };

/** Holds; answers how many waiting deliveries that stopped. Held again, nothing changes. */
export async function hold(sql: Sql, what: Hold, now: Date): Promise<number> {
  await sql`
    insert into holds (scope, key, held_at) values (${what.scope}, ${what.key}, ${now}) on conflict (scope, key) do nothing`;
  const rows = await sql`
    update deliveries set state = 'held'
    where state = 'waiting' and ${matches(sql, what)}
    returning id`;
  return rows.length;
}

/**
 * Releases; answers how many deliveries go on. They become due over a while, `perSecond` a second, so that a release is
 * no burst; what another hold still covers stays held.
 */
export async function release(sql: Sql, what: Hold, now: Date, perSecond = 50): Promise<number> {
  await sql`delete from holds where scope = ${what.scope} and key = ${what.key}`;
  const rows = await sql`
    with freed as (
      select id, row_number() over (order by class, tag, due_at) - 1 as place from deliveries
      where state = 'held' and ${matches(sql, what)}
        and not exists (select from holds h where h.scope = 'all'
          or (h.scope = 'group' and h.key = deliveries.group_id::text)
          or (h.scope = 'provider' and h.key = deliveries.provider))
    )
    update deliveries d
    set state = 'waiting', due_at = greatest(d.due_at, ${now}::timestamptz + make_interval(secs => f.place::float8 / ${perSecond}))
    from freed f
    where d.id = f.id
    returning d.id`;
  await sql`select pg_notify('smartgroups', 'delivery')`;
  return rows.length;
}

export const holds = (sql: Sql): Promise<(Hold & { heldAt: Date })[]> =>
  sql<(Hold & { heldAt: Date })[]>`select scope, key, held_at as "heldAt" from holds order by scope, key`;

/** The state of a delivery that is put back: what was stopped while it was under way stays stopped. */
export const stateWhenPutBack = (sql: Sql) => sql`
  case when exists (select from holds h where h.scope = 'all'
    or (h.scope = 'group' and h.key = d.group_id::text)
    or (h.scope = 'provider' and h.key = d.provider)) then 'held' else 'waiting' end`;

function matches(sql: Sql, what: Hold) {
  if (what.scope === "group") return sql`group_id = ${what.key}::uuid`;
  if (what.scope === "provider") return sql`provider = ${what.key}`;
  return sql`true`;
}
