/**
 * Wake-ups between processes: the statements that leave work notify `smartgroups` with its topic, and are heard after
 * their commit. Polling stays the sure way.
 */
import type { Pool } from "./sql.ts";

export type Topic = "mail" | "delivery";

/** Calls `wake` for each notice, until `stop`. A lost line is taken up again by the driver. */
export async function listen(pool: Pool, wake: (topic: Topic) => void): Promise<{ stop(): Promise<void> }> {
  const heard = await pool.listen("smartgroups", (topic) => wake(topic as Topic));
  return { stop: () => heard.unlisten() };
}
