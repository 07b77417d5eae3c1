/** The directory: groups, people, and who is in what. Everyone else speaks of them by id. */
export * from "./bans.ts";
export * from "./changes.ts";
export * from "./claims.ts";
export * from "./digests.ts";
export * from "./find.ts";
export * from "./groups.ts";
export * from "./history.ts";
export * from "./leaving.ts";
export * from "./members.ts";
export * from "./operators.ts";
export * from "./pausing.ts";
export * from "./people.ts";
export * from "./requests.ts";
export * from "./rights.ts";
export * from "./wishes.ts";
