/** Two sending addresses and one provider: mail travels by the address that is allowed there, and a budget holds. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DAY, MINUTE, SECOND } from "../../src/kit/clock.ts";
import * as providers from "../../src/providers/providers.ts";
import { startNode, type TestNode } from "../support/node.ts";

const OLD = "127.0.0.2";
const NEW = "127.0.0.3";

const people = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i}@far.test`);

type Words = Record<string, string>;

/** A node that sends from both addresses, and a provider that takes them as said. */
async function nodeWith(t: TestContext, members: number, standing: Words, egress = [OLD, NEW]): Promise<TestNode> {
  const environment = { SMARTGROUPS_EGRESS: egress.join(",") };
  const node = await startNode(t, { members: people(members), environment });
  for (const [address, words] of Object.entries(standing)) await say(node, address, words);
  return node;
}

async function say(node: TestNode, address: string, words: string): Promise<void> {
  const pairs = Object.fromEntries(words.split(" ").map((word) => word.split("=")));
  const given = { sources: [...node.config.egress], known: [] };
  await providers.change(node.pool, providerOf(node), { address, ...pairs }, given, node.clock.now());
}

const providerOf = (node: TestNode): string => `127.0.0.1:${node.farSide.port}`;

const sentFrom = (node: TestNode, address: string): number =>
  node.farSide.mails.filter((mail) => mail.peer.endsWith(address)).length;

/** Lets the clock go on, a few seconds at a time, until it is so. */
async function until(node: TestNode, what: string, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 300; i += 1) {
    if (isSo()) return;
    node.clock.pass(4 * SECOND);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  assert.fail(`waited for this: ${what}; ${OLD} sent ${sentFrom(node, OLD)}, ${NEW} sent ${sentFrom(node, NEW)}`);
}

test("mail travels by the address that is approved, and none by the one that is closed", async (t) => {
  const node = await nodeWith(t, 30, { [OLD]: "standing=approved", [NEW]: "standing=closed" });
  await node.post({ from: "m0@far.test" });
  await node.quiet();
  assert.deepEqual([sentFrom(node, OLD), sentFrom(node, NEW)], [30, 0]);
  await say(node, OLD, "standing=closed");
  await say(node, NEW, "standing=approved");
  const changedAt = node.clock.now().getTime();
  await until(node, "the lanes heard of it", () => node.clock.now().getTime() - changedAt > MINUTE);
  await node.post({ from: "m0@far.test", subject: "Chapter three" });
  await node.quiet();
  assert.deepEqual([sentFrom(node, OLD), sentFrom(node, NEW)], [30, 30]);
});

test("an address that is warming sends as much as its budget, and the approved one carries the rest", async (t) => {
  const node = await nodeWith(t, 20, { [OLD]: "standing=approved", [NEW]: "standing=warming budget=25" });
  for (let post = 1; post <= 6; post += 1) await node.post({ from: "m0@far.test", subject: `Chapter ${post}` });
  await until(node, "all posts went out", () => node.farSide.mails.length >= 120);
  await node.quiet();
  assert.equal(sentFrom(node, OLD) + sentFrom(node, NEW), 120, "each mail once");
  const spent = sentFrom(node, NEW);
  assert.ok(spent > 0 && spent <= 25, `${spent} of 25`);
  const [standing] = await providers.standings(node.pool, [providerOf(node)], [NEW], node.clock.now());
  assert.deepEqual([standing!.standing, standing!.spentToday], ["warming", spent]);
});

test("a single new address sends its budget at once, the rest gently, and more the next day", async (t) => {
  const node = await nodeWith(t, 14, { [NEW]: "standing=warming budget=10" }, [NEW]);
  const start = node.clock.now().getTime();
  await node.post({ from: "m0@far.test" });
  await until(node, "the budget is used", () => sentFrom(node, NEW) >= 10);
  assert.equal(sentFrom(node, NEW), 10);
  await until(node, "nobody is left out", () => sentFrom(node, NEW) === 14);
  const took = node.clock.now().getTime() - start;
  assert.ok(took >= 4 * MINUTE && took < 8 * MINUTE, `one a minute: ${took / MINUTE} minutes`);
  await node.quiet();
  await node.pass(DAY, 8 * 60 * MINUTE);
  const [standing] = await providers.standings(node.pool, [providerOf(node)], [NEW], node.clock.now());
  assert.deepEqual([standing!.dailyBudget, standing!.spentToday], [20, 0], "twice the ten that were used");
});
