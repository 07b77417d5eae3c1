/**
 * A slow worker is not a dead one: frozen, starved of its database, or under a clock that steps, nobody takes over what it
 * holds, and where another node must, nothing is ended twice. Longer forms: test/slow/frozen.test.ts.
 */
import { describe, test } from "node:test";
import { SECOND } from "../../src/kit/clock.ts";
import { freezeNode, freezeWorkers, slowDatabase, stepClock, unknownToAll } from "../support/freezing.ts";

// They mostly wait, so they wait side by side.
describe("a slow worker", { concurrency: 3 }, () => {
  test("workers of one node are frozen for longer than a lease, and nobody gets a post twice", async (t) => {
    t.diagnostic(await freezeWorkers(t, { members: 60, posts: 4 }, 11 * SECOND, "both"));
  });

  test("a node is frozen, another takes over within the lease, and thawed it ends nothing of what it had begun", async (t) => {
    t.diagnostic(await freezeNode(t, { members: 100, posts: 6 }));
  });

  test("a worker that was buried while no clock told stops when it settles", async (t) => {
    t.diagnostic(await unknownToAll(t, { members: 100, posts: 6 }));
  });

  test("the clock of the database steps an hour on and two hours back, and nobody is dead because of it", async (t) => {
    t.diagnostic(await stepClock(t, { members: 60, posts: 6 }));
  });

  test("a database that takes seconds for each answer makes us slow, and nobody gets a post twice", async (t) => {
    t.diagnostic(await slowDatabase(t, { members: 60, posts: 4 }, 3 * SECOND, 14 * SECOND));
  });
});
