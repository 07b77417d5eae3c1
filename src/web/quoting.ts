/** What is quoted of a post in an answer: its author's own words, with what they quoted themselves trimmed. */
import { inLanguage, t } from "../language/language.ts";
import type { Seen } from "./rights.ts";
import { authorOf } from "./views/post.ts";
import { reflow } from "./views/reflow.ts";
import { clockMinutes, dayInWords, type Reader } from "./views/time.ts";
import type { Parent } from "./writing.ts";

const MOST_LINES = 2000;
/** Of an older quote so many lines stay; a longer one is trimmed. */
const KEPT_LINES = 3;

/** "On …, Ana wrote:", in the language of the group. */
export const attribution = ({ post }: Parent, seen: Seen, reader: Reader): string =>
  inLanguage(
    seen.group.language,
    () =>
      t`On ${t`${dayInWords(post.sentAt, reader.zone)} at ${clockMinutes(post.sentAt, reader)}`}, ${authorOf(post, seen)} wrote:`,
  );

/** The whole parent, marked as quotes are, one paragraph a line. */
export function quoteAll(parent: Parent, seen: Seen, reader: Reader): string {
  const lines = parent.text.trimEnd().split("\n");
  const signature = lines.findIndex((line) => /^-- ?$/.test(line.trimEnd()) && !line.startsWith(">"));
  const own = reflow((signature < 0 ? lines : lines.slice(0, signature)).slice(0, MOST_LINES).join("\n"));
  return `${attribution(parent, seen, reader)}\n${trimmed(own.split("\n")).map(marked).join("\n")}\n\n`;
}

/** Runs of quoted lines that are longer than a few become one that says so. */
function trimmed(lines: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (end < lines.length && lines[end]!.startsWith(">")) end += 1;
    if (end - at > KEPT_LINES) out.push("> […]");
    else out.push(...lines.slice(at, Math.max(end, at + 1)));
    at = Math.max(end, at + 1);
  }
  return out;
}

function marked(line: string): string {
  const marks = /^(?:> ?){0,20}/.exec(line)![0];
  return `>${marks.replaceAll(" ", "")} ${line.slice(marks.length)}`.trimEnd();
}
