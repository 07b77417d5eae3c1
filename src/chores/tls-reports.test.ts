import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { corpus, without } from "../../test/support/corpora.ts";
import { cloneDatabase } from "../../test/support/database.ts";
import { DAY, heldClock } from "../kit/clock.ts";
import { silent } from "../kit/log.ts";
import { first, readHeader, splitMessage } from "../mail/header.ts";
import * as transport from "../transport/transport.ts";
import { sendTlsReports } from "./tls-reports.ts";

const records: Record<string, string> = {
  "_smtp._tls.far.test": "v=TLSRPTv1; rua=mailto:tls@far.test,https://far.test/report",
  "_smtp._tls.none.test": "v=TLSRPTv1; rua=https://none.test/report",
};

async function world(t: Parameters<typeof cloneDatabase>[0], domains: string[]) {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-11-24T12:00:00Z"));
  const counting = transport.counter({ sql: pool, clock, log: silent });
  for (const domain of domains) {
    const policy = { type: "no-policy-found" as const, domain, lines: [], hosts: [] };
    const protection = { domain, rule: { kind: "any" as const }, policy };
    counting.count({ protection, host: `mx.${domain}`, address: "192.0.2.1", source: "", result: "ok", reason: "" });
  }
  await counting.stop();
  clock.pass(DAY);
  const asked: string[] = [];
  const dns = {
    txt: async (name: string) => {
      asked.push(name);
      const record = records[name];
      if (record !== undefined) return [record];
      throw Object.assign(new Error(name), { code: name.includes("silent") ? "ETIMEOUT" : "ENOTFOUND" });
    },
  };
  return { pool, clock, asked, send: () => sendTlsReports({ pool, clock, domain: "here.test", dns }) };
}

test("who asks for reports is told once of each day, behind all posts", async (t) => {
  const { pool, clock, asked, send } = await world(t, ["far.test", "none.test", "other.test", "silent.test"]);
  const sent = await Promise.all([send(), send()]);
  assert.deepEqual(sent.sort(), [0, 1], "two nodes send it once");
  asked.length = 0;
  assert.equal(await send(), 0);
  assert.deepEqual(asked, ["_smtp._tls.silent.test"], "only the answer that did not come is asked for again");
  clock.pass(DAY);
  assert.equal(await send(), 0, "nothing was counted on the next day");
  const letters = await pool<{ recipient: string; sender: string; class: number }[]>`
    select recipient, sender, class from letters l join deliveries d on d.item_id = l.id`;
  assert.deepEqual([...letters], [{ recipient: "tls@far.test", sender: "", class: 2 }]);
});

test("a report goes out as the mail that others send", { skip: without("auth/tlsrpt") }, async (t) => {
  const { pool, send } = await world(t, ["far.test"]);
  await send();
  const [letter] = await pool<{ raw: Buffer }[]>`select raw from letters`;
  const ours = splitMessage(letter!.raw);
  const theirs = splitMessage(readFileSync(corpus("auth/tlsrpt/rpt01.eml")!));
  const [our, their] = [readHeader(ours.head), readHeader(theirs.head)];
  for (const name of ["tls-report-domain", "tls-report-submitter", "content-type", "subject"])
    assert.ok(first(our, name) !== undefined && first(their, name) !== undefined, name);
  assert.equal(first(our, "tls-report-domain"), "far.test");
  assert.match(first(our, "content-type")!, /^multipart\/report; report-type="tlsrpt"/);
  const part = /Content-Type: application\/tlsrpt\+gzip[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)\r\n--/;
  const report = JSON.parse(gunzipSync(Buffer.from(part.exec(ours.body.toString())![1]!, "base64")).toString());
  assert.equal(report.policies[0].policy["policy-domain"], "far.test");
  assert.equal(report["date-range"]["start-datetime"], "2026-11-24T00:00:00Z");
});

test("nobody can use us to flood another by naming them for many domains", async (t) => {
  const domains = Array.from({ length: 60 }, (_, i) => `d${i}.test`);
  for (const domain of domains) records[`_smtp._tls.${domain}`] = "v=TLSRPTv1; rua=mailto:victim@other.test";
  const { pool, send } = await world(t, domains);
  await send();
  const [row] = await pool<{ count: number }[]>`select count(*)::int as count from letters`;
  assert.ok(row!.count >= 20 && row!.count <= 40, `${row!.count} letters`);
});

test("addresses are read from the one record there is, and only mail addresses", () => {
  const read = (...texts: string[]): string[] => transport.reportAddresses(texts);
  assert.deepEqual(read("v=TLSRPTv1;rua=mailto:a@far.test"), ["a@far.test"]);
  assert.deepEqual(read("v=TLSRPTv1; rua=mailto:a%2Bb@far.test, mailto:c@far.test!10m;"), [
    "a+b@far.test",
    "c@far.test",
  ]);
  assert.deepEqual(read("v=TLSRPTv1; rua=https://far.test/x"), []);
  assert.deepEqual(read("v=TLSRPTv1; rua=mailto:a@far.test", "v=TLSRPTv1; rua=mailto:b@far.test"), []);
  assert.deepEqual(read("v=spf1 -all", "v=TLSRPTv1; rua=mailto:a@far.test"), ["a@far.test"]);
  assert.deepEqual(read("v=TLSRPTv1; rua=mailto:%0d%0aBcc:x@far.test,mailto:%E0%A4%A,mailto:nobody"), []);
  assert.deepEqual(read(`v=TLSRPTv1; rua=${"mailto:a@far.test,".repeat(500)}`), ["a@far.test"]);
  assert.equal(read(`v=TLSRPTv1; rua=${["a", "b", "c", "d"].map((x) => `mailto:${x}@far.test`).join()}`).length, 2);
});
