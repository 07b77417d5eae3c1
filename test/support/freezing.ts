/**
 * Nodes that are frozen, starved or given a clock that steps, while posts go out: afterwards everybody has each post, and
 * whoever has one twice was in the gap that nobody can close (docs/decisions/0004).
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Pool } from "../../src/db/sql.ts";
import { elapsed, SECOND } from "../../src/kit/clock.ts";
import type { FarSideMail } from "./far-side.ts";
import { type Fleet, newFleet, type RunningNode } from "./nodes.ts";
import { kill } from "./service.ts";
import { startSlowLine } from "./slow-line.ts";

const DOMAINS = Array.from({ length: 10 }, (_, i) => `far${i}.test`);
const membersOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i}@far${i % 10}.test`);
/** How long the far side thinks before it answers a dot. */
const SLOW = 400;

export type Size = { members: number; posts: number };

/** One node with two workers; each is frozen in turn, then both, or only that. Nobody may take a frozen one for dead. */
export async function freezeWorkers(
  t: TestContext,
  size: Size,
  forMs: number,
  rounds: "all" | "both",
): Promise<string> {
  const fleet = await newFleet(t, { members: membersOf(size.members), domains: DOMAINS });
  const node = await fleet.start("a", { SMARTGROUPS_WORKERS: "2" });
  fleet.farSide.pauses(SLOW);
  for (let number = 1; number <= size.posts; number += 1) await fleet.post(node, number);
  await fleet.farSide.waitFor(size.members / 4, 60 * SECOND);
  const [first, second] = await node.workers();
  assert.ok(first && second);
  for (const pids of rounds === "all" ? [[first], [second], [first, second]] : [[first, second]]) {
    const before = fleet.farSide.mails.length;
    for (const pid of pids) kill(pid, "SIGSTOP");
    await pause(forMs);
    for (const pid of pids) kill(pid, "SIGCONT");
    await pause(SECOND);
    t.diagnostic(
      `${pids.length} frozen for ${forMs / SECOND} s: ${fleet.farSide.mails.length - before} copies went out`,
    );
  }
  fleet.farSide.pauses(0);
  await fleet.complete(size.posts);
  assert.deepEqual((await node.workers()).sort(), [first, second].sort(), "both live on");
  return balance(fleet, node.said(), 0);
}

/** One node; a worker is frozen for longer than its supervisor is patient with silence. */
export async function freezeTooLong(t: TestContext, size: Size): Promise<string> {
  const fleet = await newFleet(t, { members: membersOf(size.members), domains: DOMAINS });
  const node = await fleet.start("a", { SMARTGROUPS_WORKERS: "2" });
  fleet.farSide.pauses(SLOW);
  for (let number = 1; number <= size.posts; number += 1) await fleet.post(node, number);
  await fleet.farSide.waitFor(size.members / 4, 60 * SECOND);
  const [first, second] = await node.workers();
  const frozenAt = elapsed();
  kill(first!, "SIGSTOP");
  while ((await node.workers()).includes(first!)) {
    assert.ok(elapsed() - frozenAt < 60 * SECOND, "its supervisor kills it");
    await pause(200);
  }
  const killedAfter = elapsed() - frozenAt;
  assert.ok(killedAfter > 28 * SECOND, `it was killed after ${killedAfter} ms`);
  fleet.farSide.pauses(0);
  await fleet.complete(size.posts);
  assert.ok((await node.workers()).includes(second!), "the other one lives on");
  return `killed after ${(killedAfter / SECOND).toFixed(1)} s; ${await balance(fleet, node.said(), fleet.farSide.mails.length)}`;
}

/**
 * Two nodes, and the first one is frozen for longer than the lease: the second takes over what it held, and when the first
 * one thaws it ends nothing that it had begun. Only what was answered or under way at the freeze may come twice.
 */
export async function freezeNode(t: TestContext, size: Size): Promise<string> {
  const { fleet, notes, first, second } = await firstAtWork(t, size);
  await first.freeze();
  const written = await writtenBy(fleet.pool, first);
  await second.thaw();
  const takenOver = await untilFreed(fleet.pool, second);
  await pause(3 * SECOND);
  const thawedAt = elapsed();
  await first.thaw();
  await pause(2 * SECOND);
  fleet.farSide.pauses(0);
  await fleet.complete(size.posts);
  notes.look();
  // In flight at the freeze: taken by the far side and not answered, or answered and not written down.
  const taken = fleet.farSide.mails.filter((mail) => mail.peer === first.peer && notes.at(mail) < thawedAt).length;
  const inFlight = taken - written;
  const late = fleet
    .doubled()
    .filter((copies) => copies.some((mail) => mail.peer === first.peer && notes.at(mail) > thawedAt));
  assert.deepEqual(
    late.map((copies) => copies.map((mail) => `${mail.peer} ${Math.round(notes.at(mail) - thawedAt)} ms`)),
    [],
    "who has lost its lease stops in front of the dot",
  );
  assert.ok(takenOver > 8 * SECOND, `not before the lease is over: ${takenOver} ms`);
  return (
    `taken over ${(takenOver / SECOND).toFixed(1)} s after the freeze; ${inFlight} copies in flight then; ` +
    (await balance(fleet, first.said() + second.said(), inFlight))
  );
}

/**
 * Two nodes, and the first one's worker is as good as in a machine that was frozen and in which no clock tells: it hears
 * nothing from its supervisor, its lease looks good, and it has long been buried. It stops when it settles.
 */
export async function unknownToAll(t: TestContext, size: Size): Promise<string> {
  const { fleet, notes, first, second } = await firstAtWork(t, size);
  kill(first.child.pid!, "SIGSTOP");
  await fleet.pool`delete from workers where node = ${first.name}`;
  const written = await writtenBy(fleet.pool, first);
  const buriedAt = elapsed();
  await second.thaw();
  await pause(6 * SECOND);
  notes.look();
  const last = Math.max(...fleet.farSide.mails.filter((mail) => mail.peer === first.peer).map(notes.at));
  kill(first.child.pid!, "SIGCONT");
  fleet.farSide.pauses(0);
  await fleet.complete(size.posts);
  notes.look();
  const taken = fleet.farSide.mails.filter((mail) => mail.peer === first.peer && notes.at(mail) <= last).length;
  const inFlight = taken - written;
  assert.ok(last - buriedAt < 3 * SECOND, `it went on for ${last - buriedAt} ms`);
  return (
    `its last mail came ${Math.round(last - buriedAt)} ms after it was buried; ${inFlight} copies were in the bound; ` +
    (await balance(fleet, "", inFlight))
  );
}

/**
 * Two nodes, the first of which is at work on the posts: the second one's worker stands still until it is thawed, as on a
 * busy machine it might otherwise send them all before the first has begun.
 */
async function firstAtWork(t: TestContext, size: Size) {
  const fleet = await newFleet(t, { members: membersOf(size.members), domains: DOMAINS });
  const notes = noteTimes(t, fleet);
  const first = await fleet.start("a");
  const second = await fleet.start("b");
  for (const pid of await second.workers()) kill(pid, "SIGSTOP");
  fleet.farSide.pauses(SLOW);
  for (let number = 1; number <= size.posts; number += 1) await fleet.post(first, number);
  await fleet.farSide.waitFor(20, 60 * SECOND);
  return { fleet, notes, first, second };
}

/** Two nodes, and the database's clock steps an hour on and two hours back: nobody is dead because of it. */
export async function stepClock(t: TestContext, size: Size): Promise<string> {
  const fleet = await newFleet(t, { members: membersOf(size.members), domains: DOMAINS });
  const step = await steppingClock(fleet.pool);
  const a = await fleet.start("a");
  const b = await fleet.start("b");
  fleet.farSide.pauses(SLOW);
  for (let number = 1; number <= size.posts; number += 1) await fleet.post(a, number);
  await fleet.farSide.waitFor(size.members / 4, 60 * SECOND);
  const before = await workersIn(fleet.pool);
  for (const hours of [1, -1, 0]) {
    await step(hours);
    // Each node asks for the time every two seconds.
    await pause(4 * SECOND);
  }
  fleet.farSide.pauses(0);
  await fleet.complete(size.posts);
  assert.deepEqual(await workersIn(fleet.pool), before, "nobody was buried");
  return balance(fleet, a.said() + b.said(), 0);
}

/** One node whose database answers so slowly that no statement is through within the lease. */
export async function slowDatabase(t: TestContext, size: Size, delayMs: number, forMs: number): Promise<string> {
  const line = await startSlowLine(t);
  const fleet = await newFleet(t, {
    members: membersOf(size.members),
    domains: DOMAINS,
    database: (target) => {
      assert.ok("database" in target);
      return `postgres://${target.user}@127.0.0.1:${line.port}/${target.database}`;
    },
  });
  const node = await fleet.start("a", { SMARTGROUPS_WORKERS: "2" });
  fleet.farSide.pauses(SLOW);
  for (let number = 1; number <= size.posts; number += 1) await fleet.post(node, number);
  await fleet.farSide.waitFor(size.members / 4, 60 * SECOND);
  line.delay(delayMs);
  await pause(forMs);
  line.delay(0);
  fleet.farSide.pauses(0);
  await fleet.complete(size.posts, 180 * SECOND);
  return balance(fleet, node.said(), 0);
}

/**
 * A machine that has ten times as much to do as it can, and a database that takes a while for each answer: big posts to a slow
 * far side by as many nodes as asked for. Everybody lives, so nobody may be taken for dead.
 */
export async function starve(t: TestContext, size: Size, nodes: number, forMs: number): Promise<string> {
  const line = await startSlowLine(t);
  const fleet = await newFleet(t, {
    members: membersOf(size.members),
    domains: DOMAINS,
    database: (target) => {
      assert.ok("database" in target);
      return `postgres://${target.user}@127.0.0.1:${line.port}/${target.database}`;
    },
  });
  const all: RunningNode[] = [];
  for (let i = 0; i < nodes; i += 1) all.push(await fleet.start(`n${i}`, { SMARTGROUPS_WORKERS: "2" }));
  fleet.farSide.pauses(SLOW);
  for (let number = 1; number <= size.posts; number += 1) await fleet.post(all[0]!, number, 200_000);
  await fleet.farSide.waitFor(size.members / 4, 120 * SECOND);
  const endless = Array.from({ length: 10 * availableParallelism() }, () =>
    spawn("timeout", [String(forMs / SECOND), "sh", "-c", "while :; do :; done"], { stdio: "ignore" }),
  );
  const over = Promise.all(endless.map((one) => new Promise((resolve) => one.once("exit", resolve))));
  line.delay(500);
  await over;
  line.delay(0);
  fleet.farSide.pauses(0);
  await fleet.complete(size.posts, 300 * SECOND);
  return balance(fleet, all.map((node) => node.said()).join(""), 0);
}

/** Everybody has each post, `sendings` say what was planned, and no more came twice than may. */
async function balance(fleet: Fleet, said: string, allowed: number): Promise<string> {
  const counted = await fleet.counted();
  const doubled = fleet.doubled().reduce((sum, copies) => sum + copies.length - 1, 0);
  const sentence =
    `${fleet.farSide.mails.length} copies, ${doubled} of them again (${counted.again} known to the log), ` +
    `${counted.sent} of ${counted.planned} counted`;
  assert.ok(doubled <= allowed, `${sentence}; allowed were ${allowed}\n${said}`);
  assert.equal(counted.sent, counted.planned, sentence);
  assert.equal(counted.beyond, 0, sentence);
  if (allowed === 0) assert.doesNotMatch(said, /freed what/, "nobody was taken for dead");
  return sentence;
}

/** How many copies the log says a node has sent. */
async function writtenBy(pool: Pool, node: RunningNode): Promise<number> {
  const [row] = await pool<{ count: number }[]>`
    select coalesce(sum(cardinality(recipients)), 0)::int as count from settlements
    where kind = 'sent' and source = ${node.peer}`;
  return row!.count;
}

/** When each mail was taken. */
function noteTimes(t: TestContext, fleet: Fleet) {
  const times = new Map<FarSideMail, number>();
  const look = (): void => {
    const now = elapsed();
    for (let i = times.size; i < fleet.farSide.mails.length; i += 1) times.set(fleet.farSide.mails[i]!, now);
  };
  const looking = setInterval(look, 5);
  t.after(() => clearInterval(looking));
  return {
    at: (mail: FarSideMail): number => times.get(mail) ?? Number.NaN,
    /** Notes what has come by now. */
    look,
  };
}

/** Waits until somebody is buried and nothing is in the name of the dead any more; answers how long that took. */
async function untilFreed(pool: Pool, heir: RunningNode): Promise<number> {
  const since = elapsed();
  const entered = await workersIn(pool);
  while (elapsed() - since < 60 * SECOND) {
    const [row] = await pool<{ entered: number; orphans: number }[]>`
      select (select count(*) from workers)::int as entered,
        (select count(*) from deliveries d where state = 'taken'
          and not exists (select from workers w where w.id = d.taken_by))::int as orphans`;
    if (row!.entered < entered.length && row!.orphans === 0) return elapsed() - since;
    await pause(50);
  }
  throw new Error(`what the frozen node held was not taken over: ${heir.said()}`);
}

const workersIn = async (pool: Pool): Promise<string[]> =>
  (await pool<{ id: string }[]>`select id from workers order by id`).map((row) => row.id);

/**
 * A database whose clock can be set: its own functions stand in front of PostgreSQL's. Only sessions that begin later see
 * them, so no node may run yet.
 */
async function steppingClock(pool: Pool): Promise<(hours: number) => Promise<void>> {
  await pool.unsafe(`
    create schema stepping;
    create table stepping.step (hours float8 not null);
    insert into stepping.step values (0);
    create function stepping.clock_timestamp() returns timestamptz language sql volatile as
      'select pg_catalog.clock_timestamp() + make_interval(secs => 3600 * hours) from stepping.step';
    create function stepping.now() returns timestamptz language sql stable as
      'select pg_catalog.now() + make_interval(secs => 3600 * hours) from stepping.step';
    do $$ begin
      execute format('alter database %I set search_path = public, stepping, pg_catalog', current_database());
    end $$`);
  return async (hours) => {
    await pool`update stepping.step set hours = ${hours}`;
  };
}
