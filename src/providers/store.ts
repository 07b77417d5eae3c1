/** The statements of standings and their history. */
import type { Sql } from "../db/sql.ts";
import type { StandingRow, Word } from "./standing.ts";

const columns = (sql: Sql) => sql`
  provider, source, standing, budget, day::text as day, spent, refused, spent_at as "spentAt", seen_at as "seenAt"`;

/** All rows of these providers, whatever the address. */
export const rowsOf = (sql: Sql, providers: readonly string[]): Promise<StandingRow[]> =>
  sql<StandingRow[]>`
    select ${columns(sql)} from standings where provider = any(${[...providers]}) order by provider, source`;

/** The providers that have rows or settings. */
export async function known(sql: Sql): Promise<string[]> {
  const rows = await sql<{ provider: string }[]>`
    select provider from standings union select provider from provider_settings order by provider`;
  return rows.map((row) => row.provider);
}

/** Keeps new rows, and notes of those there that somebody asked. */
export async function see(sql: Sql, rows: readonly StandingRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into standings (provider, source, budget, day, seen_at)
    select provider, source, budget, day, "seenAt" from ${given(sql, rows)}
    order by provider, source
    on conflict (provider, source) do update set seen_at = greatest(standings.seen_at, excluded.seen_at)`;
}

/** Begins a day with what the last one has made of the row; whoever comes second finds it done. */
export async function turn(sql: Sql, rows: readonly (StandingRow & { cause: string })[], now: Date): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    with turned as (
      update standings s
      set standing = r.standing, budget = r.budget, day = r.day, spent = 0, refused = 0
      from ${given(sql, rows)}
      where s.provider = r.provider and s.source = r.source and s.day < r.day
      returning s.provider, s.source, s.standing, s.budget, r.cause
    )
    insert into standing_history (provider, source, at, standing, budget, cause)
    select provider, source, ${now}, standing, budget, cause from turned where cause <> ''
    on conflict do nothing`;
}

export type Spent = { provider: string; source: string; mails: number; refused?: number };

/** Counts mails to the day of the row. Run again it counts them twice: an address then does a little less than it might. */
export async function count(sql: Sql, spent: readonly Spent[], now: Date): Promise<void> {
  if (spent.length === 0) return;
  await sql`
    update standings s
    set spent = s.spent + r.mails, refused = s.refused + r.refused, spent_at = greatest(s.spent_at, ${now}::timestamptz)
    from (
      select provider, source, sum(mails)::int as mails, coalesce(sum(refused), 0)::int as refused
      from jsonb_to_recordset(${sql.json(spent as never)}) as r(provider text, source text, mails int, refused int)
      group by provider, source order by provider, source
    ) r
    where s.provider = r.provider and s.source = r.source`;
}

/** An operator's word (null: the rule again), or another budget, for rows that are there; unchanged where undefined. */
export async function decide(
  sql: Sql,
  provider: string,
  sources: readonly string[],
  change: { standing?: Word | null; budget?: number },
  cause: string,
  now: Date,
): Promise<void> {
  const standing = change.standing === undefined ? sql`s.standing` : sql`${change.standing}::text`;
  await sql`
    with decided as (
      update standings s
      set standing = ${standing}, budget = coalesce(${change.budget ?? null}::int, s.budget)
      where s.provider = ${provider} and s.source = any(${[...sources]})
        and (s.standing, s.budget) is distinct from (${standing}, coalesce(${change.budget ?? null}::int, s.budget))
      returning s.provider, s.source, s.standing, s.budget
    )
    insert into standing_history (provider, source, at, standing, budget, cause)
    select provider, source, ${now}, standing, budget, ${cause} from decided
    on conflict do nothing`;
}

export type Change = { source: string; at: Date; standing: Word | null; budget: number; cause: string };

/** What became of a provider's standings, the newest first. */
export const history = (sql: Sql, provider: string, limit: number): Promise<Change[]> =>
  sql<Change[]>`
    select source, at, standing, budget, cause from standing_history
    where provider = ${provider} order by at desc, source limit ${limit}`;

/** Drops history from before this time, and rows of addresses that nobody has asked for since. */
export async function forget(sql: Sql, before: Date): Promise<void> {
  await sql`delete from standing_history where at < ${before}`;
  await sql`delete from standings where seen_at < ${before}`;
}

const given = (sql: Sql, rows: readonly object[]) => sql`
  jsonb_to_recordset(${sql.json(rows as never)}) as r(
    provider text, source text, standing text, budget int, day date, "seenAt" timestamptz, cause text)`;
