/** The bytes of archived mail, unpacked: zstd, one frame or several joined. */
import { zstdDecompressSync } from "node:zlib";

const MOST = 128 * 1024 * 1024;

export const unpack = (packed: Buffer): Buffer => zstdDecompressSync(packed, { maxOutputLength: MOST });
