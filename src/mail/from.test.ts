import assert from "node:assert/strict";
import { test } from "node:test";
import { type FromQuestion, rewriteFrom } from "./from.ts";
import { all, readHeader } from "./header.ts";
import { decodeWords, mailboxes } from "./words.ts";

const group = { address: "readers@groups.test", title: "Readers" };
type Seen = {
  from: string[];
  replyTo: string[];
  cc: string[];
  original: string[];
  raw: string;
  rewritten: boolean;
  unaligned: boolean;
};

function asked(head: string, question: Partial<FromQuestion> = {}): Seen {
  const fields = readHeader(Buffer.from(`${head}\r\n`));
  const answer = rewriteFrom({
    fields,
    mode: "rewrite-when-needed",
    authorPolicy: "reject",
    group,
    domain: "groups.test",
    reply: "untouched",
    ...question,
  });
  const raw = Buffer.concat(answer.fields.map((field) => field.raw)).toString();
  const again = readHeader(Buffer.from(raw)); // what a reader of the bytes sees
  const values = (name: string): string[] => all(again, name);
  return {
    from: values("from"),
    replyTo: values("reply-to"),
    cc: values("cc"),
    original: values("x-original-from"),
    raw,
    rewritten: answer.rewritten,
    unaligned: answer.unaligned,
  };
}

const ANA = "From: Ana Lopez <ana@far.test>";
const VIA = ["Ana Lopez via Readers <readers@groups.test>"];

test("the group stands in From where the author's policy is strict, with the author in Reply-To", () => {
  for (const authorPolicy of ["quarantine", "reject"] as const) {
    const seen = asked(ANA, { authorPolicy });
    assert.deepEqual(seen.from, VIA);
    assert.deepEqual(seen.replyTo, ["Ana Lopez <ana@far.test>"]);
    assert.deepEqual(seen.original, ["Ana Lopez <ana@far.test>"]);
  }
});

test("From is left where the policy is none or missing, where the author is ours, and where the group says so", () => {
  for (const question of [
    { authorPolicy: "none" },
    { authorPolicy: undefined },
    { domain: "far.test" },
    { mode: "untouched" },
  ] as const) {
    const seen = asked(ANA, question);
    assert.equal(seen.raw, `${ANA}\r\n`);
    assert.equal(seen.rewritten, false);
    assert.equal(seen.unaligned, "mode" in question);
  }
  assert.equal(asked(ANA, { mode: "always", authorPolicy: undefined }).rewritten, true);
});

test("answers go where the group says", () => {
  assert.deepEqual(asked(ANA, { reply: "group", authorPolicy: undefined }).replyTo, ["Readers <readers@groups.test>"]);
  const both = asked(ANA, { reply: "group" });
  assert.deepEqual([both.replyTo, both.cc], [["Readers <readers@groups.test>"], ["Ana Lopez <ana@far.test>"]]);
  const withCc = asked(`${ANA}\r\nCc: ben@far.test,\r\n cleo@far.test`, { reply: "group" });
  assert.deepEqual(
    mailboxes(withCc.cc[0]!).map((box) => box.address),
    ["ben@far.test", "cleo@far.test", "ana@far.test"],
  );
  assert.deepEqual(asked(`${ANA}\r\nCc: ANA@far.test`, { reply: "group" }).cc, ["ANA@far.test"]);
  const own = `${ANA}\r\nReply-To: office@far.test`;
  assert.deepEqual(asked(own, { reply: "author" }).replyTo, ["office@far.test"]);
  assert.deepEqual(asked(own).replyTo, ["office@far.test"]);
  assert.deepEqual(
    asked(`${ANA}\r\nReply-To: readers@groups.test`, { reply: "author", authorPolicy: undefined }).replyTo,
    ["Ana Lopez <ana@far.test>"],
  );
});

test("several authors are all named and all answered", () => {
  const seen = asked("From: Ana <ana@far.test>, Couple: Ben <ben@far.test>, cleo@far.test;");
  assert.equal(mailboxes(seen.from[0]!)[0]!.name, "Ana, Ben, cleo via Readers");
  assert.deepEqual(
    mailboxes(seen.replyTo[0]!).map((box) => box.address),
    ["ana@far.test", "ben@far.test", "cleo@far.test"],
  );
});

test("a From that is missing, doubled or unreadable becomes the group's, even where From is to be left", () => {
  for (const head of ["To: x@y.test", "From: ", "From: nobody", "From: <>", `${ANA}\r\nFrom: eve@evil.test`]) {
    const seen = asked(head, { mode: "untouched", authorPolicy: undefined });
    assert.equal(seen.from.length, 1, head);
    assert.equal(mailboxes(seen.from[0]!)[0]!.address, "readers@groups.test", head);
  }
});

test("names in any script are kept, and the encoded field is ASCII in lines of at most 78", () => {
  const long = "Žofie ".repeat(30);
  for (const name of ["Ána López", "安部 公房", `"O'Brien, Pat \\"x\\""`, "=?utf-8?q?J=C3=BCrgen?=", `"${long}"`]) {
    const seen = asked(`From: ${name} <ana@far.test>`);
    const from = /^From: [\s\S]*?\r\n(?![ \t])/m.exec(seen.raw)![0];
    assert.match(from, /^(?:[\x20-\x7e]{1,78}\r\n)+$/, name);
    assert.match(from, / <readers@groups\.test>\r\n$/, name);
  }
  assert.equal(
    decodeWords(mailboxes(asked("From: =?utf-8?q?J=C3=BCrgen?= <ana@far.test>").from[0]!)[0]!.name),
    "Jürgen via Readers",
  );
});

test("a hostile name starts no field, names no address, and does not turn the line around", () => {
  for (const name of [
    `"x\r\n\tBcc: eve@evil.test"`,
    `"ceo@bank.test"`,
    `"<ceo@bank.test>"`,
    "=?utf-8?q?=0D=0ABcc:_eve@evil.test?=",
    "=?utf-8?b?4oCuZXZpbA==?=",
    `"\\"><b@c.test>, \\""`,
  ]) {
    const seen = asked(`From: ${name} <ana@far.test>`);
    assert.deepEqual(
      mailboxes(seen.from[0]!).map((box) => box.address),
      ["readers@groups.test"],
      name,
    );
    const shown = decodeWords(mailboxes(seen.from[0]!)[0]!.name);
    assert.doesNotMatch(shown, /@|[\r\n\u202e]/, name);
    assert.match(shown, / via Readers$/, name);
    assert.doesNotMatch(seen.raw, /^Bcc:/im, name);
  }
});
