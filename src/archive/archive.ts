/** The archive: accepted posts, kept byte for byte, as threads. */
export * from "./months.ts";
export * from "./place.ts";
export * from "./read.ts";
export * from "./reads.ts";
