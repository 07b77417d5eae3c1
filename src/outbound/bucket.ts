/**
 * A token bucket: what may begin by the minute.
 *
 * A twentieth of a minute's mails may go at once, and the refill is less by as much, so that no minute anywhere has more
 * than its number.
 */
import { MINUTE } from "../kit/clock.ts";

export type Bucket = { tokens: number; at: number };

const burst = (perMinute: number): number => Math.max(1, perMinute / 20);
const refill = (perMinute: number): number => perMinute - burst(perMinute) + 1;

/** The bucket as it is now. */
export function filled({ tokens, at }: Bucket, perMinute: number, now: number): Bucket {
  // A clock that was set back by more than a hiccup must not keep it closed.
  if (perMinute === Number.POSITIVE_INFINITY || now < at - MINUTE) return { tokens: 1, at: now };
  const more = (Math.max(0, now - at) * refill(perMinute)) / MINUTE;
  return { tokens: Math.min(burst(perMinute), tokens + more), at: now };
}

/** When the next mail may begin. */
export function opensAt({ tokens, at }: Bucket, perMinute: number): number {
  return tokens >= 1 ? at : at + Math.ceil(((1 - tokens) * MINUTE) / refill(perMinute));
}
