/**
 * Plain text as it is shown in a page: links live, quotes folded, signatures and patches told apart.
 *
 * Lines are walked once. Quotes open and close as their depth changes; a run of more than three lines folds away.
 */
import { LinkifyIt } from "linkify-it";

const links = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

const MAX_LENGTH = 1024 * 1024;
const MAX_DEPTH = 8;
const MAX_LINKED_LINE = 5000;
const UNFOLDED_LINES = 3;
const SNIPPET_LENGTH = 200;

/** Safe HTML for a text: everything that is not ours is escaped. */
export function textToHtml(text: string): string {
  const lines = text.slice(0, MAX_LENGTH).split(/\r?\n/);
  while (lines.at(-1)?.trim() === "") lines.pop();
  const depths = lines.map(quoteDepth);
  const out: string[] = [];
  const closers: string[] = [];
  let signature = false;
  for (let i = 0; i < lines.length; i += 1) {
    const depth = depths[i]!;
    const startsSignature = depth === 0 && /^-- ?$/.test(lines[i]!);
    if (signature && (depth > 0 || startsSignature)) {
      out.push("</div>\n");
      signature = false;
    }
    while (closers.length > depth) out.push(closers.pop()!);
    while (closers.length < depth) {
      const { open, close } = quote(runLength(depths, i, closers.length + 1));
      out.push(open);
      closers.push(close);
    }
    const patchEnd = depth === 0 && !signature ? patchUntil(lines, i) : i;
    if (patchEnd > i) {
      out.push(patch(lines.slice(i, patchEnd)));
      i = patchEnd - 1;
      continue;
    }
    if (startsSignature) out.push('<div class="signature">');
    if (startsSignature) signature = true;
    out.push(withLinks(unquoted(lines[i]!, depth)), depths[i + 1] === undefined ? "\n" : "<br>\n");
  }
  out.push(...closers.toReversed(), signature ? "</div>\n" : "");
  if (text.length > MAX_LENGTH) out.push("<p>This text is longer than 1 MB; the rest is left out.</p>\n");
  return out.join("");
}

/** At most 200 characters of what the author wrote: no quotes, no signature, no line that introduces a quote. */
export function snippet(text: string): string {
  const own: string[] = [];
  let length = 0;
  for (const line of text.slice(0, 50_000).split(/\r?\n/)) {
    if (/^(?:-- ?|_{20,200})$/.test(line) || length > SNIPPET_LENGTH * 2) break;
    if (quoteDepth(line) > 0) {
      dropIntroduction(own);
      continue;
    }
    own.push(line.trim());
    length += line.length;
  }
  const told = own.join(" ").replace(/\s+/g, " ").trim();
  const characters = [...told.slice(0, SNIPPET_LENGTH * 2 + 2)];
  return characters.length <= SNIPPET_LENGTH
    ? told
    : `${characters
        .slice(0, SNIPPET_LENGTH - 1)
        .join("")
        .trimEnd()}…`;
}

/** Text as it may stand in HTML, in an attribute too. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** "On Monday, Ana wrote:" before the quote, over at most two lines. */
function dropIntroduction(lines: string[]): void {
  while (lines.at(-1) === "") lines.pop();
  const last = lines.at(-1) ?? "";
  if (!/[:：]$/.test(last) || last.length > 200) return;
  const isIntroduction = /wrote|writes|said|schrieb|écrit|escribi|scritto|skrev|schreef|napisa|пишет|@/i.test(last);
  if (!isIntroduction) return;
  lines.pop();
  if (
    /^(?:On|Am|Le|El|Il|Op|Den|W dniu)\s/.test(lines.at(-1) ?? "") &&
    !/^(?:On|Am|Le|El|Il|Op|Den|W dniu)\s/.test(last)
  )
    lines.pop();
}

/** How deep a line is quoted: ">", "> >" and ">>"; ">From" is a line an mbox quoted. */
function quoteDepth(line: string): number {
  let depth = 0;
  for (let at = 0; depth < MAX_DEPTH; at += 1) {
    if (line[at] === ">") depth += 1;
    else if (line[at] !== " " || line[at + 1] !== ">" || depth === 0) break;
  }
  return depth === 1 && line.startsWith(">From ") ? 0 : depth;
}

function unquoted(line: string, depth: number): string {
  let at = 0;
  for (let seen = 0; seen < depth; at += 1) if (line[at] === ">") seen += 1;
  return line[at] === " " && depth > 0 ? line.slice(at + 1) : line.slice(at);
}

function runLength(depths: readonly number[], start: number, depth: number): number {
  let end = start;
  while (end < depths.length && depths[end]! >= depth) end += 1;
  return end - start;
}

const quote = (lines: number): { open: string; close: string } =>
  lines > UNFOLDED_LINES
    ? {
        open: `<details class="quote"><summary>${lines} quoted lines</summary><blockquote>\n`,
        close: "</blockquote></details>\n",
      }
    : { open: "<blockquote>\n", close: "</blockquote>\n" };

const PATCH_LINE =
  /^(?:[-+ @\\]|diff |index |Index: |={10}|new file|deleted file|old mode|new mode|similarity |rename |copy |Binary |GIT binary|$)/;

/** Behind the last line of the patch that begins at `start`; `start` itself when none does. */
function patchUntil(lines: readonly string[], start: number): number {
  const line = lines[start]!;
  const begins =
    /^(?:diff --git |diff -|Index: )/.test(line) || (/^--- \S/.test(line) && /^\+\+\+ \S/.test(lines[start + 1] ?? ""));
  if (!begins) return start;
  let hasHunk = false;
  let end = start;
  for (; end < lines.length && PATCH_LINE.test(lines[end]!) && lines[end] !== "-- "; end += 1)
    if (lines[end]!.startsWith("@@") || lines[end]!.startsWith("+++ ")) hasHunk = true;
  while (end > start && lines[end - 1] === "") end -= 1;
  return hasHunk ? end : start;
}

function patch(lines: readonly string[]): string {
  const shown = lines.map((line) => {
    const kind =
      /^(?:---|\+\+\+) /.test(line) || /^[di]/i.test(line)
        ? "file"
        : line.startsWith("@@")
          ? "hunk"
          : KINDS[line[0] ?? ""];
    return kind ? `<span class="${kind}">${escapeHtml(line)}</span>` : escapeHtml(line);
  });
  return `<pre class="patch">${shown.join("\n")}</pre>\n`;
}

const KINDS: Record<string, string> = { "+": "added", "-": "removed" };

function withLinks(line: string): string {
  const found = line.length <= MAX_LINKED_LINE && line.includes(":") ? (links.match(line) ?? []) : [];
  let out = "";
  let at = 0;
  for (const { index, lastIndex, url, text } of found) {
    if (!/^(?:https?:|mailto:)/i.test(url)) continue;
    out += spaced(line.slice(at, index));
    out += `<a href="${escapeHtml(url)}" target="_blank" rel="noopener noreferrer nofollow">${escapeHtml(text)}</a>`;
    at = lastIndex;
  }
  return out + spaced(line.slice(at));
}

/** Columns stay columns without a style sheet. */
const spaced = (text: string): string =>
  escapeHtml(text).replaceAll("\t", "    ").replaceAll("  ", "&nbsp; ").replace(/^ /, "&nbsp;");
