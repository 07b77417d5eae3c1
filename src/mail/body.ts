/**
 * The content of a part: its transfer encoding undone (RFC 2045 6), its charset read, its soft line ends joined.
 *
 * What cannot be decoded is shown as it came; text that a list or a scanner appended in the clear to a base64 body is
 * kept behind it.
 */
import { en } from "../language/language.ts";
import { decodeText } from "./charset.ts";
import type { Part } from "./parts.ts";

export type Content = { bytes: Buffer; defects: string[] };

/** The bytes of a part as its sender meant them. */
export function contentOf(raw: Buffer, part: Part): Content {
  const body = raw.subarray(part.bodyStart, part.end);
  switch (part.encoding) {
    case "base64":
      return fromBase64(body, part.type.startsWith("text/"));
    case "quoted-printable":
      return fromQuotedPrintable(body);
    case "x-uuencode":
    case "x-uue":
    case "uuencode":
      return fromUuencode(body);
    case "7bit":
    case "8bit":
    case "binary":
      return { bytes: body, defects: [] };
    default:
      return { bytes: body, defects: [en`unknown transfer encoding "${part.encoding.slice(0, 40)}"`] };
  }
}

/** The text of a text part, line ends as "\n". */
export function textOf(raw: Buffer, part: Part): { text: string; defects: string[] } {
  const { bytes, defects } = contentOf(raw, part);
  const charset = part.charset ?? (part.type === "text/html" ? charsetInHtml(bytes) : undefined);
  const { text, problem } = decodeText(bytes, charset);
  const lines = (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).replace(/\r\n?/g, "\n");
  return {
    text: part.flowed && part.type === "text/plain" ? unflow(lines, part.flowed === "delsp") : lines,
    defects: problem ? [...defects, problem] : defects,
  };
}

/** RFC 3676 4: a line that ends in a blank goes on in the next one of the same quote depth. */
function unflow(text: string, deleteSpace: boolean): string {
  const out: string[] = [];
  let open: { depth: number } | undefined;
  for (const line of text.split("\n")) {
    let depth = 0;
    while (line[depth] === ">") depth += 1;
    const content = line[depth] === " " ? line.slice(depth + 1) : line.slice(depth);
    const isSignature = content === "-- ";
    if (open && open.depth === depth && !isSignature) out[out.length - 1] += content;
    else out.push(depth > 0 ? `${">".repeat(depth)} ${content}` : content);
    const isFlowed = content.endsWith(" ") && !isSignature;
    if (isFlowed && deleteSpace) out[out.length - 1] = out.at(-1)!.slice(0, -1);
    open = isFlowed ? { depth } : undefined;
  }
  return out.join("\n");
}

/** Pages name their charset inside when the mailer does not. */
const charsetInHtml = (bytes: Buffer): string | undefined =>
  /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,40})/i.exec(bytes.toString("latin1", 0, 2048))?.[1];

const NOT_BASE64 = /[^A-Za-z0-9+/=\s]/;

function fromBase64(body: Buffer, isText: boolean): Content {
  const written = body.toString("latin1");
  const odd = written.search(NOT_BASE64);
  const cut = odd < 0 ? written.length : written.lastIndexOf("\n", odd) + 1;
  const encoded = written.slice(0, cut);
  if (odd >= 0 && encoded.trim() === "") return { bytes: body, defects: [en`base64 that cannot be decoded`] };
  const defects: string[] = [];
  const bytes = encoded.includes("=") ? unitsOf(encoded) : [Buffer.from(encoded, "base64")];
  const letters = encoded.replace(/[\s=]+/g, "").length;
  if (letters % 4 === 1 || (letters % 4 !== 0 && !encoded.includes("="))) defects.push(en`truncated base64`);
  if (odd >= 0) {
    defects.push(en`text that is not base64 after a base64 body`);
    if (isText) bytes.push(Buffer.from("\n"), body.subarray(cut));
  }
  return { bytes: Buffer.concat(bytes), defects };
}

/** Padding ends a unit; some mailers put several units, or pad each line. */
const unitsOf = (encoded: string): Buffer[] => encoded.split(/=[=\s]*/).map((unit) => Buffer.from(unit, "base64"));

function fromQuotedPrintable(body: Buffer): Content {
  const out = Buffer.allocUnsafe(body.length);
  let length = 0;
  let isDamaged = false;
  for (let i = 0; i < body.length; i += 1) {
    const byte = body[i]!;
    if (byte === 0x0a || byte === 0x0d) {
      // RFC 2045 6.7 (3): blanks at the end of a line are the transport's
      while (length > 0 && (out[length - 1] === 0x20 || out[length - 1] === 0x09) && isRawBlank(body[i - 1]))
        length -= 1;
      out[length++] = byte;
      continue;
    }
    if (byte !== 0x3d) {
      out[length++] = byte;
      continue;
    }
    const value = (nibble(body[i + 1]) << 4) | nibble(body[i + 2]);
    if (value >= 0) {
      out[length++] = value;
      i += 2;
      continue;
    }
    let end = i + 1;
    while (body[end] === 0x20 || body[end] === 0x09) end += 1;
    if (end >= body.length) i = end;
    else if (body[end] === 0x0a) i = end;
    else if (body[end] === 0x0d && body[end + 1] === 0x0a) i = end + 1;
    else {
      out[length++] = byte;
      isDamaged = true;
    }
  }
  return { bytes: out.subarray(0, length), defects: isDamaged ? [en`quoted-printable with wrong escapes`] : [] };
}

const isRawBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09;

/** -1 for what is no hexadecimal digit: it stays negative when combined. */
function nibble(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function fromUuencode(body: Buffer): Content {
  const lines = body.toString("latin1").split(/\r?\n/);
  const begin = lines.findIndex((line) => /^begin \d{3,4} /.test(line));
  if (begin < 0) return { bytes: body, defects: [en`uuencode that cannot be decoded`] };
  const out: Buffer[] = [];
  for (const line of lines.slice(begin + 1)) {
    if (line === "end") return { bytes: Buffer.concat(out), defects: [] };
    const length = (line.charCodeAt(0) - 32) & 63;
    const bytes = Buffer.alloc(Math.ceil((line.length - 1) / 4) * 3);
    for (let i = 1, at = 0; i < line.length; i += 4, at += 3) {
      const [a, b, c, d] = [0, 1, 2, 3].map((n) => ((line.charCodeAt(i + n) || 32) - 32) & 63) as [
        number,
        number,
        number,
        number,
      ];
      bytes[at] = (a << 2) | (b >> 4);
      bytes[at + 1] = (b << 4) | (c >> 2);
      bytes[at + 2] = (c << 6) | d;
    }
    out.push(bytes.subarray(0, Math.min(length, bytes.length)));
  }
  return { bytes: Buffer.concat(out), defects: [en`truncated uuencode`] };
}
