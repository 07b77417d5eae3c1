/**
 * The server's process: spawned, found running, ended. It runs in a session of its own and outlives us when we are
 * killed; its state is read from the pid file that it keeps among its files.
 */
import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { elapsed, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { type Account, commandAs } from "./embedded-account.ts";
import type { Binaries } from "./embedded-binaries.ts";
import * as files from "./embedded-files.ts";
import { isServerOn, watchServer } from "./embedded-process.ts";

export type Connection = { host: string; port: number; user: string; database: string };

/** Resolves with how it ended. */
export type Ended = Promise<string>;

/** Spawns the postmaster and waits until it takes connections, however long recovery takes; or says why it ended. */
export async function spawnServer(
  layout: files.Layout,
  { postgres }: Binaries,
  account: Account,
): Promise<{ pid: number; ended: Ended } | { said: string }> {
  await files.trimLog(layout);
  const log = await open(layout.log, "a+", 0o600);
  try {
    const before = (await log.stat()).size;
    const { program, words, ids } = commandAs(account, postgres, ["-D", layout.pgdata]);
    const child = spawn(program, words, {
      cwd: "/",
      env: files.environment,
      stdio: ["ignore", log.fd, log.fd],
      detached: true, // Ctrl-C at our terminal must not reach it before our workers have finished.
      ...ids,
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

/**
 * A server that a killed keeper left behind and that still serves these files. One that is ending is waited for, and
 * one that cannot be reached (its socket was cleared away) is ended.
 */
export async function runningServer(layout: files.Layout, log: Log): Promise<number | undefined> {
  const until = elapsed() + 30 * SECOND;
  for (;;) {
    const note = await files.readPidFile(layout);
    if (note === undefined) return undefined;
    if (!(await isServerOn(layout.pgdata, note.pid))) {
      // PostgreSQL itself would take any living process with this number for a server.
      await files.removePidFile(layout);
      return undefined;
    }
    if (note.status === "ready" && (await servesFrom(layout))) {
      log.info({ pid: note.pid }, "found the database running, and took it over");
      return note.pid;
    }
    if (elapsed() > until) await endProcess(note.pid, watchServer(layout.pgdata, note.pid));
    await pause(100);
  }
}

/** Whether a server answers in our socket directory and works on our files. */
export async function servesFrom(layout: files.Layout): Promise<boolean> {
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

export const connectionTo = (layout: files.Layout, database: string): Connection => ({
  host: layout.sockets,
  port: files.PORT,
  user: files.USER,
  database,
});

/** Fast shutdown: open transactions are rolled back. After 10 s, immediate: the next start recovers from the log. */
export async function endProcess(pid: number, ended: Ended): Promise<void> {
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
