/** A worker that runs in the test's own process: entered, with a lease and a beat as its supervisor would give it. */
import type { Pool, Target } from "../../src/db/sql.ts";
import type { Clock } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import { Lease } from "../../src/kit/lease.ts";
import { type Log, silent } from "../../src/kit/log.ts";
import { type Beat, startBeat } from "../../src/node/beat.ts";

export type Entered = {
  worker: string;
  lease: Lease;
  beat: Beat;
  /** Takes leave; the worker must have stopped. */
  leave(): Promise<void>;
};

export async function enterWorker(
  { pool, target }: { pool: Pool; target: Target },
  { node, roles, clock, log = silent }: { node: string; roles: string[]; clock: Clock; log?: Log },
): Promise<Entered> {
  const worker = newId(clock);
  let lease: Lease | undefined;
  const beat = startBeat({
    ...{ target, pool, clock, log },
    silenceOf: () => 0,
    confirmed: (_, askedAt) => lease?.confirm(askedAt),
    lost: () => lease?.lose(),
  });
  const present = { id: worker, node, pid: process.pid, roles, version: "test", startedAt: clock.now() };
  lease = new Lease(await beat.enter(present), { ask: beat.ask });
  return {
    worker,
    lease,
    beat,
    leave: beat.stop,
  };
}
