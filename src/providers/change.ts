/**
 * What an operator changes about a provider, as key=value: how it takes our addresses, and its limits.
 *
 * `default` takes a change back. Everything is read and judged before anything is written.
 */
import { isIP } from "node:net";
import type { Sql } from "../db/sql.ts";
import { Refusal } from "../kit/errors.ts";
import { t } from "../language/language.ts";
import { FACTS } from "./facts.ts";
import { LIMIT_KEYS, type LimitKey, setLimits } from "./settings.ts";
import { newRow, ruleOf, type Word } from "./standing.ts";
import * as store from "./store.ts";

export const KEYS = ["standing", "address", "budget", ...Object.keys(LIMIT_KEYS)];

const WORDS: readonly Word[] = ["approved", "warming", "closed"];
const MOST: Record<LimitKey, number> = {
  connections: 1000,
  "mails-per-connection": 100_000,
  "per-minute": 1_000_000,
  recipients: 1000,
};
const MOST_BUDGET = 10_000_000;

/**
 * Changes a provider; in one transaction of the caller's. `sources` are this node's addresses, `known` names of providers
 * that may be changed besides those we have facts or rows of: those that mail waits for. Answers the keys it set.
 */
export async function change(
  sql: Sql,
  provider: string,
  pairs: Record<string, string>,
  given: { sources: readonly string[]; known: readonly string[] },
  now: Date,
): Promise<string[]> {
  const wrong = Object.keys(pairs).find((key) => !KEYS.includes(key));
  if (wrong !== undefined)
    throw new Refusal(t`There is no setting "${wrong}" of a provider: choose from ${KEYS.join(", ")}.`);
  const { standing, address, budget, ...limits } = pairs;
  if (address !== undefined && standing === undefined && budget === undefined)
    throw new Refusal(t`address says which address standing or budget is meant for: give one of them too.`);
  const wanted = wordFrom(standing);
  const mails = budget === undefined ? undefined : budgetFrom(budget, provider);
  const numbers = Object.fromEntries(
    Object.entries(limits).map(([key, text]) => [key, limitFrom(key as LimitKey, text)]),
  );
  const rows = await store.rowsOf(sql, [provider]);
  if (!isProvider(provider, [...given.known, ...rows.map((row) => row.provider)]))
    throw new Refusal(t`There is no provider "${provider}": smartgroups provider list --all names those we know.`);
  const sources = [...new Set([...rows.map((row) => row.source), ...given.sources])];
  if (standing !== undefined || budget !== undefined) {
    const meant = address === undefined ? sources : [addressFrom(address, sources)];
    const missing = sources.filter((source) => !rows.some((row) => row.source === source));
    await store.see(
      sql,
      [...new Set([...missing, ...meant.filter((source) => !sources.includes(source))])].map((source) =>
        newRow(provider, source, ruleOf(provider), now),
      ),
    );
    const asked = {
      ...(standing !== undefined && { standing: wanted }),
      ...(mails !== undefined && { budget: mails }),
    };
    await store.decide(sql, provider, meant, asked, "set by an operator", now);
  }
  await setLimits(sql, provider, numbers, now);
  return Object.keys(pairs).filter((key) => key !== "address");
}

/** Mistyped names are caught; what has a dot or a port may well be met one day. */
const isProvider = (name: string, known: readonly string[]): boolean =>
  FACTS.has(name) || known.includes(name) || /^[a-z0-9_[][a-z0-9_.:[\]-]*[.:][a-z0-9_.:[\]-]*$/.test(name);

function wordFrom(text: string | undefined): Word | null {
  if (text === undefined || text === "default") return null;
  if (WORDS.includes(text as Word)) return text as Word;
  throw new Refusal(t`standing can't be "${text}": choose from ${WORDS.join(", ")}, default.`);
}

function budgetFrom(text: string, provider: string): number {
  return text === "default" ? ruleOf(provider).start : wholeNumber("budget", text, MOST_BUDGET);
}

function limitFrom(key: LimitKey, text: string): number | null | undefined {
  if (text === "default") return undefined;
  if (key === "per-minute" && text === "none") return null;
  return wholeNumber(key, text, MOST[key]);
}

function wholeNumber(key: string, text: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  if (key === "per-minute")
    throw new Refusal(t`${key} can't be "${text}": give a whole number from 1 to ${most}, none, or default.`);
  throw new Refusal(t`${key} can't be "${text}": give a whole number from 1 to ${most}, or default.`);
}

/** One of our addresses: as it is known, a node's name without its brackets, or one that is still to come. */
function addressFrom(text: string, sources: readonly string[]): string {
  const found = sources.find((source) => source === text || source === `<${text}>`);
  if (found) return found;
  if (isIP(text) || /^<[^<>\s]{1,253}>$/.test(text)) return text;
  throw new Refusal(t`"${text}" is no address we send from: choose from ${sources.join(", ")}.`);
}
