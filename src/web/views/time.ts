/** Times in words, in the reader's zone, with the exact time beside them for who hovers or listens. */
import { html } from "hono/html";
import { DAY, HOUR, MINUTE, SECOND } from "../../kit/clock.ts";
import { localeNow, t } from "../../language/language.ts";
import type { Html } from "./layout.ts";

export type Reader = { now: Date; zone: string };

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = localeNow();
  const key = `${locale} ${zone} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  if (formats.size > 500) formats.clear();
  formats.set(key, made);
  return made;
}

const DATE = { day: "numeric", month: "long", year: "numeric" } as const;
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** `10:02:11` */
export const clockTime = (date: Date, { zone }: Pick<Reader, "zone">): string =>
  format(zone, { ...CLOCK, second: "2-digit" }).format(date);

/** `10:02` */
export const clockMinutes = (date: Date, { zone }: Pick<Reader, "zone">): string => format(zone, CLOCK).format(date);

/** `Monday, 3 March 2026 at 10:02:11 UTC` */
export const exact = (date: Date, { zone }: Pick<Reader, "zone">): string =>
  t`${format(zone, { weekday: "long", ...DATE }).format(date)} at ${format(zone, { ...CLOCK, second: "2-digit", timeZoneName: "short" }).format(date)}`;

/** `just now`, `12 minutes ago`, `3 hours ago`, `yesterday`, `Tuesday`, `3 March`, `March 2019`: short, for lists. */
export function ago(date: Date, { now, zone }: Reader): string {
  const age = now.getTime() - date.getTime();
  if (age < -MINUTE) return format(zone, DATE).format(date);
  if (age < MINUTE) return t`just now`;
  if (age < HOUR) return back(Math.floor(age / MINUTE), "minute");
  if (age < 12 * HOUR) return back(Math.floor(age / HOUR), "hour");
  const day = format(zone, { dateStyle: "short" });
  if (day.format(date) === day.format(now)) return format(zone, CLOCK).format(date);
  if (day.format(date) === day.format(new Date(now.getTime() - DAY))) return back(1, "day");
  if (age < 6 * DAY) return format(zone, { weekday: "long" }).format(date);
  const year = format(zone, { year: "numeric" });
  if (year.format(date) === year.format(now)) return format(zone, { day: "numeric", month: "long" }).format(date);
  return format(zone, { day: "numeric", month: "short", year: "numeric" }).format(date);
}

const back = (number: number, unit: "minute" | "hour" | "day"): string =>
  new Intl.RelativeTimeFormat(localeNow(), { numeric: "auto" }).format(-number, unit);

/** `3 March 2026, 10:02`: on a post, where the day counts. */
export function dayAndTime(date: Date, { now, zone }: Reader): string {
  const age = now.getTime() - date.getTime();
  if (age >= 0 && age < 12 * HOUR) return ago(date, { now, zone });
  return `${format(zone, DATE).format(date)}, ${format(zone, CLOCK).format(date)}`;
}

/** `March 2026`, of a month written as `2026-03`. */
export const monthName = (month: string): string =>
  format("UTC", { month: "long", year: "numeric" }).format(new Date(`${month}-01T00:00:00Z`));

/** A day as people say it: `3 March 2026`. */
export const dayInWords = (date: Date, zone: string): string => format(zone, DATE).format(date);

/** When something is due, from now: `in 5 minutes`, `at 10:31`, `on 4 March at 10:31`. */
export function due(date: Date, { now, zone }: Reader): string {
  const ahead = date.getTime() - now.getTime();
  if (ahead < 5 * SECOND) return t`now`;
  if (ahead < 12 * HOUR) return t`at ${format(zone, CLOCK).format(date)}`;
  return t`on ${format(zone, { day: "numeric", month: "long" }).format(date)} at ${format(zone, CLOCK).format(date)}`;
}

/** `next try at 10:31`; what has been due for a while waits for the provider to let it in, and nobody can say when. */
export const nextTry = (date: Date, reader: Reader): string =>
  date.getTime() < reader.now.getTime() - MINUTE ? t`tried again in its turn` : t`next try ${due(date, reader)}`;

export const timeInWords = (date: Date, reader: Reader): Html => timeElement(date, reader, ago(date, reader));
export const timeOfPost = (date: Date, reader: Reader): Html => timeElement(date, reader, dayAndTime(date, reader));
export const timeOfDay = (date: Date, reader: Reader): Html => timeElement(date, reader, clockTime(date, reader));

const timeElement = (date: Date, reader: Reader, words: string): Html =>
  html`<time datetime="${date.toISOString()}" title="${exact(date, reader)}">${words}</time>`;
