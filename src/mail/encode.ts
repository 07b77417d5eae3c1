/**
 * Text into the seven-bit forms of mail: encoded words (RFC 2047), quoted-printable and base64 (RFC 2045 6), folded
 * header fields (RFC 5322 2.2.3). The readers of these forms are words.ts and parts.ts.
 *
 * Every value is free of line ends and other controls before it gets here or loses them here: a name or subject cannot
 * begin a field of its own.
 */
import { type HeaderField, readHeader } from "./header.ts";

const WIDTH = 76;
const WORD_BYTES = 42; // in base64 with "=?utf-8?b?" and "?=" 68 characters

/** A field of ours from its name and its folded value; throws when the value could end the field. */
export function newField(name: string, value: string): HeaderField {
  if (/\r(?!\n[ \t])|(?<!\r)\n|\n(?![ \t])|\0/.test(value))
    throw new Error(`The value of ${name} has a line end in it.`);
  return readHeader(Buffer.from(`${name}: ${value}\r\n`))[0]!;
}

/** One line of text, without controls; runs of white space become one space. */
export const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, " ")
    .trim();

/** Text as it stands in a Subject: itself when printable ASCII, else encoded words. Not folded. */
export const encodeText = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) && !text.includes("=?") && text.length <= 900 ? text : encodedWords(text);

/** A display name as it stands before <address>: atoms, a quoted string, or encoded words (RFC 5322 3.2.5). */
export function encodePhrase(name: string): string {
  if (!/^[\x20-\x7e]*$/.test(name) || name.includes("=?") || name.length > 200) return encodedWords(name);
  if (/^[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*$/.test(name)) return name;
  return `"${name.replace(/["\\]/g, "\\$&")}"`;
}

/** UTF-8 in base64 words, cut between characters; the words stand apart by a space that readers do not show. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let held = "";
  let bytes = 0;
  for (const letter of text) {
    const size = Buffer.byteLength(letter);
    if (bytes + size > WORD_BYTES) {
      words.push(held);
      held = "";
      bytes = 0;
    }
    held += letter;
    bytes += size;
  }
  if (held !== "") words.push(held);
  return words.map((word) => `=?utf-8?b?${Buffer.from(word).toString("base64")}?=`).join(" ");
}

/** A value folded at its spaces so that lines have at most 76 characters where they can; `used` are those before it. */
export function fold(value: string, used: number): string {
  let text = "";
  let line = used;
  for (const item of value.split(/(?<=[^ ])(?= )/)) {
    if (line + item.length > WIDTH && text !== "" && item.trim() !== "") {
      text += "\r\n";
      line = 0;
    }
    text += item;
    line += item.length;
  }
  return text;
}

/** Whether a line of the text is longer than `limit`. (As a pattern, /[^\n]{999}/, it took four fifths of preparing a post.) */
export function hasLineOver(text: string, limit: number): boolean {
  let from = 0;
  while (text.length - from > limit) {
    const lf = text.indexOf("\n", from);
    const end = lf < 0 ? text.length : lf > from && text[lf - 1] === "\r" ? lf - 1 : lf;
    if (end - from > limit) return true;
    if (lf < 0) return false;
    from = lf + 1;
  }
  return false;
}

/** Bytes in base64 lines of 76 characters, each with its CRLF. */
export function base64Lines(bytes: Buffer): string {
  const text = bytes.toString("base64");
  let lines = "";
  for (let at = 0; at < text.length; at += WIDTH) lines += `${text.slice(at, at + WIDTH)}\r\n`;
  return lines;
}

const HEX = Array.from({ length: 256 }, (_, byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`);

/** Text bytes with CRLF line ends in quoted-printable (RFC 2045 6.7); the line ends stay line ends. */
export function quotedPrintable(bytes: Buffer): string {
  const out: string[] = [];
  for (const line of bytes.toString("latin1").split("\r\n")) out.push(quotedLine(line));
  return out.join("\r\n");
}

function quotedLine(line: string): string {
  let text = "";
  let width = 0;
  for (let i = 0; i < line.length; i += 1) {
    const code = line.charCodeAt(i);
    const isLast = i === line.length - 1;
    const isPlain = (code > 0x20 && code < 0x7f && code !== 0x3d) || ((code === 0x20 || code === 0x09) && !isLast);
    const item = isPlain ? line[i]! : HEX[code]!;
    if (width + item.length > (isLast ? WIDTH : WIDTH - 1)) {
      text += "=\r\n";
      width = 0;
    }
    text += item;
    width += item.length;
  }
  // RFC 5322 and mbox: neither a lone dot nor "From " at the start of a line comes through everywhere
  return text.replace(/^\.(?=\r|$)/gm, "=2E").replace(/^From /gm, "=46rom ");
}
