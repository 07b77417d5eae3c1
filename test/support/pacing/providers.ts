/**
 * Pretend providers, each with one habit, for senders in virtual time. What they say are the words of real ones, so that
 * reading replies is a part of what is tried.
 */
import { MINUTE, SECOND } from "../../../src/kit/clock.ts";
import type { Stage } from "../../../src/outbound/reply.ts";

/** `line` is "" for silence. `hangsUp`: the connection is gone afterwards. */
export type Answer = { stage: Stage; line: string; afterMs: number; hangsUp?: boolean };

export type Asking = {
  now: number;
  /** Our address that asks, and its connections open, this one included. */
  source: string;
  open: number;
};

export type Provider = {
  name: string;
  /** Whose limits are taken for a fact. */
  connections: number;
  greets(asking: Asking): Answer;
  takes(asking: Asking & { mail: number }): Answer;
  /** Mails a minute that it would have taken at this time from everybody who is allowed in. */
  wouldTake(now: number): number;
  /** When it recovers, for the time to full speed. */
  recoversAt?: number;
  /** Ours that send to it; one when not said. */
  sources?: string[];
};

const MAIL_MS = 100;
const HELLO_MS = 150;

const welcome = (): Answer => ({ stage: "greeting", line: "220 far.test", afterMs: HELLO_MS });
const ok = (afterMs = MAIL_MS): Answer => ({ stage: "dot", line: "250 2.0.0 taken", afterMs });
const full = (connections: number, mailMs = MAIL_MS): number => (connections * MINUTE) / mailMs;

/** Takes everything. */
export function steady(): Provider {
  return { name: "steady", connections: 20, greets: welcome, takes: () => ok(), wouldTake: () => full(20) };
}

/** So many mails a minute, by the clock's minutes; more are refused with Google's words. */
export function rateLimited(perMinute = 600): Provider {
  let minute = -1;
  let count = 0;
  return {
    name: "rate-limited",
    connections: 20,
    greets: welcome,
    takes: ({ now }) => {
      if (Math.floor(now / MINUTE) !== minute) [minute, count] = [Math.floor(now / MINUTE), 0];
      count += 1;
      if (count <= perMinute) return ok();
      const line =
        "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address.";
      return { stage: "mail", line, afterMs: 30, hangsUp: true };
    },
    wouldTake: () => perMinute,
  };
}

/** A token bucket, refilled all the time, that refuses with Microsoft's words and says no more for a while. */
export function throttling(perMinute = 240, burst = 40): Provider {
  let tokens = burst;
  let at = 0;
  return {
    name: "throttling",
    connections: 20,
    greets: welcome,
    takes: ({ now }) => {
      tokens = Math.min(burst, tokens + ((now - at) * perMinute) / MINUTE);
      at = now;
      const line =
        "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. (S775)";
      if (tokens < 1) return { stage: "mail", line, afterMs: 30, hangsUp: true };
      tokens -= 1;
      return ok();
    },
    wouldTake: () => perMinute,
  };
}

/** So many connections of one address, not one more. */
export function connectionLimited(connections = 8): Provider {
  return {
    name: "connection-limited",
    connections: 20,
    greets: ({ open }) =>
      open <= connections
        ? welcome()
        : {
            stage: "greeting",
            line: "421 4.7.0 Error: too many connections from 192.0.2.1",
            afterMs: 50,
            hangsUp: true,
          },
    takes: () => ok(),
    wouldTake: () => full(connections),
  };
}

/** Refuses each mail until five minutes have passed since it was first seen. */
export function greylisting(): Provider {
  const seen = new Map<number, number>();
  return {
    name: "greylisting",
    connections: 20,
    greets: welcome,
    takes: ({ now, mail }) => {
      const first = seen.get(mail) ?? now;
      seen.set(mail, first);
      if (now - first >= 5 * MINUTE - SECOND) return ok();
      const line =
        "450 4.2.0 <ana@far.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/";
      return { stage: "rcpt", line, afterMs: 60 };
    },
    // Each mail comes twice.
    wouldTake: (now) => (now < 5 * MINUTE ? 0 : full(20, 160)),
  };
}

/** Answers each mail only after 15 seconds. */
export function tarpitting(): Provider {
  return {
    name: "tarpitting",
    connections: 20,
    greets: () => ({ ...welcome(), afterMs: 15 * SECOND }),
    takes: () => ok(15 * SECOND),
    wouldTake: () => full(20, 15 * SECOND),
  };
}

/** Two minutes up, one minute down, again and again. */
export function flapping(): Provider {
  const isUp = (now: number): boolean => now % (3 * MINUTE) < 2 * MINUTE;
  const down = { stage: "greeting", line: "421 4.3.2 Service not available, closing transmission channel" } as const;
  return {
    name: "flapping",
    connections: 20,
    greets: ({ now }) => (isUp(now) ? welcome() : { ...down, afterMs: 50, hangsUp: true }),
    takes: ({ now }) => (isUp(now) ? ok() : { ...down, stage: "mail", afterMs: 50, hangsUp: true }),
    wouldTake: (now) => (isUp(now) ? full(20) : 0),
  };
}

/** Refuses everything for twelve minutes. `silent`: nothing is heard at all. */
export function outage(silent = false): Provider {
  const from = 5 * MINUTE;
  const to = 17 * MINUTE;
  const isUp = (now: number): boolean => now < from || now >= to;
  const down = (stage: Stage): Answer =>
    silent
      ? { stage: "connect", line: "", afterMs: 30 * SECOND, hangsUp: true }
      : { stage, line: "421 4.3.0 Temporary system problem. Try again later", afterMs: 50, hangsUp: true };
  return {
    name: silent ? "silent for twelve minutes" : "down for twelve minutes",
    connections: 20,
    greets: ({ now }) => (isUp(now) ? welcome() : down("greeting")),
    takes: ({ now }) => (isUp(now) ? ok() : down("mail")),
    wouldTake: (now) => (isUp(now) ? full(20) : 0),
    recoversAt: to,
  };
}

/** Blocks one of our two addresses for twelve minutes. */
export function blockingOne(): Provider {
  const to = 17 * MINUTE;
  const isBlocked = (now: number, source: string): boolean => source === "192.0.2.1" && now >= 5 * MINUTE && now < to;
  return {
    name: "blocking one address",
    connections: 10,
    greets: welcome,
    takes: ({ now, source }) => {
      if (!isBlocked(now, source)) return ok();
      const line = "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org";
      return { stage: "rcpt", line, afterMs: 60 };
    },
    wouldTake: (now) => full(10) + (isBlocked(now, "192.0.2.1") ? 0 : full(10)),
    recoversAt: to,
    sources: ["192.0.2.1", "192.0.2.2"],
  };
}
