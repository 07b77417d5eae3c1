/**
 * The parts of a mail by their places in its bytes (RFC 2045, RFC 2046 5.1), found without recursion.
 *
 * Open multiparts lie on a stack; the lines that begin with "--" are compared with their boundaries, innermost first.
 * A part reaches up to the line end before its delimiter, which belongs to the delimiter. A forwarded mail
 * (message/rfc822) is one part: what is inside is another mail's. The archive keeps this list as its index, and who
 * alters one part copies the bytes around it.
 */
import { en } from "../language/language.ts";
import { first, readHeader, splitEntity, splitMessage } from "./header.ts";
import { fileNameOf, type Parameters, readParameters } from "./parameters.ts";

/** `path` as in IMAP ("1.2"; "" is a multipart mail itself), `parent` an index into the list, -1 for the mail. */
export type Part = {
  path: string;
  parent: number;
  type: string;
  encoding: string;
  charset?: string;
  flowed?: "yes" | "delsp";
  isMarkdown?: true;
  disposition?: string;
  filename?: string;
  contentId?: string;
  start: number;
  bodyStart: number;
  end: number;
};

export type PartTree = { parts: Part[]; defects: string[] };

const MAX_DEPTH = 32;
const MAX_PARTS = 1000;
const LF = 10;
const CR = 13;
const DASH = 45;
const LINE_DASHES = Buffer.from("\n--");

type Level = { boundary: Buffer; part: number; children: number; isClosed: boolean };
type Delimiter = { at: number; next: number; level: number; isClose: boolean };

/** The parts in their order, a multipart before what it contains; the first is the mail itself. */
export const indexParts = (raw: Buffer): Part[] => walkParts(raw).parts;

/** The parts, and a sentence for everything about their arrangement that is odd. */
export function walkParts(raw: Buffer): PartTree {
  const defects = new Set<string>();
  const parts: Part[] = [];
  const stack: Level[] = [];

  /** Adds the part that begins at `start`; opens it when it is a multipart. */
  const add = (start: number, limit: number, parent: number, path: string): void => {
    const { part, boundary } = readPart(raw, start, limit, { parent, path, isMail: parent < 0 }, parts, defects);
    parts.push(part);
    if (boundary === undefined) return;
    if (stack.length < MAX_DEPTH) stack.push({ boundary, part: parts.length - 1, children: 0, isClosed: false });
    else defects.add(en`nested deeper than ${MAX_DEPTH} levels`);
  };
  const close = (from: number, at: number): void => {
    for (const level of stack.splice(from)) {
      const part = parts[level.part]!;
      part.end = Math.max(part.bodyStart, at);
      if (!level.isClosed && level.children > 0) defects.add(en`a multipart without its closing boundary`);
      if (level.children > 0) continue;
      defects.add(en`a multipart whose boundary never comes`);
      part.type = "text/plain"; // then its text is all there is to show
    }
  };

  add(0, raw.length, -1, "");
  let cursor = parts[0]!.bodyStart;
  while (stack.length > 0) {
    const delimiter = nextDelimiter(raw, cursor, stack);
    if (delimiter === undefined) break;
    close(delimiter.level + 1, contentEnd(raw, delimiter.at));
    const level = stack[delimiter.level]!;
    cursor = delimiter.next;
    if (delimiter.isClose) {
      level.isClosed = true;
      continue;
    }
    if (parts.length >= MAX_PARTS) {
      defects.add(en`more than ${MAX_PARTS} parts`);
      break;
    }
    level.children += 1;
    const following = nextDelimiter(raw, cursor, stack);
    const limit = following ? Math.max(cursor, contentEnd(raw, following.at)) : raw.length;
    const above = parts[level.part]!.path;
    add(cursor, limit, level.part, above === "" ? `${level.children}` : `${above}.${level.children}`);
    const added = parts.at(-1)!;
    const isOpen = stack.at(-1)!.part === parts.length - 1;
    cursor = isOpen ? added.bodyStart : following ? following.at : raw.length;
  }
  close(0, raw.length);
  if (parts.length === 1) parts[0]!.path = "1";
  return { parts, defects: [...defects] };
}

type Place = { parent: number; path: string; isMail: boolean };

function readPart(
  raw: Buffer,
  start: number,
  limit: number,
  place: Place,
  parts: readonly Part[],
  defects: Set<string>,
): { part: Part; boundary?: Buffer } {
  const { head, body } = (place.isMail ? splitMessage : splitEntity)(raw.subarray(start, limit));
  const fields = readHeader(head);
  const bodyStart = body.byteOffset - raw.byteOffset;
  const written = first(fields, "content-type");
  const isDigest = parts[place.parent]?.type === "multipart/digest"; // RFC 2046 5.1.5
  const content = readParameters(written ?? "");
  const disposition = readParameters(first(fields, "content-disposition") ?? "");
  const contentId = (first(fields, "content-id") ?? "").replace(/^\s*<|>\s*$/g, "");
  const charset = content.parameters.get("charset");
  const filename = fileNameOf(disposition.parameters.get("filename") ?? content.parameters.get("name"));
  const part: Part = {
    path: place.path,
    parent: place.parent,
    type: typeOf(content.value, isDigest, defects, written),
    encoding: encodingOf(first(fields, "content-transfer-encoding")),
    ...(charset && { charset }),
    ...flowedOf(content),
    ...(content.parameters.get("markup")?.toLowerCase() === "markdown" && { isMarkdown: true as const }),
    ...(disposition.value && { disposition: disposition.value }),
    ...(filename !== undefined && { filename }),
    ...(contentId && { contentId }),
    start,
    bodyStart,
    end: limit,
  };
  if (!part.type.startsWith("multipart/")) return { part };
  const boundary = boundaryOf(content.parameters.get("boundary"), body, defects);
  if (boundary !== undefined) return { part, boundary };
  part.type = "text/plain";
  return { part };
}

function typeOf(value: string, isDigest: boolean, defects: Set<string>, written: string | undefined): string {
  if (/^[\w!#$&.+^-]{1,127}\/[\w!#$&.+^-]{1,127}$/.test(value)) return value;
  if (written !== undefined && value !== "text") defects.add(en`a Content-Type that cannot be read`);
  return isDigest ? "message/rfc822" : "text/plain"; // RFC 2045 5.2
}

const encodingOf = (value: string | undefined): string => /[\w-]+/.exec(value ?? "")?.[0].toLowerCase() ?? "7bit";

/** RFC 3676 */
function flowedOf({ parameters }: Parameters): { flowed?: "yes" | "delsp" } {
  if (parameters.get("format")?.toLowerCase() !== "flowed") return {};
  return { flowed: parameters.get("delsp")?.toLowerCase() === "yes" ? "delsp" : "yes" };
}

/** The boundary as it is declared, or, when no such line comes, as the body uses it. */
function boundaryOf(declared: string | undefined, body: Buffer, defects: Set<string>): Buffer | undefined {
  const written = (declared ?? "").trimEnd();
  const boundary = Buffer.from(`--${written}`, isLatin1(written) ? "latin1" : "utf8");
  if (written !== "" && body.includes(boundary)) return boundary;
  defects.add(written === "" ? en`a multipart without a boundary` : en`a multipart whose boundary never comes`);
  const used = /^(--[!-~]{1,200}?)[ \t]*\r?\n(?:[^\S\n]|Content-)/im.exec(body.toString("latin1", 0, 65_536));
  return used ? Buffer.from(used[1]!, "latin1") : undefined;
}

const isLatin1 = (text: string): boolean => !/[^\u0000-\u00ff]/.test(text);

/** The next line from the line start `from` on that separates or ends one of the open multiparts. */
function nextDelimiter(raw: Buffer, from: number, stack: readonly Level[]): Delimiter | undefined {
  for (let at = dashLine(raw, from); at >= 0; ) {
    const lf = raw.indexOf(LF, at);
    const next = lf < 0 ? raw.length : lf + 1;
    for (let level = stack.length - 1; level >= 0; level -= 1) {
      const { boundary, isClosed } = stack[level]!;
      const kind = isClosed ? undefined : matches(raw, at, next, boundary);
      if (kind) return { at, next, level, isClose: kind === "close" };
    }
    at = lf < 0 ? -1 : dashLine(raw, next);
  }
  return undefined;
}

function dashLine(raw: Buffer, from: number): number {
  if (raw[from] === DASH && raw[from + 1] === DASH) return from;
  const before = raw.indexOf(LINE_DASHES, from);
  return before < 0 ? -1 : before + 1;
}

/**
 * RFC 2046 5.1.1: the boundary, perhaps "--", then blanks. Words after a blank are forgiven, as the note there asks;
 * other characters are not, since one boundary may be how another begins.
 */
function matches(raw: Buffer, at: number, next: number, boundary: Buffer): "open" | "close" | undefined {
  const stop = at + boundary.length;
  if (stop > next || raw.compare(boundary, 0, boundary.length, at, stop) !== 0) return undefined;
  const isClose = raw[stop] === DASH && raw[stop + 1] === DASH;
  const after = isClose ? stop + 2 : stop;
  if (after < next && raw[after]! > 32) return undefined;
  return isClose ? "close" : "open";
}

/** The line end before a delimiter is the delimiter's. */
function contentEnd(raw: Buffer, at: number): number {
  if (raw[at - 1] !== LF) return at;
  return raw[at - 2] === CR ? at - 2 : at - 1;
}
