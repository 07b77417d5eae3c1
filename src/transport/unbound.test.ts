import assert from "node:assert/strict";
import { test } from "node:test";
import { signedZone, type ZoneRecord } from "../../test/support/signed-zone.ts";
import { startUnbound, withoutUnbound } from "../../test/support/unbound.ts";
import { nodeClock } from "../kit/clock.ts";
import { codeOf } from "../kit/errors.ts";
import { validatingDns } from "./dns.ts";

const certificate = Buffer.alloc(32, 7);

const recordsOf = (zone: string): ZoneRecord[] => [
  { name: zone, type: "MX", data: { preference: 10, exchange: `mx.${zone}` } },
  { name: `mx.${zone}`, type: "A", data: "192.0.2.1" },
  {
    name: `_25._tcp.mx.${zone}`,
    type: "TLSA",
    data: { usage: 3, selector: 1, matchingType: 1, certificate },
  },
  { name: `bad.${zone}`, type: "A", data: "192.0.2.66" },
];

test("a real resolver's word on what it has validated is heard", { skip: withoutUnbound }, async (t) => {
  const now = nodeClock().now();
  const far = signedZone("far.test", recordsOf("far.test"), now, ["bad.far.test"]);
  const plain = signedZone("plain.test", recordsOf("plain.test"), now);
  const server = await startUnbound(t, [
    { zone: "far.test", ...far },
    { zone: "plain.test", text: plain.text },
  ]);
  const dns = validatingDns(server);
  const codeOfRejection = (work: Promise<unknown>): Promise<unknown> => work.then(() => "found", codeOf);

  const mx = await dns.mx("far.test");
  assert.deepEqual(mx, { records: [{ exchange: "mx.far.test", priority: 10 }], isSecure: true, name: "far.test" });
  assert.equal((await dns.a("mx.far.test")).isSecure, true);
  const tlsa = await dns.tlsa("_25._tcp.mx.far.test");
  assert.deepEqual(tlsa.records, [{ usage: 3, selector: 1, matching: 1, data: certificate }]);
  assert.equal(tlsa.isSecure, true);

  // Denied, with proof: no AAAA here, no such name there.
  assert.equal(await codeOfRejection(dns.aaaa("mx.far.test")), "ENODATA");
  assert.equal(await codeOfRejection(dns.tlsa("_25._tcp.other.far.test")), "ENOTFOUND");
  // A signature that is wrong is no answer at all.
  assert.equal(await codeOfRejection(dns.a("bad.far.test")), "ESERVFAIL");

  const insecure = await dns.tlsa("_25._tcp.mx.plain.test");
  assert.deepEqual([insecure.records.length, insecure.isSecure], [1, false]);
});
