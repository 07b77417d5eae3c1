/** What is held and why: the rules of a group, through real SMTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as directory from "../../src/directory/directory.ts";
import { MINUTE } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "../support/node.ts";

const members = ["olga@far.test", "mia@far.test", "ben@other.test"];

const set = (node: TestNode, settings: Record<string, string>) =>
  directory.setGroup(node.pool, node.group.id, settings);

const subjectsFor = (node: TestNode, address: string): string[] =>
  node.farSide.mailsFor(address).map((mail) => readMail(mail.raw).subject);

const isHeld = async (node: TestNode): Promise<string[]> =>
  (await queue.aside(node.pool, "held", "readers@groups.test", 50)).map((mail) => mail.problem);

async function makeOwner(node: TestNode, address: string): Promise<directory.Membership> {
  const member = (await directory.membershipOf(node.pool, node.group.id, address))!;
  await directory.changeMembership(node.pool, member.id, { role: "owner" }, "test", node.clock.now());
  return member;
}

async function post(node: TestNode, from: string, subject: string, more: { text?: string; headers?: string[] } = {}) {
  const sent = await node.post({ from, subject, text: `${subject}, at some length.`, ...more });
  await node.quiet();
  return sent.id!;
}

async function approve(node: TestNode, id: string, owner: directory.Membership): Promise<void> {
  assert.ok(await queue.approve(node.pool, id, owner.id, node.clock.now(), "readers@groups.test"));
  await node.quiet();
}

/** What the clock asks for is done by loops: on a busy machine a moment later. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isSo(); i += 1) await pause(50);
}

test("announcements, newcomers and emergencies: who posts, and whose posts wait", async (t) => {
  const node = await startNode(t, { members, environment: { SMARTGROUPS_OUTBOUND: "direct" } });
  const owner = await makeOwner(node, "olga@far.test");

  await set(node, { posting: "moderators" });
  await post(node, "mia@far.test", "May I?");
  await post(node, "olga@far.test", "News");
  assert.deepEqual(subjectsFor(node, "ben@other.test"), ["News"]);
  const [declined] = await node.pool<{ detail: string }[]>`select detail from outcomes where outcome = 'declined'`;
  assert.match(declined!.detail, /^Only moderators post to Readers: .*readers-owner@groups\.test\.$/);
  await set(node, { others: "hold" });
  await post(node, "mia@far.test", "May I, please?");
  assert.deepEqual(await isHeld(node), ["Only moderators post to Readers."]);

  await set(node, { posting: "members", moderate: "newcomers", newcomers: "2" });
  const first = await post(node, "ben@other.test", "First");
  const second = await post(node, "ben@other.test", "Second");
  assert.equal((await isHeld(node)).length, 3);
  await approve(node, first, owner);
  const third = await post(node, "ben@other.test", "Third");
  assert.ok((await isHeld(node)).length === 3, "one of two is approved, so the third waits too");
  await approve(node, second, owner);
  await post(node, "ben@other.test", "Fourth");
  assert.ok(subjectsFor(node, "mia@far.test").includes("Fourth"), "known by two approved posts");
  await approve(node, third, owner);

  await set(node, { moderate: "nobody", emergency: "on" });
  await post(node, "ben@other.test", "In the heat");
  await post(node, "olga@far.test", "Calm down");
  assert.ok((await isHeld(node)).includes("All posts to Readers wait for a moderator at present."));
  assert.ok(subjectsFor(node, "mia@far.test").includes("Calm down"));
  assert.ok(!subjectsFor(node, "mia@far.test").includes("In the heat"));
});

test("slow mode: the next post of a member waits for its time and then goes out by itself, a further one is declined", async (t) => {
  const node = await startNode(t, { members, settings: { slow: "30" } as never });
  await makeOwner(node, "olga@far.test");
  await post(node, "mia@far.test", "One");
  await node.pass(10 * MINUTE);
  const two = await post(node, "mia@far.test", "Two");
  await post(node, "mia@far.test", "Three");
  await post(node, "ben@other.test", "By another");
  await post(node, "olga@far.test", "By the owner");
  await post(node, "olga@far.test", "By the owner again");
  const got = (): string[] => subjectsFor(node, "ben@other.test").filter((subject) => !/:/.test(subject));
  assert.deepEqual(got().toSorted(), ["By another", "By the owner", "By the owner again", "One"]);
  assert.equal((await queue.waitingMail(node.pool, two))?.state, "held");
  const [declined] = await node.pool<{ detail: string }[]>`select detail from outcomes where outcome = 'declined'`;
  assert.match(declined!.detail, /another post of yours waits until 2026-03-01 10:30 UTC already/);
  await node.pass(19 * MINUTE);
  assert.ok(!got().includes("Two"));
  await node.pass(2 * MINUTE);
  await until(() => got().includes("Two"));
  assert.ok(got().includes("Two"), "its time has come");
  await post(node, "mia@far.test", "Four");
  const [waiting] = await queue.aside(node.pool, "held", "readers@groups.test", 5);
  assert.equal(
    waiting?.releaseAt?.toISOString().slice(11, 16),
    "11:01",
    "half an hour from when the last one went out",
  );
  assert.ok(
    await queue.decline(node.pool, waiting!.id, {
      ...{
        mailId: waiting!.id,
        recipient: "readers@groups.test",
        receivedAt: waiting!.receivedAt,
        at: node.clock.now(),
      },
      ...{ outcome: "declined", detail: "no", messageId: null, sender: "", groupId: node.group.id, postId: null },
    }),
  );
  await post(node, "mia@far.test", "Five");
  assert.equal((await queue.aside(node.pool, "held", "readers@groups.test", 5)).length, 1, "the place is free again");
});
