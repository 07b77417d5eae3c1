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
import { fileURLToPath } from "node:url";
import { startEmbedded } from "../src/db/embedded.ts";
import { newLog } from "../src/kit/log.ts";
import { TEST_DATABASE } from "./support/server.ts";

const SETTINGS = {
  ...{ fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "120" },
  // Nothing is read back after a crash, and hundreds of small databases are not worth looking after.
  ...{ wal_level: "minimal", max_wal_senders: "0", checkpoint_timeout: "1d", max_wal_size: "4GB", autovacuum: "off" },
};
/** The code as it was compiled, for the next file and the next run: half a second a file. */
const CODE = fileURLToPath(new URL("../node_modules/.cache/smartgroups-test", import.meta.url));
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
    const tests = spawn(
      process.execPath,
      [
        "--test",
        "--test-concurrency=3",
        "--test-timeout=600000",
        "--import=./test/support/leftovers.ts",
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        "--test-reporter=./test/support/slowest.ts",
        "--test-reporter-destination=stdout",
        ...files,
      ],
      {
        stdio: "inherit",
        env: {
          ...process.env,
          ...(isSlow && { SMARTGROUPS_TEST_SLOW: "1" }),
          NODE_COMPILE_CACHE: CODE,
          [TEST_DATABASE]: JSON.stringify(server.connection),
        },
      },
    );
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
