/**
 * The score: how much speaks against a member's address. Pure; why these numbers: docs/health.md.
 *
 * Each refusal has a weight by what it says about the address. What is about us or about the one message has none. A day
 * counts once, by its worst, and what happened fades by half in two weeks. From ASK_AT on the member is asked by letter;
 * nobody is paused for a score alone.
 */

import { DAY } from "../kit/clock.ts";
import { en } from "../language/language.ts";
import type { Sense } from "../mail/sense.ts";

export const HALF_LIFE = 14 * DAY;

/** "No such user" on three days of ten, or a full mailbox for two weeks of daily mail. */
export const ASK_AT = 5;

/** Below this what there was has faded. */
const WELL_BELOW = 0.5;

/** permanent: refused for good, or given up after days of trying. */
export type Class = "permanent" | "temporary";

const WEIGHTS: Partial<Record<Sense, Record<Class, number>>> = {
  "no such user": { permanent: 2, temporary: 0.5 },
  "mailbox full": { permanent: 0.5, temporary: 0.5 },
  unavailable: { permanent: 1, temporary: 0.25 },
  other: { permanent: 1, temporary: 0.25 },
};

/** What a refusal weighs against the address; 0 where it is about us or the message. */
export const weightOf = (sense: Sense, kind: Class): number => WEIGHTS[sense]?.[kind] ?? 0;

export type Weighed = { at: Date; weight: number };

/** The score now. Rows of one day (UTC) count as their heaviest. */
export function scoreOf(troubles: readonly Weighed[], now: Date): number {
  const days = new Map<string, Weighed>();
  for (const one of troubles) {
    const day = one.at.toISOString().slice(0, 10);
    if ((days.get(day)?.weight ?? 0) < one.weight) days.set(day, one);
  }
  let score = 0;
  for (const { at, weight } of days.values()) score += weight * faded(now.getTime() - at.getTime());
  return score;
}

/** Two nodes' clocks may differ a little: what is not yet over counts in full. */
const faded = (ageMs: number): number => 0.5 ** (Math.max(0, ageMs) / HALF_LIFE);

export type HealthWord = "well" | "in trouble" | "asked" | "paused";

export function wordOf(state: { score: number; isAsked: boolean; isPaused: boolean }): HealthWord {
  if (state.isPaused) return "paused";
  if (state.isAsked) return "asked";
  return state.score < WELL_BELOW ? "well" : "in trouble";
}

/** What a sense means for the address, as a half-sentence, kept in English: "mail comes back because …". */
export function plainly(sense: string): string {
  switch (sense) {
    case "no such user":
      return en`the address is not known there any more`;
    case "mailbox full":
      return en`the mailbox is full`;
    case "unavailable":
      return en`its mail server could not be reached or could not take mail`;
    default:
      return en`its mail server refuses it`;
  }
}
