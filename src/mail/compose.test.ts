import assert from "node:assert/strict";
import { test } from "node:test";
import PostalMime from "postal-mime";
import { composeLetter, type Letter, textPart, writtenMailbox } from "./compose.ts";
import { first, readHeader, splitMessage } from "./header.ts";

const letter: Letter = {
  from: { name: "Readers", address: "readers@groups.test" },
  to: { name: "Ána López", address: "ana@far.test" },
  subject: "Your way in",
  text: "Hello\nfollow the link",
  date: new Date("2026-11-23T12:00:00Z"),
  messageId: "1@groups.test",
};
const read = (message: Buffer) => PostalMime.parse(new Uint8Array(message));

test("a letter is read as it was written, in any script, with text and HTML", async () => {
  for (const text of [
    "Grüße = ok \ntrailing \t\n.\n..\nFrom here\n",
    "日本語の手紙\n二行目",
    "a".repeat(2000),
    "",
    "\n\n",
    "x\r\ny\rz",
  ]) {
    const message = composeLetter({
      ...letter,
      subject: "Größe 日本 — a long subject ".repeat(6),
      text,
      html: `<p>${text}</p>`,
    });
    const seen = await read(message);
    assert.equal(seen.subject, "Größe 日本 — a long subject ".repeat(6).trim());
    const plain = text.replace(/\r\n?/g, "\n");
    assert.equal(seen.text!.replaceAll("\r\n", "\n").trimEnd(), plain.trimEnd());
    assert.equal(seen.html!.replaceAll("\r\n", "\n").trimEnd(), `<p>${plain}</p>`);
    assert.deepEqual(seen.to?.[0], { name: "Ána López", address: "ana@far.test" });
    assert.equal(seen.date, "2026-11-23T12:00:00.000Z");
    assert.match(message.toString("latin1"), /^(?:[\x20-\x7e\t]{0,78}\r\n)*$/, "seven bits, short lines, CRLF");
  }
});

test("a line end in any value for the header is refused", () => {
  for (const evil of ["x\r\nBcc: eve@evil.test", "x\nBcc: y", "x\ry", "x\0y"]) {
    const tries: Partial<Letter>[] = [
      { subject: evil },
      { from: { name: evil, address: "a@b.test" } },
      { to: { name: "", address: evil } },
      { to: `a@b.test${evil}` },
      { messageId: evil },
      { inReplyTo: evil },
      { references: [evil] },
      { replyTo: evil },
      { headers: { "X-Note": evil } },
      { headers: { [evil]: "x" } },
    ];
    for (const one of tries) assert.throws(() => composeLetter({ ...letter, ...one }), Error, JSON.stringify(one));
  }
});

test("fields that the letter sets itself cannot be set again", () => {
  for (const name of ["From", "BCC", "Content-Type", "DKIM-Signature", "X Y", "X:", ""])
    assert.throws(() => composeLetter({ ...letter, headers: { [name]: "x" } }));
  const { head } = splitMessage(composeLetter({ ...letter, headers: { "Auto-Submitted": "auto-generated" } }));
  assert.equal(first(readHeader(head), "auto-submitted"), "auto-generated");
});

test("a reply names what it answers, the root and the nearest ancestors when there are many", () => {
  const references = Array.from({ length: 60 }, (_, i) => `${i}@far.test`);
  const post = composeLetter({ ...letter, references, inReplyTo: "59@far.test" });
  const fields = readHeader(splitMessage(post).head);
  assert.equal(first(fields, "in-reply-to"), "<59@far.test>");
  const named = first(fields, "references")!.split(/\s+/);
  assert.deepEqual([named.length, named[0], named.at(-1)], [21, "<0@far.test>", "<59@far.test>"]);
});

test("names are written as atoms, quoted strings or encoded words, as they need", () => {
  assert.equal(writtenMailbox({ name: "Ana Lopez", address: "a@b.test" }), "Ana Lopez <a@b.test>");
  assert.equal(writtenMailbox({ name: 'O"Brien, P.', address: "a@b.test" }), '"O\\"Brien, P." <a@b.test>');
  assert.match(writtenMailbox({ name: "Jürgen", address: "a@b.test" }), /^=\?utf-8\?b\?[\w+/=]+\?= <a@b\.test>$/);
  assert.throws(() => writtenMailbox("no address"), /not a mail address/);
});

test("a text part says what it is in", () => {
  assert.match(textPart("plain", "short"), /us-ascii\r\nContent-Transfer-Encoding: 7bit/);
  assert.match(textPart("plain", "x".repeat(100)), /us-ascii\r\nContent-Transfer-Encoding: quoted-printable/);
  assert.match(textPart("plain", "größer als sonst"), /utf-8\r\nContent-Transfer-Encoding: quoted-printable/);
  assert.match(textPart("plain", "日本語"), /utf-8\r\nContent-Transfer-Encoding: base64/);
});
