/**
 * Group commit: mails of many connections are stored together.
 *
 * While one batch is being stored the next one collects, so the busier the door, the fewer commits a mail costs; a lone
 * mail is stored at once. Every mail learns its own fate, and only after the commit. A batch that fails because of the
 * world (database away, disk full) fails for all; any other failure is somebody's in particular, so the mails
 * of that batch are then tried one by one: a poisonous one must not fail its neighbours.
 */
import { isPassing } from "../db/sql.ts";
import { elapsed, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import type { Counters } from "./counters.ts";

export type Batcher<Mail> = {
  /** Resolves when the mail is committed; rejects when it certainly or possibly was not. */
  keep(mail: Mail): Promise<void>;
  /** Resolves when nothing is waiting any more. */
  idle(): Promise<void>;
};

export type BatchOptions<Mail> = {
  put(mails: Mail[]): Promise<void>;
  bytesOf(mail: Mail): number;
  maxMails: number;
  maxBytes: number;
  /** Batches being stored at the same time. */
  inFlight: number;
  counters: Counters;
  log: Log;
};

type Waiting<Mail> = { mail: Mail; since: number; kept: () => void; failed: (error: unknown) => void };

export function startBatcher<Mail extends { id: string }>(options: BatchOptions<Mail>): Batcher<Mail> {
  let waiting: Waiting<Mail>[] = [];
  let storing = 0;
  let onIdle: (() => void)[] = [];

  const next = (): void => {
    while (storing < options.inFlight && waiting.length > 0) {
      storing += 1;
      void store(take()).finally(() => {
        storing -= 1;
        next();
      });
    }
    if (storing === 0) {
      for (const done of onIdle) done();
      onIdle = [];
    }
  };

  /** The longest run from the front of the line that fits; at least one mail. */
  const take = (): Waiting<Mail>[] => {
    let count = 0;
    let bytes = 0;
    while (count < waiting.length && count < options.maxMails) {
      bytes += options.bytesOf(waiting[count]!.mail);
      if (bytes > options.maxBytes && count > 0) break;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return batch;
  };

  const store = async (batch: Waiting<Mail>[]): Promise<void> => {
    try {
      await options.put(batch.map((one) => one.mail));
      settle(batch);
    } catch (error) {
      if (batch.length === 1 || isPassing(error)) fail(batch, error);
      else for (const one of batch) await store([one]);
    }
  };

  const settle = (batch: Waiting<Mail>[]): void => {
    const now = elapsed();
    options.counters.batchMails.observe(batch.length);
    for (const one of batch) {
      options.counters.commitSeconds.observe((now - one.since) / SECOND);
      one.kept();
    }
  };

  const fail = (batch: Waiting<Mail>[], error: unknown): void => {
    options.log.warn({ mails: batch.map((one) => one.mail.id), err: reasonOf(error) }, "mail could not be stored");
    for (const one of batch) one.failed(error);
  };

  return {
    keep: (mail) =>
      new Promise((kept, failed) => {
        waiting.push({ mail, since: elapsed(), kept, failed });
        next();
      }),
    idle: () => (storing === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((done) => onIdle.push(done))),
  };
}
