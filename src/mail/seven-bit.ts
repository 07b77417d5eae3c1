/**
 * A mail in 7-bit form, for a far side without 8BITMIME: RFC 6152 3 leaves the choice to convert it or to return it.
 *
 * Parts with 8-bit bytes are encoded anew, as quoted-printable where they are text that stays readable so, else as base64:
 * who decodes them gets the same bytes. A forwarded mail (message/rfc822) may not be encoded, only what is in it (RFC 2046
 * 5.2.1), so it is converted by its own structure: mails within mails wait on a list, nothing recurses. What is signed
 * or encrypted would be broken by any change, and a mail with 8-bit bytes in there cannot be converted.
 */
import { isAscii } from "node:buffer";
import { asciiFields, needsUtf8 } from "./ascii-header.ts";
import { contentOf } from "./body.ts";
import { applyEdits, type Edit } from "./edit.ts";
import { base64Lines, quotedPrintable } from "./encode.ts";
import { first, type HeaderField, readHeader, splitMessage } from "./header.ts";
import { readParameters } from "./parameters.ts";
import { type Part, walkParts } from "./parts.ts";

/** `why` ends the sentence "it cannot be sent in 7 bits because …". */
export type SevenBit = { kind: "converted"; message: Buffer } | { kind: "impossible"; why: string };

const MOST_NESTED = 20;

/**
 * The message (with CRLF line ends) as a far side takes it that offers this: itself when that is enough, else with an ASCII
 * header where only SMTPUTF8 is missing, else in 7 bits.
 */
export function lesserForm(message: Buffer, offered: { eightBitMime: boolean; smtpUtf8: boolean }): SevenBit {
  if (isAscii(message)) return { kind: "converted", message };
  if (!offered.eightBitMime) return toSevenBit(message);
  const { head, body } = splitMessage(message);
  const fields = readHeader(head);
  if (offered.smtpUtf8 || !needsUtf8(fields)) return { kind: "converted", message };
  return { kind: "converted", message: Buffer.concat([...asciiFields(fields).map(({ raw }) => raw), CRLF, body]) };
}

/** The message (with CRLF line ends) without a byte above 127. */
export function toSevenBit(message: Buffer): SevenBit {
  const edits: Edit[] = [];
  const mails = [{ start: 0, end: message.length, depth: 0 }];
  for (const mail of mails) {
    const bytes = message.subarray(mail.start, mail.end);
    if (isAscii(bytes)) continue;
    if (mail.depth > MOST_NESTED) return impossible("too many mails are forwarded in each other");
    const found = convert(bytes);
    if ("why" in found) return found;
    const at = (edit: Edit): Edit => ({ ...edit, start: edit.start + mail.start, end: edit.end + mail.start });
    edits.push(...found.edits.map(at));
    for (const inner of found.inner)
      mails.push({ start: inner.bodyStart + mail.start, end: inner.end + mail.start, depth: mail.depth + 1 });
  }
  return { kind: "converted", message: masked(applyEdits(message, edits)) };
}

type Impossible = Extract<SevenBit, { kind: "impossible" }>;
const impossible = (why: string): Impossible => ({ kind: "impossible", why });

/** The edits of one mail, and the mails that lie in it and are to be converted next. */
function convert(mail: Buffer): { edits: Edit[]; inner: Part[] } | Impossible {
  const { parts, defects } = walkParts(mail);
  if (defects.some((defect) => /^(?:more than \d+ parts|nested deeper)/.test(defect)))
    return impossible("it has too many parts");
  const edits: Edit[] = [];
  const inner: Part[] = [];
  let untouchedUntil = 0;
  for (const part of parts) {
    if (part.start < untouchedUntil || isAscii(mail.subarray(part.start, part.end))) continue;
    const fields = readHeader(mail.subarray(part.start, part.bodyStart)).filter(isNoBlank);
    const declared = readParameters(first(fields, "content-type") ?? "");
    const isBodyAscii = isAscii(mail.subarray(part.bodyStart, part.end));
    if (/^multipart\/(?:signed|encrypted)$/.test(part.type)) {
      if (!isBodyAscii) return impossible(`a part of it is ${part.type.slice(10)} and has 8-bit text`);
      untouchedUntil = part.end;
    }
    if (isBodyAscii) edits.push(headerEdit(part, asciiFields(fields)));
    else if (part.type.startsWith("multipart/")) {
      if (/[^\u0000-\u007f]/.test(declared.parameters.get("boundary") ?? ""))
        return impossible("its parts are separated by 8-bit text");
      edits.push(headerEdit(part, withEncoding(asciiFields(fields), part, "7bit")));
    } else if (part.type === "message/rfc822" && isIdentity(part.encoding)) {
      inner.push(part);
      edits.push(headerEdit(part, withEncoding(asciiFields(fields), part, "7bit")));
    } else if (/^message\/(?:partial|external-body)$/.test(part.type))
      return impossible(`a part of it is ${part.type} and has 8-bit text`);
    else edits.push(...encodedAnew(mail, part, fields, declared.value));
  }
  return { edits, inner };
}

const isNoBlank = (field: HeaderField): boolean => field.raw.some((byte) => byte !== 0x0d && byte !== 0x0a);
const isIdentity = (encoding: string): boolean => ["7bit", "8bit", "binary"].includes(encoding);

function encodedAnew(mail: Buffer, part: Part, fields: readonly HeaderField[], declared: string): Edit[] {
  const { bytes } = contentOf(mail, part);
  const isText = part.type.startsWith("text/") || part.type.startsWith("message/");
  const encoding = isText && high(bytes) * 6 < bytes.length ? "quoted-printable" : "base64";
  const text = encoding === "base64" ? base64Lines(bytes) : quotedPrintable(bytes);
  // It says that it is a multipart, but its boundary never comes: such a one must not be encoded (RFC 2045 6.4), text may.
  const typed = declared.startsWith("multipart/") ? withType(fields, part.charset) : fields;
  return [
    headerEdit(part, withEncoding(asciiFields(typed), part, encoding)),
    { start: part.bodyStart, end: part.end, bytes: Buffer.from(text, "latin1") },
  ];
}

function high(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte > 127) count += 1;
  return count;
}

function withType(fields: readonly HeaderField[], charset: string | undefined): HeaderField[] {
  const said = charset === undefined || !/^[\w.:+-]{1,60}$/.test(charset) ? "" : `; charset=${charset}`;
  return [...fields.filter((field) => field.name !== "content-type"), fieldOf(`Content-Type: text/plain${said}\r\n`)];
}

/** The fields with this transfer encoding, and with MIME-Version in the header of a mail, where it counts only with that. */
function withEncoding(fields: readonly HeaderField[], part: Part, encoding: string): HeaderField[] {
  const kept = fields.filter((field) => field.name !== "content-transfer-encoding");
  if (kept.length === fields.length && encoding === "7bit") return kept;
  if (part.parent < 0 && first(kept, "mime-version") === undefined) kept.push(fieldOf("MIME-Version: 1.0\r\n"));
  return [...kept, fieldOf(`Content-Transfer-Encoding: ${encoding}\r\n`)];
}

const fieldOf = (text: string): HeaderField => readHeader(Buffer.from(text))[0]!;
const CRLF = Buffer.from("\r\n");

function headerEdit(part: Part, fields: readonly HeaderField[]): Edit {
  const raws = fields.map(({ raw }) => (raw.at(-1) === 0x0a ? raw : Buffer.concat([raw, CRLF])));
  return { start: part.start, end: part.bodyStart, bytes: Buffer.concat([...raws, CRLF]) };
}

/**
 * What is left is shown to nobody: words before, between and behind the parts. A line that begins with "--" may not become
 * what a reader could take for a boundary (DEL is in none, RFC 2046 5.1.1).
 */
function masked(message: Buffer): Buffer {
  if (isAscii(message)) return message;
  let isDashed = false;
  const bytes = message.map((byte, i) => {
    if (i === 0 || message[i - 1] === 0x0a) isDashed = byte === 0x2d && message[i + 1] === 0x2d;
    return byte > 127 ? (isDashed ? 0x7f : 0x3f) : byte;
  });
  return Buffer.from(bytes);
}
