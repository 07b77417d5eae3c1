/**
 * Providers: those who keep mail for many domains. What we know of each, how it takes each of our sending addresses, and
 * how much may be sent to it.
 *
 *     MX hosts → provider → limits, and for each sending address: approved | warming, with a budget a day | closed
 *
 * Only providers that do not take everybody alike, or that an operator has spoken about, have rows in `standings`; a row
 * is made when a worker first asks for an address. Days are UTC, and a day is turned by whoever comes first.
 */
import type { Sql } from "../db/sql.ts";
import { MINUTE } from "../kit/clock.ts";
import { allowedBy, isAlone, newRow, ruleOf, type StandingRow, turned, wordOf } from "./standing.ts";
import * as store from "./store.ts";

export { change } from "./change.ts";
export type { Limits } from "./facts.ts";
export { providerOf } from "./names.ts";
export { type AddressSeen, detail, overview, type ProviderDetail, type ProviderSeen } from "./overview.ts";
export { limitsOf } from "./settings.ts";
export { forget } from "./store.ts";

/**
 * How a provider takes one of our addresses. While it is warming, mail may go as long as `spentToday < dailyBudget`;
 * null: no budget. Where nobody else can carry what is over it, `dailyBudget` rises with the time of day.
 */
export type Standing = {
  provider: string;
  source: string;
  standing: "approved" | "warming" | "closed";
  dailyBudget: number | null;
  spentToday: number;
};

/** The addresses a node sends from, as standings name them: "<node>" where the system chooses. */
export const sourcesOf = (egress: readonly string[], node: string): string[] =>
  egress.length > 0 ? [...egress] : [`<${node}>`];

/** How each of these providers takes each of these addresses; asked by who is about to send. */
export async function standings(
  sql: Sql,
  providers: readonly string[],
  sources: readonly string[],
  now: Date,
): Promise<Standing[]> {
  const rows = Map.groupBy(await present(sql, providers, sources, now), (row) => row.provider);
  return providers.flatMap((provider) =>
    sources.map((source) => standingOf(provider, source, rows.get(provider) ?? [], now)),
  );
}

/**
 * Counts mails sent to the budgets; `refused`: how many of them were answered with "slow down" or "blocked", which is what
 * budgets grow and shrink by. Belongs into the transaction that settles them.
 */
export async function spend(sql: Sql, spent: readonly store.Spent[], now: Date): Promise<void> {
  const some = spent.filter((one) => one.mails > 0);
  for (const [source, ofSource] of Map.groupBy(some, (one) => one.source))
    await present(sql, [...new Set(ofSource.map((one) => one.provider))], [source], now);
  await store.count(sql, some, now);
}

/** The rows of today, those of `sources` made where they are missing and kept as seen. */
async function present(
  sql: Sql,
  providers: readonly string[],
  sources: readonly string[],
  now: Date,
): Promise<StandingRow[]> {
  const rows = await store.rowsOf(sql, providers);
  const spokenOf = new Set(rows.map((row) => row.provider));
  const isTracked = (provider: string): boolean => ruleOf(provider).standing !== "approved" || spokenOf.has(provider);
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  const ours = providers
    .filter(isTracked)
    .flatMap((provider) =>
      sources.map(
        (source) => known.get(keyOf({ provider, source })) ?? newRow(provider, source, ruleOf(provider), now),
      ),
    );
  const unseen = ours.filter((row) => !known.has(keyOf(row)) || now.getTime() - row.seenAt.getTime() > MINUTE);
  await store.see(
    sql,
    unseen.map((row) => ({ ...row, seenAt: now })),
  );
  const seen = new Map([...known, ...ours.map((row): [string, StandingRow] => [keyOf(row), { ...row, seenAt: now }])]);
  const today = [...seen.values()].map((row) => ({ before: row.day, ...turned(row, ruleOf(row.provider), now) }));
  await store.turn(
    sql,
    today.filter(({ before, row }) => before < row.day).map(({ row, cause }) => ({ ...row, cause })),
    now,
  );
  return today.map(({ row }) => row);
}

const keyOf = ({ provider, source }: { provider: string; source: string }): string => `${provider} ${source}`;

function standingOf(provider: string, source: string, rows: readonly StandingRow[], now: Date): Standing {
  const rule = ruleOf(provider);
  const row = rows.find((one) => one.source === source) ?? newRow(provider, source, rule, now);
  const standing = wordOf(row, rule, rows, now);
  const dailyBudget = standing === "warming" ? allowedBy(row, isAlone(row, rule, rows, now), now) : null;
  return { provider, source, standing, dailyBudget, spentToday: row.spent };
}
