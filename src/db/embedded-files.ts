/**
 * What the embedded database keeps on disk, below the data directory:
 *
 *     pgdata/           PostgreSQL's own files
 *     pgdata.new/       a database being made; renamed when it is whole, thrown away otherwise
 *     run/              the socket, reachable for the database's user and root alone
 *     postgresql.log    what the server says
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFile,
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  statfs,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { codeOf, Refusal } from "../kit/errors.ts";
import { type Account, commandAs } from "./embedded-account.ts";
import type { Binaries } from "./embedded-binaries.ts";
import { sentenceFor } from "./embedded-trouble.ts";

const run = promisify(execFile);

export const USER = "smartgroups";
export const PORT = 5432; // only a part of the socket's name: nothing listens on the network
const NO_ROOM = 20 * 1024 * 1024; // a file of its log takes 16 MB
const LOG_LIMIT = 16 * 1024 * 1024;

export type Layout = { directory: string; pgdata: string; sockets: string; log: string };

export function layoutOf(directory: string): Layout {
  return {
    directory,
    pgdata: join(directory, "pgdata"),
    sockets: socketDirectory(directory),
    log: join(directory, "postgresql.log"),
  };
}

/** A socket's path has 103 usable bytes on the stingiest system, so a deep data directory gets a short one elsewhere. */
function socketDirectory(directory: string): string {
  const inside = join(directory, "run");
  if (Buffer.byteLength(join(inside, `.s.PGSQL.${PORT}`)) <= 100) return inside;
  return join(tmpdir(), `smartgroups-${createHash("sha256").update(directory).digest("hex").slice(0, 16)}`);
}

/** Whether there is a database; an empty directory is none. */
export const isMade = (layout: Layout): Promise<boolean> =>
  readdir(layout.pgdata).then(
    (names) => names.length > 0,
    (error: unknown) => {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    },
  );

/** The programs' environment: nothing of ours, so that no PG* variable and no language changes what they do. */
export const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", TZ: "UTC" };

/** Makes a new database beside its place and moves it there whole. */
export async function makeDatabase(layout: Layout, binaries: Binaries, account: Account): Promise<void> {
  const unfinished = `${layout.pgdata}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await makeFor(unfinished, account);
  const { program, words, ids } = commandAs(account, binaries.initdb, [
    ...["-D", unfinished, "-U", USER, "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"],
    ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums", "--no-clean"],
  ]);
  try {
    await run(program, words, { cwd: "/", env: environment, ...ids });
  } catch (error) {
    const said = typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr) : "";
    const refusal = new Refusal(await sentenceNow(said || String(error), layout));
    await rm(unfinished, { recursive: true, force: true });
    throw refusal;
  }
  await appendFile(join(unfinished, "postgresql.conf"), "\ninclude = 'smartgroups.conf'\ninclude = 'local.conf'\n");
  await writeFile(join(unfinished, "local.conf"), "# Settings of your own, over those of smartgroups.conf.\n");
  await rename(unfinished, layout.pgdata);
  await keepName(layout.directory);
}

/** The sentence for what PostgreSQL said. On a full disk it may say anything, so the disk is asked, too. */
export async function sentenceNow(said: string, layout: Layout): Promise<string> {
  const { bavail, bsize } = await statfs(layout.directory);
  return sentenceFor(said, layout, bavail * bsize < NO_ROOM);
}

/** A directory of its own for the account, closed to others. */
export async function makeFor(path: string, account: Account): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  const found = await lstat(path);
  const owner = account.uid ?? process.getuid?.();
  // In a shared temporary directory somebody else may have made it first, to listen in our place.
  if (!found.isDirectory() || (owner !== found.uid && found.uid !== process.getuid?.()))
    throw new Refusal(`${path} belongs to somebody else: remove it`);
  if (account.uid !== undefined && account.gid !== undefined) await chown(path, account.uid, account.gid);
  await chmod(path, 0o700);
}

/** Writes our settings, when they are not already so: on a full disk a start must not need to write. */
export async function writeSettings(layout: Layout, settings: Record<string, string>): Promise<void> {
  const path = join(layout.pgdata, "smartgroups.conf");
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  const text = `# Written by Smartgroups at every start. Settings of your own go into local.conf beside it.\n${lines.join("")}`;
  if ((await readFile(path, "utf8").catch(() => "")) === text) return;
  await writeFile(`${path}.new`, text, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

/** A rename is kept only when its directory is. */
async function keepName(directory: string): Promise<void> {
  const handle = await open(directory);
  await handle.sync();
  await handle.close();
}

/** Empties the server's log when it has grown large; the server appends, so it goes on at the start. */
export async function trimLog(layout: Layout): Promise<void> {
  const size = await lstat(layout.log).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT) await truncate(layout.log);
}

/** PostgreSQL's note of a running server (postmaster.pid); undefined when there is none to read. */
export type PidFile = { pid: number; status: string };

export async function readPidFile(layout: Layout): Promise<PidFile | undefined> {
  const lines = (await readFile(join(layout.pgdata, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 1 ? { pid, status: (lines[7] ?? "").trim() } : undefined;
}

/** Clears away what a killed server left; only while none runs. Its number may be a zombie's or a stranger's by now. */
export async function removeSocket(layout: Layout): Promise<void> {
  const socket = join(layout.sockets, `.s.PGSQL.${PORT}`);
  await rm(`${socket}.lock`, { force: true });
  await rm(socket, { force: true });
}

export const removePidFile = (layout: Layout): Promise<void> =>
  rm(join(layout.pgdata, "postmaster.pid"), { force: true });
