/** The archive: accepted posts, kept byte for byte, as threads. */
export * from "./care.ts";
export * from "./months.ts";
export * from "./place.ts";
export * from "./read.ts";
export * from "./reads.ts";
export { tagsOf, topicsTagged } from "./tags.ts";
