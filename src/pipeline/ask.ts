/**
 * What a command mail asks for: a word in the plus-address, in the subject, or on the first line of the text, in any of
 * our languages. Pure.
 *
 * To the help address people write sentences too ("Leave request for Monday"), so there a word counts only where it
 * stands alone, or with a day where a day belongs.
 */
import { type Command, catalogues, commandOf } from "../language/language.ts";

export type Asked = { verb: Command; day: string | undefined; unknown?: string };

const POLITE = /\b(?:please|bitte|merci|svp|s'il vous pla[iî]t)\b/giu;
const LONGEST = 200;

export function askedOf(verb: Command, subject: string, text: string, today: string): Asked {
  const lines = [subject.replace(/^\s*(?:(?:re|aw|sv|fwd?)\s*:\s*)+/i, ""), firstLine(text)].map((line) =>
    line.slice(0, LONGEST).replace(POLITE, " ").trim(),
  );
  const day = lines.map((line) => dayIn(line, today)).find((one) => one !== undefined);
  if (verb !== "help") return { verb, day };
  for (const line of lines) {
    const found = aloneIn(line, today);
    if (found) return { verb: found, day: dayIn(line, today) ?? day };
  }
  const unknown = lines.find((line) => line !== "");
  return { verb, day: undefined, ...(unknown !== undefined && { unknown }) };
}

/** A word for itself (`my groups`, `digest.`), or `pause` with its day. */
function aloneIn(line: string, today: string): Command | undefined {
  const words = line.replace(/[\s.!?…:;,]+$/, "");
  const whole = commandOf(words) ?? commandOf(words.replace(/\s+/g, "-")) ?? commandOf(words.replace(/\s+/g, ""));
  if (whole) return whole;
  const first = commandOf(words.split(/\s/)[0] ?? "");
  return first === "pause" && dayIn(words, today) !== undefined ? first : undefined;
}

/** The first line that its author wrote: not empty, and no quotation. */
function firstLine(text: string): string {
  const head = text.slice(0, 4000).split(/\r?\n/);
  return head.find((line) => line.trim() !== "" && !/^\s*>/.test(line))?.trim() ?? "";
}

/** A day as people write it, as 2026-12-24: numbers, or with the month's name; without a year it is the next such day. */
export function dayIn(line: string, today: string): string | undefined {
  const iso = /\b(\d{4})-(\d{1,2})-(\d{1,2})\b/.exec(line);
  if (iso) return dayOf(iso[1], iso[2], iso[3], today);
  const numbers = /\b(\d{1,2})[./](\d{1,2})(?:[./](\d{4})?)?(?!\d)/.exec(line);
  if (numbers) return dayOf(numbers[3], numbers[2], numbers[1], today);
  for (const [, day, name, year] of line.matchAll(DAY_FIRST)) {
    const month = monthNamed(name!);
    if (month !== undefined) return dayOf(year, String(month), day, today);
  }
  for (const [, name, day, year] of line.matchAll(MONTH_FIRST)) {
    const month = monthNamed(name!);
    if (month !== undefined) return dayOf(year, String(month), day, today);
  }
  return undefined;
}

const DAY_FIRST = /\b(\d{1,2})(?:\.|st|nd|rd|th|er)?\s{1,5}(\p{L}{3,12})\.?(?:\s{1,5}(\d{4}))?/gu;
const MONTH_FIRST = /(?<!\p{L})(\p{L}{3,12})\s{1,5}(\d{1,2})(?:st|nd|rd|th)?\b,?(?:\s{1,5}(\d{4}))?/gu;

function dayOf(year: string | undefined, month = "", day = "", today = ""): string | undefined {
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31) return undefined;
  const written = (in_: number): string => `${in_}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (year !== undefined) return written(Number(year));
  const next = written(Number(today.slice(0, 4)));
  return next > today ? next : written(Number(today.slice(0, 4)) + 1);
}

let months: Map<string, number> | undefined;

/** In any of our languages, whole or its first letters. */
function monthNamed(name: string): number | undefined {
  months ??= new Map(
    [...catalogues().keys()].flatMap((language) =>
      (["long", "short"] as const).flatMap((month) => {
        const format = new Intl.DateTimeFormat(language, { month, timeZone: "UTC" });
        return Array.from({ length: 12 }, (_, i): [string, number] => [
          plain(format.format(new Date(Date.UTC(2026, i, 15)))),
          i + 1,
        ]);
      }),
    ),
  );
  return months.get(plain(name));
}

const plain = (word: string): string =>
  word
    .normalize("NFD")
    .replace(/[\p{M}.]/gu, "")
    .toLowerCase();
