/** How long posts stay, how large they may be, and what may be attached. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import * as archive from "../../src/archive/archive.ts";
import { transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import * as keys from "../../src/keys/keys.ts";
import { DAY } from "../../src/kit/clock.ts";
import { dnsRecord } from "../../src/mail/dkim.ts";
import { readMail } from "../../src/mail/read.ts";
import * as moderation from "../../src/moderation/moderation.ts";
import { fileMails } from "../support/browser.ts";
import { startNode, type TestNode } from "../support/node.ts";

const mailAt = (day: string, id: string, more: string[] = []): Buffer =>
  Buffer.from(
    [
      "From: Ana <ana@far.test>",
      `Subject: ${more.length > 0 ? "Re: " : ""}About ${id.slice(0, 1)}`,
      `Message-ID: <${id}@far.test>`,
      `Date: ${new Date(`${day}T12:00:00Z`).toUTCString()}`,
      ...more,
      "",
      `Words of ${id}`,
      "",
    ].join("\r\n"),
  );

const subjectsIn = async (node: TestNode): Promise<string[]> =>
  (await archive.newestPosts(node.pool, node.group.id, null, 100)).map((one) => one.messageId.split("@")[0]!).sort();

/** Waits until the chores have left so many posts. */
async function left(node: TestNode, count: number): Promise<void> {
  for (let i = 0; i < 200 && (await subjectsIn(node)).length > count; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

test("posts go when their time is over: topics as a whole, not the pinned, with their counts, and a line in the log", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test"], settings: { keep: "30d" } });
  const mails = [
    mailAt("2026-01-01", "a1"),
    mailAt("2026-01-02", "a2", ["In-Reply-To: <a1@far.test>"]),
    mailAt("2026-01-03", "b1"),
    mailAt("2026-02-20", "b2", ["In-Reply-To: <b1@far.test>"]),
    mailAt("2026-01-05", "c1"),
    mailAt("2026-02-25", "d1"),
  ];
  await node.services.stop();
  await fileMails(node.pool, node.group.id, mails, node.clock);
  await node.pool`update topics set pinned_at = now() where subject = 'About c'`;
  await node.restart();
  await left(node, 4);
  assert.deepEqual(await subjectsIn(node), ["b1", "b2", "c1", "d1"], "a is over; b was answered since; c is pinned");
  assert.equal((await archive.summaries(node.pool, [node.group.id])).get(node.group.id)?.postCount, 4);
  const months = Object.fromEntries(
    (await archive.months(node.pool, node.group.id)).map((one) => [one.month, one.postCount]),
  );
  assert.deepEqual(months, { "2026-01": 2, "2026-02": 2 });
  const [line] = await moderation.activity(node.pool, node.group.id, { kind: "posts", membershipId: null }, null, 9);
  assert.deepEqual([line?.what, line?.how], ["took out posts older than 30d: 2 in 1 topics", "rule"]);

  await node.pass(25 * DAY, DAY);
  await left(node, 2);
  assert.deepEqual(await subjectsIn(node), ["c1", "d1"]);
  const sent = await node.post({ from: "ana@far.test", subject: "Fresh", messageId: "fresh" });
  await node.quiet();
  const fresh = await archive.postWithMessageId(node.pool, node.group.id, "fresh");
  assert.equal(sent.code, 250);
  assert.equal(fresh?.number, 7, "numbers are not given again");
});

test("what is over goes in steps, each whole, so that one cut short is taken up again", async (t) => {
  const node = await startNode(t, { roles: "intake" });
  const mails = Array.from({ length: 25 }, (_, i) => mailAt("2026-01-01", `${i}x`));
  await fileMails(node.pool, node.group.id, mails, node.clock);
  const before = new Date("2026-02-01T00:00:00Z");
  const step = () => transact(node.pool, (sql) => archive.expire(sql, node.group.id, before, 10));
  const cut = node.pool.begin(async (sql) => {
    await archive.expire(sql, node.group.id, before, 10);
    throw new Error("killed here");
  });
  await assert.rejects(cut, /killed here/);
  assert.equal((await subjectsIn(node)).length, 25);
  assert.deepEqual(
    [await step(), await step(), await step(), await step()].map((one) => one.posts),
    [10, 10, 5, 0],
  );
  assert.equal((await archive.summaries(node.pool, [node.group.id])).get(node.group.id)?.postCount, 0);
  assert.equal((await archive.months(node.pool, node.group.id)).length, 0);
});

test("a time to keep posts is forever, days or years, and no shorter than a week", () => {
  assert.equal(directory.keptMs("forever"), Number.POSITIVE_INFINITY);
  assert.equal(directory.keptMs("90d"), 90 * DAY);
  assert.equal(directory.keptMs("2y"), 730.5 * DAY);
  for (const odd of ["", "6d", "0d", "-1d", "2", "2m", "100y", "1e3d", "forever ", "99999999d"])
    assert.equal(directory.keptMs(odd), undefined, odd);
  const keep = directory.settingOf("keep")!;
  assert.equal(directory.problemWith(keep, "45d"), undefined, "a value the page does not offer");
  assert.match(directory.problemWith(keep, "5d")!, /^Give a time from 7d/);
});

/** A mail with a text, a page with its own picture, and two files. */
const mixed = (id: string): string =>
  [
    "From: Ana <ana@far.test>",
    "To: readers@groups.test",
    "Subject: With files",
    `Message-ID: <${id}@far.test>`,
    "Date: Sun, 01 Mar 2026 10:00:00 +0000",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="out"',
    "",
    "--out",
    'Content-Type: multipart/related; boundary="in"',
    "",
    "--in",
    "Content-Type: text/html; charset=utf-8",
    "",
    '<p>See <img src="cid:p"></p>',
    "--in",
    "Content-Type: image/png",
    "Content-ID: <p>",
    "Content-Transfer-Encoding: base64",
    "",
    "aGVsbG8=",
    "--in--",
    "--out",
    'Content-Type: application/pdf; name="plan.pdf"',
    'Content-Disposition: attachment; filename="plan.pdf"',
    "Content-Transfer-Encoding: base64",
    "",
    ...Array.from({ length: 40 }, () => "UExBTg".repeat(12)),
    "--out",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.txt",
    "",
    "SECRET WORDS",
    "--out--",
    "",
  ].join("\r\n");

test("where attachments stay in the archive, members get valid mail with links that open them, signed and whole beside", async (t) => {
  const settings = { attachments: "linked", footer: "Be kind.", dmarc: "untouched", language: "de" };
  const node = await startNode(t, {
    ...{ members: ["ana@far.test", "ben@far.test"], settings, roles: "intake,pipeline,outbound,web" },
    zone: { "_dmarc.far.test TXT": [["v=DMARC1; p=none"]] },
  });
  await node.send({ from: "ana@far.test", to: ["readers@groups.test"] }, mixed("files"));
  await node.quiet();
  const copy = node.farSide.mailFor("ben@far.test")!.raw;
  const mail = readMail(copy);
  assert.deepEqual(mail.defects, []);
  assert.ok(!/UExBTg|SECRET WORDS/.test(copy.toString()), "what was attached is not in it");
  assert.ok(copy.includes("aGVsbG8="), "the picture that the page shows is");
  const text = copy.toString().replaceAll("=\r\n", "");
  assert.match(text, /Angeh=C3=A4ngt, im Archiv: plan\.pdf \(3 KB\)|Angehängt, im Archiv: plan\.pdf \(3 KB\)/);
  const links = [...text.matchAll(/http:\/\/groups\.test(\/g\/readers\/1\/part\/\d+)/g)].map((found) => found[1]!);
  assert.equal(links.length, 2);
  const files = await Promise.all(links.map(async (path) => (await fetch(`${node.webUrl}${path}`)).text()));
  assert.match(files[0]!, /^PLAN/);
  assert.match(files[1]!, /^SECRET WORDS/);
  const { published } = await keys.serviceKeys(node.pool, node.domain, node.clock, node.config);
  const { results } = await dkimVerify(copy, {
    resolver: async (name: string) =>
      published
        .map(({ selector, publicKey }) => dnsRecord(selector, node.domain, publicKey))
        .filter((one) => one.name === name)
        .map((one) => one.value),
  });
  assert.deepEqual(
    results.map((one) => one.status.result),
    ["pass"],
  );
});

test("what a group does not take goes back with a sentence to an author who is proved, and to nobody else", async (t) => {
  const settings = { attachments: "refused" };
  const node = await startNode(t, {
    ...{ members: ["ana@far.test", "eva@near.test"], settings, roles: "intake,pipeline,outbound" },
    zone: {
      "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]],
      "_dmarc.far.test TXT": [["v=DMARC1; p=none"]],
      "near.test TXT": [["v=spf1 -all"]],
    },
  });
  await node.send({ from: "ana@far.test", to: ["readers@groups.test"] }, mixed("one"));
  await node.send(
    { from: "eva@near.test", to: ["readers@groups.test"] },
    mixed("two").replace("ana@far.test", "eva@near.test"),
  );
  await node.quiet();
  assert.equal((await archive.newestPosts(node.pool, node.group.id, null, 9)).length, 0);
  const letters = await node.pool<
    { recipient: string; raw: Buffer }[]
  >`select recipient, raw from letters where kind = 'declined'`;
  assert.deepEqual(
    letters.map((one) => one.recipient),
    ["ana@far.test"],
  );
  assert.match(letters[0]!.raw.toString(), /takes nothing attached: send a link in its place/);
});
