/** What a group sends its members once a month, its guidelines in the welcome, and the word that a held post went out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sendReminders } from "../../src/chores/reminders.ts";
import { transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "../support/node.ts";

const members = ["olga@far.test", "mia@far.test", "ben@other.test", "cleo@other.test"];
const GUIDELINES =
  "Be kind.\n\n- no long quotations, which everybody has read already, and nobody needs a second time\n- no <b>shouting</b>";

async function lettersOf(node: TestNode, kind: string) {
  const rows = await node.pool<{ raw: Buffer; recipient: string }[]>`
    select raw, recipient from letters where kind = ${kind} order by recipient`;
  return rows.map(({ raw, recipient }) => ({ ...readMail(raw), recipient }));
}

/** To the second day of the next month. */
const toNextMonth = (node: TestNode): void => {
  const now = node.clock.now();
  node.clock.pass(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 2, 9) - now.getTime());
};

test("once a month each member hears of their membership: once whoever is killed, and not who wants none", async (t) => {
  const node = await startNode(t, { members, roles: "intake,pipeline,outbound" });
  const writer = { pool: node.pool, domain: "groups.test", url: "http://groups.test", clock: node.clock };
  const set = async (address: string, pairs: Record<string, string>): Promise<void> => {
    const member = (await directory.membershipOf(node.pool, node.group.id, address))!;
    await transact(node.pool, (sql) => directory.setMembership(sql, member, pairs, "test", node.clock.now()));
  };
  toNextMonth(node);
  assert.equal(await sendReminders(writer), 0, "off until an owner wants it");
  await directory.setGroup(node.pool, node.group.id, { monthly: "membership", guidelines: GUIDELINES });
  await set("ben@other.test", { reminders: "no" });
  await set("cleo@other.test", { mode: "digest" });
  await directory.addMembers(node.pool, node.group.id, [{ address: "new@far.test", name: "" }], "test", node.clock);

  const month = `${node.clock.now().toISOString().slice(0, 7)}-01`;
  await transact(node.pool, async (sql) => {
    assert.equal((await directory.takeReminders(sql, month, node.clock.now(), 2)).length, 2);
    throw new Error("killed");
  }).catch((error: Error) => assert.equal(error.message, "killed"));
  const counts = await Promise.all([sendReminders(writer), sendReminders(writer)]);
  assert.equal(counts[0]! + counts[1]!, 3);
  assert.equal(await sendReminders(writer), 0, "once a month");
  await node.quiet();
  const letters = await lettersOf(node, "reminder");
  assert.deepEqual(
    letters.map((one) => one.recipient),
    ["cleo@other.test", "mia@far.test", "olga@far.test"],
  );
  assert.match(letters[0]!.text!, /cleo@other\.test is in Readers\. Posts\s+come to you once a day/);
  assert.match(
    letters[0]!.html!,
    /<ul[^>]*><li[^>]*>no long quotations.*<li[^>]*>no &lt;b&gt;shouting&lt;\/b&gt;<\/li>/s,
  );
  assert.equal(node.farSide.mailsFor("mia@far.test").length, 1);

  node.clock.pass(10 * DAY);
  await directory.setGroup(node.pool, node.group.id, { monthly: "guidelines" });
  assert.equal(await sendReminders(writer), 0, "only in the first days of a month");
  toNextMonth(node);
  assert.equal(await sendReminders(writer), 4, "the newcomer too");
  assert.match((await lettersOf(node, "guidelines"))[0]!.text!, /^How we treat each other here:\s+Be kind\./);
  await directory.setGroup(node.pool, node.group.id, { guidelines: "" });
  toNextMonth(node);
  assert.equal(await sendReminders(writer), 0, "nothing to remind of");
});

test("a new member has the guidelines in the welcome; an author hears that a held post went out, where the owner wants it", async (t) => {
  const node = await startNode(t, {
    members,
    zone: { "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]], "_dmarc.far.test TXT": [["v=DMARC1; p=none"]] },
  });
  await directory.setGroup(node.pool, node.group.id, { guidelines: GUIDELINES, tellsApproved: "yes" });
  await node.post({ from: "dan@far.test", to: "readers+join@groups.test" });
  await node.quiet();
  const [question] = await node.pool<{ raw: Buffer }[]>`select raw from letters where kind = 'confirm-join'`;
  await node.post({ from: "dan@far.test", to: /join\+[a-z2-7]+@groups\.test/.exec(question!.raw.toString())![0] });
  await node.quiet();
  assert.match((await lettersOf(node, "welcome"))[0]!.text!, /How we treat each other here:\s+Be kind\./);

  for (const subject of ["May I?", "Once more"]) {
    const sent = await node.post({ from: "guest@far.test", subject });
    await node.quiet();
    assert.equal(await queue.approve(node.pool, sent.id!, node.group.id, node.clock.now()), true);
    await node.quiet();
    await directory.setGroup(node.pool, node.group.id, { tellsApproved: "no" });
  }
  const letters = await lettersOf(node, "approved");
  assert.deepEqual(
    letters.map((one) => [one.recipient, one.subject]),
    [["guest@far.test", "Sent to Readers: May I?"]],
  );
  assert.match(letters[0]!.text!, /http:\/\/groups\.test\/g\/readers\/1\n/);
});
