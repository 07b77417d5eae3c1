/** Recipients who are settled twice: by who lost its lease, late, and by who took over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import { type Pool, transact } from "../db/sql.ts";
import { type Clock, nodeClock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { type Delivery, plan, takeDeliveries } from "./deliveries.ts";
import { end, later, log, logAgain, mendSums, openLogDay, type Settlement, takeOff } from "./settle.ts";
import { enter, farewell, isEntered, sweep } from "./workers.ts";

const PROVIDER = "far.test";

type World = { pool: Pool; clock: Clock; item: string; members: string[]; first: string; second: string };

async function aWorld(pool: Pool): Promise<World> {
  const clock = nodeClock();
  const [first, second, item] = [newId(clock), newId(clock), newId(clock)];
  for (const id of [first, second]) {
    const present = { id, node: "a", pid: 1, roles: ["outbound"], version: "", startedAt: clock.now() };
    await enter(pool, present, clock.now());
  }
  await openLogDay(pool, clock.now());
  const members = Array.from({ length: 4 }, () => newId(clock));
  const recipients = [{ domain: PROVIDER, ids: members }];
  await plan(pool, [{ carries: "post", itemId: item, groupId: null, class: 1, size: 10, recipients }], clock);
  return { pool, clock, item, members, first, second };
}

const take = async ({ pool }: World, worker: string): Promise<Delivery | undefined> =>
  (await takeDeliveries(pool, worker, [{ provider: PROVIDER, count: 1, virtual: 0 }]))[0];

function result({ clock }: World, delivery: Delivery, kind: Settlement["kind"], recipients: string[]): Settlement {
  return {
    ...{ id: newId(clock), at: clock.now(), deliveryId: delivery.id, itemId: delivery.itemId, groupId: null },
    ...{ provider: PROVIDER, host: "mx.far.test", source: "", tls: "", kind, recipients },
    ...{ code: kind === "sent" ? 250 : 550, status: "", reply: "", formerly: delivery.formerly },
  };
}

async function counted({ pool, item }: World) {
  const [row] = await pool`select planned, sent, given_up, again from sendings where item_id = ${item}`;
  return { ...row };
}

/** The first worker takes, is buried, and the second takes over. */
async function takenOver(world: World): Promise<[Delivery, Delivery]> {
  const mine = await take(world, world.first);
  await farewell(world.pool, [world.first]);
  await sweep(world.pool);
  const theirs = await take(world, world.second);
  assert.deepEqual(theirs!.recipients, mine!.recipients);
  assert.deepEqual(theirs!.formerly, [mine!.id]);
  return [mine!, theirs!];
}

test("who lost its lease writes late what it sent, whoever is first, and each recipient counts once", async (t) => {
  for (const isLateFirst of [true, false]) {
    const { pool } = await cloneDatabase(t);
    const world = await aWorld(pool);
    const [mine, theirs] = await takenOver(world);
    const [ana, ben, cleo, dora] = world.members as [string, string, string, string];
    assert.equal(await isEntered(pool, world.first), false);
    const late = [result(world, mine, "sent", [ana]), result(world, mine, "sent", [ben])];
    const inTime = [result(world, theirs, "sent", [ana, ben, cleo]), result(world, theirs, "never", [dora])];
    const writeLate = async (): Promise<number> => {
      await takeOff(pool, late);
      return logAgain(pool, late, true);
    };
    const write = (): Promise<number> => logAgain(pool, inTime, false);
    const again = isLateFirst ? [await writeLate(), await write()] : [await write(), await writeLate()];
    assert.deepEqual(again, [0, 2]);
    assert.deepEqual(await counted(world), { planned: 4, sent: 3, given_up: 1, again: 2 });
    const [row] = await pool`select count(*)::int as rows from settlements where item_id = ${world.item}`;
    assert.equal(row!.rows, 4, "the log says what the far side took");
    // Each of them once more, as after a commit whose answer was lost.
    await writeLate();
    await write();
    assert.deepEqual(await counted(world), { planned: 4, sent: 3, given_up: 1, again: 2 });
  }
});

test("who settles late is counted once also when its delivery was parted meanwhile", async (t) => {
  const { pool } = await cloneDatabase(t);
  const world = await aWorld(pool);
  const [mine, theirs] = await takenOver(world);
  const [ana, ben, cleo, dora] = world.members as [string, string, string, string];
  const part = { dueAt: world.clock.now(), attempts: 1, refusedMs: 0, refusedAt: null, waitMs: 0, problem: "" };
  const other = newId(world.clock);
  await later(pool, world.second, [
    { ...part, id: theirs.id, deliveryId: theirs.id, recipients: [ana, ben], state: "waiting" },
    { ...part, id: other, deliveryId: theirs.id, recipients: [cleo, dora], state: "waiting" },
  ]);
  await logAgain(pool, [result(world, { ...theirs, id: other }, "sent", [cleo])], false);
  // Cleo has it from the other one, Dora is still waiting to be sent to, and has it from us.
  const late = [result(world, mine, "sent", [cleo, dora])];
  await takeOff(pool, late);
  assert.equal(await logAgain(pool, late, true), 1);
  assert.deepEqual(await counted(world), { planned: 4, sent: 2, given_up: 0, again: 1 });
  const waiting = await pool<{ recipients: string[] }[]>`select recipients from deliveries`;
  assert.deepEqual(waiting.flatMap((one) => one.recipients).sort(), [ana, ben].sort(), "nobody is sent to again");
});

test("who settles two posts late takes nobody off one of them who has the other", async (t) => {
  const { pool } = await cloneDatabase(t);
  const world = await aWorld(pool);
  const [ana, ben, cleo, dora] = world.members as [string, string, string, string];
  const recipients = [{ domain: PROVIDER, ids: world.members }];
  const another = newId(world.clock);
  await plan(pool, [{ carries: "post", itemId: another, groupId: null, class: 1, size: 10, recipients }], world.clock);
  const both = [(await take(world, world.first))!, (await take(world, world.first))!];
  await farewell(pool, [world.first]);
  await sweep(pool);
  const [one, other] = [world.item, another].map((item) => both.find((delivery) => delivery.itemId === item)!);
  const late = [result(world, one!, "sent", [ana, ben]), result(world, other!, "sent", [cleo])];
  await takeOff(pool, late);
  await logAgain(pool, late, true);
  const left = await pool<{ item: string; recipients: string[] }[]>`
    select item_id as item, recipients from deliveries order by item_id`;
  const of = (item: string) => left.find((row) => row.item === item)!.recipients.toSorted();
  assert.deepEqual(of(world.item), [cleo, dora].toSorted());
  assert.deepEqual(of(another), [ana, ben, dora].toSorted());
});

test("a worker that settles is not buried before it has committed", async (t) => {
  const { pool } = await cloneDatabase(t);
  const world = await aWorld(pool);
  const mine = await take(world, world.first);
  let isBuried = false;
  let burying: Promise<void> | undefined;
  await transact(pool, async (sql) => {
    assert.equal(await isEntered(sql, world.first), true);
    burying = farewell(pool, [world.first]).then(() => {
      isBuried = true;
    });
    await log(sql, [result(world, mine!, "sent", world.members.slice(0, 2))]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(isBuried, false);
  });
  await burying;
  await sweep(pool);
  assert.deepEqual((await take(world, world.second))!.recipients, world.members.slice(2));
});

test("the sums of an item never say more than was planned", async (t) => {
  const { pool } = await cloneDatabase(t);
  const world = await aWorld(pool);
  const mine = await take(world, world.first);
  await log(pool, [
    result(world, mine!, "sent", world.members),
    result(world, mine!, "sent", world.members.slice(0, 3)),
  ]);
  await log(pool, [result(world, mine!, "never", world.members.slice(0, 1))]);
  await end(pool, world.first, [mine!.id]);
  assert.deepEqual(await counted(world), { planned: 4, sent: 4, given_up: 0, again: 3 });
});

test("sums of an older version that say more than was planned are mended, by the log where it is kept", async (t) => {
  const { pool } = await cloneDatabase(t);
  const world = await aWorld(pool);
  const mine = await take(world, world.first);
  await log(pool, [result(world, mine!, "sent", world.members.slice(0, 2))]);
  await pool`update sendings set sent = 7, given_up = 1`;
  const old = newId(world.clock);
  await pool`insert into sendings (item_id, planned, sent, given_up, planned_at) values (${old}, 243, 703, 2, now())`;
  const mended = await mendSums(pool, new Date(0));
  assert.equal(mended.length, 2);
  assert.deepEqual(mended.find((one) => one.itemId === old)?.before, { sent: 703, givenUp: 2 });
  assert.deepEqual(await counted(world), { planned: 4, sent: 2, given_up: 0, again: 5 });
  assert.deepEqual(await counted({ ...world, item: old }), { planned: 243, sent: 243, given_up: 0, again: 460 });
  assert.deepEqual([...(await mendSums(pool, new Date(0)))], []);
});
