/** Time zones, as people live in them: what day it is there, and when an hour of a day begins there. */
import { DAY, HOUR } from "./clock.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    ...({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const),
  });
  if (formats.size > 500) formats.clear();
  formats.set(zone, made);
  return made;
}

/** A name of the IANA's list, as this system knows it. */
export function isZone(zone: string): boolean {
  try {
    return zone !== "" && zone.length < 60 && format(zone) !== undefined;
  } catch {
    return false;
  }
}

/** The day there at this time: `2026-03-01`. */
export const dayIn = (zone: string, time: Date): string => wallClock(zone, time).slice(0, 10);

/** When `hour` o'clock of a day (`2026-03-01`) is there; where clocks skip that hour, the moment they do. */
export function hourOfDay(zone: string, day: string, hour: number): Date {
  const wanted = Date.parse(`${day}T00:00Z`) + hour * HOUR;
  // An offset is looked up at a time that is known only with the offset: twice is enough wherever clocks change.
  const first = wanted - offsetAt(zone, wanted);
  return new Date(wanted - offsetAt(zone, first));
}

/** When the clocks there show this day (`2026-03-01`) and time (`10:31`); undefined where it is no day or time. */
export function timeOfClock(zone: string, day: string, time: string): Date | undefined {
  const parsed = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00Z`) : Number.NaN;
  const clock = /^([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?$/.exec(time);
  // 31 February would be taken for 3 March.
  if (!clock || Number.isNaN(parsed) || !new Date(parsed).toISOString().startsWith(day)) return undefined;
  return hourOfDay(zone, day, Number(clock[1]) + Number(clock[2]) / 60);
}

/** `2026-03-01` and `10:31`: what the clocks there show. */
export const clockIn = (zone: string, time: Date): { day: string; time: string } => {
  const shown = wallClock(zone, time);
  return { day: shown.slice(0, 10), time: shown.slice(11) };
};

/** The next time after `now` that the clocks there say `hour`. */
export function nextHour(zone: string, hour: number, now: Date): Date {
  for (const ahead of [0, 1]) {
    const time = hourOfDay(zone, dayIn(zone, new Date(now.getTime() + ahead * DAY)), hour);
    if (time.getTime() > now.getTime()) return time;
  }
  return new Date(now.getTime() + DAY);
}

/** `2026-03-01T10:31` */
function wallClock(zone: string, time: Date): string {
  const parts = new Map(
    format(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type, value]),
  );
  const get = (type: string): string => parts.get(type as Intl.DateTimeFormatPartTypes) ?? "00";
  return `${get("year")}-${get("month")}-${get("day")}T${get("hour")}:${get("minute")}`;
}

const offsetAt = (zone: string, ms: number): number =>
  Date.parse(`${wallClock(zone, new Date(ms))}Z`) - Math.floor(ms / 60_000) * 60_000;
