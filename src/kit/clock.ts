/**
 * Time, as everything in the house reads it.
 *
 * Leases and due times are compared by several nodes, so a node does not trust its own machine: it measures how far
 * it is from the database's clock and adds the difference. Tests bring a clock they can move.
 */
export type Clock = { now(): Date };

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The machine's clock, corrected: `measured` says what the time is on the database's clock, in milliseconds. */
export type NodeClock = Clock & { measured(databaseMs: number): void };

export function nodeClock(): NodeClock {
  let offset = 0;
  return {
    now: () => new Date(Date.now() + offset),
    measured: (databaseMs) => {
      offset = databaseMs - Date.now();
    },
  };
}

/** A clock that stands still until `pass` moves it. */
export type HeldClock = NodeClock & { pass(ms: number): void };

export function heldClock(start: Date): HeldClock {
  let time = start.getTime();
  return {
    now: () => new Date(time),
    pass: (ms) => {
      time += ms;
    },
    measured: () => undefined,
  };
}

/** Milliseconds on a clock that never jumps: for measuring how long something took, never for what time it is. */
export const elapsed = (): number => performance.now();
