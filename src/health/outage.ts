/**
 * Is it the provider? Pure; why these numbers: docs/health.md.
 *
 * In December 2020 Gmail said "550 5.1.1 does not exist" of living addresses for hours, and services everywhere dropped
 * their members. So when many addresses of one provider fail alike within WINDOW, it is the provider that is in trouble
 * and none of its addresses: if most of what was tried there fails, or far more of it than ever.
 */
import { DAY, HOUR } from "../kit/clock.ts";

/** Failures that belong together. */
export const WINDOW = 2 * HOUR;

/** What was tried is looked at for longer: notices about a post come hours after it. */
export const TRIED_WITHIN = DAY;

/** The usual is taken from the time before. */
export const USUAL_WITHIN = 14 * DAY;

/** Fewer addresses than this say nothing about a provider: a list of three must not excuse its one dead member. */
export const FEWEST = 10;

/** After this long without failures alike it is over. */
export const OVER_AFTER = 6 * HOUR;

/** What fails for longer than this stays so: a company that closed, not one that has trouble. */
export const LASTING = 3 * DAY;

const MOST_SHARE = 0.5;
const MUCH_SHARE = 0.1;
const TIMES_USUAL = 5;

export type Seen = {
  /** Different addresses that failed alike within WINDOW. */
  failing: number;
  /** Different recipients tried there within TRIED_WITHIN. */
  tried: number;
  /** Mean of different addresses failing there in a window of the time before. */
  usual: number;
};

export function isOutage({ failing, tried, usual }: Seen): boolean {
  if (failing < FEWEST) return false;
  const share = failing / Math.max(tried, failing);
  if (share >= MOST_SHARE) return true;
  return share >= MUCH_SHARE && usual > 0 && failing >= TIMES_USUAL * usual;
}

/** What becomes of an outage that goes on: nothing, or its end and the reason for it. */
export function endingOf(outage: { beganAt: Date; seenAt: Date }, now: Date): "over" | "lasting" | undefined {
  if (now.getTime() - outage.seenAt.getTime() >= OVER_AFTER) return "over";
  return now.getTime() - outage.beganAt.getTime() >= LASTING ? "lasting" : undefined;
}
