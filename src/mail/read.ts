/**
 * A mail as a person reads it: who, what, when, its text, its page, its attachments.
 *
 * Nothing in a mail makes this fail. Whatever is odd is read as well as can be and named in `defects`. Built on the
 * same list of parts that the archive keeps, so that an attachment's number means the same everywhere.
 */
import { en } from "../language/language.ts";
import { contentOf, textOf } from "./body.ts";
import { parseDate } from "./date.ts";
import { all, first, type HeaderField, messageIds, readHeader, referencesOf, splitMessage } from "./header.ts";
import { htmlToText } from "./html.ts";
import { type Part, walkParts } from "./parts.ts";
import { shownParts } from "./shown.ts";
import { textToHtml } from "./text.ts";
import { decodeWords, type Mailbox, mailboxes } from "./words.ts";

export type Attachment = {
  filename: string | null;
  type: string;
  size: number;
  contentId?: string;
  disposition?: string;
  index: number;
};

export type ReadMail = {
  from: Mailbox | null;
  subject: string;
  date: string | null;
  messageId: string | null;
  references: string[];
  text: string | null;
  html: string | null;
  attachments: Attachment[];
  defects: string[];
};

/** `text` and `html` are null when nobody wrote them; `date` is ISO 8601 in UTC; ids are without angle brackets. */
export function readMail(mail: Buffer): ReadMail {
  const raw = withLineEnds(mail);
  const fields = readHeader(splitMessage(raw).head);
  const { parts, defects } = walkParts(raw);
  const shown = shownParts(parts);
  const found = new Set([...headerDefects(fields), ...defects]);
  if (raw !== mail) found.add("lines that end in CR alone");
  const texts = new Map<Part, string>();
  for (const part of new Set([...shown.text, ...shown.html])) {
    const { text, defects: odd } = textOf(raw, part);
    texts.set(part, text);
    for (const defect of odd) found.add(defect);
  }
  const attachments = shown.attachments.map((part, index): Attachment => {
    const { bytes, defects: odd } = contentOf(raw, part);
    for (const defect of odd) found.add(defect);
    return { ...describe(part), size: bytes.length, index };
  });
  const date = first(fields, "date");
  return {
    from: mailboxes(first(fields, "from") ?? "")[0] ?? null,
    subject: decodeWords(first(fields, "subject") ?? ""),
    date: (date === undefined ? undefined : parseDate(date))?.toISOString() ?? null,
    messageId: messageIds(first(fields, "message-id") ?? "")[0] ?? null,
    references: referencesOf(fields),
    text: joined(shown.text, "text/plain", (part) => as(part, texts, "text/html", htmlToText)),
    html: joined(shown.html, "text/html", (part) => as(part, texts, "text/plain", textToHtml)),
    attachments,
    defects: [...found],
  };
}

/** Is its text Markdown, as it says itself? */
export function saysMarkdown(mail: Buffer): boolean {
  if (!/markup=["']?markdown/i.test(mail.toString("latin1"))) return false;
  const { text } = shownParts(walkParts(withLineEnds(mail)).parts);
  return text.length > 0 && text.every((part) => part.isMarkdown);
}

/** The content of the attachment with this number in `readMail(raw).attachments`. */
export function attachmentContent(
  mail: Buffer,
  index: number,
): { filename: string | null; type: string; content: Buffer } | undefined {
  const raw = withLineEnds(mail);
  const part = shownParts(walkParts(raw).parts).attachments[index];
  if (!part) return undefined;
  return { filename: part.filename ?? null, type: part.type, content: contentOf(raw, part).bytes };
}

const describe = ({ filename, type, contentId, disposition }: Part) => ({
  filename: filename ?? null,
  type,
  ...(contentId !== undefined && { contentId }),
  ...(disposition !== undefined && { disposition }),
});

/** The parts in their order, when at least one of them is of the wanted type. */
function joined(parts: readonly Part[], type: string, textOf: (part: Part) => string): string | null {
  if (!parts.some((part) => part.type === type)) return null;
  return parts.map(textOf).reduce((before, next) => (before.endsWith("\n") ? before + next : `${before}\n${next}`));
}

const as = (part: Part, texts: Map<Part, string>, foreign: string, convert: (text: string) => string): string =>
  part.type === foreign ? convert(texts.get(part)!) : texts.get(part)!;

/** A mail from before the turn of the century may have CR for its line ends. */
function withLineEnds(raw: Buffer): Buffer {
  if (raw.includes(10) || !raw.includes(13)) return raw;
  return Buffer.from(raw.toString("latin1").replaceAll("\r", "\n"), "latin1");
}

function headerDefects(fields: readonly HeaderField[]): string[] {
  const defects: string[] = [];
  const from = all(fields, "from");
  if (from.length === 0) defects.push(en`no From`);
  else if (!mailboxes(from[0]!)[0]?.address.includes("@")) defects.push(en`a From without an address`);
  const date = first(fields, "date");
  if (date === undefined) defects.push(en`no Date`);
  else if (parseDate(date) === undefined) defects.push(en`a Date that cannot be read`);
  const id = first(fields, "message-id");
  if (id === undefined) defects.push(en`no Message-ID`);
  else if (messageIds(id).length === 0) defects.push(en`a Message-ID that cannot be read`);
  for (const [name, called] of ONCE) if (all(fields, name).length > 1) defects.push(en`more than one ${called}`);
  if (fields.some(({ name }) => name === "")) defects.push(en`a line in the header that is no field`);
  if (fields.some(({ value }) => /[^\u0000-\u007f]/.test(value))) defects.push(en`8-bit text in the header`);
  return defects;
}

// RFC 5322 3.6: these occur once
const ONCE = [
  ["from", "From"],
  ["subject", "Subject"],
  ["date", "Date"],
  ["message-id", "Message-ID"],
  ["references", "References"],
  ["in-reply-to", "In-Reply-To"],
  ["content-type", "Content-Type"],
] as const;
