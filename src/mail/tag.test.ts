import assert from "node:assert/strict";
import { test } from "node:test";
import { type HeaderField, readHeader } from "./header.ts";
import { tagSubject } from "./tag.ts";
import { decodeWords } from "./words.ts";

const field = (text: string): HeaderField => readHeader(Buffer.from(`${text}\r\n`, "latin1"))[0]!;
const tagged = (subject: string, tag = "[readers]"): string =>
  tagSubject(field(`Subject:${subject}`), tag).raw.toString("latin1");

test("the tag stands before the subject, behind the marks of an answer", () => {
  assert.equal(tagged(" Chapter two"), "Subject: [readers] Chapter two\r\n");
  assert.equal(tagged(" Re: Chapter two"), "Subject: Re: [readers] Chapter two\r\n");
  assert.equal(tagged("RE[2]: AW:Chapter  two"), "Subject: RE[2]: AW: [readers] Chapter  two\r\n");
  assert.equal(tagged(" Reading: on"), "Subject: [readers] Reading: on\r\n");
  assert.equal(tagged(""), "Subject: [readers]\r\n");
  assert.equal(tagSubject(undefined, "[readers]").raw.toString(), "Subject: [readers]\r\n");
});

test("it is put once, wherever and in whatever case or encoding it stands already", () => {
  const encoded = `=?utf-8?b?${Buffer.from("Grüße [READERS]").toString("base64")}?=`;
  for (const subject of [
    " [readers] x",
    " Re: [Readers] x",
    " x [readers]",
    ` ${encoded}`,
    " Re: [rea\r\n ders] [readers]",
  ])
    assert.equal(tagged(subject), `Subject:${subject}\r\n`);
  const once = tagSubject(field("Subject: Re: x"), "[readers]");
  assert.equal(tagSubject(once, "[readers]"), once);
});

test("encoded words stay as they are, unless the mark of the answer is inside", () => {
  assert.equal(tagged(" =?iso-8859-1?q?Gr=FC=DFe?="), "Subject: [readers] =?iso-8859-1?q?Gr=FC=DFe?=\r\n");
  const inside = tagged(" =?utf-8?q?Re:_Gr=C3=BC=C3=9Fe?=");
  assert.equal(decodeWords(readHeader(Buffer.from(inside))[0]!.value), "Re: [readers] Grüße");
});

test("a tag beyond ASCII is encoded, and its space is seen before another encoded word", () => {
  for (const subject of [" plain", " =?utf-8?q?Gr=C3=BC=C3=9Fe?=", " Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?="]) {
    const raw = tagged(subject, "[Bücher]");
    assert.match(raw, /^[\x00-\x7f]*$/);
    const shown = decodeWords(readHeader(Buffer.from(raw))[0]!.value);
    assert.equal(shown.replace(/plain|Grüße/, "…"), subject.includes("Re:") ? "Re: [Bücher] …" : "[Bücher] …");
  }
});

test("a subject that gets too long is folded behind the tag, and folds that were there stay", () => {
  assert.equal(tagged(` ${"x".repeat(70)}`), `Subject: [readers]\r\n ${"x".repeat(70)}\r\n`);
  assert.equal(tagged(" one\r\n\ttwo"), "Subject: [readers] one\r\n\ttwo\r\n");
  assert.equal(tagged("\r\n one"), "Subject:\r\n [readers] one\r\n");
});

test("raw 8-bit subjects keep their bytes, and a tag with a line end in it starts no field", () => {
  assert.equal(tagged(" caf\xe9"), "Subject: [readers] caf\xe9\r\n");
  assert.equal(tagged(" x", "[a\r\nBcc: b@c.test]"), "Subject: [a Bcc: b@c.test] x\r\n");
});
