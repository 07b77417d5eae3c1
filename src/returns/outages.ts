/** Seeing that a provider is in trouble: its failures stop counting, and what was counted of them is taken back. */

import { type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import { en } from "../language/language.ts";
import * as queue from "../queue/queue.ts";
import { resumeReturned } from "./pausing.ts";
import type { Means } from "./returns.ts";

/** Opens, extends and ends outages. `providers`: where something new was noted. Answers how many were opened or ended. */
export async function seeOutages(means: Means, providers: string[]): Promise<number> {
  const { pool, clock } = means;
  const now = clock.now();
  const alike = providers.length > 0 ? await health.failingAlike(pool, providers, now) : [];
  let changed = 0;
  for (const found of alike) {
    if (await health.extendOutage(pool, found)) continue;
    const tried = await queue.triedSince(pool, found.provider, new Date(now.getTime() - health.TRIED_WITHIN));
    if (!health.isOutage({ ...found, tried })) continue;
    if (await transact(pool, (sql) => open(sql, means, found, tried))) changed += 1;
  }
  for (const outage of await health.openOutages(pool)) {
    // Who weighed while it was being opened did not know of it: what they counted is taken back too.
    await transact(pool, (sql) => excuse(sql, means, outage));
    const ending = health.endingOf(outage, now);
    if (ending && (await health.endOutage(pool, outage, ending, now))) changed += 1;
  }
  return changed;
}

async function open(sql: Sql, means: Means, found: health.Alike, tried: number): Promise<boolean> {
  const id = await health.openOutage(sql, found, tried, means.clock);
  if (id === undefined) return false;
  await excuse(sql, means, { id, provider: found.provider, recipients: found.failing });
  return true;
}

type Excused = Pick<health.Outage, "id" | "provider" | "recipients">;

/** Takes back what was counted since an outage began, and lets mail go out again to members who were paused for it. */
async function excuse(sql: Sql, means: Means, { id, provider, recipients }: Excused): Promise<void> {
  const now = means.clock.now();
  const cause = en`${provider} refuses mail for many members at once: ${recipients} of them so far`;
  const taken = await health.takeBack(sql, id);
  await directory.noteEvents(
    sql,
    taken.map((one) => ({ ...one, what: en`trouble taken back`, cause })),
    now,
  );
  for (const one of await health.pausedBy(sql, id)) await resumeReturned(sql, means, one, cause);
}
