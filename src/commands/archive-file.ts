/**
 * Archive files as bytes: plain, gzip, zstd or xz, told apart by how they begin and not by their names.
 *
 * Of a damaged or cut-off file everything before the damage is read; what is wrong is said once, at the end. Compressed
 * bytes are fed in small pieces, so that a file that unpacks to a thousand times its size does not fill the memory.
 */
import { Readable, type Transform } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { Refusal, reasonOf } from "../kit/errors.ts";
import { openInput } from "./input.ts";

export type ArchiveFile = { chunks: AsyncIterable<Uint8Array>; trouble(): string | undefined };

const PIECE = 8 * 1024;

/** Opens an archive; `trouble` tells after the last chunk what was wrong with the file. */
export async function openArchive(path: string): Promise<ArchiveFile> {
  const { start, whole } = await peek(await openInput(path));
  const kind = kindOf(start, path);
  let trouble: string | undefined;
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* unpacked(kind, whole);
    } catch (error) {
      if (error instanceof TypeError) throw error; // ours, not the file's
      trouble = `the file is damaged or cut off (${reasonOf(error)})`;
    }
  };
  return { chunks: chunks(), trouble: () => trouble };
}

type Kind = "plain" | "gzip" | "zstd" | "xz";

function kindOf(start: Buffer, path: string): Kind {
  const begins = (hex: string): boolean => start.toString("hex").startsWith(hex);
  if (begins("1f8b")) return "gzip";
  if (begins("28b52ffd") || /^5.2a4d18/.test(start.toString("hex"))) return "zstd";
  if (begins("fd377a585a00")) return "xz";
  const other = begins("425a68") ? "bzip2" : begins("504b0304") ? "zip" : begins("377abcaf") ? "7z" : undefined;
  if (other)
    throw new Refusal(`${path} is packed with ${other}: unpack it first (gzip, xz and zstd are read as they are).`);
  return "plain";
}

async function* unpacked(kind: Kind, bytes: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  if (kind === "plain") yield* bytes;
  else if (kind === "gzip") yield* through(createGunzip(), bytes);
  else if (kind === "zstd") yield* through(createZstdDecompress(), bytes);
  else {
    // A CommonJS bundle: what its types call exports comes as one object.
    const { default: xz } = (await import("xz-decompress")) as unknown as { default: typeof import("xz-decompress") };
    const packed = Readable.toWeb(Readable.from(bytes, { objectMode: false })) as ReadableStream<Uint8Array>;
    yield* new xz.XzReadableStream(packed) as unknown as AsyncIterable<Uint8Array>;
  }
}

/** What a decompressor makes of the bytes, each piece handed on before the next goes in: an error loses nothing before it. */
async function* through(decompressor: Transform, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let out: Buffer[] = [];
  decompressor.on("data", (chunk: Buffer) => out.push(chunk));
  const failed = new Promise<Error>((resolve) => decompressor.once("error", resolve));
  const step = async (act: (done: () => void) => void): Promise<Error | undefined> => {
    const done = new Promise<undefined>((resolve) => act(() => resolve(undefined)));
    const error = await Promise.race([failed, done]);
    await nextTurn();
    return error;
  };
  const taken = function* (): Generator<Buffer> {
    const ready = out;
    out = [];
    yield* ready;
  };
  for await (const chunk of bytes) {
    for (let from = 0; from < chunk.length; from += PIECE) {
      const error = await step((done) => decompressor.write(chunk.subarray(from, from + PIECE), done));
      yield* taken();
      if (error) throw error;
    }
  }
  const ended = new Promise<void>((resolve) => decompressor.once("end", resolve));
  const error = await step((done) => {
    decompressor.end();
    void ended.then(done);
  });
  yield* taken();
  if (error) throw error;
}

/** The first bytes, and all of them with the first again. */
async function peek(bytes: AsyncIterable<Buffer>): Promise<{ start: Buffer; whole: AsyncIterable<Buffer> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  let isOver = false;
  while (start.length < 8 && !isOver) {
    const next = await iterator.next();
    if (next.done) isOver = true;
    else start = Buffer.concat([start, next.value]);
  }
  const whole = async function* (): AsyncGenerator<Buffer> {
    if (start.length > 0) yield start;
    while (!isOver) {
      const next = await iterator.next();
      if (next.done) isOver = true;
      else yield next.value;
    }
  };
  return { start: start.subarray(0, 8), whole: whole() };
}
