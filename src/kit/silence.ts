/**
 * Silence: how long something has not been heard of, counted only while we listened.
 *
 * Whoever was frozen, starved or without a database has heard nobody, and must not take the others for dead when it goes
 * on. So a look counts for the time since the last look, but for no more than A_LOOK of it.
 */
import { SECOND } from "./clock.ts";

const A_LOOK = SECOND;

export class Silence {
  /** As far as the last look showed. */
  silentMs = 0;
  private lookedAt: number | undefined;

  /** It has made itself heard. */
  heard(): void {
    this.silentMs = 0;
  }

  /** Looks, at a time by `elapsed()`; answers for how many milliseconds it has been silent. */
  look(now: number): number {
    this.silentMs += Math.min(A_LOOK, now - (this.lookedAt ?? now));
    this.lookedAt = now;
    return this.silentMs;
  }
}
