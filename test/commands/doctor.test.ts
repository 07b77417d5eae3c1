import assert from "node:assert/strict";
import { test } from "node:test";
import { type Check, checkDns, type Resolver, type Wanted } from "../../src/commands/doctor-dns.ts";
import { forecast } from "../../src/commands/forecast.ts";
import { MINUTE } from "../../src/kit/clock.ts";
import { aService } from "./run.ts";

const WANTED: Wanted = {
  domain: "groups.test",
  hostname: "mx.groups.test",
  dkim: [{ name: "sg1-rsa._domainkey.groups.test", value: ["v=DKIM1; k=rsa; p=AAAA", "BBBB"] }],
};

type Zone = { mx?: string[]; txt?: Record<string, string[][]>; a?: string[]; ptr?: string[]; isDown?: boolean };

function resolver({ mx = [], txt = {}, a = [], ptr = [], isDown = false }: Zone): Resolver {
  const answer = async <T>(found: T[]): Promise<T[]> => {
    if (isDown) throw Object.assign(new Error("timeout"), { code: "ETIMEOUT" });
    if (found.length === 0) throw Object.assign(new Error("none"), { code: "ENOTFOUND" });
    return found;
  };
  return {
    resolveMx: () => answer(mx.map((exchange) => ({ exchange, priority: 10 }))),
    resolveTxt: (name) => answer(txt[name] ?? []),
    resolve4: () => answer(a),
    resolve6: () => answer([]),
    reverse: () => answer(ptr),
  };
}

const RIGHT: Zone = {
  mx: ["MX.groups.test."],
  a: ["192.0.2.1"],
  ptr: ["mx.groups.test"],
  txt: {
    "groups.test": [["v=spf1 mx -all"], ["other=1"]],
    "sg1-rsa._domainkey.groups.test": [["v=DKIM1; k=rsa; p=AAAA", "BBBB"]],
    "_dmarc.groups.test": [["v=DMARC1; p=none"]],
    "_smtp._tls.groups.test": [["v=TLSRPTv1; rua=mailto:postmaster@groups.test"]],
  },
};

const verdicts = (checks: Check[]): string[] => checks.map((check) => check.verdict);

test("a domain with everything published is found well", async () => {
  assert.deepEqual([...new Set(verdicts(await checkDns(resolver(RIGHT), WANTED)))], ["ok"]);
});

test("what is missing is named with the record to paste, and only what stops mail is said to", async () => {
  const checks = await checkDns(resolver({}), WANTED);
  assert.deepEqual([...new Set(verdicts(checks))], ["missing"]);
  assert.ok(checks.every((check) => check.record));
  assert.deepEqual(
    checks.filter((check) => check.stopsMail).map((check) => check.what),
    ["address of this machine", "MX"],
  );
  assert.ok(
    checks.some((check) => check.record === 'sg1-rsa._domainkey.groups.test. TXT "v=DKIM1; k=rsa; p=AAAA" "BBBB"'),
  );
});

test("what is wrong is told from what is missing", async () => {
  const txt = {
    "groups.test": [["v=spf1 -all"], ["v=spf1 mx -all"]],
    "sg1-rsa._domainkey.groups.test": [["v=DKIM1; k=rsa; p=CCCC"]],
    "_dmarc.groups.test": [["v=DMARC1; p=none"], ["v=DMARC1; p=reject"]],
    "_smtp._tls.groups.test": [["v=TLSRPTv1; rua=mailto:a@groups.test"], ["v=TLSRPTv1; rua=mailto:b@groups.test"]],
  };
  const checks = await checkDns(resolver({ ...RIGHT, txt, mx: ["elsewhere.test"], ptr: ["host-1.isp.test"] }), WANTED);
  assert.deepEqual(verdicts(checks), ["ok", "wrong", "wrong", "wrong", "wrong", "wrong", "wrong"]);
});

test("DNS that does not answer is no verdict about the domain", async () => {
  const checks = await checkDns(resolver({ isDown: true }), WANTED);
  assert.deepEqual([...new Set(verdicts(checks))], ["unknown"]);
  assert.ok(checks.every((check) => !check.stopsMail));
});

test("doctor without a domain finds nothing that stops mail, and says what is not set", async (t) => {
  const service = await aService(t);
  const environment = {
    ...service.environment,
    SMARTGROUPS_DOMAIN: "localhost.test",
    SMARTGROUPS_DATA: service.directory,
  };
  const { runCommand } = await import("./run.ts");
  const { code, out } = await runCommand(["doctor", "--json"], environment);
  assert.equal(code, 0);
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] };
  assert.equal(ok, true);
  assert.equal(checks.find((check) => check.what === "domain")?.verdict, "missing");
  assert.equal(
    checks.find((check) => check.what === "durability")?.verdict,
    "wrong",
    "the test server runs without fsync",
  );
});

const now = new Date("2026-01-01T00:00:00Z");

test("a forecast is a range around the last rate, and no shorter than the far side's own pauses", () => {
  const prospects = { waiting: 6000, held: 0, lastDue: null, sentPerSecond: 10, workers: 2 };
  assert.deepEqual(forecast(prospects, now), {
    kind: "range",
    from: new Date(now.getTime() + (400 / 60) * MINUTE),
    to: new Date(now.getTime() + 20 * MINUTE),
  });
  const lastDue = new Date(now.getTime() + 60 * MINUTE);
  assert.partialDeepStrictEqual(forecast({ ...prospects, lastDue }, now), { to: lastDue });
});

test("where nobody can know, the forecast says why", () => {
  const stuck = { waiting: 5, held: 0, lastDue: null, sentPerSecond: 0, workers: 1 };
  assert.deepEqual(forecast({ ...stuck, waiting: 0 }, now), { kind: "empty" });
  assert.partialDeepStrictEqual(forecast(stuck, now), { kind: "unknown" });
  assert.partialDeepStrictEqual(forecast({ ...stuck, waiting: 0, held: 3 }, now), {
    because: "what waits is held by the operator",
  });
});
