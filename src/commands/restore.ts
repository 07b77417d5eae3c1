/**
 * `restore`: everything back from a backup, in one transaction, or nothing.
 *
 * The whole file is read and proved first. Then the tables are made as they were when it was written, filled, and
 * brought to this version by the migrations that came since: an older backup is as good as a new one.
 */
import { readdir, readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { hold } from "../db/lock.ts";
import type { Pool, Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import * as queue from "../queue/queue.ts";
import { type BackupRecord, type Header, readRecords } from "./backup-form.ts";
import { tablesOf } from "./backup-tables.ts";
import { withDatabase } from "./database.ts";
import { print, printJson, startProgress } from "./terminal.ts";

const MIGRATIONS = new URL("../db/migrations/", import.meta.url);
/** Tables that have rows in a service that nobody has used yet, or that say nothing. */
const OF_ITSELF = new Set(["keys", "workers", "domains", "settlements"]);

export function define(command: Command): void {
  command
    .argument("<FILE>", "written by smartgroups backup")
    .option("--replace", "throw away what is in this service now")
    .option("--json", "print JSON")
    .addHelpText("after", "\nStop all nodes first. The file is checked before anything is changed.")
    .allowExcessArguments(false)
    .action(async (file: string, options: { replace?: boolean; json?: boolean }) => {
      const header = await prove(file);
      await withDatabase(readConfig(), async ({ pool, clock }) => {
        await refuseWhenInUse(pool, clock, options.replace === true);
        const rows = await restore(pool, file, header);
        if (options.json) printJson({ file, madeAt: header.madeAt, version: header.version, rows });
        else print(`restored ${file}, made ${header.madeAt}: ${Object.keys(rows).length} tables`);
      });
    });
}

/** Reads the whole file once; answers its header when it is whole, ours, and not of a newer version. */
async function prove(file: string): Promise<Header> {
  let header: Header | undefined;
  for await (const record of readRecords(file)) {
    if (record.kind !== "H") continue;
    header = record.header;
    const known = new Set(await migrationFiles());
    const newer = header.migrations.find((name) => !known.has(name));
    if (newer !== undefined) {
      throw new Refusal(
        `${file} was made by a newer Smartgroups (${header.version}, with ${newer}): update this one, then restore.`,
      );
    }
  }
  if (!header) throw new Refusal(`${file} is damaged: it has no header. Nothing was changed; use another backup.`);
  return header;
}

async function refuseWhenInUse(pool: Pool, clock: Clock, mayReplace: boolean): Promise<void> {
  const now = clock.now().getTime();
  const alive = (await queue.workers(pool)).find((one) => now - one.seenAt.getTime() < queue.LEASE);
  if (alive) throw new Refusal(`The node ${alive.node} is running: stop all nodes, then restore.`);
  if (mayReplace) return;
  for (const { table } of await tablesOf(pool)) {
    if (OF_ITSELF.has(table)) continue;
    const [row] = await pool`select from ${pool(table)} limit 1`;
    if (row)
      throw new Refusal(
        `This service is not empty (there are ${table}): restore into an empty one, or give --replace to throw away what is here.`,
      );
  }
}

async function restore(pool: Pool, file: string, header: Header): Promise<Record<string, number>> {
  const progress = startProgress(() => "restoring");
  try {
    const rows = await pool.begin(async (sql) => {
      await hold(sql, "migrations");
      await dropTables(sql);
      for (const name of header.migrations) await run(sql, name);
      await makePartitions(sql, header);
      const filled = await fill(sql, file);
      for (const name of await migrationFiles()) if (!header.migrations.includes(name)) await run(sql, name);
      return filled;
    });
    await pool`analyze`;
    return rows;
  } finally {
    progress.stop();
  }
}

async function dropTables(sql: Sql): Promise<void> {
  const tables = (await tablesOf(sql)).map((one) => one.table);
  for (const table of tables) await sql`drop table ${sql(table)} cascade`;
  await sql`delete from migrations`;
}

async function migrationFiles(): Promise<string[]> {
  return (await readdir(MIGRATIONS)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
}

async function run(sql: Sql, name: string): Promise<void> {
  await sql.unsafe(await readFile(new URL(name, MIGRATIONS), "utf8"));
  await sql`insert into migrations (name) values (${name})`;
}

/** A row of a day without its partition would keep that partition from being made later. */
async function makePartitions(sql: Sql, header: Header): Promise<void> {
  for (const { parent, name, bound } of header.partitions) {
    const isDay = /^FOR VALUES FROM \('[-0-9:+ ]+'\) TO \('[-0-9:+ ]+'\)$/.test(bound);
    if (isDay) await sql.unsafe(`create table if not exists "${plain(name)}" partition of "${plain(parent)}" ${bound}`);
  }
}

function plain(name: string): string {
  if (/^[a-z_0-9]+$/.test(name)) return name;
  throw new Refusal("The backup names a table that can't be one of ours: use another backup.");
}

/** Fills the tables; answers how many rows each has now. */
async function fill(sql: Sql, file: string): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  const known = new Map((await tablesOf(sql)).map((one) => [one.table, new Set(one.columns)]));
  const records = readRecords(file);
  for await (const record of records) {
    if (record.kind !== "T") continue;
    const { table, columns } = record.start;
    const present = known.get(table);
    if (!present || columns.some((column) => !present.has(column)))
      throw new Refusal(`The backup has a table "${table}" that does not fit this version: nothing was changed.`);
    const into = await sql`copy ${sql(table)} (${sql(columns)}) from stdin (format binary)`.writable();
    await pipeline(Readable.from(dataOf(records)), into);
    const [count] = await sql<{ count: number }[]>`select count(*)::float8 as count from ${sql(table)}`;
    rows[table] = count!.count;
  }
  return rows;
}

/** The bytes up to the end of the table that has begun. */
async function* dataOf(records: AsyncGenerator<BackupRecord>): AsyncGenerator<Buffer> {
  for (let next = await records.next(); !next.done; next = await records.next()) {
    if (next.value.kind === "E") return;
    if (next.value.kind === "D") yield next.value.bytes;
  }
}
