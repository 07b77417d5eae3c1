/** The real service and the sink for benches: the command in its own processes, its data in a temporary directory. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { layoutOf, PORT, USER } from "../src/db/embedded-files.ts";
import type { Target } from "../src/db/sql.ts";
import type { SinkStats } from "./sink.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const run = promisify(execFile);

export type Sink = { port: number; stats(): Promise<SinkStats>; reset(): Promise<void>; stop(): void };

export async function startSink(): Promise<Sink> {
  const child = spawn(process.execPath, [at("sink.ts"), "--port", "0", "--stats", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(child.stdout!, "data");
  const port = Number(/smtp=[^ ]*:(\d+)/.exec(String(said))?.[1]);
  const http = `http://127.0.0.1:${/stats=[^ ]*:(\d+)/.exec(String(said))?.[1]}`;
  return {
    port,
    stats: async () => (await (await fetch(`${http}/stats`)).json()) as SinkStats,
    reset: async () => void (await fetch(`${http}/reset`)),
    stop: () => void child.kill(),
  };
}

export type Service = {
  smtpPort: number;
  /** Its database, and the file with settings for it that the next start reads. */
  database: Target;
  databaseSettings: string;
  /** Runs a command against this service; `input` goes to its standard input. */
  command(words: string[], input?: string): Promise<string>;
  /** CPU seconds used so far and resident megabytes now (shared pages counted once), database included. */
  cost(): Promise<Cost>;
  /** Stops it and starts it again on the same data, with another environment. */
  restart(environment: Record<string, string>): Promise<Service>;
  stop(): Promise<void>;
};

/** `workerMegabytes` is the largest worker's resident memory. */
export type Cost = { cpuSeconds: number; megabytes: number; workerMegabytes: number };

export type Routes = Record<string, { host: string; port: number; provider?: string }>;

/** A node whose mail all goes to the sink; `routes` may tell several providers apart. */
export async function startService(
  sinkPort: number,
  environment: Record<string, string> = {},
  routes: Routes = {},
): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-bench-"));
  await run("chmod", ["755", folder]);
  const file = join(folder, "routes.json");
  await writeFile(file, JSON.stringify({ ...routes, "*": { host: "127.0.0.1", port: sinkPort } }));
  return startIn(folder, environment);
}

async function startIn(folder: string, environment: Record<string, string>): Promise<Service> {
  const layout = layoutOf(join(folder, "data"));
  const env = {
    ...process.env,
    SMARTGROUPS_DATA: layout.directory,
    SMARTGROUPS_DOMAIN: "groups.test",
    SMARTGROUPS_SMTP: "127.0.0.1:0",
    SMARTGROUPS_WEB: "127.0.0.1:0",
    SMARTGROUPS_URL: "http://groups.test",
    SMARTGROUPS_ROUTES: join(folder, "routes.json"),
    SMARTGROUPS_LOG: "warn",
    SMARTGROUPS_ROLES: "intake,pipeline,outbound,chores",
    ...environment,
  };
  const child = spawn(process.execPath, [...process.execArgv, at("../src/main.ts"), "start"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await Promise.race([once(child.stdout!, "data"), once(child, "exit").then(() => ["ended"])]);
  const smtpPort = Number(/smtp=[^ ]*:(\d+)/.exec(String(said))?.[1]);
  if (!smtpPort) throw new Error(`The service did not start: ${said}`);
  return {
    smtpPort,
    database: { host: layout.sockets, port: PORT, user: USER, database: USER },
    databaseSettings: join(layout.pgdata, "local.conf"),
    command: async (words, input) => {
      const running = run(process.execPath, [at("../src/main.ts"), ...words], { env, maxBuffer: 1 << 26 });
      running.child.stdin?.end(input ?? "");
      return (await running).stdout;
    },
    cost: () => costOf(child.pid!),
    restart: async (other) => {
      await end(child);
      return startIn(folder, other);
    },
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

/** Sums over the process, its children and the PostgreSQL that serves them. */
async function costOf(root: number): Promise<Cost> {
  const processes = await Promise.all(
    (await readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => readProcess(Number(name)).catch(() => undefined)),
  );
  const known = processes.filter((one) => one !== undefined);
  const family = new Set([root]);
  const environments = await readFile(`/proc/${root}/environ`, "utf8").catch(() => "");
  const data = /SMARTGROUPS_DATA=([^\0]*)/.exec(environments)?.[1] ?? "\0";
  for (const one of known) if (one.command.includes(data)) family.add(one.pid);
  for (let grew = true; grew; ) {
    grew = false;
    for (const one of known) {
      if (family.has(one.parent) && !family.has(one.pid)) {
        family.add(one.pid);
        grew = true;
      }
    }
  }
  const ours = known.filter((one) => family.has(one.pid));
  const memory = await Promise.all(ours.map((one) => proportional(one.pid)));
  return {
    cpuSeconds: ours.reduce((sum, one) => sum + one.cpuSeconds, 0),
    megabytes: Math.round(memory.reduce((sum, one) => sum + one, 0) / 1024),
    workerMegabytes: Math.round(
      Math.max(0, ...ours.map((one, i) => (one.command.includes("worker.ts") ? memory[i]! : 0))) / 1024,
    ),
  };
}

async function readProcess(pid: number): Promise<{ pid: number; parent: number; cpuSeconds: number; command: string }> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
  return { pid, parent: Number(fields[1]), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, command };
}

/** PSS in KiB: pages shared by several processes are divided among them. */
async function proportional(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
}
