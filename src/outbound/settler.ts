/**
 * The settler: writes what the far sides said to the log and the deliveries, many results in one transaction.
 *
 * Results wait here for at most PAUSE before they are written. A worker that is killed loses those that are not
 * committed, and their recipients are sent a second copy. So nothing more is begun while the oldest of them is LATE: a
 * database that is slow or away slows the sending down instead of making the crash dearer.
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

export class Settler {
  private readonly pool: Pool;
  private readonly worker: string;
  private readonly clock: Clock;
  private readonly journal: Log;
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
  /** Called when results could not be written at all: their deliveries are still in our name. */
  private readonly gaveUp: () => void;
  /** Called when we were behind and are so no more. */
  private readonly caughtUp: () => void;

  constructor(pool: Pool, worker: string, clock: Clock, journal: Log, gaveUp: () => void, caughtUp: () => void) {
    this.pool = pool;
    this.worker = worker;
    this.clock = clock;
    this.journal = journal;
    this.gaveUp = gaveUp;
    this.caughtUp = caughtUp;
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
    await this.write(results, ended, remaining, this.counting);
    this.counting = [];
    const wasBehind = this.isBehind;
    this.writingSince = Number.POSITIVE_INFINITY;
    if (wasBehind && !this.isBehind) this.caughtUp();
  }

  /** Until it is written: the results exist nowhere else. */
  private async write(
    results: queue.Settlement[],
    ended: string[],
    remaining: queue.Remaining[],
    spending: readonly Spent[],
  ): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await transact(this.pool, async (sql) => {
          await providers.spend(sql, spending, this.clock.now());
          // Said in one breath: under load a turn-around costs more than the statement.
          // The log last, as it locks the counts of its items: who sends the same posts waits for our commit alone.
          await Promise.all([
            queue.end(sql, this.worker, ended),
            queue.later(sql, this.worker, remaining),
            queue.log(sql, results),
          ]);
        });
        return;
      } catch (error) {
        this.journal.warn({ err: reasonOf(error), results: results.length, tries }, "results could not be settled yet");
        // A mistake of ours would fail for ever: the deliveries are freed, and this is in the log.
        if (!isPassing(error) && tries >= 5) {
          this.journal.error({ err: reasonOf(error), results: results.length }, "results were not settled");
          this.gaveUp();
          return;
        }
        await pause(Math.min(5000, 100 * 2 ** tries));
      }
    }
  }
}
