/** Moderation: what is held and why, what was decided, and the log of it. Held mail itself is in the queue. */
export * from "./activity.ts";
export * from "./answers.ts";
export * from "./claims.ts";
export * from "./decisions.ts";
export * from "./edits.ts";
export * from "./emergencies.ts";
export * from "./erase.ts";
export { checkRule, doesFit, type Fit, firstFit, judgedBy } from "./fit.ts";
export * from "./held.ts";
export * from "./letters.ts";
export * from "./questions.ts";
export * from "./reports.ts";
export * from "./rules.ts";
export { ruleFrom } from "./spoken.ts";
export * from "./untold.ts";
