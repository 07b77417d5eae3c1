/** Nodes on one database: the command `start` in processes of its own, as many times as a test wants, sending to one far side. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Pool, Target } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { elapsed, nodeClock, SECOND } from "../../src/kit/clock.ts";
import { cloneDatabase } from "./database.ts";
import { type FarSide, type FarSideMail, startFarSide } from "./far-side.ts";
import { write } from "./node.ts";
import { sendMail } from "./send.ts";
import { testServer } from "./server.ts";
import { kill, workersOf } from "./service.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export type RunningNode = {
  name: string;
  child: ChildProcess;
  smtpPort: number;
  /** The address its mails come from, as the far side sees it. */
  peer: string;
  /** What it logged so far. */
  said(): string;
  workers(): Promise<number[]>;
  /** Stops supervisor and workers for a while, as a paused machine would. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
};

export type Fleet = {
  pool: Pool;
  target: Target;
  farSide: FarSide;
  members: string[];
  /** Starts a node and resolves when it serves. */
  start(name: string, more?: Record<string, string>): Promise<RunningNode>;
  /** Posts to all members through a node. */
  post(node: RunningNode, number: number, sizeBytes?: number): Promise<void>;
  /** Waits until every copy of so many posts has come and nothing is left in the queue. */
  complete(posts: number, timeoutMs?: number): Promise<void>;
  /** Copies beyond the first, with all copies of the same mail to the same member. */
  doubled(): FarSideMail[][];
  /** What `sendings` says in all. */
  counted(): Promise<{ planned: number; sent: number; again: number; beyond: number }>;
};

export type FleetWanted = {
  members: string[];
  /** Domains of members, each a provider of its own. */
  domains: string[];
  /** Where the nodes find the database; the test's own when left out. */
  database?: (target: Target) => string;
};

/** A database with a group `readers`, and a far side; no node runs yet. */
export async function newFleet(t: TestContext, { members, domains, database }: FleetWanted): Promise<Fleet> {
  const { pool, target } = await cloneDatabase(t);
  const farSide = await startFarSide();
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-nodes-"));
  t.after(async () => {
    await farSide.close();
    await rm(folder, { recursive: true, force: true });
  });
  const to = { host: "127.0.0.1", port: farSide.port };
  const routes = Object.fromEntries(domains.map((domain) => [domain, { ...to, provider: domain }]));
  await writeFile(join(folder, "routes.json"), JSON.stringify(routes));
  const environment = {
    PATH: process.env["PATH"] ?? "",
    DATABASE_URL: (database ?? urlOf)(target),
    SMARTGROUPS_DATA: folder,
    SMARTGROUPS_DOMAIN: "groups.test",
    SMARTGROUPS_SMTP: "127.0.0.1:0",
    SMARTGROUPS_WEB: "127.0.0.1:0",
    SMARTGROUPS_ROUTES: join(folder, "routes.json"),
    SMARTGROUPS_ROLES: "intake,pipeline,outbound,chores",
    SMARTGROUPS_WORKERS: "1",
    SMARTGROUPS_LOG: "warn",
  };
  const clock = nodeClock();
  const group = await directory.addGroup(pool, { name: "readers", title: "Readers" }, clock);
  const people = members.map((address) => ({ address, name: "" }));
  await directory.addMembers(pool, group.id, people, "test", clock);
  let nodes = 0;
  return {
    ...{ pool, target, farSide, members },
    start: async (name, more = {}) => {
      nodes += 1;
      const peer = `127.0.0.${1 + nodes}`;
      return startOne(t, name, peer, { ...environment, ...more });
    },
    post: async (node, number, sizeBytes = 0) => {
      const text = `Number ${number}\r\n${"It is a long story.\r\n".repeat(sizeBytes / 21)}`;
      const words = { from: members[0]!, messageId: `all-${number}@author.test`, text };
      const post = write(words, group, { domain: "groups.test" });
      const sent = await sendMail(node.smtpPort, { from: members[0]!, to: ["readers@groups.test"] }, post);
      assert.equal(sent.code, 250);
    },
    complete: async (posts, timeoutMs = 120 * SECOND) => {
      const wanted = posts * members.length;
      await farSide.waitFor((mails) => mails.length >= wanted && new Set(mails.map(copyOf)).size === wanted, timeoutMs);
      const until = elapsed() + timeoutMs;
      while ((await pool`select from deliveries limit 1`).length > 0 && elapsed() < until) await pause(50);
      assert.equal((await pool`select from deliveries limit 1`).length, 0, "the queue is empty");
    },
    doubled: () => [...Map.groupBy(farSide.mails, copyOf).values()].filter((copies) => copies.length > 1),
    counted: async () => {
      const [row] = await pool<{ planned: number; sent: number; again: number; beyond: number }[]>`
        select sum(planned)::int as planned, sum(sent)::int as sent, sum(again)::int as again,
          count(*) filter (where sent + given_up > planned)::int as beyond
        from sendings`;
      return { ...row! };
    },
  };
}

/** One mail to one member. */
export const copyOf = (mail: FarSideMail): string =>
  `${mail.to} ${/^Message-ID: (.*)/im.exec(mail.raw.toString("latin1"))?.[1]}`;

function urlOf(target: Target): string {
  assert.ok("host" in target);
  const { host, port } = testServer();
  return `postgres://${target.user}@localhost/${target.database}?host=${host}&port=${port}`;
}

async function startOne(
  t: TestContext,
  name: string,
  peer: string,
  environment: Record<string, string>,
): Promise<RunningNode> {
  const child = spawn(process.execPath, [MAIN, "start"], {
    env: { ...environment, SMARTGROUPS_NODE: name, SMARTGROUPS_EGRESS: peer },
    stdio: ["ignore", "pipe", "pipe"],
    cwd: "/",
  });
  const exit = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    kill(child.pid!, "SIGCONT");
    for (const pid of await workersOf(child.pid!)) kill(pid, "SIGCONT");
    child.kill("SIGTERM");
    await exit;
  });
  let out = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes("ready smtp=")) resolve();
    });
    child.once("exit", () => reject(new Error(`node ${name} did not start: ${out}`)));
  });
  const pids = async (): Promise<number[]> => [child.pid!, ...(await workersOf(child.pid!))];
  return {
    ...{ name, child, peer },
    smtpPort: Number(/smtp=[^ ]*:(\d+)/.exec(out)?.[1]),
    said: () => out,
    workers: () => workersOf(child.pid!),
    freeze: async () => {
      for (const pid of await pids()) kill(pid, "SIGSTOP");
    },
    thaw: async () => {
      for (const pid of await pids()) kill(pid, "SIGCONT");
    },
  };
}
