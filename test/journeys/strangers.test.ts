import assert from "node:assert/strict";
import { test } from "node:test";
import * as mailbox from "../../src/mailbox/mailbox.ts";
import { startNode } from "../support/node.ts";

const command = (from: string, to: string, id: string): string =>
  `From: ${from}\r\nTo: ${to}\r\nSubject: Please\r\nMessage-ID: <${id}@x>\r\n\r\nPlease\r\n`;

test("requests to join in a stranger's name bring the stranger few letters, also when they come together", async (t) => {
  const node = await startNode(t, { roles: "intake,pipeline" });
  const to = ["readers+subscribe@groups.test", "readers+join@groups.test", "readers-subscribe@groups.test"];
  await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      node.send({ from: "x@far.test", to }, command("victim@far.test", to[0]!, `flood-${i}`)),
    ),
  );
  for (;;) {
    const [row] = await node.pool<{ left: number }[]>`select count(*)::int as left from mails`;
    if (row?.left === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const letters = await node.pool<{ kind: string }[]>`select kind from letters where recipient = 'victim@far.test'`;
  assert.ok(letters.length > 0 && letters.length < 10, `${letters.length} letters for 36 requests`);
});

test("a no is not mailed to whoever a forger names", async (t) => {
  const node = await startNode(t, { settings: { joining: "closed", nonmembers: "refuse" }, members: ["ana@far.test"] });
  for (const [i, local] of ["readers+unsubscribe", "readers+subscribe", "readers"].entries()) {
    const to = `${local}@groups.test`;
    const sent = await node.send({ from: "victim@far.test", to: [to] }, command("victim@far.test", to, `no-${i}`));
    assert.equal(sent.code, 250);
  }
  await node.quiet();
  assert.deepEqual(
    node.farSide.mails.map((mail) => mail.to),
    [],
  );
});

test("a subject with a NUL inside an encoded word keeps no copy from going into the local mailbox", async (t) => {
  const node = await startNode(t, {
    members: ["ana@far.test", "ben@far.test"],
    environment: { SMARTGROUPS_ROUTES: "", SMARTGROUPS_OUTBOUND: "capture" },
  });
  await node.post({ from: "ana@far.test", subject: "=?utf-8?q?a=00b?=" });
  await node.quiet();
  const kept = await mailbox.captured(node.pool, "ben@far.test", 10);
  assert.deepEqual(
    kept.map((mail) => mail.subject),
    ["a b"],
  );
});
