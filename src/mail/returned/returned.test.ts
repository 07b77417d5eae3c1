/** How returned mail is read: samples of our own, one for each form a notice takes. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { readReturned } from "./returned.ts";

const folder = new URL("../../../test/mail/returns/", import.meta.url);
const sample = (name: string): Buffer => readFileSync(new URL(`${name}.eml`, folder));

/** Each recipient as "address class status sense". */
const READ: Record<string, [kind: string, ...recipients: string[]]> = {
  "report-with-two-recipients": [
    "bounce",
    "ana@far.test permanent 5.1.1 no such user",
    "ben@far.test temporary 4.2.2 mailbox full",
  ],
  "report-in-utf8": ["bounce", "jürgen@straße.test permanent 5.1.1 no such user"],
  "report-without-blank-lines": [
    "bounce",
    "ana@far.test permanent 5.2.1 no such user",
    "ben@far.test permanent 5.7.1 policy",
  ],
  "report-of-delay": ["bounce", "ana@far.test temporary 4.4.1 unavailable delayed"],
  "report-of-success": ["delivery-notification"],
  "paragraphs-for-each-recipient": [
    "bounce",
    "ana@far.test permanent 5.1.1 no such user",
    "ben@far.test permanent - mailbox full",
  ],
  "recipient-in-a-field": ["bounce", "ana@far.test permanent 5.7.1 policy"],
  "transcript-of-a-conversation": ["bounce", "ana@far.test permanent - policy"],
  "names-without-a-domain": ["bounce", "ana.lima@big.test permanent - content", "ben@big.test permanent - content"],
  "page-in-html": ["bounce", "ana@far.test permanent 5.1.10 no such user"],
  "in-spanish": ["bounce", "ana@far.test permanent - no such user"],
  complaint: ["complaint"],
  "complaint-without-a-report": ["complaint"],
  "away-on-holiday": ["auto-reply"],
  "question-to-the-sender": ["challenge"],
  "post-about-a-bounce": ["ordinary"],
  "attached-by-a-person": ["bounce", "ben@far.test permanent - no such user"],
  "forwarded-by-a-person": ["bounce", "ben@far.test permanent - no such user"],
};

test("every sample is read as what it is, about whom it is, with lines that end in LF or CRLF", () => {
  assert.deepEqual(
    readdirSync(folder).sort(),
    Object.keys(READ)
      .map((name) => `${name}.eml`)
      .sort(),
  );
  for (const [name, wanted] of Object.entries(READ)) {
    const raw = sample(name);
    const crlf = Buffer.from(raw.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
    const mbox = Buffer.concat([Buffer.from("From MAILER-DAEMON Sun Mar  1 10:00:00 2026\n"), raw]);
    for (const form of [raw, crlf, mbox]) {
      const { kind, recipients } = readReturned(form);
      const told = recipients.map((one) =>
        [one.address, one.class, one.status || "-", one.sense, ...(one.isDelayed ? ["delayed"] : [])].join(" "),
      );
      assert.deepEqual([kind, ...told], wanted, name);
    }
  }
});

test("the far side's own words are kept, joined to one line", () => {
  const [ana, ben] = readReturned(sample("report-with-two-recipients")).recipients;
  assert.equal(ana?.said, "550 5.1.1 <a.lima@inside.far.test>: unknown user");
  assert.deepEqual(ana?.aliases, ["a.lima@inside.far.test"]);
  assert.equal(ben?.said, "452-4.2.2 The mailbox is full 452 4.2.2 Try later");
  assert.equal(ben?.reason, "The mailbox is full.");
});

test("a complaint tells its type, and whom the report names", () => {
  const { complaint } = readReturned(sample("complaint"));
  assert.deepEqual([complaint?.type, complaint?.complainants], ["abuse", ["ana@big.test"]]);
});

test("the null sender tells a notice from an author whom nobody knows", () => {
  const raw = Buffer.from(
    "From: gate@far.test\nSubject: Chapter two\n\nIt could not be delivered to the following:\n\nana@far.test\n",
  );
  assert.equal(readReturned(raw, "gate@far.test").kind, "ordinary");
  assert.deepEqual(
    readReturned(raw, "").recipients.map((one) => one.address),
    ["ana@far.test"],
  );
});

test("a mail of nothing, and one of a million recipients, are read too", () => {
  assert.equal(readReturned(Buffer.alloc(0)).kind, "ordinary");
  const report = sample("report-of-delay").toString().replace("Action: delayed\n", "Action: failed\n");
  const many = Array.from({ length: 100_000 }, (_, i) => `\nFinal-Recipient: rfc822; a${i}@far.test\nAction: failed\n`);
  const { recipients } = readReturned(
    Buffer.from(report.replace("\nFinal-Recipient", `${many.join("")}\nFinal-Recipient`)),
  );
  assert.equal(recipients.length, 1000);
});
