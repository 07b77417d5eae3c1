import assert from "node:assert/strict";
import { test } from "node:test";
import { type RawReply, ReplyReader } from "./replies.ts";
import { judge, replyLine } from "./reply.ts";
import { stuffed } from "./stuffing.ts";

function readAll(chunks: Buffer[]): { replies: RawReply[]; reader: ReplyReader } {
  const reader = new ReplyReader();
  const replies: RawReply[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let reply = reader.next(); reply; reply = reader.next()) replies.push(reply);
  }
  return { replies, reader };
}

const bytewise = (text: string): Buffer[] => [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

test("replies are read alike in one piece and byte by byte", () => {
  const text = "220 hi\r\n250-far.test greets\r\n250-SIZE 10\r\n250 HELP\n250\r\n550 5.1.1 no\r\n";
  const expected = [
    { code: 220, lines: ["hi"] },
    { code: 250, lines: ["far.test greets", "SIZE 10", "HELP"] },
    { code: 250, lines: [""] },
    { code: 550, lines: ["5.1.1 no"] },
  ];
  assert.deepEqual(readAll([Buffer.from(text)]).replies, expected);
  assert.deepEqual(readAll(bytewise(text)).replies, expected);
});

test("half a reply is noticed as more to come", () => {
  assert.equal(readAll([Buffer.from("250 ok\r\n")]).reader.hasMore, false);
  assert.equal(readAll([Buffer.from("250 ok\r\n2")]).reader.hasMore, true);
  assert.equal(readAll([Buffer.from("250-ok\r\n")]).reader.hasMore, true);
});

test("what is no reply ends the reading", () => {
  for (const text of [
    "HTTP/1.1 400 Bad\r\n",
    "\r\n",
    "25 ok\r\n",
    "2500 ok\r\n",
    "950 ok\r\n",
    "\u0016\u0003\u0001\n",
  ]) {
    const { replies, reader } = readAll([Buffer.from(`${text}250 ok\r\n`)]);
    assert.deepEqual(replies, []);
    assert.match(reader.trouble ?? "", /does not speak SMTP/);
  }
});

test("a long line is cut at 2 KB, and a reply that does not end is left after 64 KB", () => {
  const long = readAll([Buffer.from(`250 ${"x".repeat(30_000)}\r\n`)]);
  assert.equal(long.replies[0]!.lines[0]!.length, 2044);
  const pieces = readAll([...bytewise(`250 ${"x".repeat(3000)}`), Buffer.from("\r\n")]);
  assert.equal(pieces.replies[0]!.lines[0]!.length, 2044);
  const endless = [
    `550 ${"x".repeat(1_000_000)}`,
    "250-x\r\n".repeat(100_000),
    `550-${"x".repeat(70_000)}\r\n550 x\r\n`,
  ];
  for (const text of endless) {
    const { replies, reader } = readAll([Buffer.from(text)]);
    assert.deepEqual(replies, []);
    assert.equal(reader.trouble, "the far side's reply does not end");
  }
});

test("a refusal means what it means where it is said", () => {
  const judged = (...[stage, code, text = ""]: [Parameters<typeof judge>[0], number, string?]): string => {
    const { kind, scope, status } = judge(stage, code, [text]);
    return [kind, scope, status].filter(Boolean).join(" ");
  };
  assert.equal(judged("rcpt", 250), "sent recipient");
  assert.equal(judged("rcpt", 550, "5.1.1 no such user"), "never recipient 5.1.1");
  assert.equal(judged("rcpt", 450, "4.2.1 greylisted"), "later recipient 4.2.1");
  assert.equal(judged("rcpt", 552, "too many recipients"), "later recipient");
  assert.equal(judged("rcpt", 552, "5.2.2 over quota"), "never recipient 5.2.2");
  assert.equal(judged("rcpt", 421, "4.7.0 slow down"), "later session 4.7.0");
  assert.equal(judged("rcpt", 503, "5.5.1 MAIL first"), "later session 5.5.1");
  assert.equal(judged("mail", 550, "5.7.1 not from you"), "later session 5.7.1");
  assert.equal(judged("mail", 552, "5.3.4 too big"), "never message 5.3.4");
  assert.equal(judged("dot", 550, "5.7.1 spam"), "never message 5.7.1");
  assert.equal(judged("dot", 451), "later message");
  assert.equal(judged("greeting", 554, "5.7.1 blocked"), "later site 5.7.1");
  assert.equal(judged("dot", 354), "later message");
  assert.equal(judged("rcpt", 550, "4.2.2 contradicting"), "never recipient");
});

test("a block list named at RCPT or at the dot is a refusal of us, and no recipient's end", () => {
  const kindOf = (...args: Parameters<typeof judge>): string => judge(...args).kind;
  assert.equal(
    kindOf("rcpt", 554, ["5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"]),
    "later",
  );
  assert.equal(
    kindOf("dot", 550, ["5.7.1 messages from [192.0.2.1] weren't sent; their network is on our block list (S3150)"]),
    "later",
  );
  assert.equal(kindOf("dot", 550, ["Sender frequency limited."]), "later");
  assert.equal(kindOf("rcpt", 550, ["5.7.1 greylisted, come back in 5 minutes"]), "later");
  assert.equal(
    kindOf("dot", 550, ["5.7.1 Our system has detected that this message is likely unsolicited mail"]),
    "never",
  );
  assert.equal(kindOf("rcpt", 550, ["5.7.1 Relay access denied"]), "never");
});

test("the far side's words are kept as one printable line", () => {
  const reply = judge("rcpt", 550, ["5.1.1 User\u001b[31m\u0000 unknown", "5.1.1 see\u202e https://far.test"]);
  assert.equal(reply.text, "User [31m unknown see https://far.test");
  assert.equal(replyLine(reply), "550 5.1.1 User [31m unknown see https://far.test");
  assert.equal(judge("rcpt", 550, ["ж".repeat(1000), "x".repeat(1000)]).text.length, 500);
});

test("dots at the beginning of a line are doubled wherever the pieces break, and nothing else is copied", () => {
  const text = ".a\r\n.\r\n..b\r\nc.d\r\n.e\r\n";
  const expected = "..a\r\n..\r\n...b\r\nc.d\r\n..e\r\n";
  for (let i = 0; i <= text.length; i++)
    for (let j = i; j <= text.length; j++) {
      const pieces = [text.slice(0, i), text.slice(i, j), text.slice(j)].map((piece) => Buffer.from(piece));
      assert.equal(Buffer.concat(stuffed(pieces)).toString(), expected, `${i}, ${j}`);
    }
  const clean = [Buffer.from("a\r\n"), Buffer.from("b.\r\n")];
  assert.equal(stuffed(clean), clean);
});

test("a text always ends its last line, and a bare LF before a dot ends nothing", () => {
  const wire = (text: string): string => Buffer.concat(stuffed([Buffer.from(text)])).toString();
  assert.equal(wire("a"), "a\r\n");
  assert.equal(wire("a\n"), "a\n\r\n");
  assert.equal(wire(""), "");
  assert.equal(wire("a\n.\r\nMAIL"), "a\n..\r\nMAIL\r\n");
});
