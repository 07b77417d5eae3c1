/**
 * A mail without its author: what it said stays, who said it goes.
 *
 * Of the header only what places the mail is kept (subject, date, ids, To, what the parts are); the way it came, its
 * signatures and what the author's program said of itself go. In the texts the author's addresses and full names are
 * taken out, and the signature below "-- ". Cards and keys, which are nothing but a person, are emptied.
 */
import { textOf } from "./body.ts";
import { applyEdits, type Edit } from "./edit.ts";
import { encodePhrase, encodeText, newField } from "./encode.ts";
import { type HeaderField, readHeader, splitMessage } from "./header.ts";
import { indexParts, type Part } from "./parts.ts";
import { partEdits as newTextOf } from "./retext.ts";
import { decodeWords } from "./words.ts";

export type Author = { addresses: readonly string[]; names: readonly string[] };

const KEPT = new Set([
  ...["subject", "date", "message-id", "in-reply-to", "references", "to", "cc", "mime-version", "list-id"],
  ...["content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-language"],
]);
const CARDS = /^(?:text\/(?:x-)?vcard|text\/directory|application\/(?:pgp-keys|pgp-signature|(?:x-)?pkcs7-signature))$/;
const REMOVED = "[removed]";
const SIGNATURE_LINES = 15;

/** Taken for the author: an address nobody can have (RFC 2606). */
export const NOBODYS_ADDRESS = "former-member@anonymous.invalid";

/** The bytes of the mail without its author, who is now called `instead`. */
export function anonymised(raw: Buffer, author: Author, instead: string): Buffer {
  const out = withoutThem(author);
  const edits = indexParts(raw).flatMap((part) => partEdits(raw, part, out));
  const { head, body } = splitMessage(raw);
  const start = body.byteOffset - raw.byteOffset;
  const bodyEdits = edits
    .filter((one) => one.start >= start)
    .map((one) => ({ ...one, start: one.start - start, end: one.end - start }));
  const isRootText = bodyEdits.length !== edits.length;
  const fields = readHeader(head)
    .filter(({ name }) => KEPT.has(name) && !(isRootText && /^content-(?:type|transfer-encoding)$/.test(name)))
    .map((field) => shownField(field, out));
  const from = newField("From", `${encodePhrase(instead)} <${NOBODYS_ADDRESS}>`);
  const rootFields = edits.find((one) => one.start < start)?.bytes ?? Buffer.alloc(0);
  const newHead = Buffer.concat([from.raw, ...fields, rootFields]);
  const newBody = plainly(applyEdits(body, bodyEdits), author);
  return Buffer.concat([newHead, Buffer.from("\r\n"), newBody]);
}

type Out = (text: string) => string;

/** Takes addresses and full names out of a text; a first name alone is a word like others. */
function withoutThem({ addresses, names }: Author): Out {
  const full = names.map((name) => name.trim()).filter((name) => /\S\s+\S/.test(name) && name.length > 4);
  const words = [...addresses, ...full]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+"));
  if (words.length === 0) return (text) => text;
  const pattern = new RegExp(words.join("|"), "giu");
  return (text) => text.replace(pattern, REMOVED);
}

/** A field that stays, without the author in it. Ids keep their form: one that names the author becomes another. */
function shownField(field: HeaderField, out: Out): Buffer {
  const said = decodeWords(field.value);
  if (out(said) === said && out(field.value) === field.value) return field.raw;
  if (/^(?:message-id|in-reply-to|references)$/.test(field.name))
    return newField(field.name, out(field.value).replaceAll(REMOVED, "removed@anonymous.invalid")).raw;
  if (field.name === "to" || field.name === "cc")
    return newField(field.name, encodeText(out(said).replaceAll(REMOVED, NOBODYS_ADDRESS))).raw;
  return newField(field.name, encodeText(out(said))).raw;
}

/** A part whose text names the author, or is a card: its fields about its encoding and its content anew. */
function partEdits(raw: Buffer, part: Part, out: Out): Edit[] {
  if (CARDS.test(part.type)) return [{ start: part.bodyStart, end: part.end, bytes: Buffer.alloc(0) }];
  if (part.type !== "text/plain" && part.type !== "text/html") return [];
  const { text } = textOf(raw, part);
  const said = out(part.type === "text/plain" ? withoutSignature(text) : text);
  if (said === text) return [];
  return newTextOf(raw, part, said);
}

/** What stands below the last "-- ", where it is a signature by its length and holds no quotes. */
function withoutSignature(text: string): string {
  const at = text.lastIndexOf("\n-- \n");
  if (at < 0) return text;
  const below = text.slice(at + 5).split("\n");
  return below.length > SIGNATURE_LINES || below.some((line) => line.startsWith(">")) ? text : text.slice(0, at + 1);
}

/** Addresses that stand in the bytes as they are: in forwarded mails, and where no part was found. */
function plainly(bytes: Buffer, { addresses }: Author): Buffer {
  const ascii = addresses.filter((one) => /^[\x21-\x7e]+$/.test(one));
  const text = bytes.toString("latin1");
  if (!ascii.some((one) => text.toLowerCase().includes(one.toLowerCase()))) return bytes;
  const out = withoutThem({ addresses: ascii, names: [] });
  return Buffer.from(out(text), "latin1");
}
