/**
 * The base subject (RFC 5256 2.1): what is left of a subject when everything mailers and lists add is taken off.
 *
 * Prefixes and trailers are peeled one at a time from both ends, each step shortening the text, so that the work is
 * bounded by its length. RFC 5256 knows re, fw and fwd; the others are what mailers write in other languages.
 */
const REPLIES = [
  "re",
  "aw",
  "antw",
  "antwort",
  "sv",
  "vs",
  "ref",
  "res",
  "rif",
  "rép",
  "odp",
  "ynt",
  "vá",
  "atb",
  "blå",
  "r",
  "回复",
  "答复",
  "回覆",
  "返信",
];
const FORWARDS = ["fwd", "fw", "wg", "tr", "rv", "enc", "doorst", "vl", "videresendt", "i", "pd", "转发", "轉寄"];
const PREFIXES = new Map([
  ...REPLIES.map((word) => [word, "reply"] as const),
  ...FORWARDS.map((word) => [word, "forward"] as const),
]);

const MAX_LENGTH = 1000;
const MAX_PREFIX = 24;

export type SubjectLine = { base: string; isReply: boolean };

/** The base subject in lower case with single spaces, and whether anything said that it is an answer or a forward. */
export function readSubject(subject: string): SubjectLine {
  let text = subject.slice(0, MAX_LENGTH).replace(/\s+/g, " ").trim();
  let isReply = false;
  for (;;) {
    const shorter = withoutTrailer(text) ?? withoutPrefix(text);
    if (shorter !== undefined) {
      isReply = true;
      text = shorter;
      continue;
    }
    const unlabelled = withoutLabel(text) ?? withoutForwardMarks(text);
    if (unlabelled === undefined) return { base: text.toLowerCase(), isReply };
    text = unlabelled;
  }
}

/** Equal base subjects are the same conversation, as far as a subject can tell. */
export const baseSubject = (subject: string): string => readSubject(subject).base;

/** "(fwd)" at the end. */
const withoutTrailer = (text: string): string | undefined =>
  text.length > 5 && text.slice(-5).toLowerCase() === "(fwd)" ? text.slice(0, -5).trimEnd() : undefined;

/** "Re:", "Re[2]:", "RE(3) :", "AW：" at the beginning. */
function withoutPrefix(text: string): string | undefined {
  const colon = text.slice(0, MAX_PREFIX).search(/[:：]/);
  if (colon < 1) return undefined;
  const word = /^(.+?)\s?(?:[[(]\d{1,4}[\])]|\d{1,3}|\^\d{1,3})?\s?(?:\[[^\]]{0,12}\])?\s?$/u.exec(
    text.slice(0, colon),
  )?.[1];
  if (word === undefined || !PREFIXES.has(word.toLowerCase())) return undefined;
  return text.slice(colon + 1).trimStart();
}

/** "[list-tag]" at the beginning, unless nothing would be left. */
function withoutLabel(text: string): string | undefined {
  if (!text.startsWith("[")) return undefined;
  const close = text.indexOf("]");
  if (close < 0 || text.slice(1, close).includes("[")) return undefined;
  const rest = text.slice(close + 1).trimStart();
  return rest === "" ? undefined : rest;
}

/** "[fwd: …]" around the whole. */
const withoutForwardMarks = (text: string): string | undefined =>
  /^\[fwd:/i.test(text) && text.endsWith("]") ? text.slice(5, -1).trim() : undefined;
