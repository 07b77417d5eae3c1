/**
 * Encoded words in header fields (RFC 2047, and the language of RFC 2231 5), and the people named there.
 *
 * Neighbouring words of one charset are decoded as one run of bytes, because senders cut characters in two at the seam;
 * if that leaves a hole they are read one by one.
 */
import { addressParser } from "postal-mime";
import { decodeText } from "./charset.ts";

export type Mailbox = { name: string; address: string };

type Word = { charset: string; bytes: Buffer };

/** The text with its encoded words decoded; whatever is no proper encoded word stays as it is. */
export function decodeWords(value: string): string {
  if (!value.includes("=?")) return value;
  const out: string[] = [];
  let run: Word[] = [];
  let at = 0;
  const flush = (): void => {
    if (run.length > 0) out.push(readRun(run));
    run = [];
  };
  while (at < value.length) {
    const open = value.indexOf("=?", at);
    const word = open < 0 ? undefined : wordAt(value, open);
    const between = value.slice(at, open < 0 ? value.length : word ? open : open + 2);
    // RFC 2047 6.2: white space between two encoded words is not shown
    if (!(word && run.length > 0 && between.trim() === "") && between !== "") {
      flush();
      out.push(between);
    }
    if (word) run.push(word);
    at = word ? word.end : open < 0 ? value.length : open + 2;
  }
  flush();
  return out.join("");
}

/** The addresses of a From, To, Cc, … value, groups dissolved, names decoded. Nothing that lacks an address is left out. */
export function mailboxes(value: string): Mailbox[] {
  return addressParser(value.slice(0, 100_000), { flatten: true }).map((box) => ({
    name: (box.name ?? "").trim(),
    address: (box.address ?? "").trim(),
  }));
}

const CHARSET_MAX = 60;

function wordAt(value: string, open: number): (Word & { end: number }) | undefined {
  const second = value.indexOf("?", open + 2);
  if (second < 0 || second - open > CHARSET_MAX || second === open + 2 || value[second + 2] !== "?") return undefined;
  const kind = value[second + 1]!.toLowerCase();
  if (kind !== "q" && kind !== "b") return undefined;
  const close = value.indexOf("?", second + 3);
  const charset = value.slice(open + 2, second);
  if (close < 0 || value[close + 1] !== "=" || /\s/.test(charset)) return undefined;
  const text = value.slice(second + 3, close);
  const bytes = kind === "b" ? Buffer.from(text, "base64") : quotedBytes(text, charset);
  return { charset: charset.toLowerCase(), bytes, end: close + 2 };
}

function quotedBytes(text: string, charset: string): Buffer {
  // eight-bit characters that should have been escaped are bytes of the word's own charset
  const isRaw = !/[^\u0000-\u00ff]/.test(text) && !/^utf-?8/i.test(charset);
  const plain = Buffer.from(text.replaceAll("_", " "), isRaw ? "latin1" : "utf8");
  let length = 0;
  for (let i = 0; i < plain.length; i += 1) {
    const code = plain[i] === 0x3d ? Number.parseInt(plain.toString("latin1", i + 1, i + 3), 16) : Number.NaN;
    const isEscape = code >= 0 && /^[0-9a-f]{2}$/i.test(plain.toString("latin1", i + 1, i + 3));
    plain[length++] = isEscape ? code : plain[i]!;
    if (isEscape) i += 2;
  }
  return plain.subarray(0, length);
}

function readRun(run: Word[]): string {
  const out: string[] = [];
  for (let i = 0; i < run.length; ) {
    let next = i + 1;
    while (next < run.length && run[next]!.charset === run[i]!.charset) next += 1;
    const words = run.slice(i, next);
    const joined = decodeText(Buffer.concat(words.map((word) => word.bytes)), words[0]!.charset);
    const whole = joined.problem === undefined && !joined.text.includes("\uFFFD");
    out.push(whole ? joined.text : words.map((word) => decodeText(word.bytes, word.charset).text).join(""));
    i = next;
  }
  return out.join("");
}
