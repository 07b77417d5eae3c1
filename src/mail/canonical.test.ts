import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bodyHash, relaxedBody, relaxedField } from "./canonical.ts";

const corpus = join(import.meta.dirname, "../../../shared/corpora/auth/dkim");
const body = (text: string): string => relaxedBody(Buffer.from(text, "latin1")).toString("latin1");
const field = (text: string): string => relaxedField(Buffer.from(text, "latin1"));

test("the example of RFC 6376 3.4.5 comes out as it is printed there", () => {
  assert.equal(field("A: X\r\n"), "a:X\r\n");
  assert.equal(field("B : Y\t\r\n\tZ  \r\n"), "b:Y Z\r\n");
  assert.equal(body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
});

test("an empty body, a body of blank lines, and a last line without an end", () => {
  assert.equal(body(""), "");
  assert.equal(body("\r\n\r\n \t\r\n"), "");
  assert.equal(body("a"), "a\r\n");
  assert.equal(body("a \t"), "a\r\n");
  assert.equal(body("\r\n\r\na\r\n \r\nb"), "\r\n\r\na\r\n\r\nb\r\n");
  assert.equal(body("a\nb\n\n"), "a\r\nb\r\n");
  assert.equal(body(`${"\n".repeat(50)}a`), `${"\r\n".repeat(50)}a\r\n`);
  // The hash of the empty body, printed in RFC 6376 3.4.4
  assert.equal(bodyHash(Buffer.alloc(0)), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
});

test("bytes above 0x7f stay as they are and only ASCII letters of a name are lowered", () => {
  assert.equal(field("SUBJECT:\xa0\xc4 x\xa0\r\n"), "subject:\xa0\xc4 x\xa0\r\n");
  assert.equal(field("X-\xc4: y\r\n"), "x-\xc4:y\r\n");
});

test("a megabyte of white space is squeezed in one pass", () => {
  assert.equal(field(`X: a${" \t".repeat(500_000)}b\r\n`), "x:a b\r\n");
  assert.equal(body(`a${" \t".repeat(500_000)}b${"\r\n ".repeat(300_000)}`), "a b\r\n");
});

test("the body hashes of signed mail in the wild are found again", (t) => {
  if (!existsSync(corpus)) return t.skip("../shared/corpora is not here");
  const files = ["dkimpy/rfc6376.signed.msg", "dkimpy/rfc6376.signed.rsa.msg", "dkimpy/ed25519test.msg"];
  for (const n of ["001", "002", "003", "004", "005", "006"]) files.push(`stalwart/${n}.txt`);
  let checked = 0;
  for (const file of files) {
    let raw = readFileSync(join(corpus, file)).toString("latin1").replace(/\r?\n/g, "\r\n");
    if (file.startsWith("stalwart")) raw = raw.slice(raw.indexOf("\r\n\r\n") + 4);
    const split = raw.indexOf("\r\n\r\n");
    const head = raw.slice(0, split).replace(/\r\n[ \t]+/g, " ");
    for (const signature of head.matchAll(/^dkim-signature:(.*)$/gim)) {
      const tags = new Map(
        signature[1]!
          .split(";")
          .map((tag) => /^\s*(\w+)\s*=\s*(.*)$/.exec(tag)?.slice(1) as [string, string] | undefined)
          .filter((tag) => tag !== undefined),
      );
      if (!/\/relaxed$/.test((tags.get("c") ?? "").trim()) || !/sha256/.test(tags.get("a") ?? "") || tags.has("l"))
        continue;
      assert.equal(bodyHash(Buffer.from(raw.slice(split + 4), "latin1")), tags.get("bh")!.replace(/\s+/g, ""), file);
      checked += 1;
    }
  }
  assert.ok(checked >= 3, `only ${checked} signatures were of this kind`);
});
