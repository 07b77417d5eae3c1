/**
 * How a provider takes one of our sending addresses, as arithmetic.
 *
 * A warming address has a budget of mails a UTC day. What was used of it without trouble makes tomorrow's: a few times
 * as much, until it is enough to need no counting. Where no address of ours is approved, nobody could carry what is over
 * the budget, so it goes on at a gentle pace instead of waiting for a day that might not suffice either.
 * Why: docs/decisions/0009-standing.md.
 */
import { DAY, MINUTE } from "../kit/clock.ts";
import { APPROVED, FACTS, type Newcomer } from "./facts.ts";

export type Word = "approved" | "warming" | "closed";

export type StandingRow = {
  provider: string;
  source: string;
  /** An operator's word, or earned; null: by the provider's rule. */
  standing: Word | null;
  budget: number;
  /** The UTC day that `spent` and `refused` are of, as 2026-01-31. */
  day: string;
  spent: number;
  refused: number;
  spentAt: Date | null;
  seenAt: Date;
};

/** Refused so often, an address has gone too far; below the first it may grow. */
const GOOD = 0.05;
const BAD = 0.2;
const LEAST_BUDGET = 20;
/** A provider forgets an address that it has not heard for so long. */
const FORGOTTEN = 30 * DAY;
/** Beyond the budget at least one mail a minute, and saved up for five minutes at most. */
const GENTLE_A_DAY = DAY / MINUTE;
const SAVED_UP = 5 * MINUTE;
/** An address that no worker has asked for in this time is not there to carry what is over a budget now. */
const AWAY = 5 * MINUTE;
/** Nobody asks while no mail waits. So one that was asked for in this time is still ours, and keeps the others closed. */
const STILL_OURS = DAY;

export const ruleOf = (provider: string): Newcomer => FACTS.get(provider)?.newcomer ?? APPROVED;

export const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

export const newRow = (provider: string, source: string, rule: Newcomer, now: Date): StandingRow => ({
  ...{ provider, source, standing: null, budget: rule.start, day: dayOf(now) },
  ...{ spent: 0, refused: 0, spentAt: null, seenAt: now },
});

/** The row as it is today, and why it changed; the same row when it is of today. A clock that went back changes nothing. */
export function turned(row: StandingRow, rule: Newcomer, now: Date): { row: StandingRow; cause: string } {
  const day = dayOf(now);
  if (row.day >= day) return { row, cause: "" };
  const fresh = { ...row, day, spent: 0, refused: 0 };
  if ((row.standing ?? rule.standing) === "approved") return { row: fresh, cause: "" };
  const { budget, cause } = nextBudget(row, rule, now);
  if (row.standing !== "closed" && budget >= rule.enough)
    return {
      row: { ...fresh, budget, standing: "approved" },
      cause: `warm: ${rule.enough} mails a day need no budget`,
    };
  return { row: { ...fresh, budget }, cause };
}

function nextBudget(row: StandingRow, rule: Newcomer, now: Date): { budget: number; cause: string } {
  const idle = now.getTime() - Date.parse(row.day);
  if (idle > FORGOTTEN && row.budget > rule.start)
    return { budget: rule.start, cause: "begins anew: no mail for more than 30 days" };
  if (row.spent === 0) return { budget: row.budget, cause: "" };
  const refused = row.refused / row.spent;
  const result = `${row.spent} mails on ${row.day}, ${row.refused} of them refused as too many or blocked`;
  if (refused > BAD) return { budget: Math.max(LEAST_BUDGET, Math.ceil(row.budget / 2)), cause: `halved: ${result}` };
  const grown = Math.round(rule.growth * Math.min(row.spent, row.budget));
  if (refused > GOOD || grown <= row.budget) return { budget: row.budget, cause: "" };
  return { budget: grown, cause: `grown: ${result}` };
}

/** By word or by rule. A provider's closed door is kept shut only while another address of ours can go through. */
export function wordOf(row: StandingRow, rule: Newcomer, others: readonly StandingRow[], now: Date): Word {
  if (row.standing) return row.standing;
  if (rule.standing !== "closed") return rule.standing;
  return isApprovedAmong(others, row.source, rule, now, STILL_OURS) ? "closed" : "warming";
}

/** Is no other address there to carry what is over this one's budget? */
export const isAlone = (row: StandingRow, rule: Newcomer, others: readonly StandingRow[], now: Date): boolean =>
  !isApprovedAmong(others, row.source, rule, now, AWAY);

/** `rows` are those of the same provider; the address itself may be among them. */
const isApprovedAmong = (
  rows: readonly StandingRow[],
  source: string,
  rule: Newcomer,
  now: Date,
  within: number,
): boolean =>
  rows.some(
    (row) =>
      row.source !== source &&
      (row.standing ?? rule.standing) === "approved" &&
      now.getTime() - row.seenAt.getTime() < within,
  );

/** How many mails a warming address may have sent by now, today's included. `alone`: nobody else can carry the rest. */
export function allowedBy(row: StandingRow, alone: boolean, now: Date): number {
  if (!alone || row.spent < row.budget || !row.spentAt) return row.budget;
  const gap = DAY / Math.max(GENTLE_A_DAY, row.budget);
  const waited = Math.max(0, now.getTime() - row.spentAt.getTime());
  return row.spent + Math.floor(Math.min(waited, SAVED_UP) / gap);
}
