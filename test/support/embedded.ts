/** Embedded databases for the tests of the embedded database: a directory each, and nothing left running. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import type { Connection } from "../../src/db/embedded.ts";
import { layoutOf, readPidFile } from "../../src/db/embedded-files.ts";
import { isServerOn, watchServer } from "../../src/db/embedded-process.ts";

/** A directory that the database's user reaches; after the test its server is stopped and it is removed. */
export async function dataDirectory(t: TestContext, parent: string = tmpdir()): Promise<string> {
  const directory = await mkdtemp(join(parent, "sg-"));
  await chmod(directory, 0o755);
  t.after(async () => {
    await endServer(directory);
    await rm(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Ends the server that runs in `directory`, whoever keeps it: at once, for nobody needs it any more. */
export async function endServer(directory: string, signal: NodeJS.Signals = "SIGQUIT"): Promise<void> {
  const layout = layoutOf(directory);
  const note = await readPidFile(layout);
  if (!note || !(await isServerOn(layout.pgdata, note.pid))) return;
  process.kill(note.pid, signal);
  await watchServer(layout.pgdata, note.pid);
}

/** Runs one statement on a connection of its own. */
export async function ask(connection: Connection, statement: string): Promise<Record<string, unknown>[]> {
  const sql = postgres({ ...connection, max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(statement))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

export type Keeper = {
  process: ChildProcess;
  said: Record<string, unknown>;
  kill(signal: NodeJS.Signals): Promise<void>;
};

/**
 * A keeper in a process of its own, so that it can be killed: `said` is what it printed first, `{pid, connection}` of
 * its server or `{refusal}`.
 */
export async function spawnKeeper(
  t: TestContext,
  directory: string,
  ids: { uid?: number; gid?: number } = {},
): Promise<Keeper> {
  const script = fileURLToPath(new URL("./embedded-keeper.ts", import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ["pipe", "pipe", "inherit"], cwd: "/", ...ids });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  };
  t.after(() => kill("SIGKILL"));
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { process: child, said: JSON.parse(line) as Record<string, unknown>, kill };
}
