/**
 * A real PostgreSQL for each test: a clone of a template that has the tables.
 *
 * The server is started by test/run.ts. The template is made once for each state of the migrations, under a lock, by
 * whichever test file comes first. A failed test leaves its database for you to look at.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { migrate } from "../../src/db/migrate.ts";
import { closePool, openPool, type Pool, type Target } from "../../src/db/sql.ts";
import { testServer } from "./server.ts";

const folder = new URL("../../src/db/migrations/", import.meta.url);

export const at = (database: string): Target => ({ ...testServer(), database });

/** A database with all tables, for this test alone; ends with it. */
export async function cloneDatabase(
  t: TestContext,
  options: { max?: number } = {},
): Promise<{ pool: Pool; target: Target }> {
  const template = await templateName();
  const name = `test_${randomBytes(6).toString("hex")}`;
  await asAdmin((admin) => admin.unsafe(`create database ${name} template ${template}`));
  const pool = openPool(at(name), { max: options.max ?? 5, name: "test" });
  t.after(async () => {
    await closePool(pool);
    if (t.passed) await asAdmin((admin) => admin.unsafe(`drop database if exists ${name} with (force)`));
    else t.diagnostic(`the database ${name} is left for you to look at`);
  });
  return { pool, target: at(name) };
}

/** An empty database, for tests of the migrations themselves. */
export async function emptyDatabase(t: TestContext): Promise<Target> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await asAdmin((admin) => admin.unsafe(`create database ${name} template template0 encoding 'UTF8'`));
  t.after(() => asAdmin((admin) => admin.unsafe(`drop database if exists ${name} with (force)`)));
  return at(name);
}

let made: Promise<string> | undefined;

function templateName(): Promise<string> {
  made ??= makeTemplate();
  return made;
}

async function makeTemplate(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(new URL(file, folder)));
  const name = `template_${hash.digest("hex").slice(0, 12)}`;
  await asAdmin(async (admin) => {
    const lock = await admin.reserve();
    try {
      await lock`select pg_advisory_lock(4711)`;
      const [found] = await lock`select 1 from pg_database where datname = ${name}`;
      if (found) return;
      await lock.unsafe(`drop database if exists making_${name} with (force)`);
      await lock.unsafe(`create database making_${name} template template0 encoding 'UTF8'`);
      const pool = openPool(at(`making_${name}`), { max: 1 });
      await migrate(pool);
      await pool.end();
      await lock.unsafe(`alter database making_${name} rename to ${name}`);
    } finally {
      await lock`select pg_advisory_unlock(4711)`;
      lock.release();
    }
  });
  return name;
}

async function asAdmin<T>(work: (admin: Pool) => Promise<T>): Promise<T> {
  const admin = openPool(at("postgres"), { max: 1, name: "test admin" });
  try {
    return await work(admin);
  } finally {
    await closePool(admin);
  }
}
