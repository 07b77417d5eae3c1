import assert from "node:assert/strict";
import { test } from "node:test";
import * as archive from "../../src/archive/archive.ts";
import * as directory from "../../src/directory/directory.ts";
import { startNode, type TestNode } from "../support/node.ts";

const members = ["ana@far.test", "eve@far.test", "ben@far.test"];

const textsFor = (node: TestNode, member: string): string[] =>
  node.farSide.mails
    .filter((mail) => mail.to.includes(member))
    .map((mail) => /^(?:Mine|Nonsense)/m.exec(mail.raw.toString())?.[0] ?? "?")
    .sort();

test("who posts under somebody else's Message-ID does not keep their post from the group", async (t) => {
  const node = await startNode(t, { members });
  await node.post({ from: "eve@far.test", messageId: "m@x", subject: "A", text: "Nonsense" });
  await node.quiet();
  await node.post({ from: "ana@far.test", messageId: "m@x", subject: "A", text: "Mine" });
  await node.post({ from: "ana@far.test", messageId: "m@x", subject: "A", text: "Mine" });
  await node.quiet();
  assert.deepEqual(textsFor(node, "ben@far.test"), ["Mine", "Nonsense"], "both posts, and the resent one once");
});

test("who posts under somebody else's Message-ID in one group does not keep their post from members in another", async (t) => {
  const node = await startNode(t, { members });
  const other = await directory.addGroup(node.pool, { name: "writers", title: "Writers" }, node.clock);
  const people = members.map((address) => ({ address, name: "" }));
  await directory.addMembers(node.pool, other.id, people, "test", node.clock);
  await node.post({ from: "eve@far.test", messageId: "m@x", text: "Nonsense", to: "writers@groups.test" });
  await node.quiet();
  await node.post({ from: "ana@far.test", messageId: "m@x", text: "Mine" });
  await node.quiet();
  assert.deepEqual(textsFor(node, "ben@far.test"), ["Mine", "Nonsense"]);
});

test("a post without a Message-ID goes out under the one it is archived by, so that answers find it", async (t) => {
  const node = await startNode(t, { members });
  const bare = "From: ana@far.test\r\nSubject: A\r\n\r\nMine\r\n";
  await node.send({ from: "ana@far.test", to: ["readers@groups.test"] }, bare);
  await node.quiet();
  const sent = /^Message-ID: <([^>]+)>\r$/m.exec(node.farSide.mails[0]!.raw.toString())![1]!;
  assert.equal((await archive.postWithMessageId(node.pool, node.group.id, sent))?.number, 1);
});
