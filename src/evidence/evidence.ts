/**
 * Evidence: what became of each copy, from the settle log: for a post, recipient by recipient; for a member, post by post.
 *
 * Everything is read and nothing is written: who was planned stands in the deliveries that are left and in the log, and
 * why somebody was not, in their own history. The log is kept for a set time, and what is older is said to be so.
 * Rights are the callers': this room tells names.
 */
export * from "./history.ts";
export * from "./report.ts";
export * from "./trial.ts";
