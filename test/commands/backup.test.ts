import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { writeRecords } from "../../src/commands/backup-form.ts";
import { tablesOf } from "../../src/commands/backup-tables.ts";
import type { Pool } from "../../src/db/sql.ts";
import { openLogDay } from "../../src/queue/queue.ts";
import { schemaOf } from "../support/schema.ts";
import { aService, type Service } from "./run.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

async function filled(service: Service): Promise<void> {
  await service.must(["group", "add", "books", "--title", "Bücher\\N"]);
  const members = Array.from({ length: 3000 }, (_, i) => `u${i}@far.test,"Name, ${i}"\n`).join("");
  await service.must(["member", "add", "books", "-"], members);
  const mails = Array.from(
    { length: 30 },
    (_, i) =>
      `From a@far.test Mon Jan  5 10:00:00 2009\nFrom: a@far.test\nSubject: ${i}\n\n${"x\u00ff".repeat(i * 5000)}\n\n`,
  );
  await service.must(["import", "mbox", "books", "-"], Buffer.from(mails.join(""), "latin1"));
  const day = new Date("2026-03-04T12:00:00Z");
  await openLogDay(service.pool, day);
  await service.pool`
    insert into settlements (at, id, delivery_id, item_id, provider, host, source, tls, kind, recipients, code, status, reply)
    values (${day}, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'p', 'h', 's', '', 'sent', '{}', 250, '', 'ok')`;
}

/** Every row of every table, as text. */
async function everything(pool: Pool): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const { table } of await tablesOf(pool)) {
    const [row] = await pool<{ sum: string }[]>`
      select count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' order by t::text)), '') as sum from ${pool(table)} t`;
    all[table] = row!.sum;
  }
  return all;
}

test("a backup restored into an empty service is the same, row by row", async (t) => {
  const [from, to] = [await aService(t), await aService(t)];
  await filled(from);
  const file = join(from.directory, "all.sgb");
  await from.must(["backup", file]);
  assert.equal((await stat(file)).mode & 0o077, 0, "it holds keys: nobody else may read it");
  await to.must(["restore", file]);
  const before = await everything(from.pool);
  assert.ok(before["memberships"]!.startsWith("3000 ") && before["posts"]!.startsWith("30 "));
  assert.deepEqual(await everything(to.pool), before);
  await openLogDay(to.pool, new Date("2026-03-04T12:00:00Z"));
  const [row] = await to.pool<{ name: string }[]>`select tableoid::regclass::text as name from settlements`;
  assert.equal(row!.name, "settlements_20260304", "the log is split by day as it was");
  assert.match(await to.refused(["restore", file]), /This service is not empty/);
  await to.must(["group", "add", "later"]);
  await to.must(["restore", file, "--replace"]);
  assert.deepEqual(await everything(to.pool), before);
});

test("a damaged or foreign backup is refused before anything is changed", async (t) => {
  const service = await aService(t);
  await filled(service);
  const file = join(service.directory, "all.sgb");
  await service.must(["backup", file]);
  const good = await readFile(file);
  const plain = zstdDecompressSync(good);
  const flipped = Buffer.from(plain);
  flipped[plain.indexOf("u1@far.test")] = 0x76;
  const before = await everything(service.pool);
  const bad: [string, Buffer, RegExp][] = [
    ["cut off", good.subarray(0, good.length - 7), /is damaged/],
    ["cut off at a record", zstdCompressSync(plain.subarray(0, plain.lastIndexOf("Z\0\0"))), /its end is missing/],
    ["changed", Buffer.concat([good.subarray(0, 2000), Buffer.from("XX"), good.subarray(2002)]), /is damaged/],
    ["changed and packed again", zstdCompressSync(flipped), /its checksum is wrong/],
    ["with more behind it", zstdCompressSync(Buffer.concat([plain, plain.subarray(21, 60)])), /is damaged/],
    ["something else", Buffer.from("hello\n"), /is not a backup of Smartgroups/],
    ["empty", Buffer.alloc(0), /is not a backup of Smartgroups/],
  ];
  for (const [name, bytes, sentence] of bad) {
    const path = join(service.directory, name);
    await writeFile(path, bytes);
    assert.match(await service.refused(["restore", path, "--replace"]), sentence, name);
  }
  assert.match(await service.refused(["restore", "/no/such.sgb"]), /There is no file/);
  assert.deepEqual(await everything(service.pool), before);
});

test("a backup of a newer version is refused in a sentence", async (t) => {
  const service = await aService(t);
  const header = { version: "99.0.0", madeAt: "2030-01-01", migrations: ["9999_future.sql"], partitions: [] };
  const records = async function* () {
    yield { kind: "H" as const, header };
  };
  const file = join(service.directory, "newer.sgb");
  await writeFile(file, zstdCompressSync(Buffer.concat(await Array.fromAsync(writeRecords(records())))));
  assert.match(await service.refused(["restore", file]), /newer Smartgroups \(99\.0\.0, with 9999_future\.sql\)/);
});

test("a backup of an older version is brought to this one", async (t) => {
  const service = await aService(t);
  const before = await schemaOf(service.pool);
  const header = { version: "0.0.1", madeAt: "2020-01-01", migrations: ["0001_directory.sql"], partitions: [] };
  const records = async function* () {
    yield { kind: "H" as const, header };
  };
  const file = join(service.directory, "older.sgb");
  await writeFile(file, zstdCompressSync(Buffer.concat(await Array.fromAsync(writeRecords(records())))));
  await service.must(["restore", file]);
  assert.equal(await schemaOf(service.pool), before, "the migrations that came since have run");
  await service.must(["group", "add", "books"]);
});

test("while a node is running nothing is restored", async (t) => {
  const service = await aService(t);
  const file = join(service.directory, "all.sgb");
  await service.must(["backup", file]);
  await service.pool`
    insert into workers (id, node, pid, roles, version, started_at, seen_at)
    values (gen_random_uuid(), 'host1', 1, '{intake}', '0', now(), now() + interval '1 minute')`;
  assert.match(await service.refused(["restore", file, "--replace"]), /The node host1 is running: stop all nodes/);
});

test("a backup takes its place whole: over no other file, and on a full disk not at all", async (t) => {
  const service = await aService(t);
  await filled(service);
  const file = join(service.directory, "all.sgb");
  await writeFile(file, "precious");
  assert.match(await service.refused(["backup", file]), /is there already/);
  assert.equal(await readFile(file, "utf8"), "precious");
  await service.must(["backup", file, "--force"]);
  assert.match(await service.refused(["backup", join(service.directory, "no", "such")]), /There is no directory/);
  const full = join(service.directory, "full.sgb");
  const limited = spawnSync("sh", ["-c", 'ulimit -f 8; exec "$0" "$@"', process.execPath, MAIN, "backup", full], {
    env: service.environment,
    encoding: "utf8",
  });
  assert.equal(limited.status, 1);
  assert.match(limited.stderr, /^There is no room for [^\n]+\n$/);
  assert.deepEqual(await readdir(service.directory), ["all.sgb"]);
});
