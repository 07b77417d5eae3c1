import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "../support/node.ts";

const NOBODY = "00000000-0000-0000-0000-000000000000";

/** A stranger's mail to two groups and the postmaster, held for all three. */
async function heldForThree(node: TestNode): Promise<string> {
  await directory.addGroup(node.pool, { name: "writers", title: "Writers" }, node.clock);
  const to = ["Readers+books@groups.test", "WRITERS@groups.test", "postmaster@groups.test"];
  const mail = "From: guest@far.test\r\nSubject: Hello\r\nMessage-ID: <h@x>\r\n\r\nMay I?\r\n";
  const sent = await node.send({ from: "guest@far.test", to }, mail);
  await node.quiet();
  return sent.id!;
}

const outcomesOf = async (node: TestNode, id: string): Promise<string[]> =>
  (await queue.outcomesOf(node.pool, id)).map((one) => `${one.recipient} ${one.outcome}`);

test("a mail held for several is found by the moderators of each, however it wrote their address", async (t) => {
  const node = await startNode(t);
  const id = await heldForThree(node);
  for (const address of ["readers@groups.test", "writers@groups.test", "postmaster@groups.test"]) {
    assert.deepEqual(
      (await queue.aside(node.pool, "held", address, 10)).map((one) => one.id),
      [id],
      address,
    );
  }
});

test("a moderator's yes lets a mail into their own group, and the others' decisions stay theirs", async (t) => {
  const node = await startNode(t);
  const id = await heldForThree(node);
  assert.equal(await queue.approve(node.pool, id, NOBODY, node.clock.now(), "elsewhere@groups.test"), false);
  assert.equal(await queue.approve(node.pool, id, NOBODY, node.clock.now(), "writers@groups.test"), true);
  await node.quiet();
  assert.deepEqual(await outcomesOf(node, id), ["writers@groups.test posted"]);
  const held = await queue.waitingMail(node.pool, id);
  assert.deepEqual([held?.state, held?.recipients], ["held", ["readers@groups.test", "postmaster@groups.test"]]);
});

test("a moderator's no ends a mail for their own group only", async (t) => {
  const node = await startNode(t);
  const id = await heldForThree(node);
  const waiting = (await queue.waitingMail(node.pool, id))!;
  for (const recipient of ["readers@groups.test", "writers@groups.test", "postmaster@groups.test"]) {
    assert.ok((await queue.waitingMail(node.pool, id))?.recipients.includes(recipient));
    const declined = await queue.decline(node.pool, id, {
      ...{ mailId: id, recipient, receivedAt: waiting.receivedAt, at: node.clock.now(), outcome: "declined" as const },
      ...{ detail: "no", messageId: "h@x", sender: waiting.sender, groupId: null, postId: null },
    });
    assert.equal(declined, true);
  }
  assert.equal(await queue.waitingMail(node.pool, id), undefined);
  assert.equal((await outcomesOf(node, id)).length, 3);
});
