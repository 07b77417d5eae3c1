/**
 * The embedded PostgreSQL: a real server, started and stopped by us, with nothing to install or to set up.
 *
 * It listens on a Unix socket in a closed directory only, so no port can be taken and no password is needed. It runs
 * in its own session and outlives us when we are killed; the next start finds it by its pid file and adopts it instead
 * of starting a second. Why this and not a server of the system's: docs/decisions/0001-embedded-postgresql.md.
 */
import { mkdir, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { elapsed, SECOND } from "../kit/clock.ts";
import { codeOf, Refusal } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { type Account, accountFor, openTheWay } from "./embedded-account.ts";
import { findBinaries } from "./embedded-binaries.ts";
import * as files from "./embedded-files.ts";
import { type DirectoryLock, type Keeper, lockDirectory } from "./embedded-lock.ts";
import { watchServer } from "./embedded-process.ts";
import * as servers from "./embedded-server.ts";
import { mayPass } from "./embedded-trouble.ts";

export type Connection = servers.Connection;

export type EmbeddedOptions = {
  directory: string;
  log: Log;
  /** PostgreSQL settings over ours. */
  settings?: Record<string, string>;
  /** Who keeps it (a node). */
  keeper?: Keeper;
  waitMs?: number;
};

export type EmbeddedServer = {
  connection: Connection;
  /** The same for psql and other tools; our driver reads no socket out of a URL. */
  url: string;
  /** The postmaster's process id. */
  pid: number;
  /** Resolves with a line about it when the server ends, asked or not. */
  died: Promise<string>;
  stop(): Promise<void>;
};

const SETTINGS: Record<string, string> = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  fsync: "on",
  synchronous_commit: "on",
  max_connections: "60",
  shared_buffers: "64MB",
  work_mem: "4MB",
  maintenance_work_mem: "64MB",
  huge_pages: "off",
  wal_compression: "on",
  max_wal_size: "1GB",
  jit: "off",
  random_page_cost: "1.1",
  // Parallel queries need /dev/shm, which containers give 64 MB of.
  max_parallel_workers_per_gather: "0",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] ",
  // A failing statement is its caller's to log.
  log_min_messages: "log",
  log_checkpoints: "off",
};

/**
 * Starts the server in `directory`, makes the database when there is none, adopts one that is already running.
 * Waits up to `waitMs` (5 s) for another keeper who is just leaving; refuses, in a sentence, what cannot work.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { layout, lock } = await openDirectory(options);
  try {
    const server = await startLocked(layout, options);
    return { ...server, stop: () => server.stop().finally(lock.release) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Opens the data directory and makes sure that we are alone in it. */
export async function openDirectory(options: EmbeddedOptions): Promise<{ layout: files.Layout; lock: DirectoryLock }> {
  const directory = resolve(options.directory);
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const layout = files.layoutOf(await realpath(directory)); // one name, so that a running server is known again
    const lock = await lockDirectory(layout.directory, options.keeper ?? "node", options.waitMs ?? 5 * SECOND);
    return { layout, lock };
  } catch (error) {
    throw refusalFor(error, directory);
  }
}

/** As startEmbedded, for a keeper that holds the lock already. */
export async function startLocked(layout: files.Layout, options: EmbeddedOptions): Promise<EmbeddedServer> {
  try {
    const account = await openTheWay(layout.directory, await accountFor(layout.pgdata));
    const running = await servers.runningServer(layout, options.log);
    if (running !== undefined) return await serve(layout, running, watchServer(layout.pgdata, running));
    return await launch(layout, account, options);
  } catch (error) {
    throw refusalFor(error, layout.directory);
  }
}

function refusalFor(error: unknown, directory: string): unknown {
  switch (codeOf(error)) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Refusal(
        `The directory ${directory} is not writable: change its owner, or choose another with SMARTGROUPS_DATA`,
      );
    case "ENOSPC":
    case "EDQUOT":
    case "53100": // disk_full, from a statement
      return new Refusal(`The disk that holds ${directory} is full: make room and start again`);
    case "EEXIST":
    case "ENOTDIR":
      return new Refusal(`${directory} is not a directory: choose another with SMARTGROUPS_DATA`);
    default:
      return error;
  }
}

async function launch(layout: files.Layout, account: Account, options: EmbeddedOptions): Promise<EmbeddedServer> {
  const binaries = await findBinaries(layout.directory, account);
  if (!(await files.isMade(layout))) {
    options.log.info({ directory: layout.directory }, "making the database");
    await files.makeDatabase(layout, binaries, account);
  }
  await files.makeFor(layout.sockets, account);
  await files.removeSocket(layout);
  await files.writeSettings(layout, {
    ...SETTINGS,
    unix_socket_directories: layout.sockets,
    port: String(files.PORT),
    ...options.settings,
  });
  const until = elapsed() + 30 * SECOND;
  for (;;) {
    const tried = await servers.spawnServer(layout, binaries, account);
    if ("pid" in tried) return serve(layout, tried.pid, tried.ended);
    if (!mayPass(tried.said) || elapsed() > until) throw new Refusal(await files.sentenceNow(tried.said, layout));
    options.log.warn("an earlier PostgreSQL is still ending; waiting for it");
    await pause(500);
  }
}

/** How to reach the server that somebody keeps running in `directory`; undefined when there is none. */
export async function findEmbedded(directory: string): Promise<Connection | undefined> {
  const place = await realpath(resolve(directory)).catch(() => undefined);
  if (place === undefined) return undefined;
  const layout = files.layoutOf(place);
  const note = await files.readPidFile(layout);
  if (note?.status !== "ready" || !(await servers.servesFrom(layout))) return undefined;
  return servers.connectionTo(layout, files.USER);
}

async function serve(layout: files.Layout, pid: number, ended: servers.Ended): Promise<EmbeddedServer> {
  const connection = servers.connectionTo(layout, files.USER);
  try {
    await ensureDatabase(layout, connection.database);
  } catch (error) {
    await servers.endProcess(pid, ended);
    throw error;
  }
  return {
    connection,
    url: `postgresql://${connection.user}@/${connection.database}?host=${encodeURIComponent(connection.host)}&port=${connection.port}`,
    pid,
    died: ended,
    stop: () => servers.endProcess(pid, ended),
  };
}

async function ensureDatabase(layout: files.Layout, name: string): Promise<void> {
  const sql = postgres({ ...servers.connectionTo(layout, "postgres"), max: 1, onnotice: () => undefined });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (!found) await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
