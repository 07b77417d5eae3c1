/** Pace at work: what a provider that has limits, or refuses everything for a while, sees of us. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/kit/clock.ts";
import { startNode, type TestNode } from "../support/node.ts";

const members = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i}@d${i % 3}.test`);

/** Everybody has the post once. */
function assertOnce(node: TestNode, count: number): void {
  const got = node.farSide.mails.map((mail) => mail.to[0]);
  assert.equal(new Set(got).size, count);
  assert.equal(got.length, count);
}

test("a far side that lets in two connections gets everything over two, and has to refuse few", async (t) => {
  const node = await startNode(t, { members: ["ana@author.test", ...members(300)] });
  node.farSide.admits(2, "421 4.7.0 Error: too many connections from 127.0.0.1");
  node.farSide.pauses(20);
  await node.post({ from: "ana@author.test" });
  await node.farSide.waitFor(301, 60_000);
  await node.quiet();
  assertOnce(node, 301);
  const { turnedAway } = node.farSide;
  assert.ok(turnedAway >= 1 && turnedAway <= 20, `${turnedAway} connections were turned away`);
  const [row] = await node.pool<{ later: number }[]>`
    select count(*)::int as later from settlements where kind <> 'sent'`;
  assert.equal(row!.later, 0, "no member was put off because one connection was one too many");
});

test("a far side that refuses everything is asked now and then, and has everything within a minute after it recovers", async (t) => {
  const node = await startNode(t, { members: ["ana@author.test", ...members(300)] });
  node.farSide.greets("421 4.3.2 Service not available, closing transmission channel");
  await node.post({ from: "ana@author.test" });
  await node.quiet();
  await node.pass(10 * MINUTE, 20 * SECOND);
  assert.equal(node.farSide.mails.length, 0);
  const { turnedAway } = node.farSide;
  assert.ok(turnedAway >= 10 && turnedAway <= 60, `asked ${turnedAway} times in ten minutes`);
  node.farSide.behaves();
  await node.pass(MINUTE, 10 * SECOND);
  const soon = node.farSide.mails.length;
  assert.ok(soon >= 270, `${soon} of 301 within a minute; only those that were asked with wait on`);
  await node.pass(60 * MINUTE, 5 * MINUTE);
  assertOnce(node, 301);
});

test("a far side that blocks our address loses nobody's mail: it goes out when the block is lifted", async (t) => {
  const node = await startNode(t, { members: ["ana@author.test", ...members(60)] });
  const blocked = "550 5.7.1 Service unavailable; client host [127.0.0.1] blocked using zen.spamhaus.org";
  for (const address of ["ana@author.test", ...members(60)]) node.farSide.answers(address, blocked);
  await node.post({ from: "ana@author.test" });
  await node.quiet();
  await node.pass(5 * MINUTE, 20 * SECOND);
  const [row] = await node.pool<{ never: number; later: number }[]>`
    select count(*) filter (where kind = 'never')::int as never, count(*)::int as later from settlements`;
  assert.equal(row!.never, 0);
  assert.ok(row!.later < 60, `${row!.later} refusals; the others were not even tried`);
  node.farSide.behaves();
  await node.pass(60 * MINUTE, 5 * MINUTE);
  assertOnce(node, 61);
});
