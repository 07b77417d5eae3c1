/**
 * Bytes to text in the charset a mail names (RFC 2045 5.1, RFC 1468, RFC 1557, RFC 1843).
 *
 * The runtime's own decoders (WHATWG Encoding) come first, iconv-lite knows most of the rest, and the two seven-bit
 * shift encodings neither reads are turned into their eight-bit sisters. A label nobody knows is tried as UTF-8, then as
 * windows-1252, so that there is always text; `problem` says in a sentence what was odd about it.
 */
import { isAscii, isUtf8 } from "node:buffer";
import iconv from "iconv-lite";

export type Decoded = { text: string; problem?: string };

const decoders = new Map<string, TextDecoder>();
const UNNAMED = new Set([
  "",
  "us-ascii",
  "ascii",
  "ansi_x3.4-1968",
  "unknown-8bit",
  "x-unknown",
  "unknown",
  "default",
  "_autodetect",
  "8bit",
  "binary",
]);
const ALIASES: Record<string, string> = {
  utf8: "utf-8",
  utf_8: "utf-8",
  "x-utf-8": "utf-8",
  latin1: "windows-1252",
  "latin-1": "windows-1252",
  gb18030: "gb18030",
  ks_c_5601: "euc-kr",
  ms949: "euc-kr",
  cp949: "euc-kr",
  uhc: "euc-kr",
  cp936: "gbk",
  cp932: "shift_jis",
  "iso-2022-jp-2": "iso-2022-jp",
  "iso-2022-jp-ms": "iso-2022-jp",
  cp50220: "iso-2022-jp",
  cp50221: "iso-2022-jp",
  "unicode-1-1-utf-7": "utf-7",
  "iso-10646-ucs-2": "utf-16be",
};

/** The text that `bytes` are in `charset`; an absent charset means US-ASCII, in which eight-bit bytes are guessed. */
export function decodeText(bytes: Buffer, charset: string | undefined): Decoded {
  const label = cleanLabel(charset);
  if (isAscii(bytes) && !isStateful(label)) return { text: bytes.toString("latin1") };
  if (UNNAMED.has(label)) return { text: guess(bytes), problem: "8-bit text without a charset" };
  if (label === "utf-8") {
    if (isUtf8(bytes)) return { text: bytes.toString("utf8") };
    return { text: mixedUtf8(bytes), problem: "text that says it is UTF-8 and is not" };
  }
  if (label === "iso-2022-kr") return { text: decoder("euc-kr")!.decode(shifted(bytes, "iso-2022-kr")) };
  if (label === "hz-gb-2312") return { text: decoder("gbk")!.decode(shifted(bytes, "hz-gb-2312")) };
  const known = decoder(label);
  if (known) return lossless(known.decode(bytes), bytes, label);
  if (iconv.encodingExists(label)) return lossless(iconv.decode(bytes, label), bytes, label);
  return { text: guess(bytes), problem: `unknown charset "${String(label).slice(0, 40)}"` };
}

function cleanLabel(charset: string | undefined): string {
  if (!charset) return "";
  const label = charset
    .slice(0, 64)
    .split("*", 1)[0]! // RFC 2231 5: a language may follow
    .replace(/[\s"'<>]/g, "")
    .toLowerCase();
  return ALIASES[label] ?? label;
}

const isStateful = (label: string): boolean =>
  label.startsWith("iso-2022") ||
  label.startsWith("utf-7") ||
  label.startsWith("utf-16") ||
  label.startsWith("utf-32") ||
  label.startsWith("hz-") ||
  label.startsWith("csiso2022") ||
  label === "ucs-2";

function decoder(label: string): TextDecoder | undefined {
  const made = decoders.get(label);
  if (made) return made;
  try {
    const fresh = new TextDecoder(label);
    if (decoders.size < 300) decoders.set(label, fresh);
    return fresh;
  } catch {
    const windows = /^(?:cp|ms|windows|win|x-cp|x-windows|ibm)[-_]?(125\d|874)$/.exec(label);
    return windows ? decoder(`windows-${windows[1]}`) : undefined;
  }
}

/** A decoding with holes: bytes of another charset were declared as this one more often than they were damaged. */
function lossless(text: string, bytes: Buffer, label: string): Decoded {
  if (!text.includes("\uFFFD")) return { text };
  const problem = `text that says it is ${label.toUpperCase()} and is not`;
  if (!isAscii(bytes) && isUtf8(bytes)) return { text: bytes.toString("utf8"), problem };
  return { text, problem };
}

const guess = (bytes: Buffer): string =>
  isUtf8(bytes) ? bytes.toString("utf8") : decoder("windows-1252")!.decode(bytes);

/** UTF-8 where it is, and windows-1252 for each byte that is not part of it. */
function mixedUtf8(bytes: Buffer): string {
  const repaired: Buffer[] = [];
  let from = 0;
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length > 0) {
      i += length;
      continue;
    }
    repaired.push(bytes.subarray(from, i), Buffer.from(decoder("windows-1252")!.decode(bytes.subarray(i, i + 1))));
    i += 1;
    from = i;
  }
  repaired.push(bytes.subarray(from));
  return Buffer.concat(repaired).toString("utf8");
}

/** The length of the well-formed UTF-8 sequence at `at` (RFC 3629 4), 0 if there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

/** ISO-2022-KR (shift-out, shift-in) and HZ ("~{", "~}") as the eight-bit encoding they are shifted from. */
function shifted(bytes: Buffer, label: "iso-2022-kr" | "hz-gb-2312"): Buffer {
  const out = Buffer.alloc(bytes.length);
  const hz = label === "hz-gb-2312";
  let length = 0;
  let high = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]!;
    const next = bytes[i + 1];
    if (hz && byte === 0x7e && (next === 0x7b || next === 0x7d || next === 0x7e || next === 0x0a)) {
      if (next === 0x7e) out[length++] = 0x7e;
      else if (next !== 0x0a) high = next === 0x7b;
      i += 1;
    } else if (!hz && (byte === 0x0e || byte === 0x0f)) high = byte === 0x0e;
    else if (!hz && byte === 0x1b && next === 0x24 && bytes[i + 2] === 0x29)
      i += 3; // ESC $ ) C announces the set
    else {
      if (byte === 0x0a) high = false;
      out[length++] = high && byte > 0x20 ? byte | 0x80 : byte;
    }
  }
  return out.subarray(0, length);
}
