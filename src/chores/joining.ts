/** Requests to join and invitations: reminded of once, then ended. */
import type { Pool } from "../db/sql.ts";
import * as joining from "../joining/joining.ts";
import * as keys from "../keys/keys.ts";
import type { Clock } from "../kit/clock.ts";

export async function tendJoining(means: { pool: Pool; domain: string; url: string; clock: Clock }): Promise<void> {
  const { token } = await keys.serviceKeys(means.pool, means.domain, means.clock);
  for (let more = 1; more > 0; ) more = await joining.tend(means.pool, { ...means, tokenSecret: token });
}
