/**
 * Returns: weighs what came back, asks, pauses, and tells.
 *
 *     returns, settle log → troubles → outage? → score → enquiry → pause → reminders, the owners' letter
 *
 * One node does it at a time, once a minute, and two at once do no harm. Every step is a transaction that first turns a
 * state (weighed, open → failed, paused) and does the rest only if it was the one to turn it: killed at any line and run
 * again, it happens once.
 */
import { ifFree } from "../db/lock.ts";
import type { Pool } from "../db/sql.ts";
import { type Clock, MINUTE } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { type Loop, startLoop } from "../kit/loop.ts";
import { ask, endEnquiries } from "./asking.ts";
import { seeOutages } from "./outages.ts";
import { remind, tellOwners } from "./telling.ts";
import { weigh } from "./weigh.ts";

export { askNow } from "./asking.ts";
export { bringBack, stopMail } from "./pausing.ts";
export {
  groupHealth,
  healthAsJson,
  type MemberHealth,
  memberHealth,
  outageAsJson,
  outageInWords,
} from "./report.ts";

export type Means = { pool: Pool; domain: string; url: string; tokenSecret: Buffer; clock: Clock; log?: Log };

export type ReturnsOptions = Means & {
  /** A pool of their own for locks. */
  locks: Pool;
  log: Log;
  everyMs?: number;
};

export function startReturns(options: ReturnsOptions): Loop {
  const { locks, log } = options;
  return startLoop(
    "returns",
    async () => {
      await ifFree(locks, "returns", async () => {
        const done = await weighOnce(options);
        if (Object.values(done).some((count) => count > 0)) log.info(done, "members' health was weighed");
      });
      return "idle";
    },
    { everyMs: options.everyMs ?? MINUTE, log },
  );
}

export type Done = { weighed: number; outages: number; asked: number; passed: number; reminded: number; told: number };

/** One round of everything. */
export async function weighOnce(means: Means): Promise<Done> {
  const { weighed, providers } = await weigh(means);
  // Before anybody is asked: a provider's bad day is nobody's.
  const outages = await seeOutages(means, providers);
  const passed = await endEnquiries(means);
  const asked = await ask(means);
  return { weighed, outages, passed, asked, reminded: await remind(means), told: await tellOwners(means) };
}
