import assert from "node:assert/strict";
import { test } from "node:test";
import { readMail } from "./read.ts";
import { canRevise, revised } from "./revise.ts";

const mail = (...lines: string[]): Buffer => Buffer.from(lines.join("\r\n"));

const TWO_FORMS = mail(
  "DKIM-Signature: v=1; d=far.test;",
  "\tb=abc",
  "From: Ana <ana@far.test>",
  "Date: Sun, 01 Mar 2026 10:00:00 +0000",
  "Subject: Call me",
  "Message-ID: <a@far.test>",
  "ARC-Seal: i=1; cv=none",
  'Content-Type: multipart/mixed; boundary="m"',
  "",
  "--m",
  'Content-Type: multipart/alternative; boundary="a"',
  "",
  "--a",
  "Content-Type: text/plain",
  "",
  "My number is 555",
  "--a",
  "Content-Type: text/html",
  "",
  "<p>My number is 555</p>",
  "--a--",
  "--m",
  "Content-Type: image/png",
  "Content-Transfer-Encoding: base64",
  "",
  "iVBORw0=",
  "--m--",
  "",
);

test("an edited text takes the place of both forms, attachments stay, and signatures that would fail are gone", () => {
  const after = revised(TWO_FORMS, { subject: "Grüße", text: "Write to me.\n\nAna — from home" });
  const read = readMail(after);
  assert.deepEqual([read.subject, read.text?.trim(), read.html], ["Grüße", "Write to me.\n\nAna — from home", null]);
  assert.deepEqual(
    read.attachments.map((one) => one.type),
    ["image/png"],
  );
  assert.deepEqual([read.messageId, read.from?.address, read.defects], ["a@far.test", "ana@far.test", []]);
  assert.doesNotMatch(after.toString("latin1"), /555|dkim-signature|arc-seal/i);
});

test("a mail of one part gets another text, or only another subject and every byte of its body", () => {
  const html = mail("From: a@far.test", "Content-Type: text/html; charset=x", "", "<b>Old</b>", "");
  const read = readMail(revised(html, { subject: null, text: "New" }));
  assert.deepEqual([read.text?.trim(), read.html, read.subject], ["New", null, ""]);
  const renamed = revised(TWO_FORMS, { subject: "Hello\r\nBcc: x@y", text: null });
  assert.equal(readMail(renamed).subject, "Hello Bcc: x@y");
  assert.equal(
    renamed.toString().split("\r\n\r\n").slice(1).join(),
    TWO_FORMS.toString().split("\r\n\r\n").slice(1).join(),
  );
});

test("a signed or encrypted mail, and one without a text, is not for editing", () => {
  assert.equal(canRevise(TWO_FORMS), true);
  const signed = mail('Content-Type: multipart/signed; boundary="s"', "", "--s", "", "text", "--s--", "");
  assert.equal(canRevise(signed), false);
  assert.equal(canRevise(mail("Content-Type: image/png", "", "x")), false);
});
