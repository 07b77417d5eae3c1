/** Privacy: what people asked to have about themselves, and to have erased. What it is: docs/privacy.md. */
export * from "./downloads.ts";
export * from "./erasures.ts";
