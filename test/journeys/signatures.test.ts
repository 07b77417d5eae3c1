import assert from "node:assert/strict";
import { test } from "node:test";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import * as keys from "../../src/keys/keys.ts";
import { dnsRecord } from "../../src/mail/dkim.ts";
import { startNode } from "../support/node.ts";

/** What a receiver makes of the copy's own signatures, with the records that `doctor` tells to publish. */
async function verdictsOf(t: Parameters<typeof startNode>[0], environment: Record<string, string>): Promise<string[]> {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], environment });
  await node.post({ from: "ana@far.test" });
  await node.quiet();
  const { published } = await keys.serviceKeys(node.pool, node.domain, node.clock, node.config);
  const records = published.map(({ selector, publicKey }) => dnsRecord(selector, node.domain, publicKey));
  const resolver = async (name: string): Promise<string[][]> => {
    const found = records.find((one) => one.name === name);
    if (!found) throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    return [found.value];
  };
  const { results } = await dkimVerify(node.farSide.mailFor("ben@far.test")!.raw, { resolver });
  return results.map((one) => `${one.algo} ${one.status.result}`);
}

test("a copy carries one signature, which every receiver can verify", async (t) => {
  assert.deepEqual(await verdictsOf(t, {}), ["rsa-sha256 pass"]);
});

test("an operator may have copies signed with Ed25519 as well", async (t) => {
  assert.deepEqual(await verdictsOf(t, { SMARTGROUPS_ED25519: "yes" }), ["rsa-sha256 pass", "ed25519-sha256 pass"]);
});
