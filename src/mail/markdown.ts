/**
 * What is typed on the web, as HTML: Markdown (CommonMark with tables and ~~strikes~~) without any HTML of its own.
 *
 * In two dresses: for the mail, with a few inline styles and no colour, so that it reads in the dark; and for our pages,
 * whose policy allows no inline styles. A line end is a line end, as mail writers expect. A picture from elsewhere would
 * tell its server who reads, so it becomes a link; only a file sent along can stand in the text (`![](cid:NAME)`).
 * Nothing nests deeper than MOST_NESTED, and what would grow beyond LARGEST is left to the plain text.
 */
import MarkdownIt, { type Token } from "markdown-it";
import { escapeHtml } from "./text.ts";

const MOST_NESTED = 20;
/** Characters of Markdown, and of the HTML made from it. */
const LONGEST = 100_000;
const LARGEST = 1_500_000;

export type Dress = "mail" | "page";
export type Picture = { name: string; contentId: string };
type Wish = { dress: Dress; pictures: readonly Picture[] };

const parser = new MarkdownIt({
  html: false,
  linkify: true,
  breaks: true,
  typographer: false,
  maxNesting: MOST_NESTED,
});
parser.disable(["lheading", "reference"]); // "-- " below a name is a signature, not a headline; mail has no footnotes
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
parser.validateLink = (url) => /^(?:https?:\/\/|mailto:|cid:)/i.test(url.trim());

/** Looks that a mail carries with it: sizes and lines, and no colour of ours. */
const STYLES: Record<string, string> = {
  p: "margin:0 0 14px",
  h: "margin:22px 0 8px;font-size:1.1em;line-height:1.35",
  blockquote: "margin:0 0 14px;padding:0 0 0 12px;border-left:3px solid #8b867b",
  pre: "margin:0 0 14px;padding:10px 12px;border:1px solid #8b867b;border-radius:6px;overflow:auto;white-space:pre-wrap;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px;line-height:20px",
  code: "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:0.9em",
  list: "margin:0 0 14px;padding:0 0 0 24px",
  table: "margin:0 0 14px;border-collapse:collapse",
  cell: "padding:4px 10px;border:1px solid #8b867b;vertical-align:top",
  hr: "margin:18px 0;border:0;border-top:1px solid #8b867b",
  img: "max-width:100%;height:auto",
};
const OF_TAG: Record<string, string> = {
  ...{ p: "p", blockquote: "blockquote", ul: "list", ol: "list", table: "table", th: "cell", td: "cell", hr: "hr" },
  ...{ h1: "h", h2: "h", h3: "h", h4: "h", h5: "h", h6: "h" },
};

const { rules } = parser.renderer;
const styled = (what: string, wish: unknown): string =>
  (wish as Wish).dress === "mail" ? ` style="${STYLES[what]}"` : "";

rules.fence = rules.code_block = (tokens, at, _options, wish) =>
  `<pre${styled("pre", wish)}><code>${escapeHtml(tokens[at]!.content.replace(/\n$/, ""))}</code></pre>\n`;
rules.code_inline = (tokens, at, _options, wish) =>
  `<code${styled("code", wish)}>${escapeHtml(tokens[at]!.content)}</code>`;
rules.image = (tokens, at, _options, wish) => {
  const { content: words } = tokens[at]!;
  const src = String(tokens[at]!.attrGet("src") ?? "");
  const { pictures, dress } = wish as Wish;
  const own = pictures.find(({ name }) => src === `cid:${encodeURIComponent(name)}`);
  if (own && dress === "mail")
    return `<img src="cid:${escapeHtml(own.contentId)}" alt="${escapeHtml(words)}"${styled("img", wish)}>`;
  if (own || src.startsWith("cid:")) return `<em>[${escapeHtml(words || "picture")}]</em>`;
  if (src === "") return escapeHtml(words);
  return `<a href="${escapeHtml(src)}">${escapeHtml(words || src)}</a>`;
};
/** As text.ts folds quotes; the words are told in the reader's language (views/reading.ts). */
const FOLDED = '<details class="quote"><summary>Quoted text</summary><blockquote>\n';
const MOST_OPEN = 280;

/** Marks the outermost quotes that are long, so that they fold. */
function markLong(tokens: Token[]): void {
  let open = -1;
  let letters = 0;
  tokens.forEach((token, at) => {
    if (token.level > 0) letters += token.content.length;
    if (token.type === "blockquote_open" && token.level === 0) {
      open = at;
      letters = 0;
    }
    if (token.type !== "blockquote_close" || token.level > 0 || open < 0 || letters <= MOST_OPEN) return;
    tokens[open]!.meta = { isLong: true };
    token.meta = { isLong: true };
  });
}

const plainToken = parser.renderer.renderToken.bind(parser.renderer);
parser.renderer.renderToken = (tokens, at, options) => {
  const token = tokens[at]!;
  const isWide = token.meta?.["isMail"] === true;
  const style = OF_TAG[token.tag];
  const align = String(token.attrGet("style") ?? "");
  if (token.nesting >= 0 && (align !== "" || (isWide && style)))
    token.attrSet("style", [isWide && style ? STYLES[style] : "", isWide ? align : ""].filter(Boolean).join(";"));
  if (token.attrGet("style") === "") token.attrs = (token.attrs ?? []).filter(([name]) => name !== "style");
  if (/^h[1-6]$/.test(token.tag) && !isWide) return token.nesting === 1 ? '<p class="heading"><b>' : "</b></p>\n";
  if (token.tag === "blockquote" && !isWide && token.level === 0) {
    if (token.nesting === 1) return token.meta?.["isLong"] ? FOLDED : "<blockquote>\n";
    return token.meta?.["isLong"] ? "</blockquote></details>\n" : "</blockquote>\n";
  }
  if (token.tag === "a" && token.nesting === 1 && !token.attrGet("href")) return "<a>";
  if (token.tag === "a" && token.nesting === 1 && !isWide)
    token.attrs = [...(token.attrs ?? []), ["target", "_blank"], ["rel", "noopener noreferrer nofollow"]];
  return plainToken(tokens, at, options);
};

/** Safe HTML for what was typed; undefined where it is too large or too deep to be anything but plain text. */
export function markdownToHtml(text: string, dress: Dress, pictures: readonly Picture[] = []): string | undefined {
  if (text.length > LONGEST) return undefined;
  const [own, signature] = withoutSignature(text.toWellFormed().replaceAll("\0", ""));
  const wish: Wish = { dress, pictures };
  const tokens = parser.parse(quotesEnded(own), wish);
  // What lies deeper is left out by the parser: then nothing but the plain text says it all.
  if (tokens.some(({ level }) => level >= MOST_NESTED - 1)) return undefined;
  if (dress === "mail")
    for (const token of tokens)
      for (const one of [token, ...(token.children ?? [])]) one.meta = { ...one.meta, isMail: true };
  else markLong(tokens);
  const made = parser.renderer.render(tokens, parser.options, wish);
  if (made.length > LARGEST) return undefined;
  return signature === "" ? made : `${made}${signatureHtml(signature, dress)}`;
}

/** In mail a quote ends with its last marked line, and an answer may stand right below it; in Markdown it would go on. */
function quotesEnded(text: string): string {
  const out: string[] = [];
  let before = 0;
  let isCode = false;
  for (const line of text.split("\n")) {
    const depth = isCode ? 0 : /^(?:> ?)*/.exec(line)![0].replaceAll(" ", "").length;
    if (depth < before && line.trim() !== "") out.push(">".repeat(depth));
    if (depth === 0 && /^ {0,3}(?:```|~~~)/.test(line)) isCode = !isCode;
    before = depth;
    out.push(line);
  }
  return out.join("\n");
}

/** RFC 3676 4.3: what stands below the last "-- " is a signature; its lines are no Markdown. */
function withoutSignature(text: string): [own: string, signature: string] {
  const found = [...text.matchAll(/^-- ?$/gm)].at(-1);
  if (!found) return [text, ""];
  const signature = text.slice(found.index).split("\n").slice(1).join("\n").trimEnd();
  return signature.split("\n").length > 12 ? [text, ""] : [text.slice(0, found.index), signature];
}

function signatureHtml(signature: string, dress: Dress): string {
  const lines = signature.split("\n").map(escapeHtml).join("<br>\n");
  return dress === "mail"
    ? `<p style="margin:20px 0 0;opacity:0.75">-- <br>\n${lines}</p>\n`
    : `<div class="signature">-- <br>\n${lines}</div>\n`;
}

/** The whole HTML part of a mail. */
export function markdownPage(text: string, pictures: readonly Picture[], language: string): string | undefined {
  const body = markdownToHtml(text, "mail", pictures);
  if (body === undefined) return undefined;
  return `<!doctype html>
<html lang="${escapeHtml(language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"></head>
<body><div dir="auto" style="max-width:42em;font-size:16px;line-height:1.5;overflow-wrap:anywhere">
${body}</div></body></html>
`;
}
