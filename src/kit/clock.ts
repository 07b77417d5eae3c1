/**
 * Time, as everything in the house reads it.
 *
 * Due times are compared by several nodes, so a node does not trust its own machine: it measures how far it is from the
 * database's clock and adds the difference. Tests bring a clock they can move. Leases depend on no clock that can be
 * set (docs/decisions/0080-whose-clock.md): they go by `moment`.
 */
import { openSync, readSync } from "node:fs";

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

/**
 * A moment on the two clocks that nobody sets, in milliseconds: one stands still while the machine is suspended, one
 * does not. The same moment for all processes of a machine, so one process can tell another when something was.
 */
export type Moment = { monotonic: number; sinceBoot: number };

/** How long after `from` the moment `to` was, by whichever clock says more. */
export const between = (from: Moment, to: Moment): number =>
  Math.max(to.monotonic - from.monotonic, to.sinceBoot - from.sinceBoot);

/** The present moment. Costs about a microsecond. */
export function moment(): Moment {
  const [seconds, nanoseconds] = process.hrtime();
  const monotonic = seconds * SECOND + nanoseconds / 1e6;
  return { monotonic, sinceBoot: monotonic + suspended(monotonic) };
}

/** The wall clock and the monotonic one part by more than this only when one of them was set, or the machine slept. */
const DRIFT = 20;
const BELIEVED = 250;
let lastRead = { at: Number.NEGATIVE_INFINITY, drift: 0, suspended: 0 };

/**
 * How long the machine has been suspended since it was booted. Reading that takes a call into the kernel's files, which
 * is dear for every mail; a suspend moves the wall clock too, and so shows at once.
 */
function suspended(monotonic: number): number {
  const drift = Date.now() - monotonic;
  const { at, drift: known } = lastRead;
  if (monotonic - at < BELIEVED && Math.abs(drift - known) < DRIFT) return lastRead.suspended;
  // Where the system does not tell the time since boot, the wall clock counts a suspend.
  const booted = sinceBoot();
  lastRead = { at: monotonic, drift, suspended: booted === undefined ? drift : booted - monotonic };
  return lastRead.suspended;
}

let uptime: number | undefined;
const line = Buffer.alloc(64);

/** Linux: CLOCK_BOOTTIME in milliseconds, to a hundredth of a second. */
function sinceBoot(): number | undefined {
  try {
    uptime ??= openSync("/proc/uptime", "r");
    const seconds = Number.parseFloat(line.toString("latin1", 0, readSync(uptime, line, 0, line.length, 0)));
    return Number.isNaN(seconds) ? undefined : seconds * SECOND;
  } catch {
    return undefined;
  }
}
