/**
 * The header section of a mail, byte for byte (RFC 5322 2.2, 3.6, 4.5).
 *
 * A mail is split once into head and body; the head once into fields, each keeping its own bytes with folding and line
 * end, so that what we do not change is sent on as it came: the `raw` of all fields, joined, is the head again. A line
 * in the head that is no field at all is kept as a field without a name.
 */
import { isAscii, isUtf8 } from "node:buffer";

export type HeaderField = { name: string; raw: Buffer; value: string };

export type SplitMessage = { head: Buffer; body: Buffer; newline: "\r\n" | "\n" };

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
const DASH = 45;

const MAX_IDS = 200;
const MAX_ID_BYTES = 998; // one line, RFC 5322 2.1.1

/**
 * Head (its last line end included) and body; the blank line between them belongs to neither, nor does an mbox "From "
 * line at the top. Where the blank line is missing the head ends before the first line that cannot be a field.
 */
export function splitMessage(raw: Buffer): SplitMessage {
  let at = 0;
  while (isFromLine(raw, at)) at = lineEnd(raw, at);
  return splitEntity(at === 0 ? raw : raw.subarray(at));
}

/** The same for a body part, in which a "From " line is text like any other. */
export function splitEntity(raw: Buffer): SplitMessage {
  const firstLf = raw.indexOf(LF);
  const newline = firstLf > 0 && raw[firstLf - 1] === CR ? "\r\n" : "\n";
  let at = 0;
  while (at < raw.length) {
    const end = lineEnd(raw, at);
    const blank = raw[at] === LF ? 1 : raw[at] === CR && raw[at + 1] === LF ? 2 : 0;
    if (blank > 0) return { head: raw.subarray(0, at), body: raw.subarray(at + blank), newline };
    if (!isContinuation(raw, at) && colonOf(raw, at, end) < 0 && !mayBeSkipped(raw, at, end)) break;
    at = end;
  }
  return { head: raw.subarray(0, at), body: raw.subarray(at), newline };
}

/** The fields in their order. Joining their `raw` gives `head` again. */
export function readHeader(head: Buffer): HeaderField[] {
  const fields: HeaderField[] = [];
  let at = 0;
  while (at < head.length) {
    const lineStop = lineEnd(head, at);
    let end = lineStop;
    while (end < head.length && isContinuation(head, end)) end = lineEnd(head, end);
    const raw = head.subarray(at, end);
    const colon = colonOf(head, at, lineStop) - at;
    if (colon < 0) fields.push({ name: "", raw, value: textOf(raw).trim() });
    else {
      const name = raw.toString("latin1", 0, colon).trimEnd().toLowerCase();
      fields.push({ name, raw, value: unfold(textOf(raw.subarray(colon + 1))) });
    }
    at = end;
  }
  return fields;
}

/** The value of the first field of this (lower-case) name. */
export function first(fields: readonly HeaderField[], name: string): string | undefined {
  for (const field of fields) if (field.name === name) return field.value;
  return undefined;
}

/** The values of all fields of this (lower-case) name. */
export function all(fields: readonly HeaderField[], name: string): string[] {
  const values: string[] = [];
  for (const field of fields) if (field.name === name) values.push(field.value);
  return values;
}

/**
 * The message ids in a Message-ID, References or In-Reply-To value (RFC 5322 3.6.4), without their angle brackets.
 * Of more than 200 the first and the last 199 are kept: the root and the nearest ancestors.
 */
export function messageIds(value: string): string[] {
  const ids: string[] = [];
  let at = value.indexOf("<");
  if (at < 0) return bareIds(value);
  while (at >= 0) {
    const close = value.indexOf(">", at + 1);
    const stop = close < 0 ? value.length : close;
    const open = value.lastIndexOf("<", stop - 1); // "<<id>" and "<cut <id>" mean the inner one
    const id = stop - open > MAX_ID_BYTES + 40 ? "" : value.slice(open + 1, stop).replace(/\s+/g, "");
    if (isSaneId(id) && !ids.includes(id, -MAX_IDS)) ids.push(id);
    if (ids.length > MAX_IDS) ids.splice(1, 1);
    if (close < 0) break;
    at = value.indexOf("<", close + 1);
  }
  return ids;
}

/**
 * What a mail answers, furthest first: References, then In-Reply-To as the nearest (as JWZ describes). Beside
 * References an In-Reply-To counts only when it is one bare id, since old mailers write prose and addresses there.
 */
export function referencesOf(fields: readonly HeaderField[]): string[] {
  const references = messageIds(all(fields, "references").join(" "));
  const reply = first(fields, "in-reply-to") ?? "";
  const [answered] = messageIds(reply);
  if (answered === undefined) return references;
  if (references.length > 0 && !/^<[^<>\s]+>$/.test(reply)) return references;
  return [...references.filter((id) => id !== answered), answered];
}

/** An id that can be kept and looked up: no longer than a line, and nothing PostgreSQL's text has no room for. */
const isSaneId = (id: string): boolean =>
  id !== "" && Buffer.byteLength(id) <= MAX_ID_BYTES && !/[\u0000-\u001f\u007f]/.test(id) && id.isWellFormed();

function bareIds(value: string): string[] {
  const words = value
    .slice(0, 20_000)
    .trim()
    .split(/[\s,]+/);
  const ids = words.length === 1 ? words : words.filter((word) => word.includes("@"));
  return ids.filter(isSaneId).slice(-MAX_IDS);
}

function lineEnd(bytes: Buffer, at: number): number {
  const lf = bytes.indexOf(LF, at);
  return lf < 0 ? bytes.length : lf + 1;
}

const isContinuation = (bytes: Buffer, at: number): boolean => bytes[at] === SPACE || bytes[at] === TAB;

/** Where the colon of the field at `at` stands; -1 when no field begins there (RFC 5322 2.2: printable US-ASCII). */
function colonOf(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i]! > SPACE && bytes[i]! < 127 && bytes[i] !== COLON) i += 1;
  const nameEnd = i;
  while (i < end && (bytes[i] === SPACE || bytes[i] === TAB)) i += 1; // RFC 5322 4.5: obsolete, but met
  return nameEnd > at && i < end && bytes[i] === COLON ? i : -1;
}

const FROM = Buffer.from("From ");
const QUOTED_FROM = Buffer.from(">From ");

function isFromLine(raw: Buffer, at: number): boolean {
  const starts = (with_: Buffer): boolean => raw.subarray(at, at + with_.length).equals(with_);
  return (raw[at] === 0x46 && starts(FROM)) || (raw[at] === 0x3e && starts(QUOTED_FROM));
}

/** A stray line amid the head: kept when a field follows it, unless it may be a boundary. */
const mayBeSkipped = (raw: Buffer, at: number, end: number): boolean =>
  isFromLine(raw, at) ||
  (!(raw[at] === DASH && raw[at + 1] === DASH) && end < raw.length && colonOf(raw, end, lineEnd(raw, end)) >= 0);

const textOf = (bytes: Buffer): string =>
  isAscii(bytes) ? bytes.toString("latin1") : isUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("latin1");

/** RFC 5322 2.2.3: the line ends go, the white space after them stays. */
function unfold(text: string): string {
  const trimmed = text.trim();
  return trimmed.includes("\n") ? trimmed.replace(/\r?\n/g, "") : trimmed;
}
