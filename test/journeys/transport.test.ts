import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Answer } from "dns-packet";
import * as directory from "../../src/directory/directory.ts";
import { HOUR, MINUTE } from "../../src/kit/clock.ts";
import { readPolicy, type StsPolicy } from "../../src/transport/sts.ts";
import * as transport from "../../src/transport/transport.ts";
import { authority, certificateFor, type HostCertificate, tlsaOf } from "../support/authority.ts";
import type { FarSideOptions } from "../support/far-side.ts";
import { startNameServer } from "../support/name-server.ts";
import { startNode, type TestNode } from "../support/node.ts";

const root = authority("Test Root");
const good = certificateFor(["mx.far.test"], root);
const wrong = certificateFor(["mx.elsewhere.test"], root);

/** What the far domain publishes; `tlsa` for the certificate of its host. */
type Far = { sts?: string; tlsa?: HostCertificate; isBogus?: boolean };

function recordsOf(far: Far, name: string, type: string): Answer[] {
  // Another customer of the same hosts, who asks for nothing.
  if (name === "_mta-sts.near.test") return [];
  if (type === "MX") return [{ type, name, data: { preference: 10, exchange: "mx.far.test" } }];
  if (type === "A") return [{ type, name, data: "127.0.0.1" }];
  if (type === "TXT" && name === "_mta-sts.far.test" && far.sts)
    return [{ type, name, data: [`v=STSv1; id=${far.sts}1;`] }];
  if (type === "TLSA" && far.tlsa) {
    const { matching, data, ...rest } = tlsaOf(far.tlsa.cert, 3, 1, 1);
    return [{ type, name, data: { ...rest, matchingType: matching, certificate: data } }];
  }
  return [];
}

async function nodeTowards(t: TestContext, far: Far, farSide: FarSideOptions): Promise<TestNode> {
  const nameServer = await startNameServer(t, ({ name, type }) => {
    if (type === "TLSA" && far.isBogus) return { rcode: 2 };
    return { answers: recordsOf(far, name, type), isSecure: true };
  });
  return startNode(t, {
    members: ["ana@far.test"],
    farSide,
    transport: {
      nameServer,
      roots: root.cert,
      fetchPolicy: async () => ({
        policy: readPolicy(`version: STSv1\nmode: ${far.sts}\nmx: mx.far.test\nmax_age: 86400`) as StsPolicy,
      }),
    },
  });
}

async function settled(node: TestNode): Promise<{ kind: string; tls: string; reply: string }[]> {
  return node.pool`select kind, tls, reply from settlements order by at, id`;
}

async function counted(node: TestNode): Promise<string[]> {
  await node.stop();
  const counts = await transport.countsFor(node.pool, "far.test", "2026-03-01");
  return counts.map(({ policy, result }) => `${policy.type} ${policy.domain} ${result}`);
}

async function post(node: TestNode, subject = "Chapter two"): Promise<void> {
  await node.post({ from: "ana@far.test", subject });
  await node.quiet();
}

test("a post to a domain with MTA-STS goes out proved, and the log says so", async (t) => {
  const node = await nodeTowards(t, { sts: "enforce" }, { tls: good });
  await post(node);
  assert.equal(node.farSide.mails.length, 1);
  const [row] = await settled(node);
  assert.equal(row?.kind, "sent");
  assert.match(row!.tls, /^TLSv1\.3 \S+, MTA-STS$/);
  assert.deepEqual(await counted(node), ["sts far.test ok"]);
});

test("a post to a domain with DANE goes out proved by it, whatever MTA-STS would say", async (t) => {
  const node = await nodeTowards(t, { sts: "enforce", tlsa: wrong }, { tls: wrong });
  await post(node);
  const [row] = await settled(node);
  assert.match(row!.tls, /^TLSv1\.3 \S+, DANE$/);
  assert.deepEqual(await counted(node), ["tlsa mx.far.test ok"]);
});

for (const [what, far, farSide, reply] of [
  [
    "MTA-STS and the wrong certificate",
    { sts: "enforce" },
    { tls: wrong },
    /certificate of mx\.far\.test is not valid/,
  ],
  ["MTA-STS and no TLS", { sts: "enforce" }, {}, /MTA-STS of far\.test demands TLS/],
  ["DANE and another certificate", { tlsa: good }, { tls: wrong }, /does not fit its TLSA records/],
  ["DANE and no TLS", { tlsa: good }, {}, /DANE of mx\.far\.test demands TLS/],
  ["TLSA records that can't be read", { isBogus: true }, { tls: good }, /TLSA records of mx\.far\.test can't be read/],
] as [string, Far, FarSideOptions, RegExp][]) {
  test(`with ${what} a post waits; nothing of it is said to the far side`, async (t) => {
    const node = await nodeTowards(t, far, farSide);
    await post(node);
    const [row] = await settled(node);
    assert.equal(row?.kind, "later");
    assert.match(row!.reply, reply);
    assert.equal(node.farSide.mails.length, 0);
    assert.ok(!node.farSide.heard.some((line) => /^(MAIL|RCPT|DATA)/.test(line)), node.farSide.heard.join(", "));
    assert.equal((await counted(node)).length, 1);
  });
}

test("while a policy is only tested, and without one, a post goes out in clear as ever", async (t) => {
  for (const far of [{ sts: "testing" }, {}]) {
    const node = await nodeTowards(t, far, {});
    await post(node);
    assert.equal(node.farSide.mails.length, 1);
    assert.deepEqual(await counted(node), [
      far.sts ? "sts far.test starttls-not-supported" : "no-policy-found far.test starttls-not-supported",
    ]);
  }
});

test("the policy outlives a restart and its record: somebody who takes STARTTLS and the record away gets nothing", async (t) => {
  const far: Far = { sts: "enforce" };
  const farSide: FarSideOptions = { tls: good };
  const node = await nodeTowards(t, far, farSide);
  await post(node);
  assert.equal(node.farSide.mails.length, 1);
  delete far.sts;
  delete farSide.tls;
  await node.restart();
  node.clock.pass(10 * MINUTE);
  await node.post({ from: "ana@far.test", subject: "Chapter three" });
  await node.quiet();
  assert.equal(node.farSide.mails.length, 1);
  assert.equal((await settled(node)).at(-1)?.kind, "later");
  farSide.tls = good;
  await node.pass(HOUR);
  assert.equal(node.farSide.mails.length, 2, "and when it is over the post arrives");
});

test("a domain whose hosts do not show what it asks slows down nobody else with the same hosts", async (t) => {
  const node = await nodeTowards(t, { sts: "enforce" }, { tls: wrong });
  for (let i = 1; i <= 8; i++) await post(node, `Chapter ${i}`);
  assert.ok((await settled(node)).length >= 8 && node.farSide.mails.length === 0);
  const near = [{ address: "ben@near.test", name: "" }];
  await directory.addMembers(node.pool, node.group.id, near, "test", node.clock);
  await post(node, "Chapter nine");
  assert.deepEqual(
    node.farSide.mails.map((mail) => mail.to),
    [["ben@near.test"]],
  );
});
