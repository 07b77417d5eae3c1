/**
 * Unpacking zstd where it is cheapest: what is small on the spot (13 µs for 4 KB), what is large on another thread, whose
 * going there and back costs 40 µs.
 */
import { promisify } from "node:util";
import { zstdDecompress, zstdDecompressSync } from "node:zlib";

const onAnotherThread = promisify(zstdDecompress);

const ON_THE_SPOT = 32 * 1024;

/** The bytes of one or several frames. `size` is what they are said to unpack to; `most` is what they never may exceed. */
export async function unpack(packed: Buffer, size: number, most: number): Promise<Buffer> {
  if (size > ON_THE_SPOT || packed.length > ON_THE_SPOT) return onAnotherThread(packed, { maxOutputLength: most });
  // Filled in one go: Node would take 16 KB, and the sizes we keep leave out our Received field.
  return zstdDecompressSync(packed, { maxOutputLength: most, chunkSize: size + 1024 });
}
