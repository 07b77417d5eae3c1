import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { openToken, sealToken } from "./token.ts";

const secret = Buffer.from("a secret of this node, 32 bytes.");

test("a token opens to the payload that went in, whatever case the far side made of it", () => {
  for (let size = 0; size <= 40; size += 1) {
    const payload = randomBytes(size);
    const token = sealToken(secret, "return", payload);
    assert.match(token, /^[a-z2-7]+$/);
    assert.deepEqual(openToken(secret, "return", token), payload);
    assert.deepEqual(openToken(secret, "return", token.toUpperCase()), payload);
  }
});

test("a return path of a membership and a post number fits the 64 octets of a local part", () => {
  const token = sealToken(secret, "return", Buffer.alloc(20, 0xff));
  assert.ok(`bounce+${token}`.length <= 64, token);
});

test("a token of another kind, another secret, or changed in any letter does not open", () => {
  const payload = randomBytes(20);
  const token = sealToken(secret, "return", payload);
  assert.equal(openToken(secret, "leave", token), undefined);
  assert.equal(openToken(Buffer.from("another"), "return", token), undefined);
  for (let i = 0; i < token.length; i += 1) {
    const other = token[i] === "a" ? "b" : "a";
    assert.equal(openToken(secret, "return", token.slice(0, i) + other + token.slice(i + 1)), undefined);
  }
});

test("foreign text is no token", () => {
  for (const text of ["", "a", "1", "0".repeat(40), "é".repeat(30), "a".repeat(100_000), "aa aa", "bounce+x"])
    assert.equal(openToken(secret, "return", text), undefined, text.slice(0, 20));
  const token = sealToken(secret, "leave", Buffer.alloc(16));
  for (const text of [`${token}a`, token.slice(0, -1), ` ${token}`, `${token}=`])
    assert.equal(openToken(secret, "leave", text), undefined, text);
});
