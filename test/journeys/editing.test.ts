/** Editing a post: by its author in time and by moderators, with what it said before kept, and no mail. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { HOUR } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { retexted } from "../../src/mail/retext.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const ask = async (
  node: TestNode,
  cookie: string,
  path: string,
  form?: Record<string, string>,
): Promise<{ status: number; text: string }> => {
  const answer = await fetch(`${node.webUrl}${path}`, {
    redirect: "manual",
    headers: { cookie, origin: node.webUrl },
    ...(form && { method: "POST", body: new URLSearchParams(form) }),
  });
  return { status: answer.status, text: await answer.text() };
};

test("an author edits a post for an hour, a moderator afterwards too; what it said stays, and nothing is sent", async (t) => {
  const node = await startNode(t, { members: ["mia@far.test", "ben@far.test"], roles: "intake,pipeline,outbound,web" });
  await transact(node.pool, (sql) =>
    directory.addMembers(
      sql,
      node.group.id,
      [{ address: "olga@far.test", name: "Olga", role: "owner" }],
      "test",
      node.clock,
    ),
  );
  await node.post({ from: "mia@far.test", subject: "Tee", text: "Grün, bitte." });
  await node.quiet();
  const [mia, ben, olga] = [
    await signInAt(node, "mia@far.test"),
    await signInAt(node, "ben@far.test"),
    await signInAt(node, "olga@far.test"),
  ];
  const sent = node.farSide.mails.length;
  assert.equal((await ask(node, ben, "/g/readers/1/edit")).status, 403);
  const form = (await ask(node, mia, "/g/readers/1/edit")).text;
  assert.match(form, /Grün, bitte\./);
  assert.equal((await ask(node, ben, "/g/readers/1/edit", { subject: "x", text: "y", edition: "0" })).status, 403);
  assert.equal(
    (
      await ask(node, mia, "/g/readers/1/edit", {
        subject: "Tea",
        text: "Black — please.",
        reason: "spelling",
        edition: "0",
      })
    ).status,
    303,
  );
  const page = (await ask(node, ben, "/g/readers/1")).text;
  assert.match(page, /Black — please\./);
  assert.match(page, /edited by <bdi>/);
  assert.doesNotMatch(page, /Grün/);
  const before = (await ask(node, ben, "/g/readers/1/editions")).text;
  assert.match(before, /spelling[\s\S]*Tee[\s\S]*Grün, bitte\./);
  assert.equal((await ask(node, "", "/g/readers/1/editions")).status, 303, "members alone see what it said");
  const late = await ask(node, olga, "/g/readers/1/edit", { subject: "Tea", text: "Mine", edition: "0" });
  assert.equal(late.status, 400);
  assert.match(late.text, /meanwhile[\s\S]*Mine/, "nothing typed is lost");
  node.clock.pass(2 * HOUR);
  assert.equal((await ask(node, mia, "/g/readers/1/edit")).status, 403);
  assert.equal(
    (await ask(node, olga, "/g/readers/1/edit", { subject: "Tea", text: "Removed by the moderators", edition: "1" }))
      .status,
    303,
  );
  assert.match((await ask(node, ben, "/g/readers/1")).text, /edited by <bdi>Olga/);
  const [topic] = await node.pool`select subject, last_words from topics`;
  assert.deepEqual({ ...topic }, { subject: "Tea", last_words: "Removed by the moderators" });
  await node.quiet();
  assert.equal(node.farSide.mails.length, sent, "nothing is sent again");
  assert.equal((await node.pool`select from post_editions`).length, 2);
});

test("other words take the place of the text and of the page; attachments and what else the mail is stay", () => {
  const raw = Buffer.from(
    'From: mia@far.test\r\nDKIM-Signature: v=1\r\nSubject: Tee\r\nMessage-ID: <a@b>\r\nContent-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\nContent-Type: multipart/alternative; boundary="i"\r\n\r\n--i\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfcn\r\n--i\r\nContent-Type: text/html\r\n\r\n<p>Gr&uuml;n</p>\r\n--i--\r\n--o\r\nContent-Type: image/png; name=tea.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--o--\r\n',
    "latin1",
  );
  const mail = readMail(retexted(raw, { subject: "Täa", text: "Black\n= please" }, (text) => `<p>${text}</p>`));
  assert.equal(mail.subject, "Täa");
  assert.equal(mail.text, "Black\n= please");
  assert.equal(mail.html, "<p>Black\n= please</p>");
  assert.deepEqual(
    mail.attachments.map((one) => [one.filename, one.size]),
    [["tea.png", 8]],
  );
  assert.equal(mail.messageId, "a@b");
  assert.deepEqual(
    mail.defects.filter((one) => one !== "no Date"),
    [],
  );
});
