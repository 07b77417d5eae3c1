/**
 * A mail as it may go over the wire again (RFC 5321 4.5.3.1.6, RFC 5322 2.3): lines end in CRLF and have at most
 * 998 octets, and there is no NUL.
 *
 * Nearly all mail is so already and comes back as the same bytes. Where it is not, what readers see is kept: too long
 * base64 and quoted-printable lines are cut where their encoding allows, other text is put into quoted-printable, header
 * fields are folded at a space. Every repair is named in `notes`.
 */
import { applyEdits, type Edit } from "./edit.ts";
import { base64Lines, hasLineOver, quotedPrintable } from "./encode.ts";
import { type HeaderField, readHeader, splitMessage } from "./header.ts";
import { indexParts, type Part } from "./parts.ts";

export type WireMessage = { message: Buffer; notes: string[] };

const LONGEST = 998;
const LONGEST_IN_HEADER = 980; // some fields get a longer name: X-Original-From
const CR = 0x0d;
const LF = 0x0a;

/** The message as it may be sent, and what had to be done to it. */
export function toWire(raw: Buffer): WireMessage {
  const notes: string[] = [];
  const { head, body } = splitMessage(raw);
  const fields = readHeader(head).map((field) => wireField(field, notes));
  const lines = wireLineEnds(body, notes);
  const message = Buffer.concat([...fields, Buffer.from("\r\n"), lines]);
  if (!needsRepair(lines)) return { message, notes };
  const edits = indexParts(message).flatMap((part) => repairs(message, part, notes));
  return { message: withoutLongLines(applyEdits(message, edits), notes), notes };
}

/** A field as it may be sent; empty where the line was no field, since a header ends for others at such a line. */
function wireField(field: HeaderField, notes: string[]): Buffer {
  if (field.name === "") {
    note(notes, "a line in the header that is no field was left out");
    return Buffer.alloc(0);
  }
  const { raw } = field;
  const text = raw.toString("latin1");
  if (/^(?:[^\r\n\0]*\r\n)*$/.test(text) && !isLong(text)) return raw;
  const wire = text
    .replace(/\0/g, "")
    .replace(/\r*\n/g, "\n")
    .replace(/\n?$/, "\n")
    .replace(/\r/g, " ")
    .replace(/\n/g, "\r\n");
  const changed = wire.length !== text.replace(/\r?\n/g, "\r\n").length || isLong(wire);
  if (changed) note(notes, "header fields were folded or cleaned");
  return Buffer.from(isLong(wire) ? wire.split("\r\n").map(foldLine).join("\r\n") : wire, "latin1");
}

const isLong = (text: string): boolean => hasLineOver(text, LONGEST_IN_HEADER);

/** Folded at white space where there is some in the last 890 octets of a line, else within the word. */
function foldLine(line: string): string {
  const pieces: string[] = [];
  let from = 0;
  while (line.length - from > LONGEST_IN_HEADER) {
    const window = line.slice(from, from + LONGEST_IN_HEADER);
    const space = Math.max(window.lastIndexOf(" "), window.lastIndexOf("\t"));
    const isUsable = space > 90 && window.slice(0, space).trim() !== "";
    const cut = isUsable ? space : LONGEST_IN_HEADER - 8;
    pieces.push(window.slice(0, cut), isUsable ? "\r\n" : "\r\n ");
    from += cut;
  }
  return pieces.join("") + line.slice(from);
}

/** A bare CR or LF is a line end to one reader and none to the next (SMTP smuggling): all become CRLF. */
function wireLineEnds(body: Buffer, notes: string[]): Buffer {
  if (!hasBareLineEnd(body)) return body;
  note(notes, "bare line ends became CRLF");
  const out = Buffer.allocUnsafe(body.length * 2);
  let to = 0;
  for (let i = 0; i < body.length; i += 1) {
    const byte = body[i]!;
    if (byte !== CR && byte !== LF) {
      out[to++] = byte;
      continue;
    }
    if (byte === CR && body[i + 1] === LF) i += 1;
    out[to++] = CR;
    out[to++] = LF;
  }
  return Buffer.from(out.subarray(0, to));
}

function hasBareLineEnd(body: Buffer): boolean {
  let lf = body.indexOf(LF);
  let cr = body.indexOf(CR);
  while (lf >= 0 || cr >= 0) {
    if (cr < 0 || lf !== cr + 1) return true;
    lf = body.indexOf(LF, lf + 1);
    cr = body.indexOf(CR, cr + 1);
  }
  return false;
}

const needsRepair = (bytes: Buffer): boolean => bytes.includes(0) || firstLongLine(bytes, 0) >= 0;

/** Where a line of more than 998 octets begins, at or after `from` (a line's begin); -1 when there is none. */
function firstLongLine(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes.length - at > LONGEST) {
    const end = bytes.indexOf(LF, at);
    if ((end < 0 ? bytes.length : end - 1) - at > LONGEST) return at;
    if (end < 0) return -1;
    at = end + 1;
  }
  return -1;
}

function repairs(message: Buffer, part: Part, notes: string[]): Edit[] {
  if (part.type.startsWith("multipart/") || part.type.startsWith("message/")) return [];
  const body = message.subarray(part.bodyStart, part.end);
  if (!needsRepair(body)) return [];
  note(notes, `part ${part.path || "1"} was encoded anew: its lines were too long`);
  const replaced = (text: string): Edit => ({
    start: part.bodyStart,
    end: part.end,
    bytes: Buffer.from(text, "latin1"),
  });
  const { encoding } = part;
  if (encoding === "base64") {
    const packed = body.toString("latin1").replace(/[^A-Za-z0-9+/=]+/g, "");
    const isWhole = packed.length % 4 === 0 && /^[^=]*={0,2}$/.test(packed);
    return isWhole ? [replaced(base64Lines(Buffer.from(packed, "base64")))] : [];
  }
  if (encoding === "quoted-printable")
    return [replaced(shorterQuoted(body.toString("latin1").replaceAll("\0", "=00")))];
  if (!["7bit", "8bit", "binary"].includes(encoding)) return [];
  return [newEncoding(message, part), replaced(quotedPrintable(body))];
}

function newEncoding(message: Buffer, part: Part): Edit {
  const fields = readHeader(message.subarray(part.start, part.bodyStart));
  const kept = fields.filter((field) => field.name !== "" && field.name !== "content-transfer-encoding");
  const encoding = Buffer.from("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
  return {
    start: part.start,
    end: part.bodyStart,
    bytes: Buffer.concat([...kept.map((field) => field.raw), encoding]),
  };
}

/** Soft line breaks put into lines that are too long, never inside an "=XX" (RFC 2045 6.7). */
function shorterQuoted(text: string): string {
  const lines = text.split("\r\n").map((line) => {
    if (line.length <= LONGEST) return line;
    const pieces: string[] = [];
    let from = 0;
    while (line.length - from > 75) {
      const equals = line.lastIndexOf("=", from + 74);
      const to = equals > from + 72 ? equals : from + 75;
      pieces.push(line.slice(from, to));
      from = to;
    }
    return [...pieces, line.slice(from)].join("=\r\n");
  });
  return lines.join("\r\n");
}

/** What no encoding could help (preambles, headers of parts, damaged base64): cut, as any relay would. */
function withoutLongLines(message: Buffer, notes: string[]): Buffer {
  const clean = message.includes(0) ? Buffer.from(message.toString("latin1").replaceAll("\0", ""), "latin1") : message;
  if (clean !== message) note(notes, "NUL characters were left out");
  const edits: Edit[] = [];
  for (let at = firstLongLine(clean, 0); at >= 0; ) {
    edits.push({ start: at + LONGEST - 8, end: at + LONGEST - 8, bytes: Buffer.from("\r\n ") });
    const end = clean.indexOf(LF, at);
    const stop = end < 0 ? clean.length : end;
    for (let cut = at + (LONGEST - 8) * 2; cut < stop - 1; cut += LONGEST - 8)
      edits.push({ start: cut, end: cut, bytes: Buffer.from("\r\n ") });
    at = end < 0 ? -1 : firstLongLine(clean, end + 1);
  }
  if (edits.length > 0) note(notes, "lines longer than 998 octets were cut");
  return applyEdits(clean, edits);
}

function note(notes: string[], text: string): void {
  if (!notes.includes(text) && notes.length < 20) notes.push(text);
}
