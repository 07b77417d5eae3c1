/**
 * The life of a group: made, renamed, closed, removed and taken back. What belongs to such a step in several rooms is done
 * here in the caller's transaction; pages, commands and the API ask for the step.
 */
export * from "./ending.ts";
export * from "./founding.ts";
export * from "./renaming.ts";
export * from "./settings.ts";
export type { Means } from "./step.ts";
