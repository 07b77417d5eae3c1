/**
 * When to try again, and when to stop: pure arithmetic over what the far side said.
 *
 * Only time spent being refused by the far side counts towards giving up (promise 3). Between two refusals no more
 * than the pause we planned counts: if we were down for nine days in between, those days are ours.
 */
import { HOUR, MINUTE } from "../kit/clock.ts";
import type { Reply } from "./reply.ts";

/** What a delivery has been through so far; times in milliseconds. */
export type Trials = { attempts: number; refusedMs: number; refusedAt: Date | null; waitMs: number };

/** The pause doubles with each try up to this. */
const LONGEST = 4 * HOUR;

/** First pauses by kind of reply: the greylister wants minutes, a full mailbox hours. */
export function firstPause(reply: Reply): number {
  if (/^4\.2\.2/.test(reply.status) || reply.code === 452) return 30 * MINUTE;
  if (/^4\.7\./.test(reply.status) || reply.code === 450 || reply.code === 451) return 5 * MINUTE;
  if (reply.lostReply) return 10 * MINUTE;
  return 2 * MINUTE;
}

/** The pause before the next try, in milliseconds, with a fifth of jitter so that a crowd does not return as one. */
export function pauseAfter(first: number, attempts: number, random: number): number {
  const planned = Math.min(LONGEST, first * 2 ** Math.min(attempts - 1, 10));
  return Math.round(planned * (0.9 + 0.2 * random));
}

/** How long the far side has refused by now. `counts`: was this refusal the far side's doing at all? */
export function refusedSoFar(trials: Trials, now: Date, counts: boolean): number {
  if (!counts || trials.refusedAt === null) return trials.refusedMs;
  const since = Math.max(0, now.getTime() - trials.refusedAt.getTime());
  return trials.refusedMs + Math.min(since, trials.waitMs + 5 * MINUTE);
}
