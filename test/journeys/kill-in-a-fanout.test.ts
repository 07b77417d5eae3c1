/** The kill test in a post to thousands, short: each victim once. Long: test/slow/kill-in-a-fanout.test.ts. */
import { test } from "node:test";
import { MINUTE } from "../../src/kit/clock.ts";
import { startFanout } from "../support/fanout.ts";

test("whoever is killed while a post goes out to three thousand, each of them has it, and few have it twice", async (t) => {
  const fanout = await startFanout(t, 3000);
  for (const [victim, after] of [
    ["worker", 300],
    ["postgres", 900],
    ["supervisor", 1500],
    ["everything", 2200],
  ] as const) {
    await fanout.reach(after);
    await fanout.strike(victim);
  }
  t.diagnostic(await fanout.settle(3 * MINUTE));
});
