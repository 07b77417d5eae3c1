/**
 * Joining: how somebody comes into a group by themselves, by a moderator's yes, or invited. What belongs to one step in several
 * rooms is done here, in the caller's transaction; pages, the API, mail and the clock ask for the step.
 */
export * from "./gate.ts";
export * from "./inviting.ts";
export * from "./requests.ts";
export * from "./step.ts";
export * from "./tending.ts";
