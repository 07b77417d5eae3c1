/**
 * One post to very many, and processes killed while it goes out: afterwards everybody has it, and who has it twice is
 * counted against what the killed workers had sent in their last quarter of a second.
 *
 * The bound is counted, not guessed. The far side notes when it took each copy and over which connection. The connections
 * of a killed process end with it, so what its worker had sent is known: what came over connections that ended at the
 * kill. A worker begins nothing more while it cannot write down what it sent, so its last quarter of a second of sending
 * may lie a little before the kill: the bound is the most that it sent in one, and what was on its way at the kill. The
 * death of PostgreSQL alone ends no connection and may cost no duplicate.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { elapsed, MINUTE, SECOND } from "../../src/kit/clock.ts";
import { write } from "./node.ts";
import { sendMail } from "./send.ts";
import { isAlive, kill, newService, type Service } from "./service.ts";

/** What a worker has sent and not written down is at most what it sends in 250 ms. */
const LAST = 250;
const PROVIDERS = 20;

export type Victim = "worker" | "supervisor" | "postgres" | "everything";
type Taken = { to: string; at: number; connection: number };
type Strike = { victim: Victim; at: number; allowed: number; rate: number };

export type Fanout = {
  service: Service;
  /** Waits until so many copies have been taken in all. */
  reach(copies: number): Promise<void>;
  strike(victim: Victim): Promise<void>;
  /** Waits for the end and asserts the promises; answers the figures in a sentence. */
  settle(timeoutMs: number): Promise<string>;
};

/** A service with one group of so many members, at 20 providers, and one post that is going out. */
export async function startFanout(t: TestContext, size: number): Promise<Fanout> {
  const members = Array.from({ length: size }, (_, i) => `m${i}@far${i % PROVIDERS}.test`);
  const service = await newService(t, {
    members,
    routes: (port) =>
      Object.fromEntries(
        Array.from({ length: PROVIDERS }, (_, i) => [
          `far${i}.test`,
          { host: "127.0.0.1", port, provider: `far${i}.test` },
        ]),
      ),
  });
  const taken: Taken[] = [];
  const takeNote = (): void => {
    for (const { to, connection } of service.farSide.mails.splice(0))
      for (const address of to) taken.push({ to: address, connection, at: elapsed() });
  };
  const noting = setInterval(takeNote, 5);
  t.after(() => clearInterval(noting));
  await service.start();
  const startedAt = elapsed();
  const post = write(
    { from: members[0]!, messageId: "all@author.test", subject: "To all" },
    { name: "readers" },
    { domain: "groups.test" },
  );
  const sent = await sendMail(service.smtpPort, { from: members[0]!, to: ["readers@groups.test"] }, post);
  assert.equal(sent.code, 250);
  const strikes: Strike[] = [];

  const strike = async (victim: Victim): Promise<void> => {
    const { supervisor, workers, postmaster, backends } = await service.processes();
    const worker = workers[taken.length % workers.length]!;
    const dying = victim === "worker" ? [worker] : victim === "postgres" ? [] : workers;
    const at = elapsed();
    if (victim === "worker") kill(worker);
    if (victim === "supervisor") kill(supervisor);
    if (victim === "postgres") kill(postmaster);
    if (victim === "everything") for (const pid of [supervisor, ...workers, postmaster, ...backends]) kill(pid);
    for (const pid of dying) while (await isAlive(pid)) await pause(10);
    // What a dead worker had sent, and the end of its connections, may still be on its way into the far side.
    await pause(200);
    takeNote();
    const { endedAt } = service.farSide;
    const theirs = taken.filter((copy) => copy.at >= at - SECOND && (endedAt.get(copy.connection) ?? 0) >= at);
    const allowed = dying.length === 0 ? 0 : mostWithin(LAST, theirs, at);
    const rate = taken.filter((copy) => copy.at >= at - SECOND && copy.at < at).length;
    strikes.push({ victim, at, allowed, rate });
    if (victim === "supervisor" || victim === "everything") await service.start();
    // While the database is away results wait in memory: another kill then is a second fault.
    if (victim === "postgres") while (!(await isAnswering(service))) await pause(20);
  };

  const settle = async (timeoutMs: number): Promise<string> => {
    await service.quiet(timeoutMs);
    const seconds = (elapsed() - startedAt) / SECOND;
    clearInterval(noting);
    takeNote();
    const times = Map.groupBy(taken, (copy) => copy.to);
    assert.equal(members.filter((member) => !times.has(member)).length, 0, "everybody has the post");
    const again = [...times.values()].filter((copies) => copies.length > 1);
    const more = again.reduce((sum, copies) => sum + copies.length - 1, 0);
    const allowed = strikes.reduce((sum, one) => sum + one.allowed, 0);
    const ages = again.map(([first]) =>
      Math.min(...strikes.filter(({ at }) => at >= first!.at - SECOND).map(({ at }) => at - first!.at)),
    );
    const [end] = await service.pool`
      select (select count(*) from mails)::int as mails, (select count(*) from deliveries)::int as deliveries,
        (select count(*) from letters)::int as letters,
        (select count(*) from settlements where kind = 'never')::int as never,
        (select sum(planned) from sendings)::int as planned, (select sum(sent) from sendings)::int as sent`;
    assert.deepEqual({ ...end }, { mails: 0, deliveries: 0, letters: 0, never: 0, planned: size, sent: size });
    const sentence =
      `${size} recipients in ${seconds.toFixed(1)} s (${Math.round(size / seconds)}/s); killed: ` +
      strikes.map(({ victim, rate, allowed: most }) => `${victim} (at ${rate}/s, ${most} in 250 ms)`).join(", ") +
      `; ${more} copies came again, ${allowed} were in the bound` +
      (more > 0 ? `; the oldest of them was taken ${Math.round(Math.max(...ages))} ms before the kill` : "");
    assert.ok(more <= allowed, sentence);
    return sentence;
  };

  return {
    service,
    strike,
    settle,
    reach: async (copies) => {
      const until = elapsed() + 10 * MINUTE;
      while (taken.length < copies && elapsed() < until) await pause(5);
      assert.ok(taken.length >= copies, `${taken.length} copies were taken, and ${copies} were waited for`);
    },
  };
}

const isAnswering = (service: Service): Promise<boolean> =>
  service.pool`select 1`.then(
    () => true,
    () => false,
  );

/** The most copies taken within `ms` up to the kill, and all that were taken after it. */
function mostWithin(ms: number, copies: readonly Taken[], killedAt: number): number {
  const before = copies.filter(({ at }) => at <= killedAt).map(({ at }) => at);
  let most = 0;
  for (let first = 0, next = 0; next < before.length; next += 1) {
    while (before[next]! - before[first]! > ms) first += 1;
    most = Math.max(most, next - first + 1);
  }
  return most + copies.length - before.length;
}
