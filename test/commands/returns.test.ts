import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bare, oneLine, runHere } from "./run.ts";

const sample = (name: string): string => fileURLToPath(new URL(`../mail/returns/${name}.eml`, import.meta.url));

test("a returned mail is told as what it is taken for, without a database", async () => {
  const file = sample("report-with-two-recipients");
  const { code, out } = await runHere(["returns", "read", file, "--json"], bare());
  assert.equal(code, 0);
  const [answer, ...others] = JSON.parse(out) as { file: string; kind: string; recipients: object[] }[];
  assert.deepEqual(others, []);
  assert.deepEqual([answer?.file, answer?.kind], [file, "bounce"]);
  assert.partialDeepStrictEqual(answer?.recipients, [
    { address: "ana@far.test", class: "permanent", status: "5.1.1", isDelayed: false },
    { address: "ben@far.test", class: "temporary", status: "4.2.2", reason: "The mailbox is full." },
  ]);
  const page = await runHere(["returns", "read", file], bare());
  assert.match(page.out, /^a bounce/m);
  assert.match(page.out, /^ben@far\.test: temporary, 4\.2\.2\. The mailbox is full\.$/m);
});

test("what can't be read is named, and the other files are read all the same", async () => {
  const files = [sample("complaint"), join("/nowhere", "a.eml"), sample("away-on-holiday")];
  const result = await runHere(["returns", "read", ...files, "--json"], bare());
  assert.equal(result.code, 1);
  const kinds = (JSON.parse(result.out) as { kind: string }[]).map((one) => one.kind);
  assert.deepEqual(kinds, ["complaint", "auto-reply"]);
  assert.match(result.err, /There is no file \/nowhere\/a\.eml/);
  assert.match(oneLine(await runHere(["returns", "read", "/nowhere/a.eml"], bare())), /There is no file/);
});
