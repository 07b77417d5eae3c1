/** What comes back: read, held to the one whose copy it was, and kept as a row; nobody is answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as health from "../../src/health/health.ts";
import { serviceKeys } from "../../src/keys/keys.ts";
import { newId } from "../../src/kit/id.ts";
import { letterReturnPath } from "../../src/mail/copy.ts";
import * as notices from "../../src/notices/notices.ts";
import * as queue from "../../src/queue/queue.ts";
import type { FarSideMail } from "../support/far-side.ts";
import { startNode, type TestNode, type Wanted } from "../support/node.ts";

const members = ["ana@far.test", "ben@big.test", "cleo@big.test"];

/** Without the roles that weigh what came back and write letters about it. */
const roles = "intake,pipeline,outbound";

type Row = Omit<health.Return, "mailId">;

/** A node on which ana's post has reached everybody. */
async function afterAPost(t: Parameters<typeof startNode>[0], wanted: Wanted = {}): Promise<TestNode> {
  const node = await startNode(t, { members, roles, ...wanted });
  await node.post({ from: "ana@far.test", subject: "Chapter two", messageId: "two@far.test" });
  await node.quiet();
  return node;
}

const copyFor = (node: TestNode, address: string): FarSideMail => node.farSide.mailFor(address)!;

const rowsOf = async (node: TestNode): Promise<Row[]> => [
  ...(await node.pool<Row[]>`
    select group_id as "groupId", membership_id as "membershipId", letter_id as "letterId", item_id as "itemId", address,
      kind, class, status, sense, reason, said
    from returns order by address`),
];

const memberId = async (node: TestNode, address: string): Promise<string> =>
  (await directory.membershipOf(node.pool, node.group.id, address))!.id;

const postId = async (node: TestNode): Promise<string> =>
  (await node.pool<{ id: string }[]>`select id from posts where message_id = 'two@far.test'`)[0]!.id;

/** Sends a mail to an address of ours; answers what became of it, and that nobody got a mail for it. */
async function comesBack(node: TestNode, to: string, mail: string, from = ""): Promise<string> {
  const before = node.farSide.mails.length;
  const sent = await node.send({ from, to: [to] }, mail);
  assert.equal(sent.code, 250, sent.text);
  await node.quiet();
  assert.equal(node.farSide.mails.length, before, "nobody is answered");
  const [outcome] = await queue.outcomesOf(node.pool, sent.id!);
  return `${outcome?.outcome}: ${outcome?.detail}`;
}

type Failed = { recipient: string; original?: string; action?: string; status?: string; said?: string };

/** A delivery report as a large system writes it. */
const report = (failed: Failed[], copy = ""): string =>
  [
    "From: Mail Delivery System <MAILER-DAEMON@mx.big.test>",
    "To: bounce@groups.test",
    "Subject: Undelivered Mail Returned to Sender",
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    "",
    "--b",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.big.test",
    ...failed.flatMap(
      ({ recipient, original, action = "failed", status = "5.1.1", said = "550 5.1.1 No such user" }) => [
        "",
        ...(original ? [`Original-Recipient: rfc822; ${original}`] : []),
        `Final-Recipient: rfc822; ${recipient}`,
        `Action: ${action}`,
        `Status: ${status}`,
        `Diagnostic-Code: smtp; ${said}`,
      ],
    ),
    "",
    ...(copy ? ["--b", "Content-Type: message/rfc822", "", copy] : []),
    "--b--",
    "",
  ].join("\r\n");

/** A complaint as a feedback loop sends it (RFC 5965). */
const complaint = (copy: string, complainant = "", from = "fbl@big.test"): string =>
  [
    `From: ${from}`,
    "To: abuse@groups.test",
    "Subject: FW: Chapter two",
    "MIME-Version: 1.0",
    "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "This is an abuse report.",
    "--b",
    "Content-Type: message/feedback-report",
    "",
    "Feedback-Type: abuse",
    "Version: 1",
    ...(complainant ? [`Original-Rcpt-To: ${complainant}`] : []),
    "",
    "--b",
    "Content-Type: message/rfc822",
    "",
    copy,
    "--b--",
    "",
  ].join("\r\n");

test("a bounce of a personal copy is noted about its member, with the post, the status and the far side's words", async (t) => {
  const node = await afterAPost(t);
  const path = copyFor(node, "ben@big.test").from;
  const outcome = await comesBack(node, path, report([{ recipient: "ben@big.test" }]));
  assert.match(
    outcome,
    /^returned: a bounce, for good: 5\.1\.1 The address does not exist.*; noted about ben@big\.test$/,
  );
  assert.deepEqual(await rowsOf(node), [
    {
      groupId: node.group.id,
      membershipId: await memberId(node, "ben@big.test"),
      letterId: null,
      itemId: await postId(node),
      address: "ben@big.test",
      kind: "bounce",
      class: "permanent",
      status: "5.1.1",
      sense: "no such user",
      reason: "The address does not exist, or no longer takes mail.",
      said: "550 5.1.1 No such user",
    },
  ]);
});

test("a return path in capitals, from a sender that is not null, without a report, leads to the same member", async (t) => {
  const node = await afterAPost(t);
  const path = copyFor(node, "ben@big.test").from.toUpperCase();
  const notice = [
    "From: postmaster@big.test",
    "Subject: Delivery failure",
    "",
    "Your mail could not be delivered.",
    "",
    "<ben@big.test>:",
    "452 4.2.2 The mailbox is full",
    "",
  ].join("\r\n");
  assert.match(await comesBack(node, path, notice, "postmaster@big.test"), /^returned: a bounce, for now: 4\.2\.2/);
  const [row] = await rowsOf(node);
  assert.deepEqual([row?.address, row?.class, row?.sense], ["ben@big.test", "temporary", "mailbox full"]);
});

test("a notice that names nobody, or somebody else, is held to the member whose copy it was", async (t) => {
  const node = await afterAPost(t);
  const path = copyFor(node, "ben@big.test").from;
  await comesBack(node, path, report([{ recipient: "b.lund@elsewhere.test" }]));
  const nameless =
    "From: MAILER-DAEMON@big.test\r\nSubject: failure notice\r\n\r\nThe mail could not be delivered.\r\n";
  await comesBack(node, path, nameless);
  const rows = await rowsOf(node);
  assert.deepEqual(
    rows.map((row) => row.address),
    ["ben@big.test", "ben@big.test"],
  );
  assert.deepEqual(rows.map((row) => row.said).sort(), [
    "About b.lund@elsewhere.test: 550 5.1.1 No such user",
    "The mail could not be delivered.",
  ]);
});

test("a bounce of a shared copy is noted about the members it names, by any of their names, and about nobody else", async (t) => {
  const node = await afterAPost(t, { settings: { copies: "shared" } });
  const path = copyFor(node, "ben@big.test").from;
  const outcome = await comesBack(
    node,
    path,
    report([
      { recipient: "b.lund@inside.big.test", original: "ben@big.test" },
      { recipient: "Cleo@big.test", status: "4.2.2", said: "452 4.2.2 Over quota" },
      { recipient: "stranger@big.test" },
    ]),
  );
  assert.match(outcome, /noted about (?:ben@big\.test, cleo@big\.test|cleo@big\.test, ben@big\.test)$/);
  assert.deepEqual(
    (await rowsOf(node)).map((row) => [row.membershipId, row.address, row.class, row.itemId]),
    [
      [await memberId(node, "ben@big.test"), "ben@big.test", "permanent", await postId(node)],
      [await memberId(node, "cleo@big.test"), "cleo@big.test", "temporary", await postId(node)],
    ],
  );
  assert.match(await comesBack(node, path, report([{ recipient: "who@else.test" }])), /names no member/);
  assert.equal((await rowsOf(node)).length, 2);
});

test("a member whose domain is not in ASCII is known by either spelling", async (t) => {
  const node = await afterAPost(t, { members: ["ana@far.test", "ben@straße.test"], settings: { copies: "shared" } });
  const { from } = copyFor(node, "ana@far.test");
  await comesBack(node, from, report([{ recipient: "ben@xn--strae-oqa.test" }]));
  assert.deepEqual(
    (await rowsOf(node)).map((row) => row.address),
    ["ben@straße.test"],
  );
});

test("a letter that comes back is noted as that letter", async (t) => {
  const node = await startNode(t, { members, roles });
  const { token } = await serviceKeys(node.pool, node.domain, node.clock);
  const id = newId(node.clock);
  const sender = letterReturnPath(token, id, node.domain);
  const raw = Buffer.from("From: x@groups.test\r\nTo: ben@big.test\r\nSubject: Are you there?\r\n\r\nAre you?\r\n");
  const letter = { id, kind: "enquiry", groupId: node.group.id, sender, recipient: "ben@big.test", subject: "", raw };
  await queue.plan(node.pool, await notices.write(node.pool, [letter], node.clock), node.clock);
  await node.quiet();
  const path = copyFor(node, "ben@big.test").from;
  assert.equal(path, sender);
  assert.match(await comesBack(node, path, report([{ recipient: "ben@big.test" }])), /our letter to ben@big\.test$/);
  const [row] = await rowsOf(node);
  assert.deepEqual([row?.letterId, row?.itemId, row?.membershipId, row?.address], [id, id, null, "ben@big.test"]);
});

test("what is still being tried, was delivered, or is an absent person's answer is no bounce, and says so", async (t) => {
  const node = await afterAPost(t);
  const path = copyFor(node, "ben@big.test").from;
  const delayed = report([
    { recipient: "ben@big.test", action: "delayed", status: "4.4.1", said: "421 4.4.1 No answer" },
  ]);
  assert.match(await comesBack(node, path, delayed), /^returned: a delay, which is no bounce yet: .*still being tried/);
  const delivered = report([{ recipient: "ben@big.test", action: "delivered", status: "2.0.0", said: "250 Ok" }]);
  assert.match(await comesBack(node, path, delivered), /^returned: a notice that a mail was delivered, no bounce$/);
  const away =
    "From: Ben <ben@big.test>\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.\r\n";
  assert.match(await comesBack(node, path, away), /^returned: an automatic reply, no bounce$/);
  const odd = "From: who@big.test\r\nSubject: Hello\r\n\r\nGlad to have found you.\r\n";
  assert.match(await comesBack(node, path, odd), /^returned: nothing that could be read as a bounce$/);
  assert.deepEqual(await rowsOf(node), []);
});

test("a bounce for a member who has left is noted, and says that they have left", async (t) => {
  const node = await afterAPost(t);
  const path = copyFor(node, "ben@big.test").from;
  const ben = await memberId(node, "ben@big.test");
  await directory.endMemberships(node.pool, [ben], "test", node.clock.now());
  assert.match(await comesBack(node, path, report([{ recipient: "ben@big.test" }])), /ben@big\.test, who has left$/);
  assert.deepEqual(
    (await rowsOf(node)).map((row) => row.membershipId),
    [ben],
  );
});

test("a complaint to abuse@, to the owners or to the return path is noted about the member whose copy is in it", async (t) => {
  const node = await afterAPost(t);
  const copy = copyFor(node, "ben@big.test");
  const received = copy.raw.toString("latin1");
  for (const to of [
    "abuse@groups.test",
    "postmaster@groups.test",
    "readers-owner@groups.test",
    "readers@groups.test",
  ]) {
    assert.match(
      await comesBack(node, to, complaint(received), "fbl@big.test"),
      /^returned: a complaint \(abuse\); noted about ben@big\.test$/,
      to,
    );
  }
  const withPathAlone = `Return-Path: <${copy.from}>\r\nSubject: Chapter two\r\n\r\n`;
  await comesBack(node, "abuse@groups.test", complaint(withPathAlone), "fbl@big.test");
  await comesBack(node, copy.from, complaint("Subject: Chapter two\r\n\r\n"), "fbl@big.test");
  const rows = await rowsOf(node);
  assert.equal(rows.length, 6);
  const ben = await memberId(node, "ben@big.test");
  const post = await postId(node);
  for (const row of rows)
    assert.deepEqual(
      [row.membershipId, row.itemId, row.kind, row.class, row.address],
      [ben, post, "complaint", "", "ben@big.test"],
    );
});

test("a report with a seal that we never gave, or with none, changes nothing", async (t) => {
  const node = await afterAPost(t);
  const real = copyFor(node, "ben@big.test");
  const [local] = real.from.split("@");
  const forged = `${local!.slice(0, -6)}aaaaaa@groups.test`;
  assert.match(await comesBack(node, forged, report([{ recipient: "ben@big.test" }])), /no seal of ours/);
  const altered = real.raw.toString("latin1").replace(/(leave[+/][a-z2-7]{20})[a-z2-7]{6}/g, "$1aaaaaa");
  const bare = "From: ana@far.test\r\nTo: readers@groups.test\r\nSubject: Chapter two\r\n\r\n";
  for (const copy of [altered, bare])
    assert.match(
      await comesBack(node, "abuse@groups.test", complaint(copy, "ben@big.test"), "fbl@big.test"),
      /no seal of ours and changes nothing$/,
    );
  assert.match(await comesBack(node, "abuse@groups.test", report([{ recipient: "ben@big.test" }], bare)), /^quiet: /);
  assert.deepEqual(await rowsOf(node), []);
});

test("a complaint about a shared copy counts only from the provider of whom it names", async (t) => {
  const zone = {
    "big.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]],
    "_dmarc.big.test TXT": [["v=DMARC1; p=reject"]],
    "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]],
    "_dmarc.far.test TXT": [["v=DMARC1; p=reject"]],
  };
  const node = await afterAPost(t, { settings: { copies: "shared" }, zone });
  const { from } = copyFor(node, "ben@big.test");
  const copy = `Return-Path: <${from}>\r\nSubject: Chapter two\r\n\r\n`;
  const said = async (by: string): Promise<string> =>
    comesBack(node, "abuse@groups.test", complaint(copy, "ben@big.test", by), by);
  assert.match(await said("ana@far.test"), /no member of the group that we can be sure of$/);
  assert.match(await said("fbl@unproved.test"), /no member of the group that we can be sure of$/);
  assert.deepEqual(await rowsOf(node), []);
  assert.match(await said("fbl@big.test"), /noted about ben@big\.test$/);
  assert.equal((await rowsOf(node))[0]?.membershipId, await memberId(node, "ben@big.test"));
});

test("a bounce that a person passes on to the owners reaches them", async (t) => {
  const node = await afterAPost(t);
  await directory.changeMembership(
    node.pool,
    await memberId(node, "ana@far.test"),
    { role: "owner" },
    "test",
    node.clock.now(),
  );
  const bounced = report([{ recipient: "ben@big.test" }], copyFor(node, "ben@big.test").raw.toString("latin1"));
  const passedOn = `From: dan@new.test\r\nSubject: Fwd: What is this?\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nWhat is it?\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n${bounced}\r\n--o--\r\n`;
  const sent = await node.send({ from: "dan@new.test", to: ["readers-owner@groups.test"] }, passedOn);
  await node.quiet();
  assert.equal((await queue.outcomesOf(node.pool, sent.id!))[0]?.outcome, "forwarded");
  assert.deepEqual(await rowsOf(node), []);
});

test("what came back is kept once, however often it is said of the same mail and recipient", async (t) => {
  const node = await startNode(t, { members, roles });
  const row: health.Return = {
    mailId: newId(node.clock),
    groupId: node.group.id,
    membershipId: await memberId(node, "ben@big.test"),
    letterId: null,
    itemId: null,
    address: "ben@big.test",
    kind: "bounce",
    class: "permanent",
    status: "",
    sense: "other",
    reason: "It was refused.",
    said: "",
  };
  await health.noteReturns(node.pool, [row], node.clock);
  await health.noteReturns(node.pool, [row, { ...row, address: "cleo@big.test" }], node.clock);
  assert.deepEqual(
    (await rowsOf(node)).map((one) => one.address),
    ["ben@big.test", "cleo@big.test"],
  );
});
