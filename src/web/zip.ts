/**
 * A zip file written as it is fetched, from pieces that come one after the other; those of one name are one file. A few
 * pieces are in memory at a time, whatever the whole is.
 */
import { Zip, ZipDeflate } from "fflate";

export type ZipPiece = { name: string; bytes: Uint8Array };

const LEVEL = 6;
/** What is compressed in one go, so that other requests get their turn. */
const STEP = 256 * 1024;

export async function* zipped(pieces: AsyncIterable<ZipPiece>, at: Date): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    out.push(chunk);
  });
  let open: { name: string; file: ZipDeflate } | undefined;
  const empty = new Uint8Array(0);
  for await (const { name, bytes } of pieces) {
    if (open?.name !== name) {
      open?.file.push(empty, true);
      const file = new ZipDeflate(name, { level: LEVEL });
      file.mtime = at;
      zip.add(file);
      open = { name, file };
    }
    for (let from = 0; from < bytes.length; from += STEP) {
      open.file.push(bytes.subarray(from, from + STEP));
      yield* out;
      out = [];
    }
  }
  open?.file.push(empty, true);
  zip.end();
  yield* out;
}
