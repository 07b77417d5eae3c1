import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { migrate } from "../src/db/migrate.ts";
import { openPool } from "../src/db/sql.ts";
import { emptyDatabase } from "./support/database.ts";
import { schemaOf } from "./support/schema.ts";

const FILE = new URL("../docs/tables.sql", import.meta.url);

test("docs/tables.sql is the schema that the migrations make", async (t) => {
  const pool = openPool(await emptyDatabase(t), { max: 1 });
  try {
    await migrate(pool);
    const schema = await schemaOf(pool);
    if (process.env["UPDATE"]) await writeFile(FILE, schema);
    const written = await readFile(FILE, "utf8").catch(() => "");
    assert.equal(schema, written, "the tables have changed: refresh with UPDATE=1 npm test -- test/tables.test.ts");
    assert.match(schema, /create table mails \(/);
  } finally {
    await pool.end();
  }
});

test("running the migrations again changes nothing", async (t) => {
  const pool = openPool(await emptyDatabase(t), { max: 2 });
  try {
    const [first, second] = await Promise.all([migrate(pool), migrate(pool)]);
    assert.ok(first.length + second.length > 0);
    assert.equal(Math.min(first.length, second.length), 0, "of two that start together, one does all the work");
    const before = await schemaOf(pool);
    assert.deepEqual(await migrate(pool), []);
    assert.equal(await schemaOf(pool), before);
  } finally {
    await pool.end();
  }
});
