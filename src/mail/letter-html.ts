/**
 * A letter's HTML, made from its text: the text is what we write, and the HTML says the same in the reader's own type.
 *
 * Blank lines part paragraphs, and lines of one are joined. Labels with their values in one column, and what is
 * indented, keep their lines. "> " is somebody else's words, in which nothing becomes a link. An address of the web
 * on a line of its own is the thing to do: a button where `labels` has a name for it (the first of them the main one),
 * else a link. Lines that begin with "- " or "1. " are a list, and "# " begins a heading. A name that came from elsewhere stands
 * between isolates (mail/isolate.ts): it keeps its own direction, and nothing in it becomes a link.
 *
 * Inline styles set no colour but the button's, so it reads in the dark too, and where a style sheet is dropped.
 */
import { FIRST_STRONG, POP, withoutMarks } from "./isolate.ts";

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const BUTTON =
  "display:inline-block;padding:10px 18px;border-radius:6px;background:#b3261a;color:#ffffff;font-weight:600;text-decoration:none";
const SECOND =
  "display:inline-block;padding:9px 17px;border-radius:6px;border:1px solid currentcolor;font-weight:600;text-decoration:none";

const SHEET =
  ":root{color-scheme:light dark}body{background:#fbfaf7;color:#1d1c1a}a{color:inherit}@media (prefers-color-scheme:dark){body{background:#171615;color:#e9e6df}}";
const SOFT = "opacity:0.75;font-size:14px;line-height:20px";

/**
 * An HTML document for a letter's text. `labels` names what pressing on an address of the text does; `foot` is what
 * stands below the letter as its signature.
 */
export function letterHtml(
  text: string,
  labels: Readonly<Record<string, string>> = {},
  spoken = ENGLISH,
  foot: readonly string[] = [],
): string {
  const blocks = text
    .replace(/\r\n?/g, "\n")
    .replace(/^#{1,6} .*$/gm, "\n$&\n")
    .split(/\n[ \t]*\n/)
    .map((block) => block.replace(/^\n+/, "").trimEnd())
    .filter((block) => block !== "");
  const side = spoken.direction === "rtl" ? "right" : "left";
  const body = blocks.map((block) => blockHtml(block, labels, side)).join("\n");
  const signed =
    foot.length === 0
      ? ""
      : `\n<p style="margin:24px 0 0;${SOFT}">${foot.map((line) => inline(line)).join("<br>\n")}</p>`;
  return `<!doctype html>
<html lang="${spoken.language}" dir="${spoken.direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<style>${SHEET}</style></head>
<body style="margin:0;padding:0"><div dir="${spoken.direction}" style="max-width:34em;margin:0 auto;padding:20px 16px;${FONT};font-size:16px;line-height:24px;overflow-wrap:anywhere">
${body}${signed}
</div></body></html>
`;
}

/** What a letter is written in. */
const ENGLISH = { language: "en", direction: "ltr" };

const WEB = /^https?:\/\/\S+$/;
const ITEM = /^(?:[-*•]|\d{1,3}[.)]) /;

function blockHtml(block: string, labels: Readonly<Record<string, string>>, side: string): string {
  const lines = block.split("\n");
  if (lines.every((line) => line.startsWith("> ")))
    return `<blockquote style="margin:0 0 16px;padding:2px 14px;border-${side}:3px solid #b9b4a9">${escaped(lines.map((line) => line.slice(2).trim()).join(" "))}</blockquote>`;
  if (arePairs(lines)) return pairs(lines, labels);
  // Indented: a subject, or how a post begins. They are not ours, so nothing in them becomes a link.
  if (lines.every((line) => line.startsWith("  ")))
    return `<p style="margin:0 16px 16px">${lines.map((line) => escaped(line.trim())).join("<br>\n")}</p>`;
  if (ITEM.test(lines[0]!)) return list(lines, labels);
  const heading = /^#{1,6} (.*)$/.exec(lines[0]!);
  if (heading) return `<p style="margin:24px 0 8px;font-weight:600">${inline(heading[1]!, labels)}</p>`;
  return paragraph(lines, labels);
}

/** Items with their further lines; numbers stay those that were written. */
function list(lines: string[], labels: Readonly<Record<string, string>>): string {
  const items: string[][] = [];
  for (const line of lines) {
    if (ITEM.test(line)) items.push([line]);
    else items.at(-1)!.push(line);
  }
  const tag = /^\d/.test(lines[0]!) ? "ol" : "ul";
  const written = items.map((item) => {
    const number = /^(\d{1,3})[.)] /.exec(item[0]!)?.[1];
    const words = [item[0]!.replace(ITEM, ""), ...item.slice(1)];
    return `<li${number && tag === "ol" ? ` value="${number}"` : ""} style="margin:0 0 4px">${joined(words, labels)}</li>`;
  });
  return `<${tag} style="margin:0 0 16px;padding:0 24px">${written.join("\n")}</${tag}>`;
}

/** The lines of a paragraph run on; an address of the web on a line of its own stands by itself. */
function paragraph(lines: string[], labels: Readonly<Record<string, string>>): string {
  const parts: string[] = [];
  let words: string[] = [];
  const end = (): void => {
    if (words.length > 0) parts.push(`<p style="margin:0 0 16px">${joined(words, labels)}</p>`);
    words = [];
  };
  for (const line of lines) {
    const address = line.trim();
    if (!WEB.test(address)) {
      words.push(line);
      continue;
    }
    end();
    const label = labels[address];
    const isFirst = Object.keys(labels)[0] === address;
    const style = label === undefined ? "overflow-wrap:anywhere" : isFirst ? BUTTON : SECOND;
    // Below the main button its address in plain sight, for who would rather copy it.
    const plain = isFirst
      ? `<br><a href="${escaped(address)}" style="display:inline-block;margin:8px 0 0;font-size:13px;line-height:18px;opacity:0.75;word-break:break-all">${escaped(address)}</a>`
      : "";
    parts.push(
      `<p style="margin:0 0 16px"><a href="${escaped(address)}" style="${style}">${escaped(label ?? address)}</a>${plain}</p>`,
    );
  }
  end();
  return parts.join("\n");
}

/** Labels with their values in one column. */
function arePairs(lines: string[]): boolean {
  const columns = lines.map((line) => /^( {0,2}[^\s:][^:]{0,30}: {1,30})\S/.exec(line)?.[1]?.length);
  return lines.length > 1 && columns[0] !== undefined && columns.every((column) => column === columns[0]);
}

/** A line each, and no table: on a phone its columns would cut the words. */
function pairs(lines: string[], labels: Readonly<Record<string, string>>): string {
  const rows = lines.map((line) => {
    const [, label, value] = /^\s*([^:]+:)\s+(.*)$/.exec(line)!;
    return `<span style="opacity:0.75">${escaped(label!)}</span> ${inline(value!, labels)}`;
  });
  return `<p style="margin:0 0 16px">${rows.join("<br>\n")}</p>`;
}

const joined = (lines: string[], labels: Readonly<Record<string, string>> = {}): string =>
  inline(lines.map((line) => line.trim()).join(" "), labels);

/** What came from elsewhere is set apart; in our own words, addresses become links. */
const inline = (text: string, labels: Readonly<Record<string, string>> = {}): string =>
  text
    .split(FOREIGN)
    .map((piece, i) => (i % 2 === 1 ? `<bdi>${escaped(piece)}</bdi>` : withLinks(piece, labels)))
    .join("");

const FOREIGN = new RegExp(`${FIRST_STRONG}([^${POP}]*)${POP}`);

/** Addresses of the web and of mail become links; a full stop behind them is the sentence's. */
function withLinks(text: string, labels: Readonly<Record<string, string>>): string {
  const pattern = /https?:\/\/[^\s<>"]{1,2000}[^\s<>"'.,;:!?)]|[\w.+=-]{1,200}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}/g;
  let html = "";
  let at = 0;
  for (const found of text.matchAll(pattern)) {
    const word = found[0];
    html += escaped(text.slice(at, found.index));
    html += `<a href="${escaped(word.startsWith("http") ? word : `mailto:${word}`)}">${escaped(labels[word] ?? word)}</a>`;
    at = found.index + word.length;
  }
  return html + escaped(text.slice(at));
}

/** A line that somebody wrote, with its addresses as links. */
export const linked = (text: string): string => inline(text);

const escaped = (text: string): string =>
  withoutMarks(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
