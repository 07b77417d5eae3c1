/** Digests: at each member's hour, everything since their last, once, and readable by who gets it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as evidence from "../../src/evidence/evidence.ts";
import { DAY, HOUR, MINUTE } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { startNode, type TestNode } from "../support/node.ts";

const members = ["mia@far.test", "ben@far.test", "dan@other.test", "eve@other.test"];
const start = (t: TestContext, settings: Record<string, string> = {}): Promise<TestNode> =>
  startNode(t, { members, settings });

const member = async (node: TestNode, address: string) =>
  (await directory.membershipOf(node.pool, node.group.id, address))!;

async function set(node: TestNode, pairs: Record<string, string>, ...addresses: string[]): Promise<void> {
  for (const one of addresses)
    await directory.setMembership(node.pool, await member(node, one), pairs, "test", node.clock.now());
  // The next hour is worked out by the chore.
  await later(node, 1000);
}

/** Moves the clock, and waits until nobody's digest is due any more. */
async function until(node: TestNode, time: string): Promise<void> {
  await node.pass(new Date(time).getTime() - node.clock.now().getTime());
  for (let i = 0; i < 400; i += 1) {
    const [row] = await node.pool<{ open: number }[]>`
      select count(*)::int as open from memberships
      where mode in ('digest', 'summary') and ended_at is null
        and (digest_due_at is null or digest_due_at <= ${node.clock.now()})`;
    if (row!.open === 0) return node.quiet();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("digests stayed due for ten seconds");
}

const later = (node: TestNode, ms: number): Promise<void> =>
  until(node, new Date(node.clock.now().getTime() + ms).toISOString());

const mailsFor = (node: TestNode, address: string) =>
  node.farSide
    .mailsFor(address)
    .map((mail) => ({ ...readMail(mail.raw), raw: mail.raw.toString("latin1"), path: mail.from }));

test("a day's posts come together at eight, once, each with its link; nothing comes of a day without posts", async (t) => {
  const node = await start(t);
  await set(node, { mode: "digest" }, "ben@far.test", "dan@other.test", "eve@other.test");
  const first = { from: "mia@far.test", subject: "Chapter <two>", messageId: "one@far.test" };
  await node.post({ ...first, text: "Shall we meet?\n\n> so you said\n\nhttps://far.test/x?a=1&b=2" });
  await node.quiet();
  await node.post({
    from: "ben@far.test",
    subject: "Re: Chapter <two>",
    text: "Yes",
    headers: ["In-Reply-To: <one@far.test>"],
  });
  await node.quiet();
  await node.post({ from: "mia@far.test", subject: "Größe", text: "Ünïcode — 漢字" });
  await node.quiet();
  assert.deepEqual(mailsFor(node, "ben@far.test"), []);
  await until(node, "2026-03-02T07:59:00Z");
  assert.deepEqual(mailsFor(node, "ben@far.test"), []);
  await until(node, "2026-03-02T08:00:01Z");

  const [mail, ...more] = mailsFor(node, "ben@far.test");
  assert.deepEqual(more, []);
  assert.equal(mail!.subject, "Readers: 3 posts, 2 March 2026");
  assert.deepEqual(mail!.defects, []);
  for (const said of [mail!.text!, mail!.html!]) {
    const order = ["Shall we meet?", "Yes", "Ünïcode — 漢字"].map((words) => said.indexOf(words));
    assert.ok(order[0]! > 0 && order[0]! < order[1]! && order[1]! < order[2]!, said);
    for (const number of [1, 2, 3]) assert.ok(said.includes(`http://groups.test/g/readers/${number}`));
    assert.ok(said.includes("http://groups.test/g/readers/membership"));
  }
  assert.ok(mail!.html!.includes("Chapter &lt;two&gt;") && !mail!.html!.includes("<two>"));
  assert.ok(mail!.html!.includes('href="https://far.test/x?a=1&amp;b=2"'));
  assert.match(
    mail!.html!,
    /href="mailto:readers@groups\.test\?subject=Re%3A%20Chapter%20%3Ctwo%3E&amp;In-Reply-To=%3Cone%40far\.test%3E"/,
  );
  // Each has a way out and a return path of their own, and the list's fields.
  const ways = members.slice(1).map((one) => /^List-Unsubscribe: <(.*?)>/m.exec(mailsFor(node, one)[0]!.raw)![1]);
  assert.equal(new Set(ways).size, 3);
  assert.equal(new Set(members.slice(1).map((one) => mailsFor(node, one)[0]!.path)).size, 3);
  assert.match(mail!.raw, /\r\nList-Id: Readers <readers\.groups\.test>\r\n/);
  assert.match(mail!.raw, /\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n/);
  assert.doesNotMatch(mail!.raw, /Archived-At/);
  const [items] = await node.pool<{ count: number; planned: number }[]>`
    select count(*)::int as count, max(s.planned)::int as planned from digests d join sendings s on s.item_id = d.id`;
  assert.deepEqual(items, { count: 1, planned: 3 }, "who gets the same shares one mail");

  await until(node, "2026-03-05T09:00:00Z");
  assert.equal(mailsFor(node, "ben@far.test").length, 1);
  await node.post({ from: "mia@far.test", subject: "Late" });
  await node.quiet();
  await until(node, "2026-03-06T08:00:01Z");
  assert.deepEqual(
    mailsFor(node, "ben@far.test")
      .map((one) => one.subject)
      .slice(1),
    ["Readers: 1 post, 6 March 2026"],
  );
  assert.equal(mailsFor(node, "mia@far.test").length, 4, "who gets each post gets each");
});

test("hours are the member's own; a summary has subjects and links; an answer to the digest's link leaves the group", async (t) => {
  const node = await start(t, { language: "de" });
  await set(node, { mode: "digest", "digest-hour": "6", zone: "America/New_York" }, "ben@far.test");
  await set(node, { mode: "summary", "digest-hour": "20" }, "dan@other.test");
  await node.post({ from: "mia@far.test", subject: "Words", text: "A text of its own" });
  await node.quiet();
  await until(node, "2026-03-01T10:59:00Z");
  assert.equal(mailsFor(node, "ben@far.test").length, 0);
  await until(node, "2026-03-01T11:00:01Z");
  assert.equal(mailsFor(node, "ben@far.test").length, 1);
  await until(node, "2026-03-01T20:00:01Z");
  const [summary] = mailsFor(node, "dan@other.test");
  assert.equal(summary!.subject, "Readers: 1 Beitrag, 1. März 2026");
  assert.ok(!summary!.raw.includes("A text of its own") && summary!.text!.includes("/topic/"));
  const leave = /<mailto:(leave\+[^>]+)>/.exec(mailsFor(node, "ben@far.test")[0]!.raw)![1]!;
  await node.send({ from: "ben@far.test", to: [leave] }, "From: ben@far.test\r\nSubject: x\r\n\r\n\r\n");
  await node.quiet();
  assert.equal(await directory.membershipOf(node.pool, node.group.id, "ben@far.test"), undefined);
});

test("a MIME digest is one that Python reads: each post a mail of its own, from its author, in its topic", async (t) => {
  const node = await start(t);
  await set(node, { mode: "digest", "digest-form": "mime" }, "ben@far.test");
  await node.post({ from: "mia@far.test", subject: "Größe", text: "漢字 first", messageId: "one@far.test" });
  await node.quiet();
  await node.post({
    from: "dan@other.test",
    subject: "Re: Größe",
    text: "second\n.\nFrom here",
    headers: ["References: <one@far.test>"],
  });
  await node.quiet();
  await until(node, "2026-03-02T08:00:01Z");
  const [mail] = mailsFor(node, "ben@far.test");
  const script = `
import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
intro, digest = m.iter_parts()
inner = [p.get_payload()[0] for p in digest.iter_parts()]
print(json.dumps([m.get_content_type(), digest.get_content_type(), len(m.defects) + sum(len(p.defects) for p in m.walk()),
  [[i["from"], i["subject"], i["message-id"], i["references"], i.get_content().replace("\\r\\n", "\\n").strip()] for i in inner], intro.get_content()]))`;
  const read = JSON.parse(
    execFileSync("python3", ["-c", script], { input: Buffer.from(mail!.raw, "latin1") }).toString(),
  );
  assert.deepEqual(read.slice(0, 3), ["multipart/mixed", "multipart/digest", 0]);
  assert.deepEqual(read[3][0], ["mia <mia@far.test>", "Größe", "<one@far.test>", null, "漢字 first"]);
  assert.deepEqual(read[3][1].slice(0, 2), ["dan <dan@other.test>", "Re: Größe"]);
  assert.deepEqual(read[3][1].slice(3), ["<one@far.test>", "second\n.\nFrom here"]);
  assert.match(read[4], /Größe \(2 posts\)/);
});

test("a long day goes on in a second mail, with no post cut or missing; attachments stay in the archive", async (t) => {
  const node = await start(t);
  await set(node, { mode: "digest" }, "ben@far.test");
  for (let i = 1; i <= 5; i += 1) {
    await node.post({
      from: "mia@far.test",
      subject: `Long ${i}`,
      text: `begin${i}\n${`words of ${i}\n`.repeat(1200)}end${i}`,
    });
    await node.quiet();
  }
  const picture = [
    "From: mia@far.test",
    "To: readers@groups.test",
    "Subject: Picture",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b\r\nContent-Type: text/plain\r\n\r\nLook",
    '--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename="cat.png"',
    "Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n",
  ];
  await node.send({ from: "mia@far.test", to: ["readers@groups.test"] }, picture.join("\r\n"));
  await node.quiet();
  await until(node, "2026-03-02T08:00:01Z");
  const mails = mailsFor(node, "ben@far.test").sort((a, b) => (a.subject < b.subject ? -1 : 1));
  assert.deepEqual(
    mails.map((one) => /\(\d of \d\)$/.exec(one.subject)?.[0]),
    ["(1 of 2)", "(2 of 2)"],
  );
  const all = mails.map((one) => one.text).join("");
  for (let i = 1; i <= 5; i += 1) assert.ok(all.includes(`begin${i}\n`) && all.includes(`end${i}`), `${i}`);
  for (const one of mails) assert.ok(one.raw.length < 200_000 && Buffer.byteLength(one.html!) < 100_000);
  assert.ok(all.includes("Attachments: cat.png") && !mails.some((one) => one.attachments.length > 0));
});

test("who is away misses what is posted meanwhile and no more; why is told in the member's history", async (t) => {
  const node = await start(t);
  await set(node, { mode: "digest" }, "ben@far.test", "dan@other.test");
  const why = async (address: string): Promise<string> => {
    const one = { ...(await member(node, address)), endedAt: null };
    return (await evidence.historyOf(node.pool, one, { before: null, limit: 1 }, new Date(0))).posts[0]!.why;
  };
  await set(node, { holiday: "2026-03-04" }, "ben@far.test");
  node.clock.pass(MINUTE);
  await node.post({ from: "mia@far.test", subject: "Away" });
  await node.quiet();
  assert.equal(await why("ben@far.test"), "was on holiday when it was sent");
  assert.equal(await why("dan@other.test"), "comes in the next digest, 2026-03-02 08:00 UTC");
  await until(node, "2026-03-02T08:00:01Z");
  assert.equal(await why("dan@other.test"), "came in a digest");
  await until(node, "2026-03-04T00:01:00Z");
  await node.post({ from: "mia@far.test", subject: "Home" });
  await node.quiet();
  await until(node, "2026-03-04T08:00:01Z");
  const subjects = mailsFor(node, "ben@far.test").map((one) => one.subject);
  assert.deepEqual(subjects, ["Mail from Readers comes to you again", "Readers: 1 post, 4 March 2026"]);
  assert.ok(mailsFor(node, "ben@far.test")[1]!.text!.includes("Home"));

  // Chosen anew, a digest begins with what is posted from then on.
  await set(node, { mode: "none" }, "dan@other.test");
  await node.post({ from: "mia@far.test", subject: "Unseen" });
  await node.quiet();
  await set(node, { mode: "digest" }, "dan@other.test");
  await node.post({ from: "mia@far.test", subject: "Seen" });
  await node.quiet();
  await later(node, DAY + HOUR);
  const last = mailsFor(node, "dan@other.test").at(-1)!;
  assert.ok(last.text!.includes("Seen") && !last.text!.includes("Unseen"));
});
