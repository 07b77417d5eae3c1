/**
 * The beat: one statement, twice a second, on a connection of its own, that says which workers of this node live and shows
 * how the others' rows look.
 *
 * It runs where hardly anything else does, in the supervisor, so that no work of ours makes us look dead. Its commits wait
 * for no disk: a beat that a crash loses is worth nothing afterwards. Of our own workers only their process tells whether
 * they live. A row of another node that has looked the same for WATCHED, as far as we were awake to look, is buried.
 */
import { closePool, openPool, type Pool, type Target } from "../db/sql.ts";
import { type Clock, elapsed, type Moment, moment, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import { WATCHED } from "../kit/lease.ts";
import type { Log } from "../kit/log.ts";
import { startLoop } from "../kit/loop.ts";
import { Silence } from "../kit/silence.ts";
import * as queue from "../queue/queue.ts";

const EVERY = SECOND / 2;
/** A line that has not answered for so long may be dead without knowing: another is opened. */
const DEAD_LINE = 10 * SECOND;

export type BeatOptions = {
  target: Target;
  /** For what is freed of those who are gone. */
  pool: Pool;
  clock: Clock;
  log: Log;
  /** How long a worker of ours has said nothing, in milliseconds. */
  silenceOf(worker: string): number;
  /** The database has answered a question of this moment: these workers of ours are entered. */
  confirmed(workers: string[], askedAt: Moment): void;
  /** They were entered, and are not any more: others have what they held. */
  lost(workers: string[]): void;
};

export type Beat = {
  /** Enters a worker that is about to begin; answers the moment from which its lease runs. Rejects without a database. */
  enter(worker: queue.NewWorker): Promise<Moment>;
  /** The worker's process is gone: what it held is freed, now or as soon as the database is back. */
  leave(worker: string): void;
  /** Asks at once: a worker is in doubt. */
  ask(): void;
  /** Takes leave of all our workers, which must be gone. */
  stop(): Promise<void>;
};

export function startBeat(options: BeatOptions): Beat {
  const { pool, clock, log } = options;
  const own = new Set<string>();
  const leaving = new Set<string>();
  const watched = new Map<string, { beat: string; silence: Silence }>();
  let line = newLine(options.target);
  let isTroubled = false;
  let freeing: Promise<void> | undefined;

  const replaceLine = (): void => {
    log.warn({ seconds: DEAD_LINE / SECOND }, "the database did not answer the beat; it is asked over another line");
    void line.end({ timeout: 0 });
    line = newLine(options.target);
  };

  async function beat(): Promise<void> {
    const asked = [...own];
    const askedAt = moment();
    const impatience = setTimeout(replaceLine, DEAD_LINE);
    const { entered, others } = await queue
      .beat(
        line,
        asked.map((id) => ({ id, silentMs: options.silenceOf(id) })),
        clock.now(),
      )
      .finally(() => clearTimeout(impatience));
    options.confirmed(entered, askedAt);
    const here = new Set(entered);
    const lost = asked.filter((id) => !here.has(id) && own.has(id));
    for (const id of lost) own.delete(id);
    if (lost.length > 0) options.lost(lost);
    await bury(silentAmong(others));
    await takeLeave();
  }

  /** Those of the others whose rows have not changed for so long that they are dead. */
  function silentAmong(others: queue.Sighting[]): queue.Sighting[] {
    const now = elapsed();
    const seen = new Set(others.map((one) => one.id));
    for (const id of watched.keys()) if (!seen.has(id)) watched.delete(id);
    return others.filter(({ id, beat: look }) => {
      if (own.has(id) || leaving.has(id)) return false;
      const known = watched.get(id) ?? { beat: look, silence: new Silence() };
      watched.set(id, known);
      if (known.beat !== look) known.silence.heard();
      known.beat = look;
      return known.silence.look(now) >= WATCHED;
    });
  }

  async function bury(silent: queue.Sighting[]): Promise<void> {
    const buried = await queue.bury(line, silent);
    if (buried.length === 0) return;
    log.warn({ workers: buried }, "workers have been silent for their lease; what they held is free");
    free();
  }

  async function takeLeave(): Promise<void> {
    if (leaving.size === 0) return;
    const gone = [...leaving];
    await queue.farewell(line, gone);
    for (const id of gone) leaving.delete(id);
    free();
  }

  /** Beside the beat, which must not wait for it; whoever does chores sweeps as well. */
  function free(): void {
    const before = freeing ?? Promise.resolve();
    freeing = before
      .then(() => queue.sweep(pool))
      .then((freed) => {
        if (freed.mails + freed.deliveries > 0) log.info(freed, "freed what those who are gone had taken");
      })
      .catch((error) => log.warn({ err: reasonOf(error) }, "what those who are gone had taken is freed later"));
  }

  const loop = startLoop(
    "beat",
    async () => {
      try {
        await beat();
        isTroubled = false;
      } catch (error) {
        // Tried again at the same pace, as workers wait for it; said once.
        if (!isTroubled) log.warn({ err: reasonOf(error) }, "the database could not be asked who lives");
        isTroubled = true;
      }
      return "idle";
    },
    { everyMs: EVERY, log },
  );
  return {
    enter: async (worker) => {
      const askedAt = moment();
      await queue.enter(pool, worker, clock.now());
      own.add(worker.id);
      return askedAt;
    },
    leave: (worker) => {
      own.delete(worker);
      leaving.add(worker);
      loop.wake();
    },
    ask: loop.wake,
    stop: async () => {
      await loop.stop();
      for (const id of own) leaving.add(id);
      await takeLeave().catch((error) => log.warn({ err: reasonOf(error) }, "our work is free when the lease is over"));
      await freeing;
      await closePool(line);
    },
  };
}

/** A crash may lose the last half second of what is committed here, and nobody's disk is waited for. */
const newLine = (target: Target): Pool =>
  openPool(target, { max: 1, name: "smartgroups beat", settings: { synchronous_commit: "off" } });
