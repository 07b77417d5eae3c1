import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { selfSigned } from "./certificate.ts";

test("the certificate made at first start is one that OpenSSL reads, for this host and this key", () => {
  const { key, cert } = selfSigned("groups.test", new Date("2026-03-01T10:00:00Z"));
  const read = new X509Certificate(cert);
  assert.equal(read.checkHost("groups.test"), "groups.test");
  assert.equal(read.verify(read.publicKey), true);
  assert.equal(read.checkPrivateKey(createPrivateKey(key)), true);
  assert.equal(new Date(read.validFrom).toISOString(), "2026-02-28T10:00:00.000Z");
  assert.equal(new Date(read.validTo).getUTCFullYear(), 2036);
});
