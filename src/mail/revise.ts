/**
 * A mail with another subject or text, as a moderator edited it: everything else stays as its author sent it.
 *
 * The author's signatures (DKIM, ARC) are over words that are no longer there: they are taken out, since a signature that
 * is sure to fail says worse things than none. A text takes the place of the whole alternative it stands in, so that no
 * HTML beside it tells the old words.
 */
import { applyEdits, type Edit } from "./edit.ts";
import { encodeText, fold, newField, oneLine, quotedPrintable } from "./encode.ts";
import { type HeaderField, readHeader, splitMessage } from "./header.ts";
import { indexParts, type Part } from "./parts.ts";
import { shownParts } from "./shown.ts";

export type Revision = { subject: string | null; text: string | null };

const SIGNATURES = /^(?:dkim-signature|domainkey-signature|arc-.*|x-google-dkim-signature)$/;
const CONTENT = /^(?:content-(?:type|transfer-encoding|disposition|language|id|description)|mime-version)$/;

/** Whether its text can be replaced: what its author signed or locked (RFC 1847) would be another mail, and is left alone. */
export function canRevise(raw: Buffer): boolean {
  const parts = indexParts(raw);
  const isSealed = parts.some(({ type }) => /^multipart\/(?:signed|encrypted)$|^application\/pkcs7-mime$/.test(type));
  return !isSealed && textParts(parts).length > 0;
}

export function revised(raw: Buffer, { subject, text }: Revision): Buffer {
  const parts = indexParts(raw);
  const places = text === null ? [] : placesOf(parts, textParts(parts));
  const isRoot = places.includes(parts[0]!);
  const entity = text === null ? "" : textEntity(text);
  const edits = places.map(
    (part, i): Edit => ({ start: part.start, end: part.end, bytes: Buffer.from(i === 0 ? entity : textEntity("")) }),
  );
  const { head, body } = splitMessage(isRoot ? raw : applyEdits(raw, edits));
  const kept = readHeader(head).filter(({ name }) => !SIGNATURES.test(name) && !(isRoot && CONTENT.test(name)));
  const fields = subject === null ? kept : withSubject(kept, subject);
  const bytes = fields.map((field) => field.raw);
  if (!isRoot) return Buffer.concat([...bytes, Buffer.from("\r\n"), body]);
  return Buffer.concat([...bytes, Buffer.from("MIME-Version: 1.0\r\n"), Buffer.from(entity)]);
}

function textParts(parts: readonly Part[]): Part[] {
  const shown = shownParts(parts);
  return [...new Set([...shown.text, ...shown.html])].filter(({ type }) => type.startsWith("text/"));
}

/** The parts to be replaced: of each text the outermost alternative around it, in their order and each once. */
function placesOf(parts: readonly Part[], texts: readonly Part[]): Part[] {
  const places = texts.map((text) => {
    let place = text;
    for (let at = text; at.parent >= 0; at = parts[at.parent]!)
      if (parts[at.parent]!.type === "multipart/alternative") place = parts[at.parent]!;
    return place;
  });
  return parts.filter((part) => places.includes(part));
}

const textEntity = (text: string): string =>
  `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quotedPrintable(
    Buffer.from(
      `${text
        .toWellFormed()
        .replace(/\r\n?|\n/g, "\r\n")
        .trimEnd()}\r\n`,
    ),
  )}`;

function withSubject(fields: readonly HeaderField[], subject: string): HeaderField[] {
  const field = newField("Subject", fold(encodeText(oneLine(subject)), "Subject: ".length));
  const others = fields.filter(({ name }) => name !== "subject");
  const at = fields.findIndex(({ name }) => name === "subject");
  return at < 0
    ? [...others, field]
    : others.toSpliced(fields.slice(0, at).filter((one) => one.name !== "subject").length, 0, field);
}
