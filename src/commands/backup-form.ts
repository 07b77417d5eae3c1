/**
 * The form of a backup file: one zstd stream of records.
 *
 *     "smartgroups backup 1\n"
 *     H {version, madeAt, migrations, partitions}     once
 *     T {table, columns}  D bytes …  E {}             for each table: PostgreSQL's binary COPY, in pieces
 *     Z {records, sha256}                             of all bytes before it
 *
 * A record is a letter, its length (four bytes, big-endian) and so many bytes. The Z record comes last and proves that
 * nothing is missing or changed, so that a reader can be sure before it changes anything.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createZstdDecompress } from "node:zlib";
import { Refusal, reasonOf } from "../kit/errors.ts";
import { refuseUnreadable } from "./input.ts";

export const MAGIC = Buffer.from("smartgroups backup 1\n");
const MOST = 1024 * 1024;

export type Header = {
  version: string;
  madeAt: string;
  migrations: string[];
  /** Partitions of tables that are split by day. */
  partitions: { parent: string; name: string; bound: string }[];
};
export type TableStart = { table: string; columns: string[] };

export type BackupRecord =
  | { kind: "H"; header: Header }
  | { kind: "T"; start: TableStart }
  | { kind: "D"; bytes: Buffer }
  | { kind: "E" };

/** The bytes of a backup with these records, the magic and the proof included. */
export async function* writeRecords(records: AsyncIterable<BackupRecord>): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let count = 0;
  const seen = (bytes: Buffer): Buffer => {
    hash.update(bytes);
    return bytes;
  };
  yield seen(MAGIC);
  for await (const record of records) {
    for (const bytes of bytesOf(record)) {
      count += 1;
      yield seen(bytes);
    }
  }
  yield framed("Z", json({ records: count, sha256: hash.digest("hex") }));
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function* bytesOf(record: BackupRecord): Generator<Buffer> {
  switch (record.kind) {
    case "H":
      yield framed("H", json(record.header));
      return;
    case "T":
      yield framed("T", json(record.start));
      return;
    case "E":
      yield framed("E", Buffer.alloc(0));
      return;
    case "D":
      for (let from = 0; from < record.bytes.length; from += MOST)
        yield framed("D", record.bytes.subarray(from, from + MOST));
  }
}

function framed(kind: string, bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 0, "latin1");
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The records of a backup file. Refuses, at the latest after the last, a file that is damaged, cut off, or something else. */
export async function* readRecords(path: string): AsyncGenerator<BackupRecord> {
  await refuseUnreadable(path);
  const hash = createHash("sha256");
  let count = 0;
  let proof: { records: number; sha256: string } | undefined;
  for await (const { kind, bytes } of frames(path)) {
    if (proof) throw damaged(path, "there is something after its end");
    if (kind === "Z") {
      proof = JSON.parse(bytes.toString("utf8", 5)) as typeof proof;
      continue;
    }
    hash.update(bytes);
    if (kind === "magic") continue;
    count += 1;
    const record = recordOf(kind, bytes.subarray(5));
    if (!record) throw damaged(path, "it has a record of an unknown kind");
    yield record;
  }
  if (!proof) throw damaged(path, "its end is missing");
  if (proof.records !== count || proof.sha256 !== hash.digest("hex")) throw damaged(path, "its checksum is wrong");
}

const damaged = (path: string, why: string): Refusal =>
  new Refusal(`${path} is damaged: ${why}. Nothing was changed; use another backup.`);

function recordOf(kind: string, bytes: Buffer): BackupRecord | undefined {
  if (kind === "H") return { kind, header: JSON.parse(bytes.toString("utf8")) as Header };
  if (kind === "T") return { kind, start: JSON.parse(bytes.toString("utf8")) as TableStart };
  if (kind === "D") return { kind, bytes };
  return kind === "E" ? { kind } : undefined;
}

/** The file cut into its records, each with its head; first the magic. */
async function* frames(path: string): AsyncGenerator<{ kind: string; bytes: Buffer }> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const plain = createZstdDecompress();
  file.on("error", (error) => plain.destroy(error));
  file.pipe(plain);
  let rest: Buffer = Buffer.alloc(0);
  let isBegun = false;
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (!isBegun) {
        if (rest.length < MAGIC.length) continue;
        if (!rest.subarray(0, MAGIC.length).equals(MAGIC)) throw notOurs(path);
        yield { kind: "magic", bytes: MAGIC };
        rest = rest.subarray(MAGIC.length);
        isBegun = true;
      }
      while (rest.length >= 5) {
        const length = rest.readUInt32BE(1);
        if (length > MOST) throw damaged(path, "it has a record that is too long");
        if (rest.length < 5 + length) break;
        yield { kind: rest.toString("latin1", 0, 1), bytes: rest.subarray(0, 5 + length) };
        rest = rest.subarray(5 + length);
      }
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw isBegun ? damaged(path, reasonOf(error)) : notOurs(path);
  } finally {
    file.destroy();
    plain.destroy();
  }
  if (!isBegun) throw notOurs(path);
  if (rest.length > 0) throw damaged(path, "it is cut off");
}

const notOurs = (path: string): Refusal =>
  new Refusal(`${path} is not a backup of Smartgroups: name a file that smartgroups backup wrote.`);
