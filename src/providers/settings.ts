/** Limits of providers: what is known of each, and what an operator has put in its place. */
import type { Sql } from "../db/sql.ts";
import { type Limits, NAMED, ORDINARY } from "./facts.ts";
import { factsOf, isNamed } from "./names.ts";

/** The words an operator sets limits by. */
export const LIMIT_KEYS = {
  connections: "connections",
  "mails-per-connection": "mailsPerConnection",
  "per-minute": "perMinute",
  recipients: "recipients",
} as const satisfies Record<string, keyof Limits>;

export type LimitKey = keyof typeof LIMIT_KEYS;

/** Limits of a provider before any operator's settings. */
export function limitsByFacts(provider: string): Limits {
  if (isNamed(provider)) return NAMED;
  return { ...ORDINARY, ...factsOf(provider)?.limits };
}

/** The limits of each of these providers. */
export async function limitsOf(sql: Sql, providers: readonly string[]): Promise<Map<string, Limits>> {
  const limits = new Map(providers.map((provider) => [provider, { ...limitsByFacts(provider) }]));
  for (const { provider, key, value } of await settingsOf(sql, providers))
    limits.get(provider)![LIMIT_KEYS[key]] = value ?? Number.POSITIVE_INFINITY;
  return limits;
}

type Setting = { provider: string; key: LimitKey; value: number | null };

export const settingsOf = (sql: Sql, providers: readonly string[]): Promise<Setting[]> =>
  sql<Setting[]>`select provider, key, value from provider_settings where provider = any(${[...providers]})`;

/** Sets limits; null is none, undefined takes the setting back. */
export async function setLimits(
  sql: Sql,
  provider: string,
  limits: Partial<Record<LimitKey, number | null | undefined>>,
  now: Date,
): Promise<void> {
  const keys = Object.keys(limits) as LimitKey[];
  const rows = keys
    .filter((key) => limits[key] !== undefined)
    .map((key) => ({ provider, key, value: limits[key] as number | null, set_at: now }));
  const back = keys.filter((key) => limits[key] === undefined);
  if (back.length > 0) await sql`delete from provider_settings where provider = ${provider} and key = any(${back})`;
  if (rows.length > 0)
    await sql`
      insert into provider_settings ${sql(rows)}
      on conflict (provider, key) do update set value = excluded.value, set_at = excluded.set_at`;
}
