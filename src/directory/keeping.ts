/** How long a group keeps its posts, as text and as time. */
import { DAY } from "../kit/clock.ts";
import { t, tn } from "../language/language.ts";

const YEAR = 365.25 * DAY;
/** A post may be under way to slow providers for some days, and in digests of a day. */
const LEAST = 7 * DAY;

/** In milliseconds; Infinity for forever, undefined for what is no such time or too short. */
export function keptMs(keep: string): number | undefined {
  if (keep === "forever") return Number.POSITIVE_INFINITY;
  const [, count, unit] = /^([1-9]\d{0,4})([dy])$/.exec(keep) ?? [];
  if (count === undefined || (unit === "y" && Number(count) > 99)) return undefined;
  const ms = Number(count) * (unit === "y" ? YEAR : DAY);
  return ms < LEAST ? undefined : ms;
}

export function keepWords(keep: string): string {
  const [, count, unit] = /^([1-9]\d{0,4})([dy])$/.exec(keep) ?? [];
  if (count === undefined) return t`for ever`;
  return unit === "y" ? tn(Number(count), "{0} year", "{0} years") : tn(Number(count), "{0} day", "{0} days");
}
