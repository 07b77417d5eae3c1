import assert from "node:assert/strict";
import { randomBytes, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { authority, certificateFor, tlsaOf } from "../../test/support/authority.ts";
import { TEST_CERTIFICATE } from "../../test/support/certificate.ts";
import { proveByDane } from "./dane.ts";
import { publicKeyInfo } from "./der.ts";
import { certificateIn, fits, type Tlsa, usable } from "./tlsa.ts";

const record = (usage: number, selector: number, matching: number, size?: number): Tlsa => ({
  ...{ usage, selector, matching },
  data: Buffer.alloc(size ?? [20, 32, 64][matching] ?? 20),
});
const text = ({ usage, selector, matching }: Tlsa): string => `${usage} ${selector} ${matching}`;

test("records of other usages, of kinds to come, or of a wrong length can't be used", () => {
  const good = [record(3, 1, 1), record(2, 0, 1), record(3, 0, 0)];
  const bad = [
    ...[record(0, 1, 1), record(1, 1, 1), record(255, 1, 1)],
    ...[record(3, 2, 1), record(3, 1, 3, 32)],
    ...[record(3, 1, 1, 31), record(3, 1, 2, 32), record(3, 1, 0, 0), record(3, 1, 0, 16 * 1024 + 1)],
  ];
  assert.deepEqual(usable([...bad, ...good]).map(text), good.map(text));
});

test("of two digests of the same thing the stronger counts alone, so that the weaker can't be used against it", () => {
  const records = [record(3, 1, 1), record(3, 1, 2), record(3, 0, 1), record(2, 1, 1), record(3, 1, 0)];
  assert.deepEqual(usable(records).map(text), ["3 1 2", "3 0 1", "2 1 1", "3 1 0"]);
});

test("a flood of records is bounded", () => {
  assert.equal(usable(Array.from({ length: 5000 }, () => record(3, 1, 1))).length, 32);
});

test("a record fits the certificate and key it was made from, and no other", () => {
  const root = authority("Test Root");
  const one = new X509Certificate(certificateFor(["mx.far.test"], root).cert);
  const other = new X509Certificate(certificateFor(["mx.far.test"], root).cert);
  for (const selector of [0, 1])
    for (const matching of [0, 1, 2]) {
      const made = tlsaOf(one.toString(), 3, selector, matching);
      assert.equal(fits(made, one), true, text(made));
      assert.equal(fits(made, other), false, text(made));
    }
});

test("the public key is taken from a certificate as it stands there", () => {
  const certificate = new X509Certificate(TEST_CERTIFICATE.cert);
  const expected = certificate.publicKey.export({ type: "spki", format: "der" });
  assert.deepEqual(publicKeyInfo(certificate.raw), expected);
});

test("bytes that are no certificate have no key, and no certificate in them", () => {
  const whole = new X509Certificate(TEST_CERTIFICATE.cert).raw;
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from([0x30]),
    Buffer.from([0x30, 0x84, 255, 255, 255, 255]),
    randomBytes(500),
  ])
    assert.equal(publicKeyInfo(bytes), undefined);
  for (let length = 0; length < whole.length; length++)
    assert.equal(publicKeyInfo(whole.subarray(0, length)), undefined);
  for (let i = 0; i < 5000; i++) {
    const bytes = Buffer.from(whole);
    for (let changes = 0; changes < 3; changes++)
      bytes[(i * 31 + changes * 97) % bytes.length] = (i * 7 + changes) % 256;
    const key = publicKeyInfo(bytes);
    assert.ok(key === undefined || key.length <= bytes.length);
  }
  assert.equal(certificateIn({ usage: 2, selector: 0, matching: 0, data: randomBytes(300) }), undefined);
});

test("whatever a far side shows and a record holds, there is an answer and no exception", () => {
  const root = authority("Test Root");
  const shown = new X509Certificate(certificateFor(["mx.far.test"], root).cert).raw;
  const above = new X509Certificate(root.cert).raw;
  const now = new Date("2026-11-24T12:00:00Z");
  const anchors = [tlsaOf(root.cert, 2, 0, 1), record(2, 1, 0, 91), record(2, 0, 0, 300)];
  const prove = (chain: Buffer[]) =>
    proveByDane("mx.far.test", { names: ["mx.far.test"], records: anchors }, chain, now);
  assert.equal(prove([shown, above]).isGood, true);
  let proved = 0;
  for (let i = 0; i < 2000; i++) {
    const chain = [Buffer.from(shown), Buffer.from(above)];
    const bytes = chain[i % 2]!;
    bytes[(i * 31) % bytes.length]! ^= 1 << (i % 8);
    if (prove(chain).isGood) proved += 1;
  }
  assert.equal(proved, 0, "a certificate with a changed bit proves nothing");
  assert.equal(prove([]).isGood, false);
  assert.equal(prove([Buffer.alloc(3)]).isGood, false);
});

test("a chain of signatures longer than any real one is not followed to its end", () => {
  let above = authority("Top");
  const top = above;
  const chain: Buffer[] = [];
  for (let i = 0; i < 12; i++) {
    above = authority(`Middle ${i}`, above);
    chain.unshift(new X509Certificate(above.cert).raw);
  }
  const own = new X509Certificate(certificateFor(["mx.far.test"], above).cert).raw;
  const rule = { names: ["mx.far.test"], records: [tlsaOf(top.cert, 2, 0, 1)] };
  const shown = [own, ...chain, new X509Certificate(top.cert).raw];
  assert.equal(proveByDane("mx.far.test", rule, shown, new Date("2026-11-24T12:00:00Z")).isGood, false);
});
