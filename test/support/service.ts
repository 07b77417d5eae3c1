/**
 * The real service for a test: the command `start` in processes of its own, on a temporary directory with its own
 * embedded PostgreSQL, sending to a far side of the test. Made to be killed: every process is found by its id, from the
 * process tree under the supervisor and from PostgreSQL's own note.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findEmbedded } from "../../src/db/embedded.ts";
import { layoutOf, readPidFile } from "../../src/db/embedded-files.ts";
import { isServerOn, watchServer } from "../../src/db/embedded-process.ts";
import { closePool, openPool, type Pool } from "../../src/db/sql.ts";
import { type FarSide, startFarSide } from "./far-side.ts";

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export type Ended = { code: number | null; signal: NodeJS.Signals | null; out: string; err: string };

/** One run of `start`, from its first line to its end. */
export type Run = { pid: number; ended: Promise<Ended>; said: () => { out: string; err: string } };

export type Processes = { supervisor: number; workers: number[]; postmaster: number; backends: number[] };

export type Service = {
  data: string;
  smtpPort: number;
  environment: Record<string, string>;
  farSide: FarSide;
  /** A connection of the test's own to the service's database; it comes back after a kill by itself. */
  pool: Pool;
  /** Starts the command and resolves when it says that it is ready. */
  start(): Promise<Run>;
  /** Starts the command and leaves it alone. */
  launch(more?: Record<string, string>): Run;
  processes(): Promise<Processes>;
  command(words: string[], input?: string): Promise<string>;
  /** Waits until nothing is waiting or taken in the queue. */
  quiet(timeoutMs?: number): Promise<void>;
};

export type ServiceWanted = {
  members?: string[];
  workers?: number;
  environment?: Record<string, string>;
  /** Where domains lead, by their far side's port; everything leads there when left out. */
  routes?: (port: number) => Record<string, { host: string; port: number; provider?: string }>;
};

/** Makes the directory and the group `readers` with its members; nothing runs yet. */
export async function newService(t: TestContext, wanted: ServiceWanted = {}): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-service-"));
  await chmod(folder, 0o755); // the database may run as another user
  const data = join(folder, "data");
  const farSide = await startFarSide();
  const routes = join(folder, "routes.json");
  await writeFile(
    routes,
    JSON.stringify(wanted.routes?.(farSide.port) ?? { "*": { host: "127.0.0.1", port: farSide.port } }),
  );
  const smtpPort = await freePort();
  const environment: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    SMARTGROUPS_DATA: data,
    SMARTGROUPS_DOMAIN: "groups.test",
    SMARTGROUPS_SMTP: `127.0.0.1:${smtpPort}`,
    SMARTGROUPS_WEB: "127.0.0.1:0",
    SMARTGROUPS_URL: "http://groups.test",
    SMARTGROUPS_ROUTES: routes,
    SMARTGROUPS_NODE: "test",
    SMARTGROUPS_LOG: "warn",
    SMARTGROUPS_WORKERS: String(wanted.workers ?? 2),
    SMARTGROUPS_ROLES: "intake,pipeline,outbound,chores",
    ...wanted.environment,
  };
  const runs: { child: ChildProcess; run: Run }[] = [];
  let pool: Pool | undefined;
  t.after(async () => {
    if (pool) await closePool(pool);
    const left = await processesOf(data, runs.at(-1)?.child.pid ?? 0);
    for (const { child } of runs) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await Promise.all(runs.map(({ run: one }) => one.ended));
    for (const pid of left.workers) kill(pid);
    const { pgdata } = layoutOf(data);
    if (left.postmaster && (await isServerOn(pgdata, left.postmaster))) {
      kill(left.postmaster, "SIGQUIT");
      await watchServer(pgdata, left.postmaster);
    }
    await farSide.close();
    if (t.passed) await rm(folder, { recursive: true, force: true });
    else t.diagnostic(`the service's directory ${folder} is left for you to look at`);
  });

  const launch = (more: Record<string, string> = {}): Run => {
    const child = spawn(process.execPath, [MAIN, "start"], {
      env: { ...environment, ...more },
      stdio: ["ignore", "pipe", "pipe"],
      cwd: "/",
    });
    const heard = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      heard.out += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      heard.err += chunk.toString();
    });
    // "exit" and not "close": what outlives the supervisor may hold its pipes open.
    const ended = new Promise<Ended>((resolve) =>
      child.once("exit", (code, signal) => setImmediate(() => resolve({ code, signal, ...heard }))),
    );
    const one: Run = { pid: child.pid!, ended, said: () => heard };
    runs.push({ child, run: one });
    return one;
  };
  const service: Service = {
    data,
    smtpPort,
    environment,
    farSide,
    get pool() {
      if (!pool) throw new Error("the service has not been started yet");
      return pool;
    },
    launch,
    start: async () => {
      const one = launch();
      const isOver = one.ended.then((how) => {
        throw new Error(`the service did not start: ${how.err || how.signal}`);
      });
      isOver.catch(() => undefined);
      while (!one.said().out.includes("ready smtp=")) await Promise.race([pause(20), isOver]);
      pool ??= openPool((await findEmbedded(data))!, { max: 2, name: "test" });
      return one;
    },
    processes: () => processesOf(data, runs.at(-1)!.child.pid!),
    command: async (words, input) => {
      const running = run(process.execPath, [MAIN, ...words], { env: environment, maxBuffer: 1 << 26 });
      running.child.stdin?.end(input ?? "");
      return (await running).stdout;
    },
    quiet: async (timeoutMs = 30_000) => {
      for (let waited = 0; waited < timeoutMs; waited += 50) {
        const [row] = await service.pool<{ busy: number }[]>`
          select (select count(*) from mails where state in ('waiting', 'taken'))::int
            + (select count(*) from deliveries)::int as busy`;
        if (row?.busy === 0) return;
        await pause(50);
      }
      const mails =
        await service.pool`select state, taken_by, attempts, problem, count(*) from mails group by 1, 2, 3, 4`;
      const deliveries = await service.pool`
        select state, taken_by, attempts, problem, count(*) from deliveries group by 1, 2, 3, 4`;
      const workers = await service.pool`select id, seen_at from workers`;
      throw new Error(`the queue did not become empty: ${JSON.stringify({ mails, deliveries, workers })}`);
    },
  };
  await service.command(["group", "add", "readers", "--title", "Readers"]);
  const list = (wanted.members ?? []).map((address) => `${address},\n`).join("");
  if (list !== "") await service.command(["member", "add", "readers", "-"], list);
  return service;
}

/** Ends one process by its id; one that is gone already is no trouble. */
export function kill(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Is there a process with this id? A zombie is none. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await table()).some((one) => one.pid === pid);
}

/** The workers that a supervisor has now. */
export const workersOf = async (supervisor: number): Promise<number[]> =>
  (await table()).filter((one) => one.parent === supervisor && one.command.includes("worker.ts")).map(({ pid }) => pid);

async function processesOf(data: string, supervisor: number): Promise<Processes> {
  const note = await readPidFile(layoutOf(data)).catch(() => undefined);
  const postmaster = note && (await isServerOn(layoutOf(data).pgdata, note.pid)) ? note.pid : 0;
  const all = await table();
  const childrenOf = (parent: number): number[] =>
    parent === 0 ? [] : all.filter((one) => one.parent === parent).map((one) => one.pid);
  return { supervisor, workers: await workersOf(supervisor), postmaster, backends: childrenOf(postmaster) };
}

async function table(): Promise<{ pid: number; parent: number; command: string }[]> {
  const { stdout } = await run("ps", ["-A", "-ww", "-o", "pid=,ppid=,stat=,args="], { maxBuffer: 1 << 24 });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined || state!.startsWith("Z")
      ? []
      : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

/** A port that was free a moment ago: kept by the service over its restarts. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
