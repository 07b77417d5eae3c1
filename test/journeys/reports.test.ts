/** Members report posts, moderators decide; and authors of many held posts hear of them without being flooded. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as archive from "../../src/archive/archive.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY, MINUTE } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const members = ["olga@far.test", "mia@far.test", "ben@other.test", "eve@other.test"];

async function start(t: Parameters<typeof startNode>[0], environment: Record<string, string> = {}) {
  const node = await startNode(t, { members, roles: "intake,pipeline,outbound,chores,web", environment });
  const owner = (await directory.membershipOf(node.pool, node.group.id, "olga@far.test"))!;
  await directory.changeMembership(node.pool, owner.id, { role: "owner" }, "test", node.clock.now());
  const send = async (path: string, cookie: string, form?: Record<string, string>) => {
    const answer = await fetch(`${node.webUrl}${path}`, {
      redirect: "manual",
      headers: { cookie, origin: node.webUrl },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  return { node, send };
}

const post = async (node: TestNode, from: string, subject: string): Promise<void> => {
  await node.post({ from, subject, text: `${subject}, come and buy.` });
  await node.quiet();
};

const lettersTo = (node: TestNode, address: string, subject: RegExp): string[] =>
  node.farSide
    .mailsFor(address)
    .map((mail) => readMail(mail.raw))
    .filter((mail) => subject.test(mail.subject))
    .map((mail) => mail.text ?? "");

/** What the clock asks for is done by loops: on a busy machine a moment later. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isSo(); i += 1) await pause(50);
}

test("a reported post is told to moderators once, shown with who reported it to them alone, and decided", async (t) => {
  const { node, send } = await start(t);
  for (const subject of ["Cheap watches", "Cheap clocks", "Tea"]) await post(node, "eve@other.test", subject);
  const [olga, mia, ben, eve] = await Promise.all(
    ["olga@far.test", "mia@far.test", "ben@other.test", "eve@other.test"].map((one) => signInAt(node, one)),
  );
  assert.match((await send("/g/readers/1", mia!)).text, /href="\/g\/readers\/1\/report"/);
  assert.ok(!(await send("/g/readers/1", eve!)).text.includes("/report"), "not one's own");
  assert.equal((await send("/g/readers/1/report", mia!, { reason: " " })).status, 400);
  assert.equal((await send("/g/readers/1/report", mia!, { reason: "An <advert>" })).status, 303);
  assert.equal((await send("/g/readers/1/report", mia!, { reason: "Again" })).status, 303);
  assert.equal((await send("/g/readers/1/report", ben!, { reason: "So it is" })).status, 303);
  await node.quiet();
  const told = lettersTo(node, "olga@far.test", /^Reported in Readers/);
  assert.equal(told.length, 1, "once, however many report it");
  assert.match(told[0]!, /An <advert>[\s\S]*\/g\/readers\/reports/);
  assert.ok(!told[0]!.includes("mia@"), "who reported it is on the page");

  assert.equal((await send("/g/readers/reports", mia!)).status, 403);
  const page = (await send("/g/readers/reports", olga!)).text;
  assert.match(page, /1 reported post<[\s\S]*Cheap watches[\s\S]*An &lt;advert&gt;[\s\S]*mia@far\.test[\s\S]*So it is/);
  assert.match((await send("/g/readers", olga!)).text, /Reported posts <b class="waits">1/);

  const decided = async (number: number, what: string): Promise<number> =>
    (await send(`/g/readers/reports/${number}`, olga!, { do: what })).status;
  assert.equal(await decided(1, "moderate"), 303);
  const author = (await directory.membershipOf(node.pool, node.group.id, "eve@other.test"))!;
  assert.equal(author.moderation, "moderated");
  await post(node, "eve@other.test", "Cheap glasses");
  assert.equal((await queue.aside(node.pool, "held", "readers@groups.test", 5)).length, 1);

  await send("/g/readers/2/report", ben!, { reason: "Another" });
  assert.equal(await decided(2, "delete"), 303);
  assert.ok((await archive.postNumbered(node.pool, node.group.id, 2))!.deletedAt);
  await send("/g/readers/3/report", ben!, { reason: "Not tea" });
  assert.equal(await decided(3, "ban"), 303);
  assert.equal(await directory.membershipOf(node.pool, node.group.id, "eve@other.test"), undefined);
  assert.ok(await directory.isBanned(node.pool, node.group.id, "eve@other.test"));
  assert.equal(await decided(3, "leave"), 303, "decided already: nothing more happens");
  assert.match((await send("/g/readers/reports", olga!)).text, /Nothing is reported/);
  const log = (await send("/g/readers/log", olga!)).text;
  for (const said of ["has posts of eve@other.test held", "deleted the reported post 2", "banned eve@other.test"])
    assert.ok(log.includes(said), said);
});

test("who reports ten posts within a day is asked to write instead", async (t) => {
  const { node, send } = await start(t);
  for (let i = 1; i <= 11; i += 1) await node.post({ from: "ben@other.test", subject: `Post ${i}`, text: `${i}` });
  await node.quiet();
  const mia = await signInAt(node, "mia@far.test");
  const statuses: number[] = [];
  for (let i = 1; i <= 11; i += 1)
    statuses.push((await send(`/g/readers/${i}/report`, mia, { reason: "Rude" })).status);
  assert.deepEqual([statuses.slice(0, 10).every((status) => status === 303), statuses[10]], [true, 400]);
  node.clock.pass(DAY);
  const again = await signInAt(node, "mia@far.test");
  assert.equal((await send("/g/readers/11/report", again, { reason: "Rude" })).status, 303);
});

test("an author of many held posts hears of each once: five letters, and one for all the others", async (t) => {
  const node = await startNode(t, {
    members,
    zone: { "stranger.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]], "_dmarc.stranger.test TXT": [["v=DMARC1; p=none"]] },
  });
  for (let i = 1; i <= 12; i += 1)
    await node.post({ from: "sam@stranger.test", subject: `Offer ${i}`, text: `Offer ${i}` });
  await node.post({ from: "sam@unproved.test", subject: "Unproved" });
  await node.quiet();
  const own = (): string[] => lettersTo(node, "sam@stranger.test", /^Waiting for a moderator/);
  assert.equal(own().length, 5);
  const [first] = await queue.aside(node.pool, "held", "readers@groups.test", 1);
  await node.pass(10 * MINUTE);
  assert.equal(lettersTo(node, "sam@stranger.test", /^More of your posts/).length, 0, "the first waits for others");
  await node.pass(6 * MINUTE);
  await until(() => lettersTo(node, "sam@stranger.test", /^More of your posts/).length > 0);
  const [together, ...more] = lettersTo(node, "sam@stranger.test", /^More of your posts/);
  assert.equal(more.length, 0);
  assert.equal((together!.match(/Offer \d+: Its author is not a\s+member/g) ?? []).length, 7);
  assert.ok(first, "all are held");
  await node.pass(20 * MINUTE);
  assert.equal(lettersTo(node, "sam@stranger.test", /^More of your posts/).length, 1, "once");
  assert.equal(node.farSide.mailsFor("sam@unproved.test").length, 0, "nobody unproved is written to");
});
