/**
 * A real PostgreSQL for each test: a database that has the tables and nothing in them.
 *
 * The server is started by test/run.ts. The template is made once for each state of the migrations, under a lock, by
 * whichever test file comes first. Cloning it costs half a second of a processor, so the database of a test that passed is
 * emptied for the next one (recycled.ts). A failed test leaves its database for you to look at.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { migrate } from "../../src/db/migrate.ts";
import { closePool, openPool, type Pool, type Target } from "../../src/db/sql.ts";
import { emptied, setFree, shapeOf, takeFree } from "./recycled.ts";
import { testServer } from "./server.ts";

const folder = new URL("../../src/db/migrations/", import.meta.url);

export const at = (database: string): Target => ({ ...testServer(), database });

/** A database with all tables and no rows, for this test alone; ends with it. */
export async function cloneDatabase(
  t: TestContext,
  options: { max?: number } = {},
): Promise<{ pool: Pool; target: Target }> {
  const { template, shape } = await theTemplate();
  const name = `test_${randomBytes(6).toString("hex")}`;
  const open = (): Pool => openPool(at(name), { max: options.max ?? 5, name: "test" });
  let pool: Pool | undefined;
  if (await asAdmin((admin) => takeFree(admin, template, name))) {
    pool = open();
    if (!(await emptied(pool, shape))) {
      await closePool(pool);
      pool = undefined;
      await asAdmin((admin) => admin.unsafe(`drop database ${name} with (force)`));
    }
  }
  if (!pool) {
    await asAdmin((admin) => admin.unsafe(`create database ${name} template ${template} strategy file_copy`));
    pool = open();
  }
  const given = pool;
  t.after(async () => {
    await closePool(given);
    if (t.passed) await asAdmin((admin) => setFree(admin, template, name));
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

type Template = { template: string; shape: string };
let made: Promise<Template> | undefined;

function theTemplate(): Promise<Template> {
  made ??= makeTemplate();
  return made;
}

async function makeTemplate(): Promise<Template> {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(new URL(file, folder)));
  const template = `template_${hash.digest("hex").slice(0, 12)}`;
  return asAdmin(async (admin) => {
    const lock = await admin.reserve();
    try {
      await lock`select pg_advisory_lock(4711)`;
      await lock`create table if not exists shapes (template text primary key, shape text not null)`;
      const [found] = await lock<{ shape: string }[]>`select shape from shapes where template = ${template}`;
      if (found) return { template, shape: found.shape };
      await lock.unsafe(`drop database if exists ${template} with (force)`);
      await lock.unsafe(`create database ${template} template template0 encoding 'UTF8'`);
      const pool = openPool(at(template), { max: 1 });
      try {
        await migrate(pool);
        const shape = await shapeOf(pool);
        await lock`insert into shapes values (${template}, ${shape})`;
        return { template, shape };
      } finally {
        await pool.end();
      }
    } finally {
      await lock`select pg_advisory_unlock(4711)`;
      lock.release();
    }
  });
}

async function asAdmin<T>(work: (admin: Pool) => Promise<T>): Promise<T> {
  const admin = openPool(at("postgres"), { max: 1, name: "test admin" });
  try {
    return await work(admin);
  } finally {
    await closePool(admin);
  }
}
