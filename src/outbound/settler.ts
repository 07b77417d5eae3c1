/**
 * The settler: writes what the far sides said to the log and the deliveries, many results in one transaction.
 *
 * Results wait here for at most PAUSE before they are written. A worker that is killed loses those that are not
 * committed, and their recipients are sent a second copy. So nothing more is begun while the oldest of them is LATE: a
 * database that is slow or away slows the sending down instead of making the crash dearer.
 *
 * Each transaction asks first whether this worker is still entered. If it is not, its deliveries may be somebody else's:
 * what was sent is true all the same and is written down late, each recipient counted once.
 */
import { setTimeout as pause } from "node:timers/promises";
import { isPassing, type Pool, transact } from "../db/sql.ts";
import { type Clock, elapsed } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import * as providers from "../providers/providers.ts";
import * as queue from "../queue/queue.ts";

type Spent = { provider: string; source: string; mails: number; refused: number };

const PAUSE = 50;
const MOST = 1000;
/** Results older than this that are not written: nothing more is begun, so that a crash costs no more than was meant. */
const LATE = 200;

/** This worker is not entered any more. */
class NotEntered extends Error {}

type Results = {
  results: queue.Settlement[];
  ended: string[];
  remaining: queue.Remaining[];
  spending: readonly Spent[];
};

export type SettlerOptions = {
  pool: Pool;
  worker: string;
  clock: Clock;
  log: Log;
  /** Called when results could not be written at all: their deliveries are still in our name. */
  gaveUp(): void;
  /** Called when we were behind and are so no more. */
  caughtUp(): void;
  /** Called when the database does not know us any more. */
  lost(): void;
};

export class Settler {
  private readonly options: SettlerOptions;
  private readonly results: queue.Settlement[] = [];
  private readonly ended: string[] = [];
  private readonly remaining: queue.Remaining[] = [];
  private readonly spending = new Map<string, Spent>();
  /** What is being written of it. */
  private counting: readonly Spent[] = [];
  /** When the oldest result heard since the last write, and the oldest being written, was heard. */
  private heardSince = Number.POSITIVE_INFINITY;
  private writingSince = Number.POSITIVE_INFINITY;
  private working: Promise<void> | undefined;
  private hurry: (() => void) | undefined;

  constructor(options: SettlerOptions) {
    this.options = options;
  }

  /** Results not yet written: who takes work waits while there are many. */
  get backlog(): number {
    return this.results.length;
  }

  /** The database does not keep up with what we send, or is away. */
  get isBehind(): boolean {
    return elapsed() - Math.min(this.heardSince, this.writingSince) > LATE;
  }

  add(result: queue.Settlement): void {
    this.results.push(result);
    this.heardSince = Math.min(this.heardSince, elapsed());
    if (this.results.length >= MOST) this.hurry?.();
    this.start();
  }

  /** The delivery has no recipient left. */
  end(deliveryId: string): void {
    this.ended.push(deliveryId);
    this.start();
  }

  /** These recipients of the delivery are tried again. */
  later(remaining: queue.Remaining): void {
    this.remaining.push(remaining);
    this.start();
  }

  /** Mails sent from an address whose budget counts them. */
  spent(some: Spent): void {
    const key = `${some.provider} ${some.source}`;
    const sum = this.spending.get(key) ?? { ...some, mails: 0, refused: 0 };
    sum.mails += some.mails;
    sum.refused += some.refused;
    this.spending.set(key, sum);
    this.start();
  }

  /** Mails sent by a lane that its budget does not show yet. */
  uncounted(lane: queue.LaneName): number {
    const isOf = (one: Spent): boolean => one.provider === lane.provider && one.source === lane.source;
    return [...this.spending.values(), ...this.counting].filter(isOf).reduce((sum, one) => sum + one.mails, 0);
  }

  /** Writes everything now; resolves when it is committed. */
  async flush(): Promise<void> {
    while (this.working || this.hasWork()) {
      this.hurry?.();
      this.start();
      await this.working;
    }
  }

  private hasWork(): boolean {
    return this.results.length + this.ended.length + this.remaining.length + this.spending.size > 0;
  }

  private start(): void {
    if (this.working || !this.hasWork()) return;
    this.working = this.work().finally(() => {
      this.working = undefined;
      this.start();
    });
  }

  private async work(): Promise<void> {
    // Results that came while the last ones were written have waited already.
    const waited = Math.max(0, elapsed() - this.heardSince);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, PAUSE - waited));
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.hurry = undefined;
    // A delivery is ended or put back only with the last of its results, so those go first and together.
    const results = this.results.splice(0);
    this.writingSince = this.heardSince;
    this.heardSince = Number.POSITIVE_INFINITY;
    const ended = this.ended.splice(0);
    const remaining = this.remaining.splice(0);
    this.counting = [...this.spending.values()];
    this.spending.clear();
    await this.write({ results, ended, remaining, spending: this.counting });
    this.counting = [];
    const wasBehind = this.isBehind;
    this.writingSince = Number.POSITIVE_INFINITY;
    if (wasBehind && !this.isBehind) this.options.caughtUp();
  }

  /** Until it is written: the results exist nowhere else. */
  private async write(all: Results): Promise<void> {
    const { log } = this.options;
    const results = all.results.length;
    let isLate = false;
    for (let tries = 0; ; tries += 1) {
      try {
        await (isLate ? this.writeLate(all) : this.writeInTime(all));
        return;
      } catch (error) {
        if (error instanceof NotEntered) {
          log.error({ results }, "this worker lost its lease; what it has sent is written down late");
          this.options.lost();
          isLate = true;
          continue;
        }
        log.warn({ err: reasonOf(error), results, tries }, "results could not be settled yet");
        // A mistake of ours would fail for ever: the deliveries are freed, and this is in the log.
        if (!isPassing(error) && tries >= 5) {
          log.error({ err: reasonOf(error), results }, "results were not settled");
          this.options.gaveUp();
          return;
        }
        await pause(Math.min(5000, 100 * 2 ** tries));
      }
    }
  }

  private async writeInTime({ results, ended, remaining, spending }: Results): Promise<void> {
    const { pool, worker, clock } = this.options;
    const first = results.filter((one) => !one.formerly);
    const takenOver = results.filter((one) => one.formerly);
    const again = await transact(pool, async (sql) => {
      await providers.spend(sql, spending, clock.now());
      // Said in one breath: under load a turn-around costs more than the statement.
      // The log last, as it locks the counts of its items: who sends the same posts waits for our commit alone.
      const [isEntered] = await Promise.all([
        queue.isEntered(sql, worker),
        queue.end(sql, worker, ended),
        queue.later(sql, worker, remaining),
        queue.log(sql, first),
      ]);
      if (!isEntered) throw new NotEntered();
      return queue.logAgain(sql, takenOver, false);
    });
    this.tellOf(again);
  }

  private async writeLate({ results, ended, remaining, spending }: Results): Promise<void> {
    const { pool, worker, clock } = this.options;
    const again = await transact(pool, async (sql) => {
      await providers.spend(sql, spending, clock.now());
      // What nobody has freed yet is in our name.
      await queue.end(sql, worker, ended);
      await queue.later(sql, worker, remaining);
      await queue.takeOff(sql, results);
      return queue.logAgain(sql, results, true);
    });
    this.tellOf(again);
  }

  private tellOf(again: number): void {
    if (again > 0)
      this.options.log.warn({ copies: again }, "copies came a second time: a worker lost its lease while it sent");
  }
}
