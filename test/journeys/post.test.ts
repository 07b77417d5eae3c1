import assert from "node:assert/strict";
import { test } from "node:test";
import * as archive from "../../src/archive/archive.ts";
import { DAY, HOUR, MINUTE } from "../../src/kit/clock.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode } from "../support/node.ts";

const members = ["ana@far.test", "ben@far.test", "cleo@other.test"];

test("a member's post is archived and reaches every member once, signed and with its own return path", async (t) => {
  const node = await startNode(t, { members });
  const sent = await node.post({ from: "ben@far.test", subject: "Chapter two", messageId: "two@author.test" });
  assert.equal(sent.code, 250);
  assert.ok(sent.id, "the 250 carries a tracking id");
  await node.quiet();
  assert.deepEqual(node.farSide.mails.flatMap((mail) => mail.to).sort(), [...members].sort());
  const [first, second] = node.farSide.mails;
  const text = first!.raw.toString("utf8");
  assert.match(text, /^List-Id: .*<readers\.groups\.test>/m);
  assert.match(text, /^List-Unsubscribe: <http:\/\/groups\.test\/leave\/[a-z2-7]+>/m);
  assert.match(text, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  assert.match(text, /^DKIM-Signature: /m);
  assert.match(text, /^ARC-Seal: i=1;/m);
  assert.match(text, /^Archived-At: <http:\/\/groups\.test\/g\/readers\/1>/m);
  assert.match(first!.from, /^bounce\+[a-z2-7]+@groups\.test$/);
  assert.notEqual(first!.from, second!.from, "each member has a return path of their own");
  const post = await archive.postWithMessageId(node.pool, node.group.id, "two@author.test");
  assert.equal(post?.number, 1);
  const progress = await queue.progressOf(node.pool, post!.id);
  assert.deepEqual([progress?.planned, progress?.sent, progress?.givenUp], [3, 3, 0]);
  const [outcome] = await queue.outcomesOf(node.pool, sent.id!);
  assert.equal(outcome?.outcome, "posted");
  assert.equal(outcome?.postId, post!.id);
});

test("a reply is threaded under its parent, also when it arrives first", async (t) => {
  const node = await startNode(t, { members });
  await node.post({ from: "ana@far.test", subject: "Re: Plans", messageId: "b@x", headers: ["References: <a@x>"] });
  await node.quiet();
  await node.post({ from: "ben@far.test", subject: "Plans", messageId: "a@x" });
  await node.quiet();
  await node.post({
    from: "cleo@other.test",
    subject: "Re: Plans",
    messageId: "c@x",
    headers: ["References: <a@x> <b@x>"],
  });
  await node.quiet();
  const posts = await Promise.all(
    ["a@x", "b@x", "c@x"].map((id) => archive.postWithMessageId(node.pool, node.group.id, id)),
  );
  assert.equal(posts[1]?.parentId, posts[0]?.id);
  assert.equal(posts[2]?.parentId, posts[1]?.id);
  assert.equal(new Set(posts.map((post) => post?.topicId)).size, 1);
  const topics = await archive.topics(node.pool, node.group.id, null, 10);
  assert.deepEqual(
    topics.map((topic) => [topic.postCount, topic.lastNumber]),
    [[3, 3]],
  );
});

test("the same Message-ID twice is kept once, and the second is answered with where the first is", async (t) => {
  const node = await startNode(t, {
    members,
    zone: { "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]], "_dmarc.far.test TXT": [["v=DMARC1; p=none"]] },
  });
  const first = await node.post({ from: "ben@far.test", messageId: "same@x" });
  await node.quiet();
  const second = await node.post({ from: "ben@far.test", messageId: "same@x" });
  await node.quiet();
  const [outcome] = await queue.outcomesOf(node.pool, second.id!);
  assert.equal(outcome?.outcome, "duplicate");
  const copies = node.farSide.mails.filter((mail) => /^bounce\+/.test(mail.from));
  assert.equal(copies.length, 3, "every member has it once");
  const letter = node.farSide.mails.find((mail) => mail.from === "");
  assert.deepEqual(letter?.to, ["ben@far.test"]);
  assert.ok(
    letter?.raw.toString().replaceAll("=\r\n", "").includes(`/mail/${first.id}`),
    "the letter names the first one's tracker",
  );
});

test("an impatient sender's second copy under another Message-ID is kept once while the first is under way", async (t) => {
  const node = await startNode(t, { members });
  node.farSide.answers("cleo@other.test", "451 4.7.1 come back later");
  await node.post({ from: "ben@far.test", messageId: "one@x" });
  await node.quiet();
  const second = await node.post({ from: "ben@far.test", messageId: "two@x" });
  await node.quiet();
  assert.equal((await queue.outcomesOf(node.pool, second.id!))[0]?.outcome, "duplicate");
  assert.equal(node.farSide.mails.filter((mail) => mail.to.includes("ana@far.test")).length, 1);
});

test("a member of two groups gets a mail to both of them once", async (t) => {
  const node = await startNode(t, { members });
  const directory = await import("../../src/directory/directory.ts");
  const writers = await directory.addGroup(node.pool, { name: "writers", title: "Writers" }, node.clock);
  await directory.addMembers(
    node.pool,
    writers.id,
    [
      { address: "ana@far.test", name: "" },
      { address: "dan@far.test", name: "" },
      { address: "ben@far.test", name: "" },
    ],
    "test",
    node.clock,
  );
  const { write } = await import("../support/node.ts");
  const mail = write({ from: "ben@far.test", messageId: "both@x" }, node.group, node.config);
  await node.send({ from: "ben@far.test", to: ["readers@groups.test", "writers@groups.test"] }, mail);
  await node.quiet();
  assert.deepEqual(node.farSide.mails.flatMap((one) => one.to).sort(), [
    "ana@far.test",
    "ben@far.test",
    "cleo@other.test",
    "dan@far.test",
  ]);
  // The same mail to the second group in a transaction of its own finds nobody left.
  await node.send({ from: "ben@far.test", to: ["readers@groups.test"] }, mail);
  await node.quiet();
  assert.equal(node.farSide.mails.filter((one) => one.to.includes("ana@far.test")).length, 1);
});

test("mail for a member whose box is full is tried again, then given up when the far side has refused for long enough", async (t) => {
  const node = await startNode(t, { members, environment: { SMARTGROUPS_GIVE_UP_AFTER: "12h" } });
  node.farSide.answers("ana@far.test", "452 4.2.2 mailbox full");
  const sent = await node.post({ from: "ben@far.test" });
  await node.quiet();
  const postId = (await queue.outcomesOf(node.pool, sent.id!))[0]!.postId!;
  assert.equal((await queue.progressOf(node.pool, postId))?.waiting[0]?.recipients, 1);
  await node.pass(10 * HOUR, 30 * MINUTE);
  assert.equal((await queue.progressOf(node.pool, postId))?.givenUp, 0);
  await node.pass(10 * HOUR, 30 * MINUTE);
  const progress = await queue.progressOf(node.pool, postId);
  assert.deepEqual([progress?.sent, progress?.givenUp, progress?.waiting.length], [2, 1, 0]);
  assert.equal(
    node.farSide.mails.some((mail) => mail.to.includes("ben@far.test") && mail.from === ""),
    false,
    "its author hears of no bounce",
  );
});

test("nine days in our own queue do not count towards giving up", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test"] });
  node.farSide.answers("ana@far.test", "452 4.2.2 mailbox full");
  await node.post({ from: "ana@far.test" });
  await node.quiet();
  await node.services.stop();
  node.clock.pass(9 * DAY);
  await node.restart();
  await node.quiet();
  const [delivery] = await queue.deliveries(node.pool, 10);
  assert.equal(delivery?.recipients, 1, "it still waits");
  node.farSide.answers("ana@far.test", "250 2.1.5 ok");
  await node.pass(5 * HOUR, HOUR);
  assert.equal(node.farSide.mailFor("ana@far.test") !== undefined, true);
});

test("a far side that says no for good is asked once, and nobody else waits for it", async (t) => {
  const node = await startNode(t, { members });
  node.farSide.answers("ana@far.test", "550 5.1.1 no such user");
  const sent = await node.post({ from: "ben@far.test" });
  await node.quiet();
  const postId = (await queue.outcomesOf(node.pool, sent.id!))[0]!.postId!;
  const progress = await queue.progressOf(node.pool, postId);
  assert.deepEqual([progress?.sent, progress?.givenUp, progress?.waiting.length], [2, 1, 0]);
  const attempts = await queue.attemptsOf(node.pool, postId, 10);
  const refusal = attempts.find((one) => one.kind === "never");
  assert.deepEqual([refusal?.code, refusal?.status, refusal?.reply], [550, "5.1.1", "no such user"]);
});

test("who leaves during a backlog gets nothing more", async (t) => {
  const node = await startNode(t, { members });
  node.farSide.answers("ana@far.test", "451 4.3.2 not now");
  await node.post({ from: "ben@far.test" });
  await node.quiet();
  const directory = await import("../../src/directory/directory.ts");
  const ana = await directory.membershipOf(node.pool, node.group.id, "ana@far.test");
  await directory.endMemberships(node.pool, [ana!.id], "test", node.clock.now());
  node.farSide.answers("ana@far.test", "250 2.1.5 ok");
  await node.pass(30 * MINUTE, 10 * MINUTE);
  assert.equal(node.farSide.mailFor("ana@far.test"), undefined);
  assert.equal((await queue.deliveries(node.pool, 10)).length, 0);
});
