/**
 * The queue: where the rooms of the journey meet.
 *
 * A mail waits here from the 250 until the pipeline has filed it; a delivery waits here from that filing until every
 * recipient is settled. Whoever works takes (`waiting` → `taken`), and only the present holder may close. What is held by
 * a worker that is not entered any more is put back by `sweep`, less what the settle log says was sent.
 */
export * from "./deliveries.ts";
export * from "./erase.ts";
export * from "./holds.ts";
export * from "./lanes.ts";
export * from "./mails.ts";
export * from "./of-group.ts";
export * from "./outcomes.ts";
export * from "./outlook.ts";
export * from "./recipients.ts";
export * from "./search.ts";
export * from "./settle.ts";
export * from "./workers.ts";
