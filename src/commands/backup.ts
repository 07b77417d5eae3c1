/**
 * `backup`: everything in one file, while the service runs.
 *
 * All tables are read in one snapshot, so the file is the service at one moment. It is written beside its place and
 * moved there when it is whole and on the disk; a file with its final name is always a whole backup.
 */
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import type { Pool, Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { codeOf, Refusal, reasonOf } from "../kit/errors.ts";
import { type BackupRecord, writeRecords } from "./backup-form.ts";
import { migrationsOf, partitionsOf, tablesOf } from "./backup-tables.ts";
import { withDatabase } from "./database.ts";
import { version } from "./failure.ts";
import { print, printJson, startProgress } from "./terminal.ts";

const GATHERED = 256 * 1024;

export function define(command: Command): void {
  command
    .argument("<FILE>", "where to write it; readable by you alone, for it holds the service's keys")
    .option("--force", "write over a file of that name")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(async (file: string, options: { force?: boolean; json?: boolean }) => {
      await refuseExisting(file, options.force === true);
      await withDatabase(readConfig(), async ({ pool, clock }) => {
        await backUp(pool, file, clock);
        const bytes = (await stat(file)).size;
        if (options.json) printJson({ file: resolve(file), bytes });
        else print(`${file}: ${Math.ceil(bytes / 1024).toLocaleString("en")} KB`);
      });
    });
}

async function refuseExisting(file: string, isForced: boolean): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw new Refusal(`${file} is a directory: name a file in it.`);
  if (found && !isForced) throw new Refusal(`${file} is there already: name another file, or use --force.`);
}

async function backUp(pool: Pool, file: string, clock: Clock): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await write(pool, partial, clock);
    await toDisk(partial);
    await rename(partial, file);
    await toDisk(dirname(resolve(file)));
  } catch (error) {
    await rm(partial, { force: true });
    throw sentenceFor(error, file);
  }
}

async function write(pool: Pool, path: string, clock: Clock): Promise<void> {
  const out = (await open(path, "w", 0o600)).createWriteStream();
  const progress = startProgress(() => `${Math.round(out.bytesWritten / 1024 / 1024)} MB written`);
  let trouble: unknown;
  try {
    await pool.begin("isolation level repeatable read read only", async (sql) => {
      const compress = createZstdCompress({
        params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
      });
      await pipeline(Readable.from(writeRecords(recordsOf(sql, clock))), compress, out).catch((error: unknown) => {
        trouble = error;
        throw error;
      });
    });
  } catch (error) {
    // Ending the transaction in the middle of a table fails too; the first trouble is the one to tell.
    throw trouble ?? error;
  } finally {
    progress.stop();
  }
}

async function toDisk(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync();
  await handle.close();
}

function sentenceFor(error: unknown, file: string): unknown {
  switch (codeOf(error)) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new Refusal(`There is no room for ${file}: make some, or name a file on another disk.`);
    case "ENOENT":
    case "ENOTDIR":
      return reasonOf(error).includes(file)
        ? new Refusal(`There is no directory ${dirname(file)}: make it first.`)
        : error;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Refusal(`You may not write ${file}: name a file in a directory of yours.`);
    default:
      return error;
  }
}

async function* recordsOf(sql: Sql, clock: Clock): AsyncGenerator<BackupRecord> {
  const migrations = await migrationsOf(sql);
  const partitions = await partitionsOf(sql);
  yield { kind: "H", header: { version: version(), madeAt: clock.now().toISOString(), migrations, partitions } };
  for (const start of await tablesOf(sql)) {
    yield { kind: "T", start };
    // A table that is split by day can't be copied by its name, but a question about it can.
    const rows =
      await sql`copy (select ${sql(start.columns)} from ${sql(start.table)}) to stdout (format binary)`.readable();
    for await (const bytes of gathered(rows)) yield { kind: "D", bytes };
    // The driver pauses its socket when we are slower, and after the last row nothing would wake it again.
    rows._read(0);
    yield { kind: "E" };
  }
}

/** Rows come one by one, most of them small. */
async function* gathered(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let some: Buffer[] = [];
  let size = 0;
  for await (const row of rows) {
    some.push(row);
    size += row.length;
    if (size < GATHERED) continue;
    yield Buffer.concat(some);
    [some, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(some);
}
