/**
 * A returned mail taken apart: the notice somebody wrote, the reports for machines, and the copy that came back with it.
 *
 * Reports and copies are parts of their own where the sender knew RFC 3462; everybody else writes one text, in which the
 * copy begins after a line like "--- Below this line is a copy of the message", or simply with its header.
 */
import { textOf } from "../body.ts";
import { type HeaderField, readHeader, splitEntity, splitMessage } from "../header.ts";
import { htmlToText } from "../html.ts";
import { type Part, walkParts } from "../parts.ts";

export type Notice = {
  fields: HeaderField[];
  /** Of the envelope, where it is known; "" is the null sender. */
  sender: string | undefined;
  /** What was written for people, without the copy. */
  lines: string[];
  /** The texts of message/delivery-status parts, or of fields like theirs in the notice. */
  statuses: string[];
  /** The texts of message/feedback-report parts. */
  feedback: string[];
  /** The header of the copy; empty where none came back. */
  copy: HeaderField[];
  /** The mail that is attached, whole: what came back, or a notice that somebody passes on. */
  attached: Buffer | undefined;
};

const MOST_PARTS = 50;
const LONGEST_TEXT = 256 * 1024;
const MOST_LINES = 4000;
const LONGEST_LINE = 2000;
/** A notification as JSON is one line. */
const LONGEST_EVENT = 128 * 1024;

const COPIES = new Set([
  "message/rfc822",
  "text/rfc822-headers",
  "message/rfc822-headers",
  "text/rfc822",
  "message/global",
  "message/global-headers",
  "message/partial",
  "message/news",
]);

export function takeApart(raw: Buffer, sender?: string): Notice {
  const { parts } = walkParts(raw);
  const notice: Notice = {
    fields: readHeader(splitMessage(raw).head),
    sender,
    lines: [],
    statuses: [],
    feedback: [],
    copy: [],
    attached: undefined,
  };
  const leaves = parts.filter((part) => !part.type.startsWith("multipart/")).slice(0, MOST_PARTS);
  const hasPlain = leaves.some(
    (part) => part.type === "text/plain" && raw.subarray(part.bodyStart, part.end).length > 20,
  );
  for (const part of leaves) take(notice, raw, part, hasPlain);
  return notice;
}

function take(notice: Notice, raw: Buffer, part: Part, hasPlain: boolean): void {
  if (COPIES.has(part.type)) {
    if (part.type === "message/rfc822") notice.attached ??= raw.subarray(part.bodyStart, part.end);
    if (notice.copy.length === 0) notice.copy = headerOf(textIn(raw, part));
    return;
  }
  // some write message/xdelivery-status
  if (/^message\/[\w-]*delivery-status$/.test(part.type)) notice.statuses.push(textIn(raw, part));
  else if (part.type === "message/feedback-report") notice.feedback.push(textIn(raw, part));
  else if (part.type.startsWith("text/") && !(part.type === "text/html" && hasPlain)) takeText(notice, raw, part);
}

function takeText(notice: Notice, raw: Buffer, part: Part): void {
  const text = textIn(raw, part);
  const lines = linesOf(part.type === "text/html" ? htmlToText(text) : text);
  const end = copyStart(lines);
  if (end < lines.length && notice.copy.length === 0) notice.copy = headerOf(lines.slice(end).join("\n"));
  const own = lines.slice(0, end);
  if (own.some((line) => /^\s*(?:Final|Original)-Recipient\s*:/i.test(line))) notice.statuses.push(own.join("\n"));
  if (notice.lines.length > 0) notice.lines.push("");
  for (const line of own) notice.lines.push(line);
}

const textIn = (raw: Buffer, part: Part): string =>
  textOf(raw, { ...part, end: Math.min(part.end, part.bodyStart + LONGEST_TEXT) }).text;

const linesOf = (text: string): string[] =>
  text
    .split("\n", MOST_LINES)
    .map((line) => line.slice(0, line.startsWith("{") ? LONGEST_EVENT : LONGEST_LINE).trimEnd());

/** The first header block in a text that may have lines of its own before it. */
function headerOf(text: string): HeaderField[] {
  const lines = text.split("\n", MOST_LINES);
  const start = lines.findIndex((line) => /^[A-Za-z][\w-]*:/.test(line));
  if (start < 0) return [];
  return readHeader(splitEntity(Buffer.from(lines.slice(start).join("\n"))).head);
}

/** Where the copy of the original begins in a text; its length where there is none. */
export function copyStart(lines: readonly string[]): number {
  for (let i = 0; i < lines.length; i += 1) if (announcesCopy(lines[i]!) || beginsHeader(lines, i)) return i;
  return lines.length;
}

const RULE = /^[\s>|]*[-=_*+~#]{2,}|[-=_*+~#]{2,}[\s|]*$/;
const ORIGINAL =
  /\b(?:original|returned|undelivered|unsent|unsendable|rejected|forwarded|bounced|failed|enclosed|attached) (?:message|mail|e-?mail|text|header)|\bcopy of (?:the|your)\b|\bheaders? of the (?:original|message)|\bmessage (?:text|header|body|headers|contents?)s? (?:follows?|is|are)|mensaje original|message d'origine|urspr[üu]ngliche nachricht|original-?nachricht|messaggio originale|mensagem original|oorspronkelijk bericht|исходное сообщение|原邮件|元のメ/i;
const FOLLOWS =
  /\b(?:follows?|following|below(?: this line)?|attached|enclosed|included|reads?(?: \(in part\))?|adjunt\w*)[:.\-\s|*=]*$/i;

function announcesCopy(line: string): boolean {
  if (line.length > 160) return false;
  if (
    /^\s*(?:old|original|returned|unsent|undelivered|bounced|rejected) (?:message|e-?mail)(?: (?:follows|below|text))?\s*[:.]\s*$/i.test(
      line,
    )
  )
    return true;
  if (!ORIGINAL.test(line) && !/\byour message reads\b|\bbelow this line\b|summary of the undelivered/i.test(line))
    return false;
  return RULE.test(line) || FOLLOWS.test(line);
}

/** Fields only a mail in transit has; "To, Subject, Date" alone is how some notices describe the mail. */
const TRANSIT =
  /^(?:received|return-path|message-id|dkim-signature|mime-version|x-mailer|content-type|references|user-agent|delivered-to|x-originating-ip|authentication-results):/i;
const FIELD = /^[A-Za-z][A-Za-z0-9-]{1,60}:(?:\s|$)/;
/** What a report says about a recipient is no mail's header. */
const REPORT =
  /^(?:final-recipient|original-recipient|reporting-mta|action|status|diagnostic-code|remote-mta|arrival-date):/i;

function beginsHeader(lines: readonly string[], at: number): boolean {
  if (!FIELD.test(lines[at]!) || (at > 0 && lines[at - 1]!.trim() !== "" && !RULE.test(lines[at - 1]!))) return false;
  let fields = 0;
  let isTransit = false;
  for (let i = at; i < Math.min(lines.length, at + 40); i += 1) {
    const line = lines[i]!;
    if (/^[ \t]+\S/.test(line) && i > at) continue;
    if (!FIELD.test(line) || REPORT.test(line)) break;
    fields += 1;
    isTransit ||= TRANSIT.test(line);
  }
  return fields >= 3 && isTransit;
}
