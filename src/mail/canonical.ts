/**
 * The "relaxed" canonical forms of RFC 6376 3.4: what is hashed instead of the bytes, so that refolding and changed
 * white space on the way do not break a signature.
 *
 * Both work on bytes (latin1): mail is not always the charset it says.
 */
import { hash } from "node:crypto";

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;

/** One header field in relaxed form, with its CRLF (RFC 6376 3.4.2). `raw` is the whole field as it stands. */
export function relaxedField(raw: Buffer): string {
  const text = raw.toString("latin1");
  const colon = text.indexOf(":");
  if (colon < 0) return `${squeeze(text)}\r\n`;
  return `${lowerAscii(squeeze(text.slice(0, colon)))}:${squeeze(text.slice(colon + 1))}\r\n`;
}

const squeeze = (text: string): string =>
  text
    .replace(/\r?\n/g, "")
    .replace(/[ \t]+/g, " ")
    .replace(/^ | $/g, "");

// String.toLowerCase would change the latin1 letters above 0x7f as well.
const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** A body in relaxed form (RFC 6376 3.4.4): one space for any run, none at line ends, no empty lines at the end. */
export function relaxedBody(body: Buffer): Buffer {
  // A line end may be a bare LF: the worst case is a body of nothing else.
  const out = Buffer.allocUnsafe(body.length * 2 + 2);
  let to = 0;
  let emptyLines = 0;
  let from = 0;
  while (from < body.length) {
    const lf = body.indexOf(LF, from);
    const next = lf < 0 ? body.length : lf + 1;
    let end = lf < 0 ? body.length : lf;
    if (lf >= 0 && end > from && body[end - 1] === CR) end -= 1;
    while (end > from && isBlank(body[end - 1]!)) end -= 1;
    if (end === from) {
      emptyLines += 1;
    } else {
      for (; emptyLines > 0; emptyLines -= 1) {
        out[to++] = CR;
        out[to++] = LF;
      }
      to = copyLine(body, from, end, out, to);
      out[to++] = CR;
      out[to++] = LF;
    }
    from = next;
  }
  return out.subarray(0, to);
}

function copyLine(body: Buffer, from: number, end: number, out: Buffer, start: number): number {
  let to = start;
  let blank = false;
  for (let i = from; i < end; i += 1) {
    const byte = body[i]!;
    if (isBlank(byte)) {
      if (!blank) out[to++] = SPACE;
      blank = true;
    } else {
      out[to++] = byte;
      blank = false;
    }
  }
  return to;
}

const isBlank = (byte: number): boolean => byte === SPACE || byte === TAB;

/** SHA-256 over the relaxed body, in base64: the bh= of a signature. */
export const bodyHash = (body: Buffer): string => hash("sha256", relaxedBody(body), "base64");
