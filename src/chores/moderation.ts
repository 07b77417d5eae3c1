/** What the clock asks for in moderation: posts that waited for their time in slow mode go on. */
import * as queue from "../queue/queue.ts";
import type { OnBehalf } from "./members.ts";

export async function moderate({ pool, clock }: OnBehalf): Promise<void> {
  await queue.releaseDue(pool, clock.now());
}
