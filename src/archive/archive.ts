/** The archive: accepted posts, kept byte for byte, as threads. */
export * from "./about.ts";
export {
  answersToLocked,
  type Change,
  type ChangeWord,
  changes,
  type Doing,
  deletePost,
  deletionsOf,
  lock,
  merge,
  pin,
  split,
} from "./care.ts";
export { editionsOf, editPost } from "./editions.ts";
export * from "./erase.ts";
export * from "./expire.ts";
export * from "./months.ts";
export * from "./overview.ts";
export * from "./place.ts";
export * from "./read.ts";
export * from "./reads.ts";
export { tagsOf, topicsTagged } from "./tags.ts";
