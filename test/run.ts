/**
 * `npm test [-- --slow] [files or patterns]`: one embedded PostgreSQL for the whole run, then Node's own test runner.
 *
 * The server lives in a temporary directory with fsync off. It is stopped whatever happens; its directory is removed
 * when everything passed, and otherwise left for you to look at.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, glob, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../src/db/embedded.ts";
import { newLog } from "../src/kit/log.ts";
import { TEST_DATABASE } from "./support/server.ts";

const SETTINGS = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "120" };
const EVERYTHING = ["src/**/*.test.ts", "test/**/*.test.ts"];

async function filesFor(words: string[]): Promise<string[]> {
  const slow = words.includes("--slow");
  const patterns = words.filter((word) => word !== "--slow");
  const found = await Array.fromAsync(glob(patterns.length > 0 ? patterns : EVERYTHING));
  const named = patterns.length > 0;
  return found.filter((file) => slow || named || !file.startsWith(join("test", "slow"))).toSorted();
}

async function main(): Promise<number> {
  const isSlow = process.argv.includes("--slow");
  const files = await filesFor(process.argv.slice(2));
  if (files.length === 0) {
    process.stderr.write("No test file matches.\n");
    return 1;
  }
  let child: ChildProcess | undefined;
  let stopped = false;
  // From the terminal the child gets Ctrl-C itself; a signal sent to us alone is passed on. We stay to tidy up.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      stopped = true;
      child?.kill(signal);
    });
  const directory = await mkdtemp(join(tmpdir(), "smartgroups-test-"));
  await chmod(directory, 0o755); // the database may run as another user
  const server = await startEmbedded({ directory, log: newLog("warn"), settings: SETTINGS });
  let code = 1;
  try {
    if (stopped) return code;
    const tests = spawn(process.execPath, ["--test", "--test-concurrency=3", "--test-force-exit", ...files], {
      stdio: "inherit",
      env: {
        ...process.env,
        ...(isSlow && { SMARTGROUPS_TEST_SLOW: "1" }),
        [TEST_DATABASE]: JSON.stringify(server.connection),
      },
    });
    child = tests;
    code = await new Promise<number>((done, failed) => {
      tests.once("error", failed);
      tests.once("exit", (exit, signal) => done(signal ? 1 : (exit ?? 1)));
    });
  } finally {
    await server.stop();
    if (code === 0) await rm(directory, { recursive: true, force: true });
    else process.stderr.write(`The database of this run is kept in ${directory}\n`);
  }
  return code;
}

process.exitCode = await main();
