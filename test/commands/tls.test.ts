import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Answer } from "dns-packet";
import { checkTls } from "../../src/commands/doctor-tls.ts";
import { heldClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import * as transport from "../../src/transport/transport.ts";
import { authority, certificateFor, tlsaOf } from "../support/authority.ts";
import { startNameServer } from "../support/name-server.ts";
import { aService, type Service } from "./run.ts";

const protection: transport.Protection = {
  domain: "far.test",
  rule: { kind: "sts", isEnforced: true },
  policy: { type: "sts", domain: "far.test", lines: ["version: STSv1", "mode: enforce"], hosts: ["mx.far.test"] },
};

async function serviceWithCounts(t: TestContext): Promise<Service> {
  const service = await aService(t);
  const counting = transport.counter({
    sql: service.pool,
    clock: heldClock(new Date("2026-11-23T10:00:00Z")),
    log: silent,
  });
  const session = { protection, host: "mx.far.test", address: "192.0.2.1", source: "198.51.100.1" };
  for (let i = 0; i < 3; i++) counting.count({ ...session, result: "ok", reason: "" });
  counting.count({ ...session, result: "certificate-expired", reason: "CERT_HAS_EXPIRED" });
  await counting.stop();
  return service;
}

test("a day's sessions are listed and reported, for people and for programs", async (t) => {
  const service = await serviceWithCounts(t);
  const day = ["--day", "2026-11-23"];
  assert.deepEqual(await service.json(["tls", "list", ...day]), [
    { domain: "far.test", policy: "sts", sessions: 4, failed: 1 },
  ]);
  assert.match(await service.must(["tls", "list", ...day]), /far\.test +sts +4 +1/);
  assert.match(await service.must(["tls", "list"]), /No session was counted/);
  const report = await service.json<transport.TlsReport>(["tls", "report", "FAR.test", ...day]);
  assert.equal(report["organization-name"], "groups.test");
  assert.deepEqual(report.policies[0]?.summary, {
    "total-successful-session-count": 3,
    "total-failure-session-count": 1,
  });
  const printed = await service.must(["tls", "report", "far.test", ...day]);
  assert.match(printed, /sts of far\.test: 3 good sessions, 1 failed/);
  assert.match(printed, /1 × certificate-expired mx\.far\.test CERT_HAS_EXPIRED/);
});

test("what can't be reported is refused in a line", async (t) => {
  const service = await serviceWithCounts(t);
  assert.match(await service.refused(["tls", "report", "other.test"]), /No session with other\.test was counted on 20/);
  assert.match(await service.refused(["tls", "report", "far.test", "--day", "2026-02-30"]), /not a day/);
  assert.match(await service.refused(["tls", "report", "a b"]), /not a domain/);
});

const { cert } = certificateFor(["mx.groups.test"], authority("Test Root"));
const other = certificateFor(["mx.groups.test"], authority("Test Root")).cert;
const soa = { mname: "a.root", rname: "b.root", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 };

async function verdicts(t: TestContext, zone: { isSecure: boolean; published?: string }): Promise<string[]> {
  const records = (name: string, type: string): Answer[] => {
    if (type === "SOA") return [{ type, name, data: soa }];
    if (type === "A") return [{ type, name, data: "192.0.2.1" }];
    if (type !== "TLSA" || !zone.published) return [];
    const { matching, data, ...rest } = tlsaOf(zone.published, 3, 1, 1);
    return [{ type, name, data: { ...rest, matchingType: matching, certificate: data } }];
  };
  const resolver = await startNameServer(t, ({ name, type }) => ({
    answers: records(name, type),
    isSecure: zone.isSecure,
  }));
  const checks = await checkTls({ resolver, hostname: "mx.groups.test", cert });
  return checks.map(({ what, verdict, stopsMail, record }) =>
    [what, verdict, stopsMail ? "stops mail" : "", record ?? ""].join(" ").trim(),
  );
}

test("doctor says whether the resolver validates, and whether our TLSA records fit", async (t) => {
  const record = `_25._tcp.mx.groups.test. TLSA 3 1 1 ${tlsaOf(cert, 3, 1, 1).data.toString("hex")}`;
  assert.deepEqual(await verdicts(t, { isSecure: false }), ["resolver wrong"]);
  assert.deepEqual(await verdicts(t, { isSecure: true }), ["resolver ok", `TLSA missing  ${record}`]);
  assert.deepEqual(await verdicts(t, { isSecure: true, published: cert }), ["resolver ok", "TLSA ok"]);
  assert.deepEqual(await verdicts(t, { isSecure: true, published: other }), [
    "resolver ok",
    `TLSA wrong stops mail ${record}`,
  ]);
  const [unset] = await checkTls({ resolver: "", hostname: "mx.groups.test", cert });
  assert.deepEqual([unset?.verdict, unset?.stopsMail], ["missing", false]);
});
