/** Wake-ups between processes: `notify` when there is work, `listen` to be woken. Polling stays the sure way. */
import type { Pool, Sql } from "./sql.ts";

export type Topic = "mail" | "delivery" | "control";

/** Heard by all nodes after the caller's transaction commits. */
export async function notify(sql: Sql, topic: Topic): Promise<void> {
  await sql`select pg_notify('smartgroups', ${topic})`;
}

/** Calls `wake` for each notice, until `stop`. A lost line is taken up again by the driver. */
export async function listen(pool: Pool, wake: (topic: Topic) => void): Promise<{ stop(): Promise<void> }> {
  const heard = await pool.listen("smartgroups", (topic) => wake(topic as Topic));
  return { stop: () => heard.unlisten() };
}
