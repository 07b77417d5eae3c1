import assert from "node:assert/strict";
import { test } from "node:test";
import { heldClock } from "../kit/clock.ts";
import type { Found } from "./dns.ts";
import { type Protection, policyKey } from "./protection.ts";
import { protections } from "./protections.ts";
import { readPolicy, type StsPolicy } from "./sts.ts";
import type { StsAnswer } from "./sts-cache.ts";
import type { Tlsa } from "./tlsa.ts";

const record: Tlsa = { usage: 3, selector: 1, matching: 1, data: Buffer.alloc(32, 1) };
const anchor: Tlsa = { usage: 2, selector: 1, matching: 1, data: Buffer.alloc(32, 2) };
const unusable: Tlsa = { usage: 1, selector: 1, matching: 1, data: Buffer.alloc(32, 3) };

type World = { sts?: StsAnswer; tlsa?: Record<string, Tlsa[] | "insecure" | "broken"> };

const stsOf = (mode: string, mx = "mx.far.test"): StsAnswer => ({
  policy: {
    ...(readPolicy(`version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 86400`) as StsPolicy),
    ...{ recordId: "1", fetchedAt: new Date(0), expiresAt: new Date(0) },
  },
});

async function protectionOf(world: World, secure?: { name: string }, host = "mx.far.test"): Promise<Protection> {
  const coded = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
  const all = protections({
    clock: heldClock(new Date(0)),
    dns: {
      txt: async () => [],
      tlsa: (name): Promise<Found<Tlsa>> => {
        const found = world.tlsa?.[name];
        if (found === undefined) return coded("ENODATA");
        if (found === "broken") return coded("ESERVFAIL");
        const isSecure = found !== "insecure";
        return Promise.resolve({ records: isSecure ? found : [record], isSecure, name });
      },
    },
    cache: { policyOf: async () => world.sts ?? { policy: undefined }, stop: async () => undefined },
  });
  const [first] = await all.of("far.test", [{ host, port: 25, ...(secure && { secure }) }]);
  return first!;
}

const secure = { name: "mx.far.test" };
const at = "_25._tcp.mx.far.test";

test("without any policy, any TLS will do", async () => {
  const { rule, policy, trouble } = await protectionOf({}, secure);
  assert.deepEqual([rule, policy.type, trouble], [{ kind: "any" }, "no-policy-found", undefined]);
});

test("DANE comes before MTA-STS, and only where all of the way was validated", async () => {
  const world: World = { sts: stsOf("enforce"), tlsa: { [at]: [record] } };
  const dane = await protectionOf(world, secure);
  assert.deepEqual(dane.rule, {
    kind: "dane",
    base: "mx.far.test",
    names: ["mx.far.test", "far.test"],
    records: [record],
  });
  assert.deepEqual(dane.policy, {
    type: "tlsa",
    domain: "mx.far.test",
    lines: [`${at}. IN TLSA 3 1 1 ${"01".repeat(32)}`],
    hosts: [],
  });
  assert.deepEqual((await protectionOf(world)).rule, { kind: "sts", isEnforced: true });
  assert.deepEqual((await protectionOf({ ...world, tlsa: { [at]: "insecure" } }, secure)).rule.kind, "sts");
});

test("TLSA records that can't be read stop mail by that host, whatever MTA-STS says", async () => {
  const broken = await protectionOf({ sts: stsOf("testing"), tlsa: { [at]: "broken" } }, secure);
  assert.equal(broken.rule.kind, "refused");
  assert.equal(broken.trouble, "dnssec-invalid");
});

test("TLSA records of which none can be used ask for TLS all the same", async () => {
  const { rule, policy } = await protectionOf({ tlsa: { [at]: [unusable] } }, secure);
  assert.deepEqual([rule.kind, policy.type], ["encrypted", "tlsa"]);
  const some = await protectionOf({ tlsa: { [at]: [unusable, record] } }, secure);
  assert.deepEqual(some.rule.kind === "dane" && some.rule.records, [record]);
});

test("behind an alias the records of its end count, and else those of its beginning", async () => {
  const end = { name: "real.host.test" };
  const both = { [at]: [anchor], "_25._tcp.real.host.test": [record] };
  const first = (await protectionOf({ tlsa: both }, end)).rule;
  assert.deepEqual(first.kind === "dane" && first.base, "real.host.test");
  const second = (await protectionOf({ tlsa: { [at]: [anchor] } }, end)).rule;
  assert.deepEqual(second.kind === "dane" && second.base, "mx.far.test");
});

test("a host that the policy does not name gets no mail when it is enforced, and is counted when it is tested", async () => {
  const enforced = await protectionOf({ sts: stsOf("enforce", "mx.elsewhere.test") });
  assert.equal(enforced.rule.kind, "refused");
  assert.match(
    enforced.rule.kind === "refused" ? enforced.rule.text : "",
    /policy of far\.test does not name the host mx\.far\.test/,
  );
  const tested = await protectionOf({ sts: stsOf("testing", "mx.elsewhere.test") });
  assert.deepEqual([tested.rule.kind, tested.trouble, tested.policy.type], ["any", "validation-failure", "sts"]);
});

test("a policy that can't be had is trouble of the domain's, and stops nothing", async () => {
  const { rule, policy, trouble } = await protectionOf({
    sts: { policy: undefined, trouble: "sts-policy-fetch-error" },
  });
  assert.deepEqual([rule.kind, policy.type, trouble], ["any", "sts", "sts-policy-fetch-error"]);
});

test("connections are shared where the same is proved, and only there", async () => {
  const key = async (world: World, where?: { name: string }, host?: string): Promise<string> =>
    policyKey({ host: host ?? "mx.far.test", tls: await protectionOf(world, where, host) });
  const none = await key({});
  assert.equal(policyKey({ host: "mx.far.test" }), none);
  assert.equal(await key({ sts: stsOf("testing") }), none, "what is only tested is as good as anything");
  const sts = await key({ sts: stsOf("enforce") });
  const dane = await key({ tlsa: { [at]: [record] } }, secure);
  const other = await key({ tlsa: { [at]: [{ ...record, data: Buffer.alloc(32, 9) }] } }, secure);
  const anchored = await key({ tlsa: { [at]: [anchor] } }, secure);
  const encrypted = await key({ tlsa: { [at]: [unusable] } }, secure);
  assert.equal(new Set([none, sts, dane, other, anchored, encrypted]).size, 6);
  assert.equal(await key({ sts: stsOf("enforce", "*.far.test") }), sts, "another policy for the same host");
});
