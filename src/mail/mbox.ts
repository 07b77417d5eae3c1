/**
 * Mbox files, split as they stream by (RFC 4155; mboxo, mboxrd, and pipermail's monthly text files joined).
 *
 * A mail begins at a "From " line that follows an empty line, carries a plausible date, and is followed by lines that
 * look like a header: pipermail does not quote "From " in bodies, so the line alone proves nothing. Only the mail being
 * read is in memory, and of one that is larger than the limit nothing is.
 */
import { splitMessage } from "./header.ts";

/** `offset`: where its "From " line stands in the file. With a `problem` there is no mail and `raw` is empty. */
export type MboxMail = { raw: Buffer; offset: number; fromLine: string; problem?: string };

export type Flavour = "mboxrd" | "mboxo" | "pipermail";

export type MboxOptions = { flavour?: Flavour; maxBytes?: number };

const MEGABYTE = 1024 * 1024;
const LOOK_AHEAD = 8192;
const KEPT_BEHIND = 8;
const LF = 10;
const CR = 13;

const FROM = Buffer.from("From ");
const LINE_FROM = Buffer.from("\nFrom ");
const LINE_QUOTED_FROM = Buffer.from("\n>");

/** The mails of the file, in its order. `maxBytes` is 50 MB unless told otherwise. */
export async function* splitMbox(
  chunks: AsyncIterable<Uint8Array>,
  options: MboxOptions = {},
): AsyncGenerator<MboxMail> {
  const maxBytes = options.maxBytes ?? 50 * MEGABYTE;
  let flavour = options.flavour;
  let window: Buffer = Buffer.alloc(0);
  let windowOffset = 0;
  let parts: Buffer[] = [];
  let size = 0;
  let start = 0;

  const keep = (bytes: Buffer): void => {
    size += bytes.length;
    if (size > maxBytes) parts = [];
    else if (bytes.length > 0) parts.push(bytes);
  };
  const finish = (upTo: number): MboxMail | undefined => {
    keep(window.subarray(0, upTo));
    const mail = mailFrom(parts, size, start, maxBytes, flavour ?? "mboxrd");
    window = window.subarray(upTo);
    windowOffset += upTo;
    [parts, size, start] = [[], 0, windowOffset];
    return mail;
  };
  function* scan(isEnd: boolean): Generator<MboxMail> {
    let at = 0;
    for (;;) {
      const before = window.indexOf(LINE_FROM, at);
      if (before < 0) {
        at = Math.max(0, window.length - KEPT_BEHIND);
        break;
      }
      at = before + 1;
      const isAfterBlank = window[before - 1] === LF || (window[before - 1] === CR && window[before - 2] === LF);
      if (!isEnd && window.length - at < LOOK_AHEAD) {
        at = Math.max(0, before - 2); // too little to judge by: come back with the next chunk
        break;
      }
      if (!isSeparator(window.subarray(at, at + LOOK_AHEAD), isAfterBlank)) continue;
      flavour ??= flavourOf(window.subarray(at, at + LOOK_AHEAD));
      const mail = finish(at);
      if (mail) yield mail;
      at = 0;
    }
    keep(window.subarray(0, at));
    window = window.subarray(at);
    windowOffset += at;
  }

  for await (const chunk of chunks) {
    window = window.length === 0 ? Buffer.from(chunk) : Buffer.concat([window, chunk]);
    if (flavour === undefined && windowOffset === 0 && window.subarray(0, 5).equals(FROM)) {
      if (window.length < LOOK_AHEAD) continue;
      flavour = flavourOf(window);
    }
    yield* scan(false);
  }
  flavour ??= flavourOf(window);
  yield* scan(true);
  const last = finish(window.length);
  if (last) yield last;
}

/** Which habit of writing an mbox its first "From " line shows. */
export function flavourOf(start: Buffer): Flavour {
  const line = firstLine(start);
  if (/^From \S+ at \S+ /.test(line)) return "pipermail";
  return "mboxrd"; // mboxo differs only where a line already began with ">From ", which no reader can tell
}

/**
 * A mail out of pipermail's text files with its authors' addresses as they were: "ana at far.test (Ana Lopez)" in From,
 * To, Cc, Sender and Reply-To is Ana Lopez <ana@far.test> again. Other fields and the body stay as they are.
 */
export function unmangle(raw: Buffer): Buffer {
  const { head, body, newline } = splitMessage(raw);
  const text = head.toString("latin1");
  if (!text.includes(" at ")) return raw;
  const restored = text.replace(
    /^((?:From|To|Cc|Sender|Reply-To):)([^\r\n]{0,10000}(?:\r?\n[ \t][^\r\n]{0,10000}){0,50})/gim,
    (_, name: string, value: string) => `${name} ${restoreAddress(value.replace(/\r?\n/g, "").trim())}`,
  );
  return restored === text ? raw : Buffer.concat([Buffer.from(restored, "latin1"), Buffer.from(newline), body]);
}

function restoreAddress(value: string): string {
  const named = /^([^\s"<>@(),:;]+) at ([A-Za-z0-9._-]+)(?:\s+\((.*)\))?$/.exec(value);
  if (!named) return value.replace(/([^\s"<>@(),:;]+) at ([A-Za-z0-9-]+\.[A-Za-z0-9._-]+)/g, "$1@$2");
  const [, local, domain, comment] = named;
  const name = (comment ?? "").trim();
  if (name === "") return `${local}@${domain}`;
  const isPlain = /^[\w \u0080-\u00ff!#$%&'*+/=?^`{|}~-]+$/.test(name);
  return `${isPlain ? name : `"${name.replace(/["\\]/g, "\\$&")}"`} <${local}@${domain}>`;
}

function mailFrom(
  parts: Buffer[],
  size: number,
  offset: number,
  maxBytes: number,
  flavour: Flavour,
): MboxMail | undefined {
  const empty = Buffer.alloc(0);
  if (size > maxBytes) {
    const problem = `larger than ${Math.floor(maxBytes / MEGABYTE) || maxBytes / MEGABYTE} MB`;
    return { raw: empty, offset, fromLine: "", problem };
  }
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const hasFromLine = bytes.subarray(0, 5).equals(FROM);
  const fromLine = hasFromLine ? firstLine(bytes) : "";
  const content = withoutLastNewline(hasFromLine ? bytes.subarray(lineEnd(bytes, 0)) : bytes);
  if (content.length === 0 || /^\s*$/.test(content.toString("latin1", 0, 1000).slice(0, content.length)))
    return hasFromLine ? { raw: empty, offset, fromLine, problem: "an empty mail" } : undefined;
  if (!hasFromLine && !looksLikeHeader(content))
    return { raw: empty, offset, fromLine, problem: 'text before the first "From " line' };
  return { raw: unquote(content, flavour), offset, fromLine };
}

/** The empty line before the next separator is the file's, not the mail's. */
function withoutLastNewline(bytes: Buffer): Buffer {
  const end = bytes.length;
  if (bytes[end - 1] !== LF) return bytes;
  if (bytes[end - 2] === LF) return bytes.subarray(0, end - 1);
  return bytes[end - 2] === CR && bytes[end - 3] === LF ? bytes.subarray(0, end - 2) : bytes;
}

/** ">From " loses its ">"; ">>From " too, except in mboxo, which never quoted it. */
function unquote(bytes: Buffer, flavour: Flavour): Buffer {
  const kept: Buffer[] = [];
  let from = 0;
  let at = bytes.indexOf(LINE_QUOTED_FROM);
  while (at >= 0) {
    let word = at + 1;
    while (bytes[word] === 0x3e) word += 1;
    const isQuoted = bytes[word] === 0x46 && bytes.subarray(word, word + 5).equals(FROM);
    if (isQuoted && (flavour === "mboxrd" || word === at + 2)) {
      kept.push(bytes.subarray(from, at + 1));
      from = at + 2;
    }
    at = bytes.indexOf(LINE_QUOTED_FROM, word);
  }
  return from === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(from)]);
}

const MONTH = /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b/;
const USUAL_FIELD =
  /^(?:from|date|received|return-path|message-id|subject|to|sender|delivered-to|mime-version|content-type|list-id|x-[\w-]+)[ \t]*:/i;

/** Pipermail forgets the empty line now and then; its next lines are From and Date, in this order. */
const PIPERMAIL_HEADER = /^From: [^\r\n]{1,500}\r?\n(?:[ \t][^\r\n]{0,500}\r?\n){0,5}Date: \S/;

function isSeparator(lines: Buffer, isAfterBlank: boolean): boolean {
  const stop = lineEnd(lines, 0);
  if (stop > 1000) return false;
  const line = lines.toString("latin1", 0, stop);
  if (!MONTH.test(line) || !/\b\d{1,2}:\d\d\b/.test(line) || !/\b(?:19|20)\d\d\b/.test(line)) return false;
  if (!isAfterBlank) return PIPERMAIL_HEADER.test(lines.toString("latin1", stop, stop + 4000));
  return looksLikeHeader(lines.subarray(stop));
}

/** Lines of a header, one of them a field that mails have, before the first empty line. */
function looksLikeHeader(lines: Buffer): boolean {
  let at = 0;
  for (let count = 0; count < 60 && at < lines.length; count += 1) {
    const stop = lineEnd(lines, at);
    const line = lines.toString("latin1", at, Math.min(stop, at + 200));
    const isField = /^[!-9;-~]+[ \t]*:/.test(line);
    if (isField && USUAL_FIELD.test(line)) return true;
    if (!isField && !/^[ \t]+\S/.test(line) && !/^>?From /.test(line)) return false;
    at = stop;
  }
  return false;
}

function lineEnd(bytes: Buffer, at: number): number {
  const lf = bytes.indexOf(LF, at);
  return lf < 0 ? bytes.length : lf + 1;
}

const firstLine = (bytes: Buffer): string => bytes.toString("latin1", 0, Math.min(lineEnd(bytes, 0), 1000)).trimEnd();
