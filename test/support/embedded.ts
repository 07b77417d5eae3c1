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
import { type Connection, startEmbedded } from "../../src/db/embedded.ts";
import { silent } from "../../src/kit/log.ts";

/** A directory that the database's user reaches; after the test its server is stopped and it is removed. */
export async function dataDirectory(t: TestContext, parent: string = tmpdir()): Promise<string> {
  const directory = await mkdtemp(join(parent, "sg-"));
  await chmod(directory, 0o755);
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
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

/** Ends whatever server runs in `directory`, as a test's last act. */
export async function endServer(directory: string): Promise<void> {
  const server = await startEmbedded({ directory, log: silent }).catch(() => undefined);
  await server?.stop();
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
