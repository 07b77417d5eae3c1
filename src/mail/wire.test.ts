import assert from "node:assert/strict";
import { test } from "node:test";
import PostalMime from "postal-mime";
import { indexParts } from "./parts.ts";
import { toWire } from "./wire.ts";

const wire = (text: string) => toWire(Buffer.from(text, "latin1"));
const longest = (message: Buffer): number =>
  Math.max(
    ...message
      .toString("latin1")
      .split("\r\n")
      .map((line) => line.length),
  );

test("mail that is fit for the wire comes back as the same bytes", () => {
  const text = "Subject: x\r\n folded\r\nX:\r\n \r\n y\r\n\r\nbody \t\r\n\r\n\xff\r\nno end";
  assert.deepEqual(wire(text), { message: Buffer.from(text, "latin1"), notes: [] });
});

test("bare line ends become CRLF, wherever they are", () => {
  const { message, notes } = wire("Subject: x\nY: a\rb\n\nl1\nl2\rl3\r\n\rl5\r\r\nl7\n.\n");
  assert.equal(message.toString(), "Subject: x\r\nY: a b\r\n\r\nl1\r\nl2\r\nl3\r\n\r\nl5\r\n\r\nl7\r\n.\r\n");
  assert.ok(notes.includes("bare line ends became CRLF"));
});

test("a stray line in the header is left out, since others would end the header there", () => {
  const { message, notes } = wire("From x\r\nSubject: x\r\n>From y\r\nTo: z@z.test\r\n\r\nb\r\n");
  assert.equal(message.toString(), "Subject: x\r\nTo: z@z.test\r\n\r\nb\r\n");
  assert.equal(notes.length, 1);
});

test("a field that is too long is folded at spaces, or within a word that has none", () => {
  for (const value of ["word ".repeat(500), "x".repeat(5000), `${" ".repeat(2000)}x`]) {
    const { message, notes } = wire(`Subject: ${value}\r\nTo: a@b.test\r\n\r\nb`);
    assert.ok(longest(message) <= 998);
    assert.equal(message.toString().replace(/[\r\n ]/g, ""), `Subject:${value}To:a@b.testb`.replace(/ /g, ""));
    assert.equal(notes.length, 1);
  }
});

test("megabytes in one line, in the header or the body, are no more than work", () => {
  for (const text of [
    `Subject: ${"x".repeat(5e6)}\r\n\r\nb`,
    `Subject: ${" ".repeat(5e6)}\r\n\r\nb`,
    `X: y\r\n\r\n${"z".repeat(5e6)}`,
  ])
    assert.ok(longest(wire(text).message) <= 998);
});

test("a text with too long lines or a NUL is put into quoted-printable and reads the same", async () => {
  const long = `${"lorem ipsum ".repeat(300)}=end\r\nshort\r\n`;
  const { message, notes } = wire(
    `Subject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${long}\xe9\r\n`,
  );
  assert.ok(longest(message) <= 78);
  assert.match(notes[0]!, /encoded anew/);
  assert.equal((await PostalMime.parse(new Uint8Array(message))).text!.replace(/\r?\n/g, "\r\n"), `${long}é\r\n`);
  assert.match(wire("Subject: x\r\n\r\na\0b\r\n").message.toString(), /quoted-printable\r\n\r\na=00b\r\n$/);
});

test("only the part that needs it is encoded anew", () => {
  const part = "Content-Type: text/plain\r\n\r\nleft  alone";
  const { message } = wire(
    `Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n${part}\r\n--a\r\n\r\n${"x".repeat(3000)}\r\n--a--\r\n`,
  );
  const parts = indexParts(message);
  assert.equal(message.toString("latin1", parts[1]!.start, parts[1]!.end), part);
  assert.equal(parts[2]!.encoding, "quoted-printable");
  assert.equal(message.toString("latin1", parts[2]!.bodyStart, parts[2]!.end).replace(/=\r\n/g, ""), "x".repeat(3000));
  assert.ok(longest(message) <= 78);
});

test("base64 and quoted-printable in one line are cut where they may be", () => {
  const bytes = Buffer.alloc(3000, "what is in here");
  const packed = wire(`Content-Transfer-Encoding: base64\r\n\r\n${bytes.toString("base64")}\r\n`).message;
  assert.ok(longest(packed) <= 76);
  assert.deepEqual(Buffer.from(packed.toString().split("\r\n\r\n")[1]!, "base64"), bytes);
  const quoted = "=C3=BC".repeat(600);
  const cut = wire(`Content-Transfer-Encoding: quoted-printable\r\n\r\n${quoted}`).message.toString();
  assert.ok(longest(Buffer.from(cut)) <= 76);
  assert.equal(cut.split("\r\n\r\n")[1]!.replace(/=\r\n/g, ""), quoted);
  assert.doesNotMatch(cut, /=[0-9A-F]?=\r\n/);
});

test("what no encoding helps is cut as a relay would", () => {
  const { message, notes } = wire(
    `Content-Type: multipart/mixed; boundary=a\r\n\r\n${"p".repeat(5000)}\0\r\n--a\r\nX: ${"y".repeat(3000)}\r\n\r\nb\r\n--a--\r\n`,
  );
  assert.ok(longest(message) <= 998);
  assert.ok(!message.includes(0));
  assert.ok(notes.includes("lines longer than 998 octets were cut"));
  assert.equal(indexParts(message).length, 2);
});
