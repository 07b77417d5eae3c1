/** Two nodes on one database: the second takes its part of what is under way, and all of it when the first one dies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { elapsed, SECOND } from "../../src/kit/clock.ts";
import { copyOf, newFleet, type RunningNode } from "../support/nodes.ts";
import { isAlive, kill } from "../support/service.ts";

const POSTS = 4;
const domains = Array.from({ length: 10 }, (_, i) => `far${i}.test`);
const members = Array.from({ length: 1500 }, (_, i) => `m${i}@${domains[i % 10]}`);

test("a node that joins takes its part of a post that is going out, and the rest when the other one is killed", async (t) => {
  const fleet = await newFleet(t, { members, domains });
  const { pool, farSide } = fleet;
  const a = await fleet.start("a");
  farSide.pauses(1000);
  for (let number = 1; number <= POSTS; number += 1) await fleet.post(a, number);
  await farSide.waitFor(100, 60 * SECOND);

  const b = await fleet.start("b");
  const joinedAt = elapsed();
  const by = (node: RunningNode) => farSide.mails.filter((mail) => mail.peer === node.peer);
  await farSide.waitFor((mails) => mails.some((mail) => mail.peer === b.peer), 60 * SECOND);
  const joining = elapsed() - joinedAt;
  assert.ok(joining < 10 * SECOND, "a node that joins sends within seconds");
  await farSide.waitFor(() => by(b).length >= 100, 60 * SECOND);

  const workers = await a.workers();
  assert.equal(workers.length, 1);
  for (const pid of [a.child.pid!, ...workers]) kill(pid);
  for (const pid of workers) while (await isAlive(pid)) await pause(10);
  const killedAt = elapsed();
  const before = farSide.mails.length;
  const lost = async (): Promise<number> => {
    const [row] = await pool<{ count: number }[]>`
      select count(*)::int from deliveries d left join workers w on w.id = d.taken_by
      where d.state = 'taken' and (w.id is null or w.node = 'a')`;
    return row!.count;
  };
  const held = await lost();
  while ((await lost()) > 0 && elapsed() - killedAt < 60 * SECOND) await pause(50);
  const takingOver = elapsed() - killedAt;
  farSide.pauses(0);
  await fleet.complete(POSTS);

  const wanted = POSTS * members.length;
  assert.ok(before < wanted, "it was killed with work under way");
  const again = farSide.mails.length - wanted;
  t.diagnostic(
    `the second node sent ${joining.toFixed(0)} ms after it was ready; the first was killed with ${held} deliveries in ` +
      `hand, which were free again after ${(takingOver / SECOND).toFixed(1)} s; ${by(a).length} copies by the first, ` +
      `${by(b).length} by the second, ${again} of them for the second time`,
  );
  assert.ok(by(b).length > wanted / 10);
  const times = Map.groupBy(farSide.mails, copyOf);
  for (const copies of times.values())
    assert.ok(copies.length === 1 || copies[0]!.peer === a.peer, "only what the dead node had sent comes twice");
  const [end] = await pool`select sum(sent)::int as sent, sum(given_up)::int as given_up from sendings`;
  assert.deepEqual({ ...end }, { sent: wanted, given_up: 0 });
});
