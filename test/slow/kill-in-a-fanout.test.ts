/** The kill test in a post to a hundred thousand, every victim again and again at moments of chance. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { MINUTE } from "../../src/kit/clock.ts";
import { startFanout, type Victim } from "../support/fanout.ts";

const SIZE = Number(process.env["FANOUT"] ?? 100_000);
const ROUND: Victim[] = ["worker", "postgres", "worker", "supervisor", "worker", "everything"];
const ROUNDS = 3;

test("whoever is killed while a post goes out to a hundred thousand, each of them has it, and few have it twice", async (t) => {
  const fanout = await startFanout(t, SIZE);
  const strikes = Array.from({ length: ROUNDS }, () => ROUND).flat();
  for (const [i, victim] of strikes.entries()) {
    await fanout.reach(Math.floor((SIZE * 0.9 * (i + 1)) / (strikes.length + 1)));
    await pause(Math.random() * 300);
    await fanout.strike(victim);
  }
  const sentence = await fanout.settle(30 * MINUTE);
  t.diagnostic(sentence);
  assert.equal(sentence.match(/worker|supervisor|postgres|everything/g)?.length, strikes.length);
});
