/** A digest's HTML: one column that a phone shows whole, no colour but what the reader's own choice of light or dark gives. */
import { t } from "../language/language.ts";
import { linked } from "../mail/letter-html.ts";
import { escapeHtml } from "../mail/text.ts";
import type { DigestWords, PostWords } from "./digest-mail.ts";

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const SOFT = "margin:0 0 12px;opacity:0.75;font-size:14px;line-height:20px";
const LINE = "border:0;border-top:1px solid #8a857a;opacity:0.6;margin:24px 0";
const QUOTE = "margin:0 0 12px;padding:0 0 0 12px;border-left:3px solid #b9b4a9;opacity:0.8";
const DEEPEST = 5;

export function digestHtml(words: DigestWords): string {
  const { title, lead, topics, hasTexts, footer, language, direction } = words;
  const list = topics.length > 1 || !hasTexts ? contents(words) : "";
  const posts = hasTexts ? topics.map((topic) => topicHtml(topic)).join("\n") : "";
  return `<!doctype html>
<html lang="${language}" dir="${direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<style>:root{color-scheme:light dark}a{color:inherit}</style></head>
<body style="margin:0;padding:0"><div style="max-width:38em;margin:0 auto;padding:20px 16px;${FONT};font-size:16px;line-height:24px;overflow-wrap:anywhere">
<h1 style="margin:0 0 4px;font-size:22px;line-height:28px">${escapeHtml(title)}</h1>
<p style="${SOFT}">${escapeHtml(lead)}</p>
${list}
${posts}
<hr style="${LINE}">
<p style="${SOFT}">${footer.map(({ words: what, url }) => link(url, what)).join(" &middot; ")}</p>
</div></body></html>
`;
}

const link = (url: string, words: string): string => `<a href="${escapeHtml(url)}">${escapeHtml(words)}</a>`;

/** Topics with their counts: in a digest they lead to the posts below, in a summary to the archive. */
const contents = ({ topics, hasTexts }: DigestWords): string =>
  `<ul style="margin:0 0 8px;padding:0 0 0 20px">${topics
    .map(({ subject, count, url, posts }) => {
      const who = hasTexts
        ? ""
        : `, ${escapeHtml([...new Set(posts.map((post) => post.author))].slice(0, 5).join(", "))}`;
      return `<li style="margin:0 0 8px"><bdi>${link(hasTexts ? `#p${posts[0]!.number}` : url, subject)}</bdi><br><span style="opacity:0.75;font-size:14px">${escapeHtml(count)}${who}</span></li>`;
    })
    .join("\n")}</ul>`;

function topicHtml({ subject, url, posts }: DigestWords["topics"][number]): string {
  return `<hr style="${LINE}">
<h2 id="p${posts[0]!.number}" dir="auto" style="margin:0 0 8px;font-size:19px;line-height:26px">${link(url, subject)}</h2>
${posts.map((post, i) => `${i === 0 ? "" : `<div style="height:12px"></div>\n`}${postHtml(post)}`).join("\n")}`;
}

function postHtml(post: PostWords): string {
  const files =
    post.attachments.length > 0
      ? `<p style="${SOFT}">${escapeHtml(t`Attachments`)}: ${link(post.url, post.attachments.join(", "))}</p>`
      : "";
  const rest = post.isCut
    ? `<p style="margin:0 0 12px">${link(post.url, t`This post goes on: read the rest`)}</p>`
    : "";
  return `<p style="margin:0 0 8px"><b dir="auto">${escapeHtml(post.author)}</b> <span style="opacity:0.75;font-size:14px">${escapeHtml(post.time)}</span></p>
<div dir="auto">${textHtml(post.text.split(/\r?\n/), 0)}</div>
${rest}${files}<p style="${SOFT}">${link(post.url, t`Read it in the archive`)} &middot; ${link(post.replyUrl, t`Reply`)}</p>`;
}

/** Paragraphs keep their lines; what is quoted stands behind a line. Everything that is not ours is escaped. */
function textHtml(lines: string[], depth: number): string {
  const blocks: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const isQuoted = depth < DEEPEST && lines[at]!.startsWith(">");
    let end = at;
    while (
      end < lines.length &&
      (depth < DEEPEST && lines[end]!.startsWith(">")) === isQuoted &&
      (isQuoted || lines[end]!.trim() !== "")
    )
      end += 1;
    if (isQuoted)
      blocks.push(
        `<blockquote style="${QUOTE}">${textHtml(
          lines.slice(at, end).map((line) => line.replace(/^> ?/, "")),
          depth + 1,
        )}</blockquote>`,
      );
    else if (end > at)
      blocks.push(
        `<p style="margin:0 0 12px">${lines
          .slice(at, end)
          .map((line) => linked(line.trimEnd()))
          .join("<br>\n")}</p>`,
      );
    else end += 1;
    at = end;
  }
  return blocks.join("\n");
}
