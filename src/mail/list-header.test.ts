import assert from "node:assert/strict";
import { test } from "node:test";
import { type HeaderField, readHeader } from "./header.ts";
import { keptFields, listFields, missingFields } from "./list-header.ts";
import { decodeWords } from "./words.ts";

const fields = (...lines: string[]): HeaderField[] => readHeader(Buffer.from(`${lines.join("\r\n")}\r\n`));
const written = (list: readonly HeaderField[]): string[] => list.map((field) => field.raw.toString().trimEnd());
const names = { name: "readers", title: "Readers", domain: "groups.test", url: "https://groups.test" };

test("results that claim to be ours go, however they are dressed up, and those of others stay", () => {
  const forged = [
    "groups.test; dkim=pass",
    "GROUPS.test 1; dkim=pass",
    " (a (b) \\) c) (d) groups.test; dkim=pass",
    '"groups.test"; dkim=pass',
    "groups.test(x); dkim=pass",
    "mx1.groups.test; dkim=pass",
    "\r\n groups.test;\r\n dkim=pass",
    "groups.test",
  ];
  for (const value of forged)
    assert.deepEqual(keptFields(fields(`Authentication-Results: ${value}`), "groups.test"), [], value);
  for (const value of [
    "far.test; dkim=pass",
    "notgroups.test; x",
    "(groups.test) far.test; x",
    "groups.test.far.test; x",
  ])
    assert.equal(keptFields(fields(`Authentication-Results: ${value}`), "groups.test").length, 1, value);
});

test("fields of one hop, of another list and for receipts go; signatures, sets and unknown ones stay in order", () => {
  const kept = ["DKIM-Signature: a", "ARC-Seal: i=1", "X-Own: 1", "Received: x", "DKIM-Signature: b", "Autocrypt: y"];
  const gone = [
    "Return-Path: <>",
    "Delivered-To: x",
    "BCC: x",
    "X-Envelope-To: x",
    "List-Foo: x",
    "Precedence: bulk",
    "Sender: x",
    "Return-Receipt-To: x",
  ];
  const mixed = kept.flatMap((line, i) => [line, gone[i]!]).concat(gone.slice(kept.length));
  assert.deepEqual(written(keptFields(fields(...mixed), "groups.test")), kept);
});

test("a second field of those that may stand once is kept under another name", () => {
  const lines = ["To: a@b.test", "Subject: x", "to: c@d.test", "Comments: 1", "Comments: 2"];
  assert.deepEqual(written(keptFields(fields(...lines), "groups.test")), lines.with(2, "X-Duplicate-to: c@d.test"));
});

test("a title in any script describes the list without breaking its id", () => {
  for (const title of ["Bücher & Co", 'The "old" <library>', "x\r\nBcc: a@b.test", "", "ž".repeat(300)]) {
    const [id] = listFields({ ...names, title }, 3);
    const again = readHeader(id!.raw);
    assert.equal(again.length, 1);
    assert.match(decodeWords(again[0]!.value), /<readers\.groups\.test>$/);
    for (const line of id!.raw.toString().split("\r\n"))
      assert.ok(line.length <= 78 && /^[\x20-\x7e]*$/.test(line), line);
  }
});

test("a Sender is named only where From has several people", () => {
  const complete = ["Date: x", "Message-ID: <y@z.test>"];
  assert.deepEqual(
    missingFields(fields(...complete, "From: a@b.test"), names, { number: 3, receivedAt: new Date(0) }),
    [],
  );
  const two = missingFields(fields(...complete, "From: a@b.test, c@d.test"), names, {
    number: 3,
    receivedAt: new Date(0),
  });
  assert.deepEqual(written(two), ["Sender: readers-owner@groups.test"]);
});
