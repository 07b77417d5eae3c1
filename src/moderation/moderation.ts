/** Moderation: what is held and why, as data of a group. What is done about held mail is done in the queue. */
export * from "./rules.ts";
