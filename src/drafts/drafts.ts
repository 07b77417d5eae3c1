/**
 * Drafts: what members are writing on the web, with the files they attach, until it is sent, thrown away or too old.
 *
 * A draft belongs to whoever signs in with its author's address, so it outlives sessions and browsers. Its id is the id
 * of the mail it becomes: sent twice, it is one mail.
 */
export * from "./export.ts";
export * from "./files.ts";
export * from "./keep.ts";
export * from "./mail.ts";
export * from "./schedule.ts";
