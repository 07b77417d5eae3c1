import assert from "node:assert/strict";
import { test } from "node:test";
import { anonymised } from "./anonymous.ts";
import { readHeader, splitMessage } from "./header.ts";
import { readMail } from "./read.ts";

const mia = { addresses: ["mia@far.test", "mia.lima@home.test"], names: ["Mia Lima", "Mia"] };
const lines = (...all: string[]): Buffer => Buffer.from(`${all.join("\r\n")}\r\n`);

test("who wrote a mail goes, with the way it came and its signature; what it said stays", () => {
  const raw = lines(
    "Return-Path: <mia@far.test>",
    "Received: from laptop (laptop.far.test [192.0.2.7]) by mail.far.test; Mon, 2 Mar 2026 09:00:00 +0000",
    "DKIM-Signature: v=1; d=far.test; i=mia@far.test; b=abc",
    "From: =?utf-8?q?Mia_Lima?= <MIA@far.test>",
    "Sender: mia@far.test",
    "Reply-To: mia.lima@home.test",
    "X-Originating-IP: 192.0.2.7",
    "To: Readers <readers@groups.test>, Mia Lima <mia@far.test>",
    "Subject: Chapter two",
    "Date: Mon, 2 Mar 2026 09:00:00 +0000",
    "Message-ID: <1.mia@far.test>",
    "References: <0@far.test>",
    "",
    "I liked it, says Mia.",
    "Write to mia.lima@home.test.",
    "-- ",
    "Mia Lima",
    "12 Long Street",
  );
  const after = anonymised(raw, mia, "A former member");
  const { head } = splitMessage(after);
  assert.deepEqual(
    readHeader(head)
      .map(({ name }) => name)
      .sort(),
    [...["content-transfer-encoding", "content-type", "date", "from", "message-id", "references", "subject", "to"]],
  );
  const mail = readMail(after);
  assert.equal(mail.subject, "Chapter two");
  assert.deepEqual(mail.references, ["0@far.test"]);
  assert.equal(mail.from?.name, "A former member");
  assert.match(mail.text!, /I liked it, says Mia\.\nWrite to \[removed\]\.\n$/);
  assert.doesNotMatch(after.toString("latin1"), /mia@far|home\.test|Lima|192\.0\.2|laptop|Long Street/i);
});

test("texts in any encoding, pages, forwarded mails, cards and keys are gone through; attachments stay", () => {
  const hidden = Buffer.from("Mia Lima <mia@far.test> schrieb: schön").toString("base64");
  const raw = lines(
    "From: mia@far.test",
    "Subject: =?utf-8?b?TWlhIExpbWE6IGjDtnI=?=",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    hidden,
    "--b",
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "<p>mia=40far.te=",
    "st</p>",
    "--b",
    "Content-Type: message/rfc822",
    "",
    "From: mia@far.test",
    "",
    "inside",
    "--b",
    "Content-Type: text/vcard",
    "",
    "FN:Mia Lima",
    "--b",
    "Content-Type: image/png; name=tea.png",
    "Content-Transfer-Encoding: base64",
    "",
    "iVBORw0KGgo=",
    "--b--",
  );
  const after = anonymised(raw, mia, "A former member");
  const mail = readMail(after);
  assert.equal(mail.subject, "[removed]: hör");
  assert.match(mail.text!, /\[removed\] <\[removed\]> schrieb: schön/);
  assert.match(mail.html!, /<p>\[removed\]<\/p>/);
  assert.equal(mail.attachments.find((one) => one.type === "image/png")?.size, 8);
  assert.doesNotMatch(after.toString("latin1"), /mia@far|mia=40|Lima/i);
  assert.ok(!after.includes(hidden.slice(0, 20)));
  assert.deepEqual(
    anonymised(after, mia, "A former member").toString(),
    after.toString(),
    "done again it changes nothing",
  );
});
