import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { at } from "../../test/support/database.ts";
import { closePool, openPool } from "./sql.ts";

test("a statement is answered, with an error, when the database refuses the connection after a loss", async (t) => {
  const admin = openPool(at("postgres"), { max: 1 });
  const name = `gone_${randomBytes(6).toString("hex")}`;
  await admin.unsafe(`create database ${name}`);
  const pool = openPool(at(name), { max: 1 });
  t.after(() => Promise.all([closePool(pool), closePool(admin)]));
  await pool`select 1`;
  const cut = assert.rejects(async () => pool`select pg_sleep(60)`);
  await pause(100);
  await admin.unsafe(`drop database ${name} with (force)`);
  await cut;
  const late = pause(5000, "never answered", { ref: false });
  const answer = await Promise.race([late, pool`select 1`.catch((error: Error) => error.message)]);
  assert.match(String(answer), /does not exist/);
});
