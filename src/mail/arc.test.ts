import assert from "node:assert/strict";
import { test } from "node:test";
import type { ARCData } from "mailauth";
import { arc } from "mailauth/lib/arc/index.js";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { type ChainState, sealArc } from "./arc.ts";
import { bodyHash } from "./canonical.ts";
import { dkimKey, dnsRecord, generateKeys, signWhole } from "./dkim.ts";
import { readHeader, splitMessage } from "./header.ts";

const generated = generateKeys();
const record = dnsRecord("r1", "groups.test", generated.rsa.publicKey);
const key = dkimKey(generated.rsa.privateKey, "r1", "groups.test");
const resolver = async (name: string): Promise<string[][]> => {
  if (name !== record.name) throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  return [record.value];
};
const now = new Date("2026-11-23T12:00:00Z");

async function sealed(message: Buffer, chain: ChainState): Promise<Buffer> {
  const { head, body } = splitMessage(message);
  const found = { chain, authservId: "groups.test", results: "spf=pass smtp.mailfrom=ana@far.test; dkim=none" };
  const set = await sealArc(key, { fields: readHeader(head), bodyHash: bodyHash(body) }, found, now);
  return Buffer.concat([...set.map((field) => field.raw), message]);
}

const chainOf = async (message: Buffer): Promise<{ result: string; i: unknown }> => {
  const { arc: data } = await dkimVerify(message, { resolver });
  const { status, i } = await arc(data as ARCData, { resolver });
  return { result: status.result, i };
};

const post = Buffer.from(
  "From: Ana <ana@far.test>\r\nTo: readers@groups.test\r\nSubject: [readers] x\r\nDKIM-Signature: v=1; a=rsa-sha256; d=far.test; s=x; h=from; bh=; b=\r\n\r\nHello \t there\r\n",
);

test("the first set is valid for mailauth, and stays so under our DKIM signatures and personal fields", async () => {
  const one = await sealed(post, "none");
  assert.deepEqual(await chainOf(one), { result: "pass", i: 1 });
  const { head, body } = splitMessage(one);
  const personal = Buffer.from("List-Unsubscribe: <https://groups.test/leave/x>\r\n");
  const copy = Buffer.concat([Buffer.from(await signWhole([key], readHeader(head), body, now)), personal, one]);
  assert.deepEqual(await chainOf(copy), { result: "pass", i: 1 });
});

test("a chain is continued, each set sealing those before it", async () => {
  const three = await sealed(await sealed(await sealed(post, "none"), "pass"), "pass");
  assert.deepEqual(await chainOf(three), { result: "pass", i: 3 });
  assert.match(three.toString(), /^ARC-Seal: i=3; cv=pass/);
  const spoilt = three.toString("latin1").replace("i=1; groups.test;\r\n\tspf=pass", "i=1; groups.test;\r\n\tspf=fail");
  assert.equal((await chainOf(Buffer.from(spoilt, "latin1"))).result, "fail");
});

test("the body or the subject changed after sealing breaks the chain", async () => {
  const one = (await sealed(post, "none")).toString();
  assert.equal((await chainOf(Buffer.from(one.replace("Hello", "Hallo")))).result, "fail");
  assert.equal((await chainOf(Buffer.from(one.replace("[readers] x", "[readers] y")))).result, "fail");
});

test("a broken chain is sealed once as failed and then left alone", async () => {
  const failed = await sealed(await sealed(post, "none"), "fail");
  assert.match(failed.toString(), /^ARC-Seal: i=2; cv=fail/);
  assert.deepEqual(await sealed(failed, "fail"), failed);
});

test("a chain with a hole, a doubled field or an unreadable set is not vouched for, whatever was found", async () => {
  const two = (await sealed(await sealed(post, "none"), "pass")).toString();
  const holed = two.replace(/^ARC-Message-Signature: i=1[\s\S]*?(?=ARC-Authentication)/m, "");
  const doubled = two.replace(/^(ARC-Authentication-Results: i=2[\s\S]*?)(?=ARC-Seal: i=1)/m, "$1$1");
  const odd = `ARC-Seal: i=x; cv=pass\r\n${two}`;
  for (const message of [holed, doubled, odd]) {
    assert.notEqual(message, two);
    assert.match((await sealed(Buffer.from(message), "pass")).toString(), /^ARC-Seal: i=3; cv=fail/);
  }
});

test("there is no fifty-first set", async () => {
  const full = Buffer.concat([Buffer.from("ARC-Seal: i=50; cv=pass; a=rsa-sha256\r\n"), post]);
  assert.deepEqual(await sealed(full, "pass"), full);
});
