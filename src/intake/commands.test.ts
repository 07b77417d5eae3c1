import assert from "node:assert/strict";
import { test } from "node:test";
import { readCommand, readHelo, readMailFrom, readRcptTo } from "./commands.ts";

const codeOf = (answer: object): unknown => ("code" in answer ? answer.code : "read");

test("a verb is read in any case, its argument as it stands", () => {
  assert.deepEqual(readCommand(Buffer.from("mail FROM:<Ana@far.test> ")), {
    verb: "MAIL",
    rest: "FROM:<Ana@far.test>",
  });
  assert.deepEqual(readCommand(Buffer.from("NOOP")), { verb: "NOOP", rest: "" });
  assert.equal(codeOf(readCommand(Buffer.from("NOOP a\rb"))), 500);
  assert.equal(codeOf(readCommand(Buffer.from([0x4e, 0xff]))), 500);
});

test("a sender may be null, quoted, routed or international, and keeps its writing", () => {
  const sender = (rest: string): unknown => {
    const mail = readMailFrom(rest);
    return "code" in mail ? mail.code : mail.sender;
  };
  assert.equal(sender("FROM:<>"), "");
  assert.equal(sender("FROM: <Ana@Far.Test>"), "Ana@Far.Test");
  assert.equal(sender('FROM:<"ana > ben"@far.test>'), '"ana > ben"@far.test');
  assert.equal(sender('FROM:<"a\\"> b"@far.test>'), '"a\\"> b"@far.test');
  assert.equal(sender("FROM:<@one.test,@two.test:ana@far.test>"), "ana@far.test");
  assert.equal(sender("FROM:<ana@[192.0.2.1]>"), "ana@[192.0.2.1]");
  assert.equal(sender("FROM:<ana@bücher.test> SMTPUTF8"), "ana@bücher.test");
  assert.equal(sender("FROM:<ana@bücher.test>"), 553);
  assert.equal(sender("FROM:<ana@far.test>x"), 501);
  assert.equal(sender("FROM:<@one.test:>"), 501);
  assert.equal(sender("<ana@far.test>"), 501);
});

test("parameters are read in any case and order, and unknown ones refused", () => {
  assert.deepEqual(readMailFrom("FROM:<a@b.test> smtputf8 size=42 body=8bitmime"), {
    ...{ sender: "a@b.test", sizeBytes: 42, utf8: true },
  });
  for (const bad of ["SIZE", "SIZE=", "SIZE=-1", "SIZE=1e3", "BODY=BINARYMIME", "SMTPUTF8=yes"]) {
    assert.equal(codeOf(readMailFrom(`FROM:<a@b.test> ${bad}`)), 501, bad);
  }
  assert.equal(codeOf(readMailFrom("FROM:<a@b.test> AUTH=<>")), 555);
});

test("a recipient has a domain, except postmaster", () => {
  assert.deepEqual(readRcptTo("TO:<Readers+help@HOUSE.test>", false), { local: "Readers+help", domain: "house.test" });
  assert.deepEqual(readRcptTo("TO:<PostMaster>", false), { local: "PostMaster", domain: undefined });
  assert.equal(codeOf(readRcptTo("TO:<abuse>", false)), 501);
  assert.equal(codeOf(readRcptTo("TO:<>", false)), 501);
});

test("a client's name is kept short and visible", () => {
  assert.equal(readHelo(""), undefined);
  assert.equal(readHelo("x".repeat(256)), undefined);
  assert.equal(readHelo("häuschen test"), "h?uschen?test");
});
