/**
 * A digest as a mail: some posts of a group together, or their subjects and links alone (a summary).
 *
 * Composing only. Text and HTML say the same, each post with a link to it and an address that answers it in its topic.
 * As `mime` the posts are mails within one (RFC 2046 5.1.5, as RFC 1153 readers know it), each to be answered by itself.
 * What does not fit in one mail goes on in the next: mail programs hide what is beyond some 100 KB of HTML.
 */
import { isAscii } from "node:buffer";
import { newId } from "../kit/id.ts";
import { directionNow, inLanguage, languageNow, t, tn } from "../language/language.ts";
import { parseAddress } from "../mail/address.ts";
import { composeDigest, composeLetter } from "../mail/compose.ts";
import type { Writer } from "./compose.ts";
import { digestHtml } from "./digest-html.ts";

export type DigestGroup = { id: string; name: string; title: string; tag: string; language: string };

export type DigestPost = {
  number: number;
  topicId: string;
  subject: string;
  authorName: string;
  authorAddress: string;
  sentAt: Date;
  messageId: string;
  references: string[];
  text: string;
  attachments: string[];
};

export type Kind = "digest" | "summary";
export type Form = "html" | "mime";
export type DigestMail = { firstNumber: number; lastNumber: number; raw: Buffer };

/** What one mail holds, in characters of text: with its HTML it stays below what mail programs show. */
const FULL = { html: 45_000, mime: 1_000_000, summary: 20_000 };
const LONGEST_POST = 20_000;
const SUMMARY_LINE = 300;

/** The mails that hold these posts, oldest first: one, or more where they are long. None for no posts. */
export function digestMails(
  writer: Writer,
  group: DigestGroup,
  posts: readonly DigestPost[],
  asked: { kind: Kind; form: Form; zone: string },
): DigestMail[] {
  return inLanguage(group.language, () => {
    const parts = partsOf(posts, asked.kind === "summary" ? "summary" : asked.form);
    return parts.map((some, i) => digestMail(writer, group, some, { ...asked, part: i + 1, parts: parts.length }));
  });
}

/** Cuts between posts, never within one; each part is put in the order of its topics. */
function partsOf(posts: readonly DigestPost[], fill: keyof typeof FULL): DigestPost[][] {
  const parts: DigestPost[][] = [];
  let room = 0;
  for (const post of posts) {
    const size = fill === "summary" ? SUMMARY_LINE : Math.min(post.text.length, LONGEST_POST) + 500;
    if (size > room) {
      parts.push([]);
      room = FULL[fill];
    }
    parts.at(-1)!.push(post);
    room -= size;
  }
  return parts.map((some) => [...Map.groupBy(some, (post) => post.topicId).values()].flat());
}

type Asked = { kind: Kind; form: Form; zone: string; part: number; parts: number };

function digestMail(writer: Writer, group: DigestGroup, posts: DigestPost[], asked: Asked): DigestMail {
  const words = wordsOf(writer, group, posts, asked);
  const numbers = posts.map((post) => post.number);
  const head = {
    from: { name: group.title, address: `${group.name}@${writer.domain}` },
    to: `${group.name}@${writer.domain}`,
    subject: words.subject,
    date: writer.clock.now(),
    messageId: `${newId(writer.clock)}@${writer.domain}`,
    headers: {
      "Content-Language": languageNow(),
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
    },
  };
  const isMime = asked.kind === "digest" && asked.form === "mime";
  const raw = isMime
    ? composeDigest(
        { ...head, text: contentsText(words) },
        posts.map((post) => postMail(writer, group, post)),
      )
    : composeLetter({ ...head, text: digestText(words), html: digestHtml(words) });
  return { firstNumber: Math.min(...numbers), lastNumber: Math.max(...numbers), raw };
}

/** What a digest says, before it is text or HTML. */
export type DigestWords = {
  subject: string;
  title: string;
  lead: string;
  topics: { subject: string; count: string; url: string; posts: PostWords[] }[];
  /** A summary has no texts. */
  hasTexts: boolean;
  footer: { words: string; url: string }[];
  language: string;
  direction: "ltr" | "rtl";
};

export type PostWords = {
  number: number;
  author: string;
  time: string;
  url: string;
  replyUrl: string;
  text: string;
  isCut: boolean;
  attachments: string[];
};

function wordsOf(writer: Writer, group: DigestGroup, posts: DigestPost[], asked: Asked): DigestWords {
  const archive = `${writer.url}/g/${encodeURIComponent(group.name)}`;
  const day = new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeZone: asked.zone });
  const time = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short", timeZone: asked.zone });
  const count = tn(posts.length, "{0} post", "{0} posts");
  const part = asked.parts > 1 ? ` ${t`(${asked.part} of ${asked.parts})`}` : "";
  const topics = [...Map.groupBy(posts, (post) => post.topicId)].map(([id, some]) => ({
    subject: withoutTag(some[0]!.subject, group.tag),
    count: tn(some.length, "{0} post", "{0} posts"),
    url: `${archive}/topic/${id}`,
    posts: some.map((post) => postWords(post, group, writer.domain, archive, time)),
  }));
  return {
    subject: `${t`${group.title}: ${count}, ${day.format(writer.clock.now())}`}${part}`,
    title: group.title,
    lead: `${t`${count}, ${day.format(writer.clock.now())}`}${part}`,
    topics,
    hasTexts: asked.kind === "digest",
    footer: [
      { words: t`How you get mail`, url: `${archive}/membership` },
      { words: t`Leave the group`, url: `${archive}/leave` },
    ],
    language: languageNow(),
    direction: directionNow(),
  };
}

function postWords(
  post: DigestPost,
  group: DigestGroup,
  domain: string,
  archive: string,
  time: Intl.DateTimeFormat,
): PostWords {
  const subject = /^re:/i.test(post.subject) ? post.subject : `Re: ${post.subject}`;
  const answer = new URLSearchParams({ subject, "In-Reply-To": `<${post.messageId}>` });
  return {
    number: post.number,
    author: post.authorName || post.authorAddress,
    time: time.format(post.sentAt),
    url: `${archive}/${post.number}`,
    // RFC 6068 2: a blank is %20 in a mailto, and "+" stands for itself.
    replyUrl: `mailto:${group.name}@${domain}?${answer.toString().replaceAll("+", "%20")}`,
    text: post.text.slice(0, LONGEST_POST).toWellFormed().trim(),
    isCut: post.text.length > LONGEST_POST,
    attachments: post.attachments,
  };
}

const locale = (): string => (languageNow() === "en" ? "en-GB" : languageNow());

const withoutTag = (subject: string, tag: string): string =>
  (tag !== "" && subject.toLowerCase().startsWith(`[${tag.toLowerCase()}]`) ? subject.slice(tag.length + 2) : subject)
    .replace(/^\s*re:\s*/i, "")
    .trim() || t`(no subject)`;

const RULE = "-".repeat(64);

const headText = ({ title, lead }: DigestWords): string[] => [title, lead, ""];
const footText = ({ footer }: DigestWords): string[] => [
  RULE,
  ...footer.map(({ words, url }) => `${words}: ${url}`),
  "",
];
const listText = ({ topics }: DigestWords): string[] =>
  topics.flatMap(({ subject, count, url }) => [`* ${subject} (${count})`, `  ${url}`, ""]);

const contentsText = (words: DigestWords): string =>
  [...headText(words), ...listText(words), ...footText(words)].join("\n");

function digestText(words: DigestWords): string {
  if (!words.hasTexts) return contentsText(words);
  const posts = words.topics.flatMap(({ subject, posts: some }) =>
    some.flatMap((post) => [
      RULE,
      subject,
      `${post.author}, ${post.time}`,
      post.url,
      "",
      post.text,
      "",
      ...(post.isCut ? [`${t`This post goes on: read the rest`}: ${post.url}`, ""] : []),
      ...(post.attachments.length > 0 ? [`${t`Attachments`}: ${post.attachments.join(", ")}`, post.url, ""] : []),
    ]),
  );
  const list = words.topics.length > 1 ? listText(words) : [];
  return [...headText(words), ...list, ...posts, ...footText(words)].join("\n");
}

/** A post as a mail within a digest: from its author, to the group, in its topic; its attachments stay in the archive. */
function postMail(writer: Writer, group: DigestGroup, post: DigestPost): Buffer {
  const url = `${writer.url}/g/${encodeURIComponent(group.name)}/${post.number}`;
  const address = `${group.name}@${writer.domain}`;
  const files = post.attachments.length > 0 ? `\n${t`Attachments`}: ${post.attachments.join(", ")}\n${url}\n` : "";
  const isId = (id: string): boolean => /^[\x21-\x3b\x3d\x3f-\x7e]{1,900}$/.test(id);
  return composeLetter({
    from: { name: plain(post.authorName), address: isPlain(post.authorAddress) ? post.authorAddress : address },
    to: address,
    subject: plain(post.subject),
    date: post.sentAt,
    messageId: isId(post.messageId) ? post.messageId : `${post.number}.${address}`,
    references: post.references.filter(isId).slice(-20),
    text: `${post.text.trim()}\n${files}`,
    headers: { "Archived-At": `<${url}>` },
  });
}

/** A digest is ASCII, so that every far side takes it: an address beyond that is left to the archive. */
const isPlain = (address: string): boolean => isAscii(Buffer.from(address)) && parseAddress(address) !== undefined;

const plain = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, " ").trim();
