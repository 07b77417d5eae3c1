/**
 * A mail made ready to be read on a page of ours.
 *
 * Its text comes first: it is what its author wrote, set in our type, quotes folded. Where there is none, or only a stub
 * beside an HTML page, the page is shown without its own colours and sizes. How it was sent is a page of its own
 * (pages/archive/as-sent.ts), because inline styles are allowed nowhere else. Patches that came as attachments stand below it.
 */
import { t, tn } from "../../language/language.ts";
import { htmlToText, safeHtml } from "../../mail/html.ts";
import { markdownToHtml } from "../../mail/markdown.ts";
import { type Attachment, attachmentContent, readMail, saysMarkdown } from "../../mail/read.ts";
import { escapeHtml, textToHtml } from "../../mail/text.ts";
import { shown } from "./names.ts";
import { reflow } from "./reflow.ts";

export type Reading = {
  /** Safe HTML for the column; `fixed` is the text line by line. */
  body: string;
  fixed: string;
  /** The author's words, for quoting in an answer. */
  text: string;
  hasPage: boolean;
  attachments: Attachment[];
  defects: string[];
};

const STUB = 0.3;

/** `partUrl` gives our address of the attachment with this index. */
export function read(raw: Buffer, partUrl: (index: number) => string): Reading {
  const mail = readMail(raw);
  const ofPage = mail.html === null ? "" : htmlToText(mail.html);
  const isStub = mail.text === null || (mail.html !== null && mail.text.trim().length < STUB * ofPage.trim().length);
  const text = isStub ? ofPage : mail.text!;
  const images = new Map(mail.attachments.filter((one) => one.contentId).map((one) => [one.contentId!, one.index]));
  const cid = (id: string): string | undefined => {
    const index = images.get(id);
    return index === undefined ? undefined : partUrl(index);
  };
  const patches = attachedPatches(raw, mail.attachments);
  const body =
    isStub && mail.html !== null
      ? plainDress(safeHtml(mail.html, { images: "blocked", cid }).html)
      : ((saysMarkdown(raw) ? markdownToHtml(text, "page") : undefined) ??
        textToHtml(reflow(withFooterAsSignature(text))));
  return {
    body: body + patches,
    fixed: textToHtml(text) + patches,
    text,
    hasPage: mail.html !== null,
    attachments: mail.attachments,
    defects: mail.defects,
  };
}

const MOST_PATCHES = 5;
const LARGEST_PATCH = 200_000;

/** Attached patches, each folded under its file's name. */
function attachedPatches(raw: Buffer, attachments: readonly Attachment[]): string {
  return attachments
    .filter(({ type, filename, size }) => isPatch(type, filename ?? "") && size <= LARGEST_PATCH)
    .slice(0, MOST_PATCHES)
    .map(({ index, filename }) => {
      const text = new TextDecoder().decode(attachmentContent(raw, index)?.content);
      const name = escapeHtml(shown(filename ?? "") || "patch");
      return `<details class="patch-file"><summary>${name}</summary><div>${textToHtml(text)}</div></details>\n`;
    })
    .join("");
}

const isPatch = (type: string, filename: string): boolean =>
  /^text\/x-(?:patch|diff)$/.test(type) ||
  (/\.(?:patch|diff)$/i.test(filename) && !/^(?:image|audio|video)\//.test(type));

/** Folded quotes say what they are in the language of the moment; a reading itself is kept for readers of any. */
export const quotesTold = (made: string): string =>
  made.replace(/<summary>(?:(\d+) quoted lines|Quoted text)<\/summary>/g, (_, lines: string | undefined) => {
    const words = lines === undefined ? t`Quoted text` : tn(Number(lines), "{0} quoted line", "{0} quoted lines");
    return `<summary>${words}</summary>`;
  });

/** What list software adds below a long line of underscores is set like a signature. */
function withFooterAsSignature(text: string): string {
  const found = /\n_{30,80}[ \t]*\r?\n(?=(?:[^\n]*\n?){1,8}$)/.exec(text.slice(-2000));
  if (!found) return text;
  const at = Math.max(0, text.length - 2000) + found.index;
  return `${text.slice(0, at)}\n-- \n${text.slice(at + found[0].length)}`;
}

/** Cleaned HTML without its own looks: colours and sizes go, and the outermost quotes fold. */
export function plainDress(clean: string): string {
  let depth = 0;
  return clean.replace(/<(\/?)([a-z0-9]+)([^>]*)>/g, (_, slash: string, name: string, attributes: string) => {
    if (name === "font" || name === "center" || name === "big") return `<${slash}span>`;
    if (name === "main" || /^h[1-6]$/.test(name)) return slash ? "</b></p>" : '<p class="heading"><b>';
    if (name === "header" || name === "footer" || name === "aside" || name === "section" || name === "article")
      return `<${slash}div>`;
    if (name === "blockquote") {
      if (slash) depth = Math.max(0, depth - 1);
      const isOuter = depth === 0;
      if (!slash) depth += 1;
      if (!isOuter) return `<${slash}blockquote>`;
      return slash ? "</blockquote></details>" : '<details class="quote"><summary>Quoted text</summary><blockquote>';
    }
    const looks =
      name === "img"
        ? /\s(?:style)="[^"]*"/g
        : /\s(?:style|align|valign|width|height|bgcolor|color|face|size|border|cellpadding|cellspacing|nowrap)(?:="[^"]*")?(?=\s|$)/g;
    return `<${slash}${name}${attributes.replace(looks, "")}>`;
  });
}
