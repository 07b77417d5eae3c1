/**
 * Migrations: numbered files, run once each, in order, and never changed once merged.
 *
 * Two nodes that start together meet at a lock: the second waits, finds the work done and goes on. New files run together
 * in one transaction with their rows in `migrations`, so a node killed half-way leaves nothing of them. A node of the
 * previous version keeps running meanwhile: files only add, or change what that version does not read.
 */
import { readdir, readFile } from "node:fs/promises";
import { Refusal } from "../kit/errors.ts";
import { hold } from "./lock.ts";
import { type Pool, transact } from "./sql.ts";

const FOLDER = new URL("./migrations/", import.meta.url);

/** Brings the database to this version's tables; answers the names of the files that were run. */
export async function migrate(pool: Pool): Promise<string[]> {
  await refuseOldServers(pool);
  const files = (await readdir(FOLDER)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  return transact(pool, async (sql) => {
    await hold(sql, "migrations");
    await sql`create table if not exists migrations (name text primary key, run_at timestamptz not null default now())`;
    const known = new Set((await sql<{ name: string }[]>`select name from migrations`).map((row) => row.name));
    const fresh = files.filter((name) => !known.has(name));
    for (const name of fresh) {
      await sql.unsafe(await readFile(new URL(name, FOLDER), "utf8"));
      await sql`insert into migrations (name) values (${name})`;
    }
    return fresh;
  });
}

async function refuseOldServers(pool: Pool): Promise<void> {
  const [row] = await pool<{ version: number; encoding: string }[]>`
    select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`;
  if (row && row.version < 150000) {
    throw new Refusal(
      "This PostgreSQL is older than version 15: point DATABASE_URL at a server of version 15 or later.",
    );
  }
  if (row && row.encoding !== "UTF8") {
    throw new Refusal(`This database is encoded in ${row.encoding}: create it with encoding UTF8.`);
  }
}
