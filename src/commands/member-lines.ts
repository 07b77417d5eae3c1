/**
 * Members in a CSV file, line by line: `address,name`.
 *
 * A line stands for itself, so that a wrong one (a quotation mark that is never closed) can't swallow the rest: names
 * with line breaks in them are what we give up for it. A heading is understood when there is one: the columns are
 * found by their titles, whatever their order, as other services export them. Spreadsheets write semicolons or tabs
 * and their own charset; those are read too.
 */
import { isUtf8 } from "node:buffer";
import { parse } from "csv-parse/sync";
import { cellText } from "../kit/csv.ts";
import { Refusal } from "../kit/errors.ts";
import { parseAddress } from "../mail/address.ts";

export type MemberLine =
  | { kind: "member"; line: number; address: string; name: string }
  | { kind: "wrong"; line: number; text: string; reason: string };

type Columns = { delimiter: string; address: number; name: number };

const LONGEST_LINE = 10_000;
const LONGEST_NAME = 200;
const ADDRESS_TITLE = /^(?:e-?mail(?:[ _-]?address)?|address|mail)$/i;
const NAME_TITLE = /^(?:name|full[ _-]?name|display[ _-]?name|nickname|real[ _-]?name)$/i;
const TITLE_LINES = 3;

/** Reads the file as it streams by. Empty lines are passed over. */
export async function* readMembers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<MemberLine> {
  let columns: Columns = { delimiter: ",", address: 0, name: 1 };
  let seen = 0;
  let preamble: MemberLine | undefined;
  for await (const { line, bytes } of lines(chunks)) {
    if (line === 1) refuseUtf16(bytes);
    const text = textOf(bytes, line).trimEnd();
    if (text.trim() === "") continue;
    seen += 1;
    if (seen <= TITLE_LINES && !text.includes("@")) {
      const titles = columnsOf(text);
      if (titles) {
        columns = titles;
        preamble = undefined; // "Members for group …", above the titles
        seen = TITLE_LINES;
        continue;
      }
    }
    if (preamble) yield preamble;
    preamble = undefined;
    if (seen === 1) columns = { ...columns, delimiter: delimiterOf(text) };
    const read = memberOf(text, line, columns);
    if (read.kind === "wrong" && seen < TITLE_LINES && !text.includes("@")) preamble = read;
    else yield read;
  }
  if (preamble) yield preamble;
}

function memberOf(text: string, line: number, columns: Columns): MemberLine {
  const wrong = (reason: string): MemberLine => ({ kind: "wrong", line, text: text.slice(0, 200), reason });
  if (text.length > LONGEST_LINE) return wrong("this line is too long to be a member");
  const fields = fieldsOf(text, columns.delimiter);
  if (fields === undefined) return wrong("a quotation mark is not closed on its line");
  const written = cellText((fields[columns.address] ?? "").trim());
  const angled = /^([^<>]*)<([^<>]+)>$/.exec(written);
  const address = (angled?.[2] ?? written).trim();
  if (address === "") return wrong("there is no address");
  const parsed = parseAddress(address);
  if (!parsed) return wrong(`"${address.slice(0, 100)}" is not an address`);
  const name = cellText((fields[columns.name] ?? "").trim()) || (angled?.[1] ?? "").trim().replace(/^"(.*)"$/, "$1");
  return { kind: "member", line, address: `${parsed.local}@${parsed.domain}`, name: plain(name) };
}

const plain = (name: string): string =>
  name
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, " ")
    .slice(0, LONGEST_NAME)
    .toWellFormed();

function fieldsOf(text: string, delimiter: string): string[] | undefined {
  if (!text.includes('"')) return text.split(delimiter);
  try {
    return parse(text, { delimiter, relax_column_count: true, relax_quotes: true, trim: true })[0] ?? [];
  } catch {
    return undefined;
  }
}

function columnsOf(text: string): Columns | undefined {
  const delimiter = delimiterOf(text);
  const titles = (fieldsOf(text, delimiter) ?? []).map((title) => title.trim());
  const address = titles.findIndex((title) => ADDRESS_TITLE.test(title));
  if (address < 0) return undefined;
  const name = titles.findIndex((title) => NAME_TITLE.test(title));
  return { delimiter, address, name: name < 0 ? titles.length : name };
}

function delimiterOf(text: string): string {
  if (text.includes(",")) return ",";
  return text.includes(";") ? ";" : text.includes("\t") ? "\t" : ",";
}

function refuseUtf16(bytes: Buffer): void {
  const mark = bytes.subarray(0, 2).toString("hex");
  if (mark === "fffe" || mark === "feff") throw new Refusal("This file is in UTF-16: save it as CSV in UTF-8.");
}

const windows = new TextDecoder("windows-1252");

function textOf(bytes: Buffer, line: number): string {
  if (!isUtf8(bytes)) return windows.decode(bytes);
  const text = bytes.toString("utf8");
  return line === 1 ? text.replace(/^\ufeff/, "") : text;
}

/** Lines by LF, CRLF or CR; of one that is too long only the beginning is kept. */
async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ line: number; bytes: Buffer }> {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  let endedInCr = false;
  for await (const chunk of chunks) {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let bytes = rest.length > 0 ? Buffer.concat([rest, fresh]) : fresh;
    if (endedInCr && fresh[0] === LF) bytes = bytes.subarray(1);
    let from = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      if (bytes[at] !== LF && bytes[at] !== CR) continue;
      yield { line, bytes: bytes.subarray(from, at) };
      line += 1;
      if (bytes[at] === CR && bytes[at + 1] === LF) at += 1;
      from = at + 1;
    }
    endedInCr = bytes.at(-1) === CR;
    rest = bytes.subarray(from);
    if (rest.length > LONGEST_LINE) rest = rest.subarray(0, LONGEST_LINE + 1);
  }
  if (rest.length > 0) yield { line, bytes: rest };
}

const LF = 10;
const CR = 13;
