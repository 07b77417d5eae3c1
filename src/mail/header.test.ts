import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { corpus, without } from "../../test/support/corpora.ts";
import { parseDate } from "./date.ts";
import { all, first, messageIds, readHeader, referencesOf, splitMessage } from "./header.ts";
import { decodeWords, mailboxes } from "./words.ts";

const fieldsOf = (text: string) => readHeader(splitMessage(Buffer.from(text, "latin1")).head);

test("head, blank line and body together are the mail again", () => {
  for (const newline of ["\n", "\r\n"] as const) {
    const raw = Buffer.from(["A: 1", " folded", "b : 2", "", "text", ""].join(newline));
    const parts = splitMessage(raw);
    assert.equal(parts.newline, newline);
    assert.deepEqual(Buffer.concat([parts.head, Buffer.from(newline), parts.body]), raw);
    assert.deepEqual(
      readHeader(parts.head).map(({ name, value }) => [name, value]),
      [
        ["a", "1 folded"],
        ["b", "2"],
      ],
    );
  }
});

test("the bytes of all fields, joined, are the head again, in every mail of the corpora", {
  skip: without("mime/dev"),
}, () => {
  let mails = 0;
  for (const entry of readdirSync(corpus("mime/dev")!, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:eml|msg)$/.test(entry.name)) continue;
    const { head } = splitMessage(readFileSync(join(entry.parentPath, entry.name)));
    assert.deepEqual(Buffer.concat(readHeader(head).map((field) => field.raw)), head, entry.name);
    mails += 1;
  }
  assert.ok(mails > 150);
});

test("a From_ line at the top is not part of the head", () => {
  const { head } = splitMessage(Buffer.from("From ana Thu Jan  1 00:00:00 2004\n>From ben\nSubject: x\n\nhello"));
  assert.equal(head.toString(), "Subject: x\n");
});

test("where the blank line is missing the body begins at the first line that is no field", () => {
  const { head, body } = splitMessage(Buffer.from("Subject: x\nFrom: a@b\nHello Ana,\nhow are you?\n"));
  assert.equal(head.toString(), "Subject: x\nFrom: a@b\n");
  assert.equal(body.toString(), "Hello Ana,\nhow are you?\n");
});

test("a stray line between fields is kept without hiding the fields after it", () => {
  const fields = fieldsOf("Subject: x\nwhat is this\nFrom: a@b\n\nbody: no\n");
  assert.deepEqual(
    fields.map((field) => field.name),
    ["subject", "", "from"],
  );
});

test("a mail without anything, without a body or without a head is still split", () => {
  assert.equal(splitMessage(Buffer.alloc(0)).head.length, 0);
  assert.equal(splitMessage(Buffer.from("Subject: x")).head.toString(), "Subject: x");
  assert.equal(splitMessage(Buffer.from("\nbody")).body.toString(), "body");
});

test("eight-bit fields are read as UTF-8 where they are, as latin1 otherwise", () => {
  assert.equal(readHeader(Buffer.from("Subject: é\n"))[0]!.value, "é");
  assert.equal(readHeader(Buffer.from("Subject: é\n", "latin1"))[0]!.value, "é");
});

test("first and all find fields by name", () => {
  const fields = fieldsOf("X: 1\nx: 2\n\n");
  assert.equal(first(fields, "x"), "1");
  assert.deepEqual(all(fields, "x"), ["1", "2"]);
  assert.equal(first(fields, "y"), undefined);
});

test("message ids are found in whatever surrounds them", () => {
  assert.deepEqual(messageIds("<a@b>"), ["a@b"]);
  assert.deepEqual(messageIds("<a@b><c@d> (added by x) <a@b>"), ["a@b", "c@d"]);
  assert.deepEqual(messageIds("Your message of 3 Jan <a@b>"), ["a@b"]);
  assert.deepEqual(messageIds("<a.very.long\t id@b>"), ["a.very.longid@b"]);
  assert.deepEqual(messageIds("<<a@b>> <cut <c@d>"), ["a@b", "c@d"]);
  assert.deepEqual(messageIds("a@b c@d"), ["a@b", "c@d"]);
  assert.deepEqual(messageIds("1175400301.42"), ["1175400301.42"]);
  assert.deepEqual(messageIds("mumble and so on"), []);
  assert.deepEqual(messageIds("<cut@off"), ["cut@off"]);
  assert.deepEqual(messageIds(""), []);
});

test("of too many references the root and the nearest are kept", () => {
  const ids = messageIds(Array.from({ length: 5000 }, (_, i) => `<${i}@x>`).join(" "));
  assert.equal(ids.length, 200);
  assert.equal(ids[0], "0@x");
  assert.equal(ids.at(-1), "4999@x");
  assert.deepEqual(messageIds(`<${"a".repeat(2000)}@x> <b@x>`), ["b@x"]);
});

test("an In-Reply-To is the nearest reference when it is one bare id", () => {
  assert.deepEqual(referencesOf(fieldsOf("References: <a@x> <b@x>\nIn-Reply-To: <c@x>\n\n")), ["a@x", "b@x", "c@x"]);
  assert.deepEqual(referencesOf(fieldsOf("References: <a@x> <b@x>\nIn-Reply-To: <a@x>\n\n")), ["b@x", "a@x"]);
  assert.deepEqual(referencesOf(fieldsOf("References: <a@x>\nIn-Reply-To: your mail <c@x>\n\n")), ["a@x"]);
  assert.deepEqual(referencesOf(fieldsOf("In-Reply-To: your mail <c@x>\n\n")), ["c@x"]);
});

test("encoded words are decoded in any charset, and joined as RFC 2047 says", () => {
  const cases: [string, string][] = [
    ["plain", "plain"],
    ["=?iso-8859-1?Q?Gr=FC=DFe?= an =?utf-8?b?w4Q=?=", "Grüße an Ä"],
    ["=?utf-8?Q?a?=  =?utf-8?Q?b?= c", "ab c"],
    ["=?utf-8?B?5pel?= =?utf-8?B?5pys?=", "日本"],
    ["=?utf-8?Q?=E6=97?= =?utf-8?Q?=A5?=", "日"],
    ["=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"],
    ["=?utf-7?Q?+AOk-?=", "é"],
    ["=?cp437?Q?=82?=", "é"],
    ["=?utf-8*en?Q?hi_there?=", "hi there"],
    ["=?nonsense?Q?=E9?=", "é"],
    ["=?utf-8?X?abc?= =?utf-8?Q?", "=?utf-8?X?abc?= =?utf-8?Q?"],
    ["=?utf-8?Q?bad =ZZ?=", "bad =ZZ"],
  ];
  for (const [written, meant] of cases) assert.equal(decodeWords(written), meant);
});

test("Korean and Chinese shift encodings are read", () => {
  assert.equal(decodeWords("=?iso-2022-kr?B?GyQpQw5HURs/Dw==?=").charCodeAt(0), "한".charCodeAt(0));
  assert.equal(decodeWords("=?hz-gb-2312?Q?~{VPND~}?="), "中文");
});

test("addresses are read out of the forms people write", () => {
  assert.deepEqual(mailboxes('"Ana, L." <ana@far.test>, ben@far.test (Ben)'), [
    { name: "Ana, L.", address: "ana@far.test" },
    { name: "Ben", address: "ben@far.test" },
  ]);
  assert.deepEqual(
    mailboxes("Team: a@x, b@x;").map((box) => box.address),
    ["a@x", "b@x"],
  );
  assert.deepEqual(mailboxes("=?utf-8?q?=C3=84nne?= <a@x>"), [{ name: "Änne", address: "a@x" }]);
});

test("dates are read as RFC 5322 has them, and as mailers have them", () => {
  const cases: [string, string][] = [
    ["Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06.000Z"],
    ["21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06.000Z"],
    ["Thu, 13 Feb 03 23:32:01 EST", "2003-02-14T04:32:01.000Z"],
    ["Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", ""],
    ["Mon, 1 Jan 101 10:00 +0000", "2001-01-01T10:00:00.000Z"],
    ["Wed Jan  3 10:20:30 2001", "2001-01-03T10:20:30.000Z"],
    ["Wed Jan  3 10:20:30 PST 2001", "2001-01-03T18:20:30.000Z"],
    ["3-Jan-2001 10:20:30 +0100 (CET)", "2001-01-03T09:20:30.000Z"],
    ["2001-01-03T10:20:30Z", "2001-01-03T10:20:30.000Z"],
    ["2001-01-03 10:20:30 +05:30", "2001-01-03T04:50:30.000Z"],
    ["Wed, 3 January 2001 10:20:30 GMT+0200", "2001-01-03T08:20:30.000Z"],
    ["Wed, 3 Jan 2001 10:20:60 +9999", "2001-01-03T10:20:59.000Z"],
    ['Wed, 3 Jan 2001 10:20:30 "Local time"', "2001-01-03T10:20:30.000Z"],
    ["31 Feb 2001 10:00:00 +0000", ""],
    ["yesterday", ""],
    ["", ""],
    ["Wed, 3 Jan 2001 25:00:00 +0000", ""],
  ];
  for (const [written, meant] of cases) assert.equal(parseDate(written)?.toISOString() ?? "", meant, written);
});
