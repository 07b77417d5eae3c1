import assert from "node:assert/strict";
import { test } from "node:test";
import { summarise } from "./summary.ts";

const at = new Date("2026-11-01T10:00:00Z");
const mail = (...fields: string[]): Buffer => Buffer.from(`${fields.join("\r\n")}\r\n\r\nGood day\r\n`);

test("ids and subjects stay within what an index holds, however many bytes a character has", () => {
  const long = "議".repeat(900);
  const read = summarise(
    mail(`Message-ID: <${long}@x>`, `References: <a@x> <${long}@x>`, `Subject: Re: ${long}`, "From: ana@x.example"),
    at,
  );
  assert.equal(read.messageId, null);
  assert.deepEqual(read.references, ["a@x"]);
  assert.ok(Buffer.byteLength(read.baseSubject) <= 2000);
  assert.equal(read.subject, `Re: ${long}`, "what is shown is not cut");
});

test("a NUL in an id or an address is not carried into the archive", () => {
  const read = summarise(mail("Message-ID: <a\0b@x>", "In-Reply-To: <c\0@x>", "From: a\0b <an\0a@x.example>"), at);
  assert.equal(read.messageId, null);
  assert.deepEqual(read.references, []);
  assert.doesNotMatch(JSON.stringify(read.authorAddress + read.authorName), /\\u0000/);
});
