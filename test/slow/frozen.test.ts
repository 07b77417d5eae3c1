/** Frozen, starved, and under a clock that steps: the long forms of test/journeys/frozen.test.ts. */
import { test } from "node:test";
import { SECOND } from "../../src/kit/clock.ts";
import {
  freezeNode,
  freezeTooLong,
  freezeWorkers,
  slowDatabase,
  starve,
  stepClock,
  unknownToAll,
} from "../support/freezing.ts";

test("two workers are frozen for 14 s in turn, then both, while 30 posts go out to 240 members: 7,200 copies, none twice", async (t) => {
  t.diagnostic(await freezeWorkers(t, { members: 240, posts: 30 }, 14 * SECOND, "all"));
});

test("a worker that is frozen for longer than its supervisor waits is killed, and its work goes on when it is gone", async (t) => {
  t.diagnostic(await freezeTooLong(t, { members: 240, posts: 10 }));
});

test("a node is frozen while 30 posts go out, three times over", async (t) => {
  for (let round = 1; round <= 3; round += 1)
    await t.test(`round ${round}`, async (t) => t.diagnostic(await freezeNode(t, { members: 240, posts: 30 })));
});

test("a machine was frozen and no clock tells: its worker stops when it settles", async (t) => {
  t.diagnostic(await unknownToAll(t, { members: 240, posts: 30 }));
});

test("the clock steps while 30 posts go out", async (t) => {
  t.diagnostic(await stepClock(t, { members: 240, posts: 30 }));
});

test("a database that takes five seconds for each answer for a minute", async (t) => {
  t.diagnostic(await slowDatabase(t, { members: 240, posts: 10 }, 5 * SECOND, 60 * SECOND));
});

test("one node on a machine with ten times too much to do, and a slow database", async (t) => {
  t.diagnostic(await starve(t, { members: 240, posts: 10 }, 1, 60 * SECOND));
});

test("two nodes on a machine with ten times too much to do, and a slow database", async (t) => {
  t.diagnostic(await starve(t, { members: 240, posts: 10 }, 2, 60 * SECOND));
});
