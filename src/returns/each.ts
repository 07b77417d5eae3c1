/** One mistake holds up nobody else: it is logged, and what can be tried again is, in the next round. */
import { isPassing } from "../db/sql.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Letter } from "../notices/notices.ts";
import type { Means } from "./returns.ts";

/** Does `work` for one after another. Answers for how many it did something; the database's passing trouble is thrown. */
export async function each<T>(
  { log }: Means,
  what: string,
  items: readonly T[],
  work: (one: T) => Promise<boolean>,
): Promise<number> {
  let done = 0;
  for (const one of items) {
    try {
      if (await work(one)) done += 1;
    } catch (error) {
      if (isPassing(error)) throw error;
      log?.error({ err: reasonOf(error) }, `${what} failed for one of them`);
    }
  }
  return done;
}

/** Letters that can't be composed are left out: what they tell of is committed all the same. */
export function written({ log }: Means, compose: () => Letter[]): Letter[] {
  try {
    return compose();
  } catch (error) {
    log?.error({ err: reasonOf(error) }, "a letter about a member's mail could not be written");
    return [];
  }
}
