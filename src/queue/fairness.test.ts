import assert from "node:assert/strict";
import { test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import type { Pool } from "../db/sql.ts";
import { type HeldClock, HOUR, heldClock, SECOND } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { type Delivery, plan, ripen, takeDeliveries } from "./deliveries.ts";
import { hold, release } from "./holds.ts";
import { takeLanes } from "./lanes.ts";
import { end, later } from "./settle.ts";
import { enter } from "./workers.ts";

const PROVIDER = "far.test";

type House = { pool: Pool; clock: HeldClock; worker: string; take(count: number): Promise<Delivery[]> };

async function house(t: import("node:test").TestContext): Promise<House> {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-01T10:00:00Z"));
  const worker = newId(clock);
  const present = { id: worker, node: "a", pid: 1, roles: ["outbound"], version: "test", startedAt: clock.now() };
  await enter(pool, present, clock.now());
  await takeLanes(pool, worker, [{ provider: PROVIDER, source: "<a>" }], clock.now());
  // What is taken is begun at once.
  let virtual = 0;
  const take = async (count: number): Promise<Delivery[]> => {
    const taken = await takeDeliveries(pool, worker, [{ provider: PROVIDER, count, virtual }]);
    virtual = Math.max(virtual, ...taken.map((one) => one.tag));
    return taken.sort((a, b) => a.class - b.class || a.tag - b.tag || (a.id < b.id ? -1 : 1));
  };
  return { pool, clock, worker, take };
}

const post = ({ clock }: House, groupId: string, members: number, more: { weight?: number; class?: number } = {}) => ({
  carries: "post" as const,
  itemId: newId(clock),
  groupId,
  class: 1,
  size: 1000,
  recipients: [{ domain: PROVIDER, ids: Array.from({ length: members }, () => newId(clock)) }],
  ...more,
});

/** Takes one at a time until nothing is left; answers whose deliveries these were, in order. */
async function served(here: House, names: Map<string, string>): Promise<string> {
  let order = "";
  for (;;) {
    const [one] = await here.take(1);
    if (!one) return order;
    order += names.get(one.groupId ?? "") ?? "?";
    await end(here.pool, here.worker, [one.id]);
  }
}

test("a post to twenty that comes while one to a thousand is going out waits for the delivery under way alone", async (t) => {
  const here = await house(t);
  const [large, small] = [newId(here.clock), newId(here.clock)];
  await plan(here.pool, [post(here, large, 1000)], here.clock);
  const [first] = await here.take(1);
  await end(here.pool, here.worker, [first!.id]);
  await plan(here.pool, [post(here, small, 20)], here.clock);
  const order = await served(
    here,
    new Map([
      [large, "L"],
      [small, "s"],
    ]),
  );
  assert.equal(order, "sLLLLLLLLL");
});

test("two groups that both have much to send are served in turn, whoever came first", async (t) => {
  const here = await house(t);
  const [a, b] = [newId(here.clock), newId(here.clock)];
  await plan(here.pool, [post(here, a, 600)], here.clock);
  await plan(here.pool, [post(here, b, 400)], here.clock);
  const order = await served(
    here,
    new Map([
      [a, "a"],
      [b, "b"],
    ]),
  );
  assert.match(order, /^(ab|ba){4}aa$/);
});

test("a group of twice the weight is served twice as fast while both wait", async (t) => {
  const here = await house(t);
  const [a, b] = [newId(here.clock), newId(here.clock)];
  await plan(here.pool, [post(here, a, 600), post(here, b, 600, { weight: 2 })], here.clock);
  const order = await served(
    here,
    new Map([
      [a, "a"],
      [b, "b"],
    ]),
  );
  assert.equal(order.slice(0, 9).replaceAll("a", "").length, 6, order);
});

test("a group that was silent has saved nothing up, and one that sent alone is not made to pay for it", async (t) => {
  const here = await house(t);
  const [busy, silent] = [newId(here.clock), newId(here.clock)];
  await plan(here.pool, [post(here, busy, 1000)], here.clock);
  await served(here, new Map());
  await plan(here.pool, [post(here, busy, 300), post(here, silent, 300)], here.clock);
  const order = await served(
    here,
    new Map([
      [busy, "b"],
      [silent, "s"],
    ]),
  );
  assert.match(order, /^(bs|sb)(bs|sb)(bs|sb)$/);
});

test("letters go ahead of posts and posts ahead of digests, whenever they came", async (t) => {
  const here = await house(t);
  const group = newId(here.clock);
  await plan(here.pool, [post(here, group, 100, { class: 2 }), post(here, group, 200)], here.clock);
  const letter = { ...post(here, group, 1, { class: 0 }), carries: "letter" as const, groupId: null };
  await plan(here.pool, [letter], here.clock);
  const taken = [...(await here.take(1)), ...(await here.take(1)), ...(await here.take(1)), ...(await here.take(1))];
  assert.deepEqual(
    taken.map((one) => one.class),
    [0, 1, 1, 2],
  );
});

test("what is due later stands in nobody's way, and comes back behind what its group has waiting", async (t) => {
  const here = await house(t);
  const [a, b] = [newId(here.clock), newId(here.clock)];
  await plan(here.pool, [post(here, a, 100)], here.clock);
  const [one] = await here.take(1);
  const remaining = {
    id: one!.id,
    deliveryId: one!.id,
    recipients: one!.recipients.slice(0, 7),
    state: "deferred" as const,
    dueAt: new Date(here.clock.now().getTime() + HOUR),
    attempts: 1,
    refusedMs: 0,
    refusedAt: here.clock.now(),
    waitMs: HOUR,
    problem: "452 4.2.2 mailbox full",
  };
  await later(here.pool, here.worker, [remaining]);
  await later(here.pool, here.worker, [remaining]);
  assert.equal(await ripen(here.pool, here.clock.now(), 100), 0);
  assert.equal((await here.take(1)).length, 0);
  here.clock.pass(2 * HOUR);
  await plan(here.pool, [post(here, a, 200), post(here, b, 100)], here.clock);
  assert.equal(await ripen(here.pool, here.clock.now(), 100), 1);
  assert.equal(await ripen(here.pool, here.clock.now(), 100), 0);
  const order = await here.take(10);
  const words = order.map((two) => (two.groupId === a ? `a${two.recipients.length}` : "b")).join(" ");
  assert.match(words, /^(a100 b|b a100) a100 a7$/);
});

test("a release lets a few go at once and doubles every ten seconds", async (t) => {
  const here = await house(t);
  const group = newId(here.clock);
  await hold(here.pool, { scope: "group", key: group }, here.clock.now());
  for (let i = 0; i < 3; i += 1) await plan(here.pool, [post(here, group, 50_000)], here.clock);
  assert.equal((await here.take(1)).length, 0, "what is held is not taken");
  const freed = await release(here.pool, { scope: "group", key: group }, here.clock.now());
  assert.equal(freed, 1500);
  const due: number[] = [];
  for (let second = 1; second <= 20; second += 1) {
    here.clock.pass(SECOND);
    due.push(await ripen(here.pool, here.clock.now(), 5000));
  }
  const firstTen = due.slice(0, 10).reduce((sum, one) => sum + one, 0);
  const all = due.reduce((sum, one) => sum + one, 0);
  assert.ok(due[0]! >= 50 && due[0]! <= 60, `in the first second ${due[0]}`);
  assert.ok(firstTen > 650 && firstTen < 800, `in ten seconds ${firstTen}`);
  assert.equal(all, 1500);
});
