/** What a plain reply says: its own words without what it quotes, and the decisions in them. Pure. */
import { replyOf } from "../language/language.ts";
import type { Decision } from "../moderation/moderation.ts";

const LONGEST = 20_000;

/**
 * The words above the quotation. Programs mark it with ">", by a line that introduces it, by a rule, or by a header of the
 * mail they answer; whatever comes below is ours, and must not reach anybody as the replier's own words.
 */
export function ownWords(text: string): string {
  const lines = text.slice(0, LONGEST).replace(/\r\n?/g, "\n").split("\n");
  const kept: string[] = [];
  for (const [i, line] of lines.entries()) {
    if (/^\s*>/.test(line) || /^(?:-- ?|_{5,200}|-{5,200}.{0,60}|\*?(?:From|Von|De|Reply-To)\s?:.{0,400})$/i.test(line))
      break;
    if (isIntroduction(line, lines[i + 1] ?? "")) break;
    kept.push(line);
  }
  return kept
    .join("\n")
    .replace(/\b(?:decide|answer)\+[\w-]{8,200}(?:@[\w.-]{1,200})?/gi, "…")
    .trim();
}

/** "On Monday, Ana wrote:", which may be broken over two lines. */
const isIntroduction = (line: string, next: string): boolean =>
  /^(?:on|am|le|el|il|op|den)\b.{0,300}:\s*$/i.test(line) ||
  (/^(?:on|am|le|el|il|op|den)\b.{10,300}$/i.test(line) &&
    /^.{0,100}(?:wrote|schrieb|écrit|<[^>\s]{3,200}>).{0,60}:\s*$/i.test(next));

export type Said = { decision: Decision; numbers: number[]; words: string };

/** The decisions in a reply to a letter about `count` posts: where it is one, a word is enough. */
export function saidIn(own: string, count: number): Said[] {
  const said: Said[] = [];
  for (const line of own.split("\n")) {
    const found = commandIn(line, count);
    const last = said.at(-1);
    if (found) said.push(found);
    else if (last) last.words += `\n${line}`;
    else if (line.trim() !== "") return []; // it begins with something else: nobody guesses
    if (count === 1 && said.length > 1) said.splice(0, 2, { ...said[0]!, words: `${said[0]!.words}\n${line}` });
  }
  return said.map((one) => ({ ...one, words: one.words.trim() }));
}

function commandIn(line: string, count: number): Said | undefined {
  const [, word = "", rest = ""] =
    /^\s*["“„«]?\s*(\p{L}{2,20})["”“»]?(?![\p{L}\p{N}])[\s,.:;!–-]*(.*)$/su.exec(line) ?? [];
  const decision = replyOf(word);
  if (decision === undefined || decision === "all") return undefined;
  if (count === 1) return { decision, numbers: [1], words: rest.replace(/^1[.:]?\s*$/, "") };
  const [, all, which = "", words = ""] =
    /^(?:(\p{L}{2,20})|(\d{1,3}(?:(?:\s*,\s*|\s+)\d{1,3}){0,200}))(?![\p{L}\p{N}])[.:\s]*(.*)$/su.exec(rest) ?? [];
  if (all !== undefined)
    return replyOf(all) === "all"
      ? { decision, numbers: Array.from({ length: count }, (_, i) => i + 1), words }
      : undefined;
  const numbers = [...new Set(which.split(/[\s,]+/).map(Number))].filter((one) => one >= 1 && one <= count);
  return numbers.length > 0 ? { decision, numbers, words } : undefined;
}
