/**
 * A level: how much of one thing (connections, mails a minute, recipients a mail) a provider gets from us.
 *
 * Below its top a level grows with every success, so that it doubles in a round, as TCP does in slow start. A refusal
 * halves it, and what was refused becomes the top. There it stays for a while; then the top is raised, gently first
 * and ever more boldly while nobody objects. Each raise that is refused doubles the while. Why: docs/pacing.md.
 */
import { MINUTE, SECOND } from "../kit/clock.ts";

export type Level = {
  now: number;
  /** What it may grow to before `raiseAt`; null while only the provider's limit is known. */
  top: number | null;
  raiseAt: number;
  /** How long the top will hold when it is learned again. */
  holdMs: number;
  /** Raises in a row that nobody refused. */
  raises: number;
};

const FIRST_HOLD = MINUTE;
const LONGEST_HOLD = 32 * MINUTE;
/** Many count by the minute: two raises within one are all that is found out too late. */
const BETWEEN_RAISES = 30 * SECOND;
const RAISES = [1.1, 1.25, 1.5, 2];

export const levelAt = (now: number): Level => ({ now, top: null, raiseAt: 0, holdMs: FIRST_HOLD, raises: 0 });

/** After a success: more by `step`, up to the top; beyond it when its time has come. */
export function grown(level: Level, limit: number, step: number, now: number): Level {
  if (level.top === null) return { ...level, now: Math.min(limit, level.now + step) };
  const top = Math.min(level.top, limit);
  if (level.now < top) return { ...level, now: Math.min(top, level.now + step) };
  if (now < level.raiseAt || top >= limit) return level;
  const factor = RAISES[Math.min(level.raises, RAISES.length - 1)]!;
  const raises = level.raises + 1;
  return {
    ...level,
    top: Math.min(limit, Math.max(top + 1, top * factor)),
    raiseAt: now + BETWEEN_RAISES,
    raises,
    holdMs: raises >= RAISES.length ? FIRST_HOLD : level.holdMs,
  };
}

/** Back at once, and up again to where it was: trouble that says nothing about how much is too much. */
export const halved = (level: Level): Level => ({ ...level, now: Math.max(1, level.now / 2) });

/** Back at once, to half of what was `taken`; more than `top` is known to be too much for now. */
export function learned(level: Level, taken: number, top: number, now: number): Level {
  return {
    now: Math.max(1, Math.min(level.now, taken) / 2),
    top: Math.max(1, top),
    raiseAt: now + level.holdMs,
    holdMs: Math.min(LONGEST_HOLD, level.holdMs * (level.raises > 0 ? 2 : 1)),
    raises: 0,
  };
}
