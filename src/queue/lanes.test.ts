import assert from "node:assert/strict";
import { test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import { HOUR, heldClock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { keepPaces, lanesOf, leaveLanes, takeLanes } from "./lanes.ts";
import { enter, farewell, sweep } from "./workers.ts";

test("a lane has one driver, and another takes it over with what was learned when that one is gone", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date());
  const [first, second] = [newId(clock), newId(clock)];
  const present = (id: string) => ({ id, node: "a", pid: 1, roles: ["outbound"], version: "", startedAt: clock.now() });
  for (const id of [first, second]) await enter(pool, present(id), clock.now());
  const names = Array.from({ length: 20 }, (_, i) => ({ provider: `p${i}.test`, source: "192.0.2.1" }));

  const [some, others] = await Promise.all([
    takeLanes(pool, first, names, clock.now()),
    takeLanes(pool, second, names.toReversed(), clock.now()),
  ]);
  assert.equal(some.length + others.length, 20, "each lane once");
  assert.equal((await takeLanes(pool, first, names, clock.now())).length, some.length, "asked again, the same ones");

  const mine = some[0] ?? others[0]!;
  const [driver, heir] = some[0] ? [first, second] : [second, first];
  await keepPaces(pool, driver, [{ ...mine, pace: { limit: 7 } }], clock.now());
  await keepPaces(pool, heir, [{ ...mine, pace: { limit: 99 } }], clock.now());
  clock.pass(HOUR);
  await sweep(pool);
  assert.equal((await takeLanes(pool, heir, [mine], clock.now())).length, 0, "no clock takes it away");
  await farewell(pool, [driver]);
  assert.deepEqual([...(await takeLanes(pool, heir, [mine], clock.now()))], [{ ...mine, pace: { limit: 7 } }]);
  assert.ok((await lanesOf(pool, heir)).some((one) => one.provider === mine.provider));
});

test("who is no more the driver of a lane lets go of nothing", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date());
  const [first, second] = [newId(clock), newId(clock)];
  const name = { provider: "far.test", source: "<a>" };
  const present = { id: second, node: "a", pid: 1, roles: ["outbound"], version: "", startedAt: clock.now() };
  await takeLanes(pool, first, [name], clock.now());
  await enter(pool, present, clock.now());
  assert.equal((await takeLanes(pool, second, [name], clock.now())).length, 1, "the first was never here");
  await leaveLanes(pool, first, [{ ...name, pace: {} }], clock.now());
  assert.deepEqual([...(await lanesOf(pool, second))], [name]);
  await leaveLanes(pool, second, [{ ...name, pace: { limit: 3 } }], clock.now());
  assert.equal((await lanesOf(pool, second)).length, 0);
});
