/**
 * The bytes of a mail on their way to the database.
 *
 * Small mails (nearly all) stay in memory and are compressed at once when they end: 40 µs for 4 KB, most of it Node's
 * making of a context that it offers no way to keep. A larger one leaves in pieces of 192 KB as it is read, each an
 * independent zstd frame; frames put one after another are one valid zstd stream (RFC 8878 3), so piece 0, piece 1, …
 * and the rest given at the end make the whole.
 */
import { promisify } from "node:util";
import { zstdCompress, zstdCompressSync } from "node:zlib";

const compress = promisify(zstdCompress);

/** How much of a mail a connection holds before it is written out. */
export const PIECE_BYTES = 192 * 1024;

/** Up to here compressing on the spot is cheaper than sending the work to another thread and back. */
const ON_THE_SPOT = 64 * 1024;

export type Body = {
  add(piece: Buffer): void;
  /** Enough has collected to be written out. */
  isFull(): boolean;
  /** Compresses what has collected and starts again; used for pieces and, at the end, for the rest. */
  take(): Promise<Buffer> | Buffer;
};

export function newBody(firstBytes: string): Body {
  let held = Buffer.allocUnsafe(8 * 1024);
  let used = held.write(firstBytes);
  return {
    add(piece) {
      if (used + piece.length > held.length) {
        const wider = Buffer.allocUnsafe(Math.max(2 * held.length, used + piece.length));
        held.copy(wider, 0, 0, used);
        held = wider;
      }
      used += piece.copy(held, used);
    },
    isFull: () => used >= PIECE_BYTES,
    take() {
      const bytes = held.subarray(0, used);
      if (used <= ON_THE_SPOT) {
        const small = zstdCompressSync(bytes);
        used = 0;
        return small;
      }
      // The compressing thread reads these bytes, so what comes next gets a buffer of its own.
      held = Buffer.allocUnsafe(held.length);
      used = 0;
      return compress(bytes);
    },
  };
}
