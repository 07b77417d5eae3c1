/**
 * A loop that owns a kind of work: woken by a notice, and looking by the clock as well.
 *
 * `work` does one batch and says whether there may be more. Trouble with the world that it throws is caught here, once:
 * logged, and tried again after a pause that grows from 100 ms to 5 s, so that the service goes on by itself when the
 * database is back.
 */
import { setTimeout as pause } from "node:timers/promises";
import { reasonOf } from "./errors.ts";
import type { Log } from "./log.ts";

export type Loop = { wake(): void; stop(): Promise<void> };

export function startLoop(
  name: string,
  work: (stopping: AbortSignal) => Promise<"more" | "idle">,
  options: { everyMs: number; log: Log },
): Loop {
  const stopping = new AbortController();
  let awake = true;
  let rouse: (() => void) | undefined;
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    let trouble = 0;
    while (!stopping.signal.aborted) {
      try {
        awake = false;
        const left = await work(stopping.signal);
        trouble = 0;
        if (left === "idle" && !awake && !stopping.signal.aborted) await sleep(options.everyMs);
      } catch (error) {
        trouble += 1;
        options.log.warn({ loop: name, err: reasonOf(error), trouble }, "work stopped; trying again");
        await pause(Math.min(5000, 100 * 2 ** Math.min(trouble, 6)), undefined, { signal: stopping.signal }).catch(
          () => undefined,
        );
      }
    }
  };
  const done = run();
  return {
    wake: () => {
      awake = true;
      rouse?.();
    },
    stop: async () => {
      stopping.abort();
      rouse?.();
      await done;
    },
  };
}
