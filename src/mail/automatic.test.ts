import assert from "node:assert/strict";
import { test } from "node:test";
import { automaticKind, hasPassed, receivedCount } from "./automatic.ts";
import { readHeader } from "./header.ts";

const fields = (text: string) => readHeader(Buffer.from(text));

test("machines are known by what they say of themselves", () => {
  const cases: [string, string | undefined, string][] = [
    ["Subject: hi\n", "ana@far.test", "no"],
    ["Auto-Submitted: no\n", "ana@far.test", "no"],
    ["Auto-Submitted: auto-replied (vacation)\n", "ana@far.test", "auto-reply"],
    ["Auto-Submitted: auto-generated; type=x\n", "ana@far.test", "auto-generated"],
    ["Precedence: auto_reply\n", undefined, "auto-reply"],
    ["Precedence: bulk\n", undefined, "bulk-list"],
    ["List-Id: <x.y>\n", undefined, "bulk-list"],
    ["X-Autoreply: yes\n", undefined, "auto-reply"],
    ["X-Autoreply: no\n", undefined, "no"],
    ["X-Auto-Response-Suppress: All\n", undefined, "no"],
    ["Subject: Undelivered\n", "", "bounce"],
    ["Content-Type: multipart/report; report-type=delivery-status; boundary=x\n", "a@b", "bounce"],
    ["Content-Type: multipart/report; report-type=disposition-notification\n", "a@b", "auto-reply"],
    ["Auto-Submitted: auto-replied\nPrecedence: bulk\n", "", "auto-reply"],
  ];
  for (const [text, sender, kind] of cases) assert.equal(automaticKind(fields(text), sender), kind, text);
});

test("a mail that carries our own List-Id has passed", () => {
  assert.ok(hasPassed(fields("List-Id: Readers <Readers.groups.test>\n"), "readers.groups.test"));
  assert.ok(!hasPassed(fields("List-Id: Readers <readers.other.test>\n"), "readers.groups.test"));
  assert.ok(!hasPassed(fields("Subject: readers.groups.test\n"), "readers.groups.test"));
});

test("servers are counted by their Received fields", () => {
  assert.equal(receivedCount(fields("Received: a\nX: y\nreceived: b\n c\n")), 2);
});
