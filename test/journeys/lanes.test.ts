/** Lanes: who is served first, what stops at once, and what each kind of refusal waits. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as directory from "../../src/directory/directory.ts";
import { MINUTE } from "../../src/kit/clock.ts";
import { rfcTimeouts } from "../../src/outbound/timeouts.ts";
import * as providers from "../../src/providers/providers.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "../support/node.ts";

const members = (count: number, name: string): string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i}@d${i % 5}.test`);

async function withTwoGroups(t: TestContext, large: number, small: number): Promise<TestNode> {
  const node = await startNode(t, { members: ["ana@author.test", ...members(large, "l")] });
  const group = await directory.addGroup(node.pool, { name: "few", title: "Few" }, node.clock);
  const addresses = ["ana@author.test", ...members(small, "s")].map((address) => ({ address, name: "" }));
  await directory.addMembers(node.pool, group.id, addresses, "test", node.clock);
  return node;
}

test("a post to twenty overtakes the one to eight hundred that is going out", async (t) => {
  const node = await withTwoGroups(t, 800, 20);
  // Few connections, so that the large post lasts on any machine until the small one has come in.
  const given = { sources: ["<test>"], known: [] };
  await providers.change(node.pool, `127.0.0.1:${node.farSide.port}`, { connections: "5" }, given, node.clock.now());
  // So slow that most of the large post is still to come, however long it takes until the small one is planned.
  node.farSide.pauses(2000);
  await node.post({ from: "ana@author.test", subject: "To many" });
  await node.farSide.waitFor((mails) => mails.length >= 2);
  await node.post({ from: "ana@author.test", subject: "To few", to: "few@groups.test" });
  for (let planned = 1; planned < 2; )
    [{ planned }] = await node.pool<[{ planned: number }]>`select count(*)::int as planned from sendings`;
  node.farSide.pauses(20);
  const subject = (mail: { raw: Buffer }): string => /^Subject: (.*)\r$/m.exec(mail.raw.toString("latin1"))![1]!;
  const mails = await node.farSide.waitFor(
    (all) => all.filter((mail) => subject(mail).includes("To few")).length === 21,
    30_000,
  );
  const ahead = mails.filter((mail) => subject(mail).includes("To many")).length;
  assert.ok(ahead < 700, `${ahead} of 801 copies of the large post went ahead of the last of the small one`);
  node.farSide.pauses(0);
  await node.farSide.waitFor(801 + 21, 60_000);
  await node.quiet();
  assert.equal(node.farSide.mails.length, 801 + 21);
});

test("a hold stops a post in the middle, and a release sends the rest, to everybody once", async (t) => {
  const node = await startNode(t, { members: ["ana@author.test", ...members(400, "m")] });
  node.farSide.pauses(30);
  await node.post({ from: "ana@author.test" });
  await node.farSide.waitFor((mails) => mails.length >= 20);
  await queue.hold(node.pool, { scope: "group", key: node.group.id }, node.clock.now());
  await node.quiet();
  const stopped = node.farSide.mails.length;
  await pause(300);
  assert.equal(node.farSide.mails.length, stopped, "nothing goes out while it is held");
  assert.ok(stopped < 350, `${stopped} of 401 copies had gone`);
  const [row] = await node.pool<{ held: number }[]>`
    select sum(cardinality(recipients))::int as held from deliveries where state = 'held'`;
  assert.equal(row!.held, 401 - stopped);
  node.farSide.pauses(0);
  await queue.release(node.pool, { scope: "group", key: node.group.id }, node.clock.now());
  await node.pass(MINUTE);
  const got = node.farSide.mails.map((mail) => mail.to[0]);
  assert.equal(new Set(got).size, 401);
  assert.equal(got.length, 401);
});

test("who was refused waits as long as that kind of refusal wants, whoever was refused beside them", async (t) => {
  const node = await startNode(t, { members: ["ana@author.test", "grey@d0.test", "full@d0.test"] });
  node.farSide.answers("grey@d0.test", "451 4.7.1 greylisted, try again in five minutes");
  node.farSide.answers("full@d0.test", "452 4.2.2 mailbox full");
  await node.post({ from: "ana@author.test" });
  await node.farSide.waitFor(1);
  await node.quiet();
  node.farSide.behaves();
  await node.pass(8 * MINUTE);
  assert.deepEqual(
    ["grey@d0.test", "full@d0.test"].map((address) => node.farSide.mailsFor(address).length),
    [1, 0],
    "a full mailbox is not tried again within minutes, and greylisting is",
  );
  await node.pass(40 * MINUTE);
  assert.equal(node.farSide.mailsFor("full@d0.test").length, 1);
});

test("the domains of one provider are met one by one, and then known to belong together", async (t) => {
  const node = await startNode(t, { members: ["ana@author.test", ...members(10, "m")] });
  await node.post({ from: "ana@author.test" });
  await node.farSide.waitFor(11);
  await node.quiet();
  const provider = `127.0.0.1:${node.farSide.port}`;
  const log = await node.pool<{ provider: string }[]>`select distinct provider from settlements`;
  assert.deepEqual([...log], [{ provider }], "all were sent on the provider's own lane");
  const known = await node.pool<{ domain: string }[]>`select domain from domains where provider = ${provider}`;
  assert.equal(known.length, 6);
  const before = node.farSide.connections;
  await node.post({ from: "ana@author.test", subject: "Again" });
  await node.farSide.waitFor(22);
  assert.ok(node.farSide.connections - before <= 2, "one delivery, one or two connections");
});

test("a far side that takes two recipients at a time gets a shared copy for two and two and one, at once", async (t) => {
  const node = await startNode(t, {
    members: ["ana@author.test", ...members(4, "m")],
    settings: { copies: "shared" },
    farSide: { mostRecipients: 2 },
  });
  await node.post({ from: "ana@author.test" });
  await node.farSide.waitFor((mails) => mails.flatMap((mail) => mail.to).length >= 5);
  await node.quiet();
  const [row] = await node.pool`select count(*)::int as count from deliveries`;
  assert.equal(row!.count, 0, "nobody waits for another day");
  const got = node.farSide.mails.flatMap((mail) => mail.to);
  assert.deepEqual([got.length, new Set(got).size], [5, 5]);
});

test("a far side that offers PIPELINING and hears only the first command is asked one thing at a time", async (t) => {
  const timeouts = { ...rfcTimeouts, rcpt: 500, data: 500 };
  const node = await startNode(t, { members: ["ana@author.test"], farSide: { isForgetful: true }, timeouts });
  await node.post({ from: "ana@author.test" });
  for (let refused = 0; refused < 1; )
    [{ refused }] = await node.pool<[{ refused: number }]>`select count(*)::int as refused from settlements`;
  await node.pass(10 * MINUTE);
  await node.farSide.waitFor(1);
  await node.quiet();
  assert.equal(node.farSide.mails.length, 1);
});
