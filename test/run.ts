/**
 * `npm test [-- --slow] [files or patterns]`: one embedded PostgreSQL for the whole run, then Node's own test runner.
 *
 * The server lives in a temporary directory with fsync off. It is stopped whatever happens; its directory is removed
 * when everything passed, and otherwise left for you to look at.
 */
import { chmod, glob, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { startEmbedded } from "../src/db/embedded.ts";
import { MINUTE } from "../src/kit/clock.ts";
import { newLog } from "../src/kit/log.ts";
import { TEST_DATABASE } from "./support/server.ts";
import slowest from "./support/slowest.ts";

const SETTINGS = {
  ...{ fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "120" },
  // Nothing is read back after a crash, and hundreds of small databases are not worth looking after.
  ...{ wal_level: "minimal", max_wal_senders: "0", checkpoint_timeout: "1d", max_wal_size: "4GB", autovacuum: "off" },
};
/** The code as it was compiled, for the next file and the next run: half a second a file. */
const CODE = fileURLToPath(new URL("../node_modules/.cache/smartgroups-test", import.meta.url));
const EVERYTHING = ["src/**/*.test.ts", "test/**/*.test.ts"];
/** What takes longest begins first, so that nothing long is alone at the end. */
const LONG =
  "web-browser stops promises compose-browser pacing rights kill kill-in-a-fanout kill-scheduled frozen attacks";

async function filesFor(words: string[]): Promise<string[]> {
  const slow = words.includes("--slow");
  const patterns = words.filter((word) => word !== "--slow");
  const found = await Array.fromAsync(glob(patterns.length > 0 ? patterns : EVERYTHING));
  const named = patterns.length > 0;
  const isLong = (file: string): boolean => LONG.split(" ").includes(basename(file, ".test.ts"));
  const wanted = found.filter((file) => slow || named || !file.startsWith(join("test", "slow")));
  return wanted.toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)) || a.localeCompare(b));
}

async function main(): Promise<number> {
  const isSlow = process.argv.includes("--slow");
  const files = await filesFor(process.argv.slice(2));
  if (files.length === 0) {
    process.stderr.write("No test file matches.\n");
    return 1;
  }
  // From the terminal the tests get Ctrl-C themselves; a signal sent to us alone ends them too. We stay to tidy up.
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort());
  const directory = await mkdtemp(join(tmpdir(), "smartgroups-test-"));
  await chmod(directory, 0o755); // the database may run as another user
  const server = await startEmbedded({ directory, log: newLog("warn"), settings: SETTINGS });
  let hasPassed = false;
  try {
    Object.assign(process.env, {
      ...(isSlow && { SMARTGROUPS_TEST_SLOW: "1" }),
      NODE_COMPILE_CACHE: CODE,
      [TEST_DATABASE]: JSON.stringify(server.connection),
    });
    hasPassed = !stopping.signal.aborted && (await passes(files, stopping.signal));
  } finally {
    await server.stop();
    if (hasPassed) await rm(directory, { recursive: true, force: true });
    else process.stderr.write(`The database of this run is kept in ${directory}\n`);
  }
  return hasPassed ? 0 : 1;
}

/** Runs the files, the first ones first, and tells how it went. */
async function passes(files: string[], signal: AbortSignal): Promise<boolean> {
  const running = run({
    files,
    signal,
    concurrency: 4,
    timeout: 10 * MINUTE,
    execArgv: ["--disable-warning=ExperimentalWarning", "--import=./test/support/leftovers.ts"],
  });
  let hasPassed = false;
  running.on("test:summary", ({ file, success }) => {
    if (file === undefined) hasPassed = success;
  });
  const reports = [new spec(), slowest].map((reporter) =>
    pipeline(running.compose(reporter), process.stdout, { end: false }),
  );
  await Promise.all(reports);
  return hasPassed && !signal.aborted;
}

process.exitCode = await main();
