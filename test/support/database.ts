/**
 * A real PostgreSQL for each test: a database that has the tables and nothing in them.
 *
 * The server is started by test/run.ts. The template is made once for each state of the migrations, under a lock, by
 * whichever test file comes first. Cloning it costs half a second of a processor, and each new session a twelfth, so the
 * database of a test that passed is emptied for the next one of its file, with its sessions, and in the end for other files
 * (recycled.ts). A failed test leaves its database for you to look at.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { after, type TestContext } from "node:test";
import { migrate } from "../../src/db/migrate.ts";
import { closePool, openPool, type Pool, type Target } from "../../src/db/sql.ts";
import { emptied, setFree, shapeOf, takeFree } from "./recycled.ts";
import { testServer } from "./server.ts";

const folder = new URL("../../src/db/migrations/", import.meta.url);

export const at = (database: string): Target => ({ ...testServer(), database });

/** `locks` is what a node holds its locks on, beside the pool for everything else. */
type Database = { name: string; pool: Pool; locks: Pool };

/** Those of this file whose tests have passed. Their sessions know the tables, which is most of what a session costs. */
const free: Database[] = [];

/** A database with all tables and no rows, for this test alone. */
export async function cloneDatabase(t: TestContext): Promise<{ pool: Pool; locks: Pool; target: Target }> {
  const { template, shape } = await theTemplate();
  const database = (await takeOurs(shape)) ?? (await takeOthers(template, shape)) ?? (await makeOne(template));
  t.after(async () => {
    if (t.passed) free.push(database);
    else {
      await close(database);
      t.diagnostic(`the database ${database.name} is left for you to look at`);
    }
  });
  const { name, pool, locks } = database;
  return { pool, locks, target: at(name) };
}

/** One of this file's own, emptied; not while somebody else is connected to it. */
async function takeOurs(shape: string): Promise<Database | undefined> {
  for (let left = free.length; left > 0; left -= 1) {
    const database = free.shift()!;
    const [others] = await database.pool`
      select from pg_stat_activity where datname = ${database.name} and application_name <> ${nameOf(database.name)}`;
    if (others) free.push(database);
    else if (await emptied(database.pool, shape)) return database;
    else await drop(database);
  }
  return undefined;
}

/** One of another file's. */
async function takeOthers(template: string, shape: string): Promise<Database | undefined> {
  const name = newName();
  if (!(await takeFree(admin(), template, name))) return undefined;
  const database = open(name);
  if (await emptied(database.pool, shape)) return database;
  await drop(database);
  return undefined;
}

async function makeOne(template: string): Promise<Database> {
  const name = newName();
  await admin().unsafe(`create database ${name} template ${template} strategy file_copy`);
  return open(name);
}

async function drop(database: Database): Promise<void> {
  await close(database);
  await admin().unsafe(`drop database ${database.name} with (force)`);
}

const newName = (): string => `test_${randomBytes(6).toString("hex")}`;
/** What the sessions of the pool that a test is given are called. */
const nameOf = (database: string): string => `pool of ${database}`;
const open = (name: string): Database => ({
  name,
  pool: openPool(at(name), { max: 5, name: nameOf(name) }),
  locks: openPool(at(name), { max: 1, name: nameOf(name) }),
});
const close = async ({ pool, locks }: Database): Promise<void> => {
  await Promise.all([closePool(pool), closePool(locks)]);
};

/** An empty database, for tests of the migrations themselves. */
export async function emptyDatabase(t: TestContext): Promise<Target> {
  const name = newName();
  await admin().unsafe(`create database ${name} template template0 encoding 'UTF8'`);
  t.after(async () => {
    await admin().unsafe(`drop database if exists ${name} with (force)`);
  });
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
  const lock = await admin().reserve();
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
}

let theAdmin: Pool | undefined;

/** One session for the whole file. */
function admin(): Pool {
  theAdmin ??= openPool(at("postgres"), { max: 1, name: "test admin" });
  return theAdmin;
}

after(async () => {
  const template = free.length > 0 ? (await theTemplate()).template : "";
  for (const database of free.splice(0)) {
    await close(database);
    await setFree(admin(), template, database.name);
  }
  if (theAdmin) await closePool(theAdmin);
});
