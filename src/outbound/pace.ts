/**
 * Pace: how much one provider gets from one of our addresses at a time. Pure: what was heard goes in, an allowance comes out.
 *
 *     connections   grow with every mail taken, halve at a refusal            (level.ts)
 *     mails a minute   as the provider's limit says; learned when it says "slow down": half of what it took
 *     recipients a mail   halve at "too many recipients"
 *     suspended   when it refuses everything: single mails as probes, with growing pauses, until one is taken
 *
 * Only what a refusal says about us counts. Greylisting, a full mailbox, a spam verdict are about recipients and mails:
 * whoever answers so is well. Why these figures: docs/pacing.md.
 */
import { MINUTE, SECOND } from "../kit/clock.ts";
import type { Sense } from "../mail/sense.ts";
import type { Limits } from "../providers/providers.ts";
import { type Bucket, filled, opensAt } from "./bucket.ts";
import { grown, halved, type Level, learned, levelAt } from "./level.ts";
import type { Scope } from "./reply.ts";

/** Plain data without Infinity, so that it survives JSON. Times are milliseconds of the clock. */
export type Pace = {
  connections: Level;
  /** null while no more is known than the limit. */
  rate: Level | null;
  recipients: Level;
  /** Mails that may begin at once (a token bucket), as of `tokensAt`. */
  tokens: number;
  tokensAt: number;
  /** Mails taken, each weighing less the longer ago it was: about as many as in the last minute. */
  taken: number;
  takenAt: number;
  /** Refusals of us since the last success, and successes since we were last suspended. */
  refusals: number;
  successes: number;
  steppedAt: number;
  busyAt: number;
  suspended: { since: number; sense: Sense; probeAt: number } | null;
  /** The next pause between probes. */
  pauseMs: number;
};

export type Allowance = {
  connections: number;
  /** Nothing may begin before. */
  nextMailAt: number;
  mailsPerConnection: number;
  recipients: number;
  /** Suspended: one mail at a time, from `nextMailAt` on. */
  isProbing: boolean;
};

export type Heard =
  /** `recipients` it was taken for; of a refusal, the first that was one too many. 1 when not said. */
  | { kind: "sent"; recipients?: number }
  | { kind: "refused"; sense: Sense; scope: Scope; isSilence: boolean; recipients?: number };

type Refused = Extract<Heard, { kind: "refused" }>;

const START = 2;
/** So long after a step back, refusals belong to mails begun before it, and nothing grows. */
const SETTLING = 2 * SECOND;
/** A lane that was idle for so long begins gently again. */
const IDLE = 5 * MINUTE;
/** So many refusals in a row, and nothing taken between: it refuses everything. */
const EVERYTHING = 3;
export const FIRST_PAUSE = 5 * SECOND;
const LONGER = 1.5;
/** A success so short ago means that other connections are at work. */
const AT_WORK = 10 * SECOND;
/** Fewer mails taken in the last minute tell no rate. */
const TELLING = 12;
/** So many mails taken after a suspension, and the next one starts from the first pause again. */
const WELL = 10;

/** So long the pauses stay short, whatever was said. */
const PATIENCE = 15 * MINUTE;

/**
 * The longest pause between probes: short enough to be back at full speed within a minute. Only who has been tired of us
 * for long is asked more rarely, so that their own counters run out. Silence costs nobody anything, and may be our own.
 */
function longestPause(sense: Sense, isSilence: boolean, suspendedMs: number): number {
  if (isSilence) return 20 * SECOND;
  if (suspendedMs < PATIENCE) return 40 * SECOND;
  switch (sense) {
    case "blocked":
    case "policy":
      return 5 * MINUTE;
    case "slow down":
      return 2 * MINUTE;
    default:
      return 40 * SECOND;
  }
}

export function newPace(limits: Limits, now: number): Pace {
  return {
    connections: levelAt(Math.min(START, limits.connections)),
    rate: null,
    recipients: levelAt(Math.max(1, limits.recipients)),
    tokens: 1,
    tokensAt: now,
    taken: 0,
    takenAt: now,
    refusals: 0,
    successes: 0,
    steppedAt: now - SETTLING,
    busyAt: now,
    suspended: null,
    pauseMs: FIRST_PAUSE,
  };
}

export function allowance(pace: Pace, limits: Limits, now: number): Allowance {
  if (pace.suspended) {
    // Bounded, so that a clock set back cannot keep a lane closed.
    const nextMailAt = Math.max(Math.min(pace.suspended.probeAt, now + 5 * MINUTE), nextToken(pace, limits, now));
    return { connections: 1, nextMailAt, mailsPerConnection: 1, recipients: 1, isProbing: true };
  }
  const level = now - pace.busyAt > IDLE ? Math.min(START, pace.connections.now) : pace.connections.now;
  return {
    connections: Math.max(1, Math.floor(Math.min(level, limits.connections))),
    nextMailAt: nextToken(pace, limits, now),
    mailsPerConnection: Math.max(1, limits.mailsPerConnection),
    recipients: Math.max(1, Math.floor(Math.min(pace.recipients.now, limits.recipients))),
    isProbing: false,
  };
}

export function began(pace: Pace, limits: Limits, now: number): Pace {
  const tokens = bucket(pace, limits, now).tokens - 1;
  if (pace.suspended)
    return { ...pace, tokens, tokensAt: now, suspended: { ...pace.suspended, probeAt: now + pace.pauseMs } };
  const connections =
    now - pace.busyAt > IDLE ? { ...pace.connections, now: Math.min(START, pace.connections.now) } : pace.connections;
  return { ...pace, connections, tokens, tokensAt: now, busyAt: now };
}

export function heard(pace: Pace, limits: Limits, what: Heard, now: number): Pace {
  if (what.kind === "sent") return taken(awake(pace, now), limits, what.recipients ?? 1, now);
  switch (meaning(what)) {
    case "well":
      return { ...awake(pace, now), refusals: 0, busyAt: now };
    case "greylisted": {
      // The connection was welcome, and so is one more. Of the rate it says nothing.
      const up = awake(pace, now);
      const connections = isSettling(up, now) ? up.connections : grown(up.connections, limits.connections, 1, now);
      return { ...up, connections, refusals: 0, busyAt: now };
    }
    case "nothing":
      return pace;
    case "fewer recipients": {
      const most = Math.min(pace.recipients.now, what.recipients ?? 1);
      return { ...pace, recipients: learned(pace.recipients, most, most - 1, now) };
    }
    case "refused":
      return refused(pace, limits, what, now);
  }
}

/** What a refusal means for the pace. */
function meaning(what: Refused): "well" | "greylisted" | "nothing" | "refused" | "fewer recipients" {
  const isAboutUs = what.scope === "site" || what.scope === "session";
  switch (what.sense) {
    case "no such user":
    case "mailbox full":
    case "content":
      return isAboutUs ? "refused" : "well";
    case "greylisted":
      return isAboutUs ? "refused" : "greylisted";
    case "policy":
    case "other":
      return isAboutUs ? "refused" : "nothing";
    case "slow down":
      return what.scope === "recipient" && (what.recipients ?? 1) > 1 ? "fewer recipients" : "refused";
    case "blocked":
    case "unavailable":
      return "refused";
  }
}

function taken(pace: Pace, limits: Limits, recipients: number, now: number): Pace {
  const { rate } = pace;
  const isFull = recipients >= Math.floor(pace.recipients.now);
  return {
    ...pace,
    ...(!isSettling(pace, now) && {
      connections: grown(pace.connections, limits.connections, 1, now),
      // Four more a minute for each mail taken: at any rate it doubles in a quarter of a minute.
      rate: rate && grown(rate, limits.perMinute, 4, now),
      recipients: isFull ? grown(pace.recipients, limits.recipients, 1, now) : pace.recipients,
    }),
    taken: takenLately(pace, now) + 1,
    takenAt: now,
    refusals: 0,
    successes: pace.successes + 1,
    pauseMs: pace.successes + 1 >= WELL ? FIRST_PAUSE : pace.pauseMs,
    busyAt: now,
  };
}

function refused(pace: Pace, limits: Limits, what: Refused, now: number): Pace {
  const { suspended } = pace;
  const longest = longestPause(what.sense, what.isSilence, suspended ? now - suspended.since : 0);
  const probeAt = now + Math.min(longest, pace.pauseMs);
  const pauseMs = Math.min(longest, pace.pauseMs * LONGER);
  if (suspended) return { ...pace, busyAt: now, pauseMs, suspended: { ...suspended, sense: what.sense, probeAt } };
  const slower = { ...steppedBack(pace, limits, what, now), refusals: pace.refusals + 1, busyAt: now };
  if (slower.refusals < EVERYTHING) return slower;
  return { ...slower, successes: 0, pauseMs, suspended: { since: now, sense: what.sense, probeAt } };
}

function steppedBack(pace: Pace, limits: Limits, what: Refused, now: number): Pace {
  if (isSettling(pace, now)) return pace;
  const stepped = { ...pace, steppedAt: now, connections: halved(pace.connections) };
  if (what.sense === "blocked") return stepped;
  // One recipient's trouble is hardly the site's: it counts only when nothing else is taken.
  if (what.sense !== "slow down") return what.scope === "recipient" ? pace : stepped;
  const open = Math.floor(pace.connections.now);
  // Who refuses to open one more connection while others work means their number.
  if (what.scope === "site" && open > 1 && now - pace.takenAt < AT_WORK && pace.taken > 0)
    return { ...stepped, connections: learned(pace.connections, open, open - 1, now) };
  return { ...stepped, rate: slowerRate(pace, limits, now) };
}

const isSettling = (pace: Pace, now: number): boolean => now >= pace.steppedAt && now - pace.steppedAt < SETTLING;

/**
 * Half of what was taken in the last minute. Who took hardly anything before has not told a rate; unless that is how it
 * goes each time we come back.
 */
function slowerRate(pace: Pace, limits: Limits, now: number): Level | null {
  const lately = takenLately(pace, now);
  if (pace.rate) return learned(pace.rate, lately, Math.max(lately * 0.95, pace.rate.now / 2), now);
  const isAgain = pace.pauseMs > FIRST_PAUSE && pace.successes > 0;
  if (lately < TELLING && !isAgain) return null;
  const most = Math.min(limits.perMinute, Math.max(2, lately));
  return learned(levelAt(most), most, most * 0.95, now);
}

/** The suspension ends: from one connection up to the last good level. */
function awake(pace: Pace, now: number): Pace {
  if (!pace.suspended) return pace;
  const { rate } = pace;
  return {
    ...pace,
    suspended: null,
    connections: { ...pace.connections, now: 1 },
    rate: rate && { ...rate, now: Math.max(1, Math.min(rate.now, (rate.top ?? rate.now) / 4)) },
    busyAt: now,
  };
}

const takenLately = (pace: Pace, now: number): number =>
  pace.taken * Math.exp(-Math.max(0, now - pace.takenAt) / MINUTE);

const perMinute = (pace: Pace, limits: Limits): number =>
  Math.max(1 / 60, Math.min(limits.perMinute, pace.rate ? pace.rate.now : Number.POSITIVE_INFINITY));

const bucket = (pace: Pace, limits: Limits, now: number): Bucket =>
  filled({ tokens: pace.tokens, at: pace.tokensAt }, perMinute(pace, limits), now);

const nextToken = (pace: Pace, limits: Limits, now: number): number =>
  opensAt(bucket(pace, limits, now), perMinute(pace, limits));
