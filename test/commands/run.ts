/** The command as an operator runs it, with a database of its own. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Pool } from "../../src/db/sql.ts";
import { cloneDatabase } from "../support/database.ts";
import type { Done, Order } from "./house.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export type Ran = { code: number | null; out: string; err: string };
export type Service = {
  pool: Pool;
  /** A directory for files, gone after the test. */
  directory: string;
  environment: Record<string, string>;
  run(words: string[], input?: string | Buffer): Promise<Ran>;
  /** Runs what must succeed; answers its standard output. */
  must(words: string[], input?: string | Buffer): Promise<string>;
  /** Runs what must succeed with --json; answers the document. */
  json<T>(words: string[], input?: string | Buffer): Promise<T>;
  /** Runs what must fail; answers its one line on standard error. */
  refused(words: string[], input?: string | Buffer): Promise<string>;
};

/** Runs it in a process of its own. */
export function runCommand(
  words: string[],
  environment: Record<string, string>,
  input: string | Buffer = "",
): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...words], { env: environment, stdio: ["pipe", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code) =>
      done({ code, out: Buffer.concat(out).toString("utf8"), err: Buffer.concat(err).toString("utf8") }),
    );
  });
}

/** Threads that have nothing to do. Starting a process takes half a second, and there are hundreds of commands. */
const idle: Worker[] = [];

/** Runs it in a thread that has run others (house.ts). */
export async function runHere(
  words: string[],
  environment: Record<string, string>,
  input: string | Buffer = "",
): Promise<Ran> {
  const house = idle.pop() ?? new Worker(new URL("./house.ts", import.meta.url));
  house.ref();
  try {
    const answer = once(house, "message") as Promise<[Done]>;
    house.postMessage({ words, environment, input } satisfies Order);
    const [done] = await answer;
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
    idle.push(house);
    return { code: done.code, out: text(done.out), err: text(done.err) };
  } finally {
    house.unref();
  }
}

/** What every command inherits here: nothing of the developer's own settings. */
export const bare = (more: Record<string, string> = {}): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  SMARTGROUPS_DOMAIN: "groups.test",
  SMARTGROUPS_DATA: "/nonexistent/smartgroups-data",
  ...more,
});

export async function aService(t: TestContext): Promise<Service> {
  const { pool, target } = await cloneDatabase(t);
  const directory = await mkdtemp(join(tmpdir(), "smartgroups-command-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  assert.ok("host" in target);
  const url = `postgresql://${target.user}@/${target.database}?host=${encodeURIComponent(target.host)}&port=${target.port}`;
  const environment = bare({ DATABASE_URL: url });
  const run: Service["run"] = (words, input) => runHere(words, environment, input);
  return {
    pool,
    directory,
    environment,
    run,
    must: async (words, input) => {
      const { code, out, err } = await run(words, input);
      assert.equal(code, 0, `${words.join(" ")} says: ${err}`);
      return out;
    },
    json: async <T>(words: string[], input?: string | Buffer) => {
      const { code, out, err } = await run([...words, "--json"], input);
      assert.equal(code, 0, `${words.join(" ")} says: ${err}`);
      return JSON.parse(out) as T;
    },
    refused: async (words, input) => oneLine(await run(words, input)),
  };
}

/** The one line of a command that failed as it should. */
export function oneLine({ code, err }: Ran): string {
  assert.equal(code, 1, err);
  assert.match(err, /^[^\n]+\n$/, "exactly one line on standard error");
  return err.trimEnd();
}
