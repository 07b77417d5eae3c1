/** The providers as an operator sees them: how each takes our addresses, its limits, what waits for it, and what is wrong. */
import type { Sql } from "../db/sql.ts";
import { DAY } from "../kit/clock.ts";
import { type Ask, FACTS, type Limits, type Newcomer } from "./facts.ts";
import { factsOf, isNamed } from "./names.ts";
import { type LimitKey, limitsOf, settingsOf } from "./settings.ts";
import { dayOf, newRow, ruleOf, type StandingRow, turned, wordOf } from "./standing.ts";
import * as store from "./store.ts";

/** What waits in the queue for a provider, as the queue tells it. */
export type Queued = { provider: string; state: string; recipients: number; problem: string };

export type AddressSeen = {
  source: string;
  standing: "approved" | "warming" | "closed";
  /** By the provider's rule, and not by an operator's word or by growth. */
  isByRule: boolean;
  /** Mails today while warming; null for no budget. */
  budget: number | null;
  /** What it would be, were it warming. */
  savedBudget: number;
  spentToday: number;
  refusedToday: number;
  /** When a worker last asked for it; null: not yet. */
  seenAt: Date | null;
};

export type ProviderSeen = {
  provider: string;
  title: string;
  addresses: AddressSeen[];
  /** With null for no limit a minute, as JSON has no Infinity. */
  limits: Omit<Limits, "perMinute"> & { perMinute: number | null };
  /** Limits that an operator has set. */
  set: LimitKey[];
  waiting: number;
  held: number;
  problem: string;
};

/** Every provider that has a standing, a setting or waiting mail, the most waiting first; with `all`, all we know of. */
export async function overview(
  sql: Sql,
  sources: readonly string[],
  queued: readonly Queued[],
  now: Date,
  all = false,
): Promise<ProviderSeen[]> {
  const names = new Set([...(await store.known(sql)), ...queued.map((one) => one.provider)]);
  if (all) for (const name of FACTS.keys()) names.add(name);
  const seen = await look(sql, [...names], sources, queued, now);
  return seen.sort(
    (a, b) => b.waiting - a.waiting || rank(a.provider) - rank(b.provider) || (a.title < b.title ? -1 : 1),
  );
}

export type ProviderDetail = ProviderSeen & {
  hosts: readonly string[];
  newcomer: Newcomer;
  ask: readonly Ask[];
  history: store.Change[];
};

/** One provider with what to ask of it and what became of its standings; undefined when nobody knows the name. */
export async function detail(
  sql: Sql,
  provider: string,
  sources: readonly string[],
  queued: readonly Queued[],
  now: Date,
): Promise<ProviderDetail | undefined> {
  const facts = factsOf(provider);
  const isKnown =
    facts || queued.some((one) => one.provider === provider) || (await store.known(sql)).includes(provider);
  if (!isKnown) return undefined;
  const [seen] = await look(sql, [provider], sources, queued, now);
  return {
    ...seen!,
    hosts: facts?.mx ?? [],
    newcomer: ruleOf(provider),
    ask: facts?.ask ?? [],
    history: await store.history(sql, provider, HISTORY_SHOWN),
  };
}

const HISTORY_SHOWN = 50;

async function look(
  sql: Sql,
  names: readonly string[],
  sources: readonly string[],
  queued: readonly Queued[],
  now: Date,
): Promise<ProviderSeen[]> {
  const [rows, limits, settings] = await Promise.all([
    store.rowsOf(sql, names),
    limitsOf(sql, names),
    settingsOf(sql, names),
  ]);
  const rowsBy = Map.groupBy(rows, (row) => row.provider);
  const queuedBy = Map.groupBy(queued, (one) => one.provider);
  return names.map((provider) => {
    const addresses = addressesOf(provider, rowsBy.get(provider) ?? [], sources, now);
    const ofProvider = queuedBy.get(provider) ?? [];
    const { perMinute, ...counts } = limits.get(provider)!;
    const waiting = sum(ofProvider.filter((one) => one.state !== "held"));
    return {
      provider,
      title: factsOf(provider)?.title ?? (isNamed(provider) ? `${provider} (named by a route)` : provider),
      addresses,
      limits: { ...counts, perMinute: Number.isFinite(perMinute) ? perMinute : null },
      set: settings.filter((one) => one.provider === provider).map((one) => one.key),
      waiting,
      held: sum(ofProvider) - waiting,
      problem: [problemOf(addresses, waiting), ...ofProvider.map((one) => one.problem)].filter(Boolean).join("; "),
    };
  });
}

/** Addresses that have rows, or, as long as nobody has asked, those of this node. */
function addressesOf(
  provider: string,
  rows: readonly StandingRow[],
  sources: readonly string[],
  now: Date,
): AddressSeen[] {
  const rule = ruleOf(provider);
  const today = rows.filter((row) => isInUse(row, now)).map((row) => turned(row, rule, now).row);
  const shown = today.length > 0 ? today : sources.map((source) => newRow(provider, source, rule, now));
  return shown.map((row) => {
    const standing = wordOf(row, rule, today, now);
    return {
      source: row.source,
      standing,
      isByRule: row.standing === null,
      budget: standing === "warming" ? row.budget : null,
      savedBudget: row.budget,
      spentToday: row.day === dayOf(now) ? row.spent : 0,
      refusedToday: row.day === dayOf(now) ? row.refused : 0,
      seenAt: today.includes(row) ? row.seenAt : null,
    };
  });
}

/** An address that nobody has sent from for a month, and nobody has spoken about, is gone. */
const isInUse = (row: StandingRow, now: Date): boolean =>
  row.standing !== null || now.getTime() - row.seenAt.getTime() < GONE;

const GONE = 30 * DAY;

/** What of our own doing holds mail up. */
function problemOf(addresses: readonly AddressSeen[], waiting: number): string {
  if (addresses.every((one) => one.standing === "closed"))
    return "every address is closed here: mail waits until one is approved or warming";
  const isFull = (one: AddressSeen): boolean => one.standing === "warming" && one.spentToday >= one.budget!;
  const open = addresses.filter((one) => one.standing !== "closed");
  if (waiting > 0 && open.every(isFull)) return "today's budget is used: mail goes on at a gentle pace";
  return "";
}

const sum = (rows: readonly Queued[]): number => rows.reduce((all, row) => all + row.recipients, 0);

const order = new Map([...FACTS.keys()].map((name, i) => [name, i]));
const rank = (provider: string): number => order.get(provider) ?? order.size;
