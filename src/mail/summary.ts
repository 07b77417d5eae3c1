/** What the archive keeps of a mail besides its bytes: who, when, about what, in answer to what, and what is in it. */
import { createHash } from "node:crypto";
import { DAY } from "../kit/clock.ts";
import { parseAddress } from "./address.ts";
import { textOf } from "./body.ts";
import { parseDate } from "./date.ts";
import { first, type HeaderField, messageIds, readHeader, referencesOf, splitMessage } from "./header.ts";
import { indexParts, type Part } from "./parts.ts";
import { readSubject } from "./subject.ts";
import { snippet } from "./text.ts";
import { decodeWords, mailboxes } from "./words.ts";

export type Summary = {
  fields: HeaderField[];
  /** Without angle brackets; null when there is none. */
  messageId: string | null;
  /** Ancestors, oldest first. */
  references: string[];
  authorName: string;
  /** "" when From holds no address. */
  authorAddress: string;
  subject: string;
  baseSubject: string;
  isReplySubject: boolean;
  /** The Date field, where it is plausible; the time of arrival otherwise. */
  sentAt: Date;
  words: string;
  parts: { path: string; type: string; filename?: string; disposition?: string; contentId?: string; size: number }[];
  /** Hash of author, subject and body: equal when an impatient sender sends again. */
  fingerprint: Buffer;
};

const LONGEST_SUBJECT = 1000;
/** By which topics are found: an index of PostgreSQL holds 2,704 bytes, and a character may be three. */
const LONGEST_BASE = 500;

/** Reads a mail once. Never throws; foreign nonsense becomes empty values. */
export function summarise(raw: Buffer, receivedAt: Date): Summary {
  const { head, body } = splitMessage(raw);
  const fields = readHeader(head);
  const subject = clean(decodeWords(first(fields, "subject") ?? "")).slice(0, LONGEST_SUBJECT);
  const { base, isReply } = readSubject(subject);
  const author = mailboxes(first(fields, "from") ?? "").find((one) => parseAddress(one.address)) ?? {
    name: "",
    address: "",
  };
  const date = parseDate(first(fields, "date") ?? "");
  const parts = indexParts(raw);
  return {
    fields,
    messageId: messageIds(first(fields, "message-id") ?? "")[0] ?? null,
    references: referencesOf(fields),
    authorName: clean(author.name).slice(0, 200),
    authorAddress: author.address,
    subject,
    baseSubject: clean(base.slice(0, LONGEST_BASE)),
    isReplySubject: isReply,
    sentAt: date && isPlausible(date, receivedAt) ? date : receivedAt,
    words: clean(firstWords(raw, parts)),
    parts: parts.map(entryOf),
    fingerprint: createHash("sha256")
      .update(author.address.toLowerCase())
      .update("\0")
      // The whole subject: "[PATCH 6.1] x" and "[PATCH 5.15] x" with one text are two posts.
      .update(subject)
      .update("\0")
      .update(body)
      .digest(),
  };
}

/** A clock may be a day fast, and mail as old as mail itself. */
const isPlausible = (date: Date, receivedAt: Date): boolean =>
  date.getTime() <= receivedAt.getTime() + DAY && date.getTime() >= Date.UTC(1971, 0, 1);

/** PostgreSQL's text holds no NUL, and a list no line breaks. */
const clean = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f]+/g, " ")
    .replace(/[\ud800-\udfff]/gu, "\ufffd")
    .trim();

function entryOf(part: Part): Summary["parts"][number] {
  return {
    path: part.path,
    type: clean(part.type),
    ...(part.filename !== undefined && { filename: clean(part.filename) }),
    ...(part.disposition !== undefined && { disposition: clean(part.disposition) }),
    ...(part.contentId !== undefined && { contentId: clean(part.contentId) }),
    size: part.end - part.bodyStart,
  };
}

/** The beginning of the first text part: 8 KB are enough for 200 characters that are not quotes. */
function firstWords(raw: Buffer, parts: Part[]): string {
  const part =
    parts.find((one) => one.type === "text/plain" && one.disposition !== "attachment") ??
    parts.find((one) => one.type === "text/html" && one.disposition !== "attachment");
  if (!part) return "";
  const { text } = textOf(raw, { ...part, end: Math.min(part.end, part.bodyStart + 8192) });
  return snippet(
    part.type === "text/html" ? text.replace(/<(style|script)\b[\s\S]*?<\/\1>|<[^>]{0,2000}>/gi, " ") : text,
  );
}
