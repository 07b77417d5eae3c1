import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { corpus, without } from "../../test/support/corpora.ts";
import { cloneDatabase } from "../../test/support/database.ts";
import { heldClock } from "../kit/clock.ts";
import { silent as log } from "../kit/log.ts";
import type { Protection, Session } from "./protection.ts";
import { tlsReport } from "./report.ts";
import { counter, countsFor, forgetResults } from "./results.ts";

const lines = ["version: STSv1", "mode: enforce", "mx: mx.far.test", "max_age: 86400"];
const sts: Protection = {
  domain: "far.test",
  rule: { kind: "sts", isEnforced: true },
  policy: { type: "sts", domain: "far.test", lines, hosts: ["mx.far.test"] },
};
const dane: Protection = {
  domain: "far.test",
  rule: { kind: "encrypted" },
  policy: { type: "tlsa", domain: "mx2.far.test", lines: ["_25._tcp.mx2.far.test. IN TLSA 3 1 1 ab"], hosts: [] },
};
const session = (more: Partial<Session> = {}): Session => ({
  ...{ protection: sts, host: "mx.far.test", address: "192.0.2.1", source: "198.51.100.1", result: "ok", reason: "" },
  ...more,
});
const expired = session({ result: "certificate-expired", reason: "CERT_HAS_EXPIRED" });

test("sessions are counted by day, policy, result and hosts, whoever counts them", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-11-24T23:59:00Z"));
  const workers = [1, 2].map(() => counter({ sql: pool, clock, log }));
  for (const worker of workers) {
    for (let i = 0; i < 5; i++) worker.count(session({ address: `192.0.2.${i}` }));
    worker.count(expired);
    worker.count(session({ protection: dane, host: "mx2.far.test", result: "starttls-not-supported" }));
  }
  clock.pass(2 * 60_000);
  workers[0]!.count(session());
  await Promise.all(workers.map((worker) => worker.stop()));
  const counts = await countsFor(pool, "far.test", "2026-11-24");
  assert.deepEqual(
    counts.map(({ policy, result, host, source, sessions }) => [policy.type, result, host, source, sessions]),
    [
      ["sts", "ok", "", "", 10],
      ["sts", "certificate-expired", "mx.far.test", "198.51.100.1", 2],
      ["tlsa", "starttls-not-supported", "mx2.far.test", "198.51.100.1", 2],
    ],
  );
  assert.equal((await countsFor(pool, "far.test", "2026-11-25")).length, 1);
  assert.equal((await countsFor(pool, "other.test", "2026-11-24")).length, 0);
  await forgetResults(pool, new Date("2026-11-25T12:00:00Z"));
  assert.equal((await countsFor(pool, "far.test", "2026-11-24")).length, 0);
  assert.equal((await countsFor(pool, "far.test", "2026-11-25")).length, 1);
});

test("trouble with the policy is counted as what came of the session", async (t) => {
  const { pool } = await cloneDatabase(t);
  const counting = counter({ sql: pool, clock: heldClock(new Date("2026-11-24T12:00:00Z")), log });
  counting.count(session({ protection: { ...sts, trouble: "sts-policy-fetch-error" } }));
  await counting.stop();
  const [count] = await countsFor(pool, "far.test", "2026-11-24");
  assert.deepEqual([count?.result, count?.sessions], ["sts-policy-fetch-error", 1]);
});

test("counts wait in memory while the database is away, and none is lost or counted twice", async (t) => {
  const { pool } = await cloneDatabase(t);
  await pool`alter table tls_results rename to away`;
  const counting = counter({ sql: pool, clock: heldClock(new Date("2026-11-24T12:00:00Z")), log, everyMs: 10 });
  for (let i = 0; i < 3; i++) {
    counting.count(expired);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await pool`alter table away rename to tls_results`;
  await counting.stop();
  const [count] = await countsFor(pool, "far.test", "2026-11-24");
  assert.equal(count?.sessions, 3);
});

const samples = ["rpt01.json", "rpt02.json", "rpt03.json"].map((name) => corpus(`auth/tlsrpt/${name}`));

test("a report has the shape of those that others send", {
  skip: without("auth/tlsrpt"),
}, () => {
  const counts = [
    {
      ...{ day: "2026-11-24", domain: "far.test", policy: sts.policy, result: "ok" as const },
      reason: "",
      source: "",
      host: "",
      address: "",
      sessions: 10,
    },
    {
      ...{ day: "2026-11-24", domain: "far.test", policy: sts.policy, result: "certificate-expired" as const },
      ...{ reason: "CERT_HAS_EXPIRED", source: "198.51.100.1", host: "mx.far.test", address: "192.0.2.1", sessions: 2 },
    },
    {
      ...{ day: "2026-11-24", domain: "far.test", policy: dane.policy, result: "ok" as const },
      reason: "",
      source: "",
      host: "",
      address: "",
      sessions: 1,
    },
  ];
  const report = tlsReport({ domain: "far.test", day: "2026-11-24", ourDomain: "here.test" }, counts);
  assert.deepEqual(report["date-range"], {
    "start-datetime": "2026-11-24T00:00:00Z",
    "end-datetime": "2026-11-24T23:59:59Z",
  });
  assert.deepEqual(
    report.policies.map((one) => [one.policy["policy-type"], one.summary, one["failure-details"]?.length]),
    [
      ["sts", { "total-successful-session-count": 10, "total-failure-session-count": 2 }, 1],
      ["tlsa", { "total-successful-session-count": 1, "total-failure-session-count": 0 }, undefined],
    ],
  );
  const known = new Map(samples.flatMap((file) => [...shapeOf(JSON.parse(readFileSync(file!, "utf8")))]));
  for (const [path, type] of shapeOf(report)) assert.equal(known.get(path), type, `${path} is a ${type} in no sample`);
});

/** Each field that occurs, as "policies[].policy.mx-host[]", with its type. */
function shapeOf(value: unknown, path = ""): Map<string, string> {
  if (Array.isArray(value)) return new Map(value.flatMap((one) => [...shapeOf(one, `${path}[]`)]));
  if (typeof value !== "object" || value === null) return new Map([[path, typeof value]]);
  return new Map(
    Object.entries(value).flatMap(([key, one]) => [...shapeOf(one, path === "" ? key : `${path}.${key}`)]),
  );
}
