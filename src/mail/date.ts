/**
 * The Date of a mail (RFC 5322 3.3, with the obsolete forms of 4.3), and the forms mailers write instead:
 * asctime, ISO 8601, months before days, seconds left out, zones by name or nonsense.
 *
 * The value is cut into words and each word is asked what it could be; order matters only between day and year.
 */
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

// RFC 5322 4.3, and the European and Asian names people have met since
const ZONES: Record<string, number> = {
  ut: 0,
  utc: 0,
  gmt: 0,
  z: 0,
  wet: 0,
  bst: 1,
  cet: 1,
  met: 1,
  mez: 1,
  west: 1,
  cest: 2,
  mest: 2,
  mesz: 2,
  eet: 2,
  eest: 3,
  msk: 3,
  msd: 4,
  jst: 9,
  kst: 9,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  akst: -9,
  akdt: -8,
  hst: -10,
  aest: 10,
  aedt: 11,
  nzst: 12,
  nzdt: 13,
  sgt: 8,
  hkt: 8,
  brt: -3,
  sast: 2,
};

const MAX_LENGTH = 200;

/** The time a Date value names; undefined when it names none. A zone nobody can read counts as UTC (RFC 5322 4.3). */
export function parseDate(value: string): Date | undefined {
  const text = withoutComments(value.slice(0, MAX_LENGTH));
  const iso = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(.*))?$/.exec(text);
  const seen = iso
    ? { ...readWords(iso[4] ?? ""), year: Number(iso[1]), month: Number(iso[2]) - 1, day: Number(iso[3]) }
    : readWords(text);
  const { year, month, day, time } = seen;
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (!iso && time === undefined) return undefined;
  const [hour, minute, second] = time ?? [0, 0, 0];
  if (month > 11 || day < 1 || day > new Date(Date.UTC(2000 + (year % 400), month + 1, 0)).getUTCDate())
    return undefined;
  if (hour > 24 || minute > 59 || second > 60 || year < 1900 || year > 9999) return undefined;
  return new Date(Date.UTC(year, month, day, hour, minute, Math.min(second, 59)) - (seen.zone ?? 0) * 60_000);
}

type Seen = { year?: number; month?: number; day?: number; time?: [number, number, number]; zone?: number };

function readWords(text: string): Seen {
  const seen: Seen = {};
  // "3-Jan-2001", "03/Jan/2001", "10:20:30+0100", "10:20:30Z": cut where a person would
  const words = text
    .replace(/(\d)[-/.]([A-Za-z]{3,9})[-/.](\d)/, "$1 $2 $3")
    .replace(/(:\d\d(?:\.\d+)?)([-+A-Za-z])/, "$1 $2")
    .split(/[\s,]+/);
  for (const word of words) {
    const month = MONTHS.indexOf(word.slice(0, 3).toLowerCase());
    const time = /^(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:\.\d+)?)?$/.exec(word);
    if (time && seen.time === undefined) seen.time = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)];
    else if (/^\d+$/.test(word)) readNumber(word, seen);
    else if (month >= 0 && seen.month === undefined && /^[a-z]+\.?$/i.test(word)) seen.month = month;
    else if (/^[ap]m$/i.test(word) && seen.time) seen.time[0] = (seen.time[0] % 12) + (/^p/i.test(word) ? 12 : 0);
    else if (seen.time && seen.zone === undefined) {
      const zone = zoneMinutes(word);
      if (zone !== undefined) seen.zone = zone;
    }
  }
  return seen;
}

function readNumber(word: string, seen: Seen): void {
  if (seen.day === undefined && word.length <= 2) seen.day = Number(word);
  else if (seen.year === undefined) {
    const number = Number(word);
    // RFC 5322 4.3: two digits below 50 are this century's, three digits count from 1900
    seen.year = word.length === 2 ? number + (number < 50 ? 2000 : 1900) : word.length === 3 ? number + 1900 : number;
  }
}

function zoneMinutes(word: string): number | undefined {
  const written = /^(?:gmt|utc?)?([-+])(\d{1,2}):?(\d{2})?$/i.exec(word);
  if (!written) return ZONES[word.toLowerCase()] === undefined ? undefined : ZONES[word.toLowerCase()]! * 60;
  const hours = Number(written[2]);
  const minutes = Number(written[3] ?? 0);
  if (hours > 15 || minutes > 59) return 0;
  return (written[1] === "-" ? -1 : 1) * (hours * 60 + minutes);
}

function withoutComments(text: string): string {
  if (!text.includes("(")) return text;
  let depth = 0;
  let out = "";
  for (const character of text) {
    if (character === "(") depth += 1;
    else if (character === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0) out += character;
  }
  return out;
}
