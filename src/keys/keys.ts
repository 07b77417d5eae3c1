/** Keys: what the service signs with, made once, at first start, and shared by all nodes through the database. */
export * from "./operator.ts";
export * from "./service-keys.ts";
