import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ifFree } from "../src/db/lock.ts";
import { migrate } from "../src/db/migrate.ts";
import { closePool, openPool, transact } from "../src/db/sql.ts";
import { cloneDatabase, emptyDatabase } from "./support/database.ts";

test("two nodes that migrate at once give one set of tables, and the second finds nothing to do", async (t) => {
  const target = await emptyDatabase(t);
  const [one, two] = [openPool(target, { max: 2 }), openPool(target, { max: 2 })];
  const runs = await Promise.all([migrate(one), migrate(two)]);
  assert.deepEqual(runs.map((names) => names.length > 0).sort(), [false, true], "one of them did it all");
  const again = await migrate(one);
  assert.deepEqual(again, []);
  const rows = await one`select name from migrations order by name`;
  assert.deepEqual(
    rows.map((row) => row["name"]),
    runs.flat().sort(),
  );
  await Promise.all([closePool(one), closePool(two)]);
});

test("a migration that is killed half-way leaves no half tables", async (t) => {
  const target = await emptyDatabase(t);
  const [node, other] = [openPool(target, { max: 2 }), openPool(target, { max: 2 })];
  // A table in the way lets the files fail in the middle, as a kill would.
  await other`create table posts (id int)`;
  await assert.rejects(migrate(node), /posts/);
  const [row] = await other`select count(*)::int as tables from pg_tables where schemaname = 'public'`;
  assert.equal(row?.["tables"], 1, "only the one that was in the way");
  await other`drop table posts`;
  assert.ok((await migrate(node)).length > 0);
  await Promise.all([closePool(node), closePool(other)]);
});

test("a transaction is run again after a deadlock, a serialisation failure and a lost connection, and commits once", async (t) => {
  const { pool } = await cloneDatabase(t);
  await pool`create table told (code text)`;
  for (const code of ["40P01", "40001", "57P01"]) {
    let tries = 0;
    await transact(pool, async (sql) => {
      tries += 1;
      await sql`insert into told (code) values (${code})`;
      if (tries === 1 && code === "57P01") await sql`select pg_terminate_backend(pg_backend_pid())`;
      else if (tries === 1) await sql.unsafe(`do $$ begin raise exception 'again' using errcode = '${code}'; end $$`);
    });
    assert.equal(tries, 2, code);
  }
  const rows = await pool`select code from told order by code`;
  assert.deepEqual(
    rows.map((row) => row["code"]),
    ["40001", "40P01", "57P01"],
    "each exactly once",
  );
  let tries = 0;
  await assert.rejects(
    transact(pool, async (sql) => {
      tries += 1;
      await sql`select 1 / 0`;
    }),
    /division by zero/,
  );
  assert.equal(tries, 1, "a mistake of ours is not tried again");
});

test("a named lock has one holder, and ends with its holder's connection", async (t) => {
  const { target } = await cloneDatabase(t);
  const [one, two] = [openPool(target, { max: 1 }), openPool(target, { max: 1 })];
  let release: () => void = () => undefined;
  const held = ifFree(one, "sweep", () => new Promise<string>((resolve) => (release = () => resolve("done"))));
  await pause(100);
  assert.equal(await ifFree(two, "sweep", async () => "mine"), undefined);
  assert.equal(await ifFree(two, "another", async () => "mine"), "mine");
  release();
  assert.equal(await held, "done");
  assert.equal(await ifFree(two, "sweep", async () => "mine"), "mine");
  await Promise.all([closePool(one), closePool(two)]);
});
