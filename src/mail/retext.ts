/** A mail with other words in it: its parts stay where they are, and so does its header, but for the subject. */
import { applyEdits, type Edit } from "./edit.ts";
import { encodeText, fold, newField, quotedPrintable } from "./encode.ts";
import { readHeader, splitMessage } from "./header.ts";
import { indexParts, type Part } from "./parts.ts";
import { shownParts } from "./shown.ts";

/** Signatures over words that are no longer there prove nothing. */
const SIGNATURES = /^(?:dkim-signature|arc-.*|domainkey-signature|authentication-results)$/;

/** `page` makes the HTML of the words where the mail has a page too. */
export function retexted(
  raw: Buffer,
  { subject, text }: { subject: string; text: string },
  page: (text: string) => string,
): Buffer {
  const { text: texts, html: pages } = shownParts(indexParts(raw));
  const plain = texts.find((part) => part.type === "text/plain");
  const html = pages.find((part) => part.type === "text/html");
  const edits: Edit[] = [];
  if (plain) edits.push(...partEdits(raw, plain, text));
  if (html) edits.push(...partEdits(raw, html, page(text)));
  if (!plain && !html) throw new Error("This mail has no text that could be edited.");
  for (const part of new Set([...texts, ...pages]))
    if (part !== plain && part !== html && part.type.startsWith("text/"))
      edits.push({ start: part.bodyStart, end: part.end, bytes: Buffer.alloc(0) });
  const { head, body } = splitMessage(raw);
  const start = body.byteOffset - raw.byteOffset;
  const inBody = edits
    .filter((one) => one.start >= start)
    .map((one) => ({ ...one, start: one.start - start, end: one.end - start }));
  const ofRoot = edits.find((one) => one.start < start);
  const fields = readHeader(head)
    .filter(({ name }) => !SIGNATURES.test(name) && !(ofRoot && /^content-(?:type|transfer-encoding)$/.test(name)))
    .map((field) => (field.name === "subject" ? subjectField(subject) : field.raw));
  const newHead = Buffer.concat([...fields, ...(ofRoot ? [ofRoot.bytes] : [])]);
  return Buffer.concat([newHead, Buffer.from("\r\n"), applyEdits(body, inBody)]);
}

const subjectField = (subject: string): Buffer =>
  newField("Subject", fold(encodeText(subject), "Subject: ".length)).raw;

/** Other words for a text part, and its fields that say how they are written. Those of the mail itself have place 0. */
export function partEdits(raw: Buffer, part: Part, said: string): Edit[] {
  const bytes = Buffer.from(quotedPrintable(Buffer.from(said.replace(/\r?\n/g, "\r\n"))), "latin1");
  const content = { start: part.bodyStart, end: part.end, bytes };
  const fields = Buffer.from(
    `Content-Type: ${part.type}; charset=utf-8${part.isMarkdown ? "; markup=markdown" : ""}\r\nContent-Transfer-Encoding: quoted-printable\r\n`,
  );
  if (part.parent < 0) return [{ start: 0, end: 0, bytes: fields }, content];
  const others = readHeader(raw.subarray(part.start, part.bodyStart)).filter(
    ({ name }) => name !== "" && !/^content-(?:type|transfer-encoding)$/.test(name),
  );
  const head = Buffer.concat([...others.map((field) => field.raw), fields, Buffer.from("\r\n")]);
  return [{ start: part.start, end: part.bodyStart, bytes: head }, content];
}
