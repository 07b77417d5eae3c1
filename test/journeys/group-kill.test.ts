/** Killed at any line, a group has one name, its held mail lies under it, and what is being erased is erased in the end. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { zstdCompressSync } from "node:zlib";
import { eraseRows, tablesOfGroups } from "../../src/db/erase.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY, heldClock, SECOND } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import * as queue from "../../src/queue/queue.ts";
import { fileMails } from "../support/browser.ts";
import { cloneDatabase } from "../support/database.ts";

/** Runs the child for so long, and kills it. */
async function killedAfter(ms: number, ...words: string[]): Promise<void> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("../support/life-child.ts", import.meta.url)), ...words],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), ended]);
  await pause(ms);
  child.kill("SIGKILL");
  const [, signal] = (await ended) as [number | null, string | null];
  assert.equal(signal, "SIGKILL", "it was at work until it was killed");
}

const mail = (number: number): Buffer =>
  Buffer.from(`From: a@far.test\r\nSubject: Post ${number}\r\nMessage-ID: <${number}@far.test>\r\n\r\nHello\r\n`);

test("killed while a group is renamed, it has one name, the other leads to it, and what is held lies under the one", async (t) => {
  const { pool, target } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-01T10:00:00Z"));
  const group = await directory.addGroup(pool, { name: "readers" }, clock);
  const id = newId(clock);
  const raw = zstdCompressSync(mail(1));
  const envelope = { sender: "a@far.test", recipients: ["readers@groups.test"] };
  const client = { address: "192.0.2.1", helo: "x", protocol: "ESMTP" };
  await queue.put(pool, [{ id, receivedAt: clock.now(), ...envelope, client, size: 9, raw, chunked: false }]);
  await pool`update mails set state = 'held'`;
  const seen = new Set<string>();
  for (let i = 0; i < 8; i += 1) {
    await killedAfter(20 + 17 * i, "rename", JSON.stringify(target), clock.now().toISOString(), group.id);
    await pool`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%' and pid <> pg_backend_pid()`;
    const [now] = await directory.groupsById(pool, [group.id]);
    seen.add(now!.name);
    const former = await directory.formerNames(pool, group.id);
    const other = now!.name === "readers" ? "books" : "readers";
    assert.deepEqual(former, [other]);
    assert.equal(now!.listId, "readers");
    assert.equal((await directory.groupCalled(pool, other))?.id, group.id);
    const [held] = await queue.aside(pool, "held", null, 9);
    assert.deepEqual(held?.recipients, [`${now!.name}@groups.test`]);
  }
  t.diagnostic(`found as ${[...seen].join(" and ")}`);
});

test("killed again and again while a removed group is erased, nothing of it is left in the end, and its neighbour is whole", async (t) => {
  const { pool, target } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-01T10:00:00Z"));
  const [group, other] = [
    await directory.addGroup(pool, { name: "readers" }, clock),
    await directory.addGroup(pool, { name: "others" }, clock),
  ];
  const people = Array.from({ length: 3000 }, (_, i) => ({ address: `m${i}@far.test`, name: "" }));
  for (const one of [group, other]) {
    await directory.addMembers(pool, one.id, people, "test", clock);
    await fileMails(
      pool,
      one.id,
      Array.from({ length: 1200 }, (_, i) => mail(i)),
      clock,
    );
  }
  await directory.removeGroup(pool, group.id, clock.now());
  const later = (days: number): string => new Date(clock.now().getTime() + days * DAY).toISOString();
  await killedAfter(100, "tend", JSON.stringify(target), later(13));
  assert.ok(await directory.groupNamed(pool, "readers"), "not before its time");
  for (const ms of [5, 20, 60, 120, 250]) await killedAfter(ms, "tend", JSON.stringify(target), later(15));
  const isLeft = async (): Promise<boolean> =>
    (await directory.groupNamed(pool, "readers")) !== undefined || (await directory.erasures(pool)).length > 0;
  // A day later each time: an erasure ends ten minutes after it began, and on a busy machine it may begin only here.
  for (let day = 16; day < 46 && (await isLeft()); day += 1)
    await killedAfter(2 * SECOND, "tend", JSON.stringify(target), later(day));
  assert.equal((await directory.erasures(pool)).length, 0);
  assert.equal(await directory.groupCalled(pool, "readers"), undefined);
  for (const table of await tablesOfGroups(pool)) assert.equal(await eraseRows(pool, table, group.id, 10), 0, table);
  assert.equal((await directory.members(pool, other.id)).length, 3000);
  assert.equal((await pool`select from posts where group_id = ${other.id}`).length, 1200);
});
