/**
 * The embedded PostgreSQL: a real server, started and stopped by us, with nothing to install or to set up.
 *
 * It listens on a Unix socket in a closed directory only, so no port can be taken and no password is needed. It runs
 * in its own session and outlives us when we are killed; the next start finds it by its pid file and adopts it instead
 * of starting a second. Why this and not a server of the system's: docs/decisions/0001-embedded-postgresql.md.
 */
import { spawn } from "node:child_process";
import { mkdir, open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { elapsed, SECOND } from "../kit/clock.ts";
import { codeOf, Refusal, reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { type Account, accountFor, openTheWay, runAs } from "./embedded-account.ts";
import { type Binaries, findBinaries } from "./embedded-binaries.ts";
import * as files from "./embedded-files.ts";
import { type DirectoryLock, lockDirectory } from "./embedded-lock.ts";
import { isServerProcess, watchProcess } from "./embedded-process.ts";
import { mayPass, sentenceFor } from "./embedded-trouble.ts";

export type Connection = { host: string; port: number; user: string; database: string };

export type EmbeddedOptions = {
  directory: string;
  log: Log;
  /** PostgreSQL settings over ours. */
  settings?: Record<string, string>;
};

export type EmbeddedServer = {
  connection: Connection;
  /** The same as a URL that the driver reads. */
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

/** Starts the server in `directory`, makes the database when there is none, adopts one that is already running. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const layout = files.layoutOf(resolve(options.directory));
  const lock = await openDirectory(layout);
  try {
    const account = await accountFor(layout.pgdata);
    await openTheWay(layout.directory, account);
    const running = await runningServer(layout, options.log);
    if (running !== undefined) return await serve(layout, running, watchProcess(running), lock);
    return await launch(layout, account, lock, options);
  } catch (error) {
    await lock.release();
    throw refusalFor(error, layout);
  }
}

async function openDirectory(layout: files.Layout): Promise<DirectoryLock> {
  try {
    await mkdir(layout.directory, { recursive: true, mode: 0o755 });
    return await lockDirectory(layout.directory);
  } catch (error) {
    throw refusalFor(error, layout);
  }
}

function refusalFor(error: unknown, { directory }: files.Layout): unknown {
  switch (codeOf(error)) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Refusal(
        `The directory ${directory} is not writable: change its owner, or choose another with SMARTGROUPS_DATA`,
      );
    case "ENOSPC":
    case "EDQUOT":
      return new Refusal(`The disk that holds ${directory} is full: make room and start again`);
    case "EEXIST":
    case "ENOTDIR":
      return new Refusal(`${directory} is not a directory: choose another with SMARTGROUPS_DATA`);
    default:
      return error;
  }
}

async function launch(
  layout: files.Layout,
  account: Account,
  lock: DirectoryLock,
  options: EmbeddedOptions,
): Promise<EmbeddedServer> {
  const binaries = await findBinaries(layout.directory, account);
  if (!(await exists(layout.pgdata))) {
    options.log.info({ directory: layout.directory }, "making the database");
    await files.makeDatabase(layout, binaries, account);
  }
  await files.makeFor(layout.sockets, account);
  await files.writeSettings(layout, {
    ...SETTINGS,
    unix_socket_directories: layout.sockets,
    port: String(files.PORT),
    ...options.settings,
  });
  const until = elapsed() + 30 * SECOND;
  for (;;) {
    const tried = await spawnServer(layout, binaries, account);
    if ("pid" in tried) return serve(layout, tried.pid, tried.ended, lock);
    if (!mayPass(tried.said) || elapsed() > until) throw new Refusal(sentenceFor(tried.said, layout));
    options.log.warn("an earlier PostgreSQL is still ending; waiting for it");
    await pause(500);
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    },
  );

type Ended = Promise<string>;

/** Spawns the postmaster and waits until it takes connections, however long recovery takes; or says why it ended. */
async function spawnServer(
  layout: files.Layout,
  { postgres }: Binaries,
  account: Account,
): Promise<{ pid: number; ended: Ended } | { said: string }> {
  await files.trimLog(layout);
  const log = await open(layout.log, "a+", 0o600);
  try {
    const before = (await log.stat()).size;
    const child = spawn(postgres, ["-D", layout.pgdata], {
      cwd: "/",
      env: files.environment,
      stdio: ["ignore", log.fd, log.fd],
      detached: true, // Ctrl-C at our terminal must not reach it before our workers have finished.
      ...runAs(account),
    });
    const ended: Ended = new Promise((done) => {
      child.once("error", (error) => done(reasonOf(error)));
      child.once("exit", (code, signal) => done(signal ? `ended by ${signal}` : `ended with code ${code}`));
    });
    let over: string | undefined;
    ended.then((how) => {
      over = how;
    });
    while (over === undefined) {
      const note = await files.readPidFile(layout);
      if (note?.pid === child.pid && note?.status === "ready") return { pid: note.pid, ended };
      await Promise.race([pause(20), ended]);
    }
    const size = Math.min((await log.stat()).size - before, 64 * 1024);
    const said = Buffer.alloc(Math.max(size, 0));
    await log.read(said, 0, said.length, before);
    return { said: said.toString("utf8") || over };
  } finally {
    await log.close();
  }
}

/** The pid of a server that a killed keeper left behind and that still serves these files; one that is ending is waited for. */
async function runningServer(layout: files.Layout, log: Log): Promise<number | undefined> {
  const until = elapsed() + 60 * SECOND;
  for (;;) {
    const note = await files.readPidFile(layout);
    if (note === undefined) return undefined;
    if (!(await isServerProcess(note.pid))) {
      // PostgreSQL itself would take any living process with this number for a server.
      await files.removePidFile(layout);
      return undefined;
    }
    if (note.status === "ready") {
      if (await servesFrom(layout)) {
        log.info({ pid: note.pid }, "found the database running, and took it over");
        return note.pid;
      }
      await endProcess(note.pid, watchProcess(note.pid));
    } else if (elapsed() > until) await endProcess(note.pid, watchProcess(note.pid));
    await pause(100);
  }
}

async function servesFrom(layout: files.Layout): Promise<boolean> {
  const sql = postgres({ ...connectionTo(layout, "postgres"), max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    const [row] = await sql<{ place: string }[]>`select current_setting('data_directory') as place`;
    return row?.place === layout.pgdata;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const connectionTo = (layout: files.Layout, database: string): Connection => ({
  host: layout.sockets,
  port: files.PORT,
  user: files.USER,
  database,
});

async function serve(layout: files.Layout, pid: number, ended: Ended, lock: DirectoryLock): Promise<EmbeddedServer> {
  const connection = connectionTo(layout, files.USER);
  await ensureDatabase(layout, connection.database);
  return {
    connection,
    url: `postgres://${connection.user}@localhost:${connection.port}/${connection.database}?host=${encodeURIComponent(connection.host)}`,
    pid,
    died: ended,
    stop: async () => {
      await endProcess(pid, ended);
      await lock.release();
    },
  };
}

async function ensureDatabase(layout: files.Layout, name: string): Promise<void> {
  const sql = postgres({ ...connectionTo(layout, "postgres"), max: 1, onnotice: () => undefined });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (!found) await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Fast shutdown: open transactions are rolled back. After 10 s, immediate: the next start recovers from the log. */
async function endProcess(pid: number, ended: Ended): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return; // it is gone
    }
    const late = new AbortController();
    const patience = pause(10 * SECOND, "late", { signal: late.signal }).catch(() => "late");
    const result = await Promise.race([ended.then(() => "ended"), patience]);
    late.abort();
    if (result === "ended") return;
  }
}
