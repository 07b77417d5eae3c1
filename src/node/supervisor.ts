/**
 * A node: the supervisor, which keeps the database and the workers running, says that they live (beat.ts), and does
 * nothing else.
 *
 * A worker that dies is replaced at once and what it held is freed; one that says nothing for SILENCE (a loop without
 * end, a machine out of memory) is killed first: until its process is gone, what it holds is its own. One whose lease is
 * lost to another node ends, and another begins in its place. When the supervisor itself is killed its workers notice and
 * end, the database stays, and the next start adopts it.
 */
import cluster, { type Worker } from "node:cluster";
import { getCompileCacheDir } from "node:module";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Config, Listen } from "../config.ts";
import { superviseEmbedded } from "../db/embedded-keep.ts";
import { migrate } from "../db/migrate.ts";
import { closePool, openPool, type Pool, type Target } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as keys from "../keys/keys.ts";
import { type Clock, elapsed, type Moment, nodeClock, SECOND } from "../kit/clock.ts";
import { codeOf, Refusal, reasonOf } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import { type Log, newLog } from "../kit/log.ts";
import { Silence } from "../kit/silence.ts";
import { type Beat, startBeat } from "./beat.ts";
import { closeUntaken } from "./handed.ts";

/** What a worker is told at its start: `enteredAt` is when its lease begins. */
export type Orders = { kind: "orders"; config: Config; target: Target; worker: string; enteredAt: Moment };
/** What it is told later: the database has answered that it is entered, or is not any more; and to end. */
export type Word = { kind: "confirmed"; askedAt: Moment } | { kind: "lost" } | { kind: "stop" };
/** What a worker says. */
export type Report =
  | { kind: "ready"; smtp: Listen[]; web: Listen[] }
  | { kind: "alive" }
  | { kind: "in doubt" }
  | { kind: "failed"; why: string };

export const VERSION = "0.1.0";

const SILENCE = 30 * SECOND;
const PATIENCE = 15 * SECOND;

/** Runs a node until it is told to stop. */
export async function start(config: Config): Promise<void> {
  const log = newLog(config.log);
  const clock = nodeClock();
  await refuseTakenPorts(config);
  const server = config.databaseUrl
    ? undefined
    : await superviseEmbedded({ directory: config.data, log, keeper: "node" });
  const target: Target = server ? server.connection : { url: config.databaseUrl };
  const pool = openPool(target, { max: 2, name: "smartgroups supervisor" });
  try {
    await migrate(pool).catch((error) => {
      if (error instanceof Refusal) throw error;
      throw new Refusal(
        `The database can't be used (${reasonOf(error)}): check DATABASE_URL and that its server runs.`,
      );
    });
    const crew = newCrew({ config, target, pool, clock, log });
    const stopped = untilTold();
    try {
      const at = await Promise.race([crew.start(), stopped]);
      if (at) process.stdout.write(`ready smtp=${written(at.smtp)} web=${written(at.web)}\n`);
      if (at && config.roles.includes("web")) await invite(pool, config, clock);
      await stopped;
    } finally {
      await crew.stop();
    }
  } finally {
    await closePool(pool);
    await server?.stop();
  }
}

/** While nobody is an operator, whoever sees our output may become one. */
async function invite(pool: Pool, config: Config, clock: Clock): Promise<void> {
  if (await directory.hasOperator(pool)) return;
  const { token } = await keys.serviceKeys(pool, config.domain, clock);
  const link = keys.setupLink(config.url, token, clock.now());
  process.stderr.write(`Nobody looks after this service yet. This page makes you its operator:\n  ${link}\n`);
}

const written = (listens: Listen[]): string =>
  listens.map(({ host, port }) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)).join(",") || "none";

/** Resolves at the first SIGINT or SIGTERM; a second one ends us at once. */
function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    let told = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (told) process.exit(1);
        told = true;
        resolve();
      });
    }
  });
}

/** Asks for each address before anything is started, so that the sentence comes at once. */
async function refuseTakenPorts(config: Config): Promise<void> {
  const wanted = [
    ...(config.roles.includes("intake") ? config.smtp.map((at) => ({ at, name: "SMARTGROUPS_SMTP" })) : []),
    ...(config.roles.includes("web") ? config.web.map((at) => ({ at, name: "SMARTGROUPS_WEB" })) : []),
  ];
  for (const { at, name } of wanted) {
    const error = await new Promise<unknown>((resolve) => {
      const probe = createServer();
      probe.once("error", resolve);
      probe.listen({ host: at.host, port: at.port, exclusive: true }, () => probe.close(() => resolve(undefined)));
    });
    const place = written([at]);
    if (codeOf(error) === "EADDRINUSE") {
      throw new Refusal(`${place} is taken by another program: stop that one, or choose another address with ${name}.`);
    }
    if (codeOf(error) === "EACCES") {
      throw new Refusal(`We may not listen on ${place}: start as root, or choose a port above 1023 with ${name}.`);
    }
    if (error) throw new Refusal(`We can't listen on ${place} (${reasonOf(error)}): correct ${name}.`);
  }
}

type Ready = { smtp: Listen[]; web: Listen[] };
type Crew = {
  /** Rejects when a worker can't start at all: settings or machine are wrong, and trying again would not help. */
  start(): Promise<Ready>;
  stop(): Promise<void>;
};

type Member = { id: string; process: Worker; silence: Silence; isReady: boolean };

function newCrew(options: { config: Config; target: Target; pool: Pool; clock: Clock; log: Log }): Crew {
  const { config, target, pool, clock, log } = options;
  cluster.setupPrimary({ exec: fileURLToPath(new URL("./worker.ts", import.meta.url)), args: [], silent: false });
  // Workers read the code as compiled before: half the time to start, and a seventh less memory.
  const cache = getCompileCacheDir();
  const compiled = cache === undefined ? {} : { NODE_COMPILE_CACHE: cache };
  // A worker that alone drives a great provider's lane signs on all cores: mail/signing.ts.
  const threads = { UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())) };
  const members = new Map<string, Member>();
  let isStopping = false;
  let deaths = 0;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);

  const tell = (workers: string[], word: Word): void => {
    for (const id of workers) {
      const { process } = members.get(id) ?? {};
      if (process?.isConnected()) process.send(word);
    }
  };
  const beat: Beat = startBeat({
    ...{ target, pool, clock, log },
    silenceOf: (worker) => members.get(worker)?.silence.silentMs ?? 0,
    confirmed: (workers, askedAt) => tell(workers, { kind: "confirmed", askedAt }),
    lost: (workers) => {
      log.error({ workers }, "workers have lost their lease and end; others begin in their place");
      tell(workers, { kind: "lost" });
    },
  });

  const enlist = (ready: (at: Ready) => void): void => {
    const id = newId(clock);
    const member: Member = {
      id,
      process: cluster.fork({ ...compiled, ...threads }),
      silence: new Silence(),
      isReady: false,
    };
    members.set(id, member);
    closeUntaken(member.process);
    member.process.once("online", () => void order(member));
    member.process.on("message", (report: Report) => {
      member.silence.heard();
      if (report.kind === "ready") {
        member.isReady = true;
        deaths = 0;
        ready(report);
      }
      if (report.kind === "in doubt") beat.ask();
      if (report.kind === "failed") fail(new Refusal(report.why)); // once everybody was ready, nobody listens to this
    });
    member.process.on("error", (error) => log.warn({ err: reasonOf(error) }, "trouble with a worker"));
    member.process.once("exit", (code, signal) => {
      members.delete(id);
      beat.leave(id);
      if (isStopping) return;
      deaths += 1;
      log.error({ worker: id, code, signal }, "a worker ended; another takes its place");
      setTimeout(() => !isStopping && enlist(() => undefined), Math.min(5 * SECOND, 50 * 2 ** Math.min(deaths, 7)));
    });
  };

  /** Enters a worker and lets it begin; a database that is away is waited for. */
  const order = async ({ id, process: its }: Member): Promise<void> => {
    const { node, roles } = config;
    const present = { id, node, pid: its.process.pid!, roles, version: VERSION, startedAt: clock.now() };
    while (its.isConnected()) {
      try {
        const enteredAt = await beat.enter(present);
        if (its.isConnected()) its.send({ kind: "orders", config, target, worker: id, enteredAt } satisfies Orders);
        else beat.leave(id);
        return;
      } catch (error) {
        log.warn({ worker: id, err: reasonOf(error) }, "a worker waits for the database to begin");
        await pause(SECOND);
      }
    }
  };

  const watch = setInterval(() => {
    for (const { id, process: its, silence, isReady } of members.values()) {
      if (silence.look(elapsed()) < SILENCE || !isReady) continue;
      log.error({ worker: id }, "a worker says nothing any more and is killed");
      its.process.kill("SIGKILL");
    }
  }, SECOND);

  return {
    start: async () => {
      const all = Array.from({ length: config.workers }, () => new Promise<Ready>(enlist));
      const [first] = await Promise.race([Promise.all(all), failed]);
      return first!;
    },
    stop: async () => {
      isStopping = true;
      clearInterval(watch);
      const gone = [...members.values()].map(
        (member) =>
          new Promise<void>((resolve) => {
            const killing = setTimeout(() => member.process.process.kill("SIGKILL"), PATIENCE);
            member.process.once("exit", () => {
              clearTimeout(killing);
              resolve();
            });
            tell([member.id], { kind: "stop" });
          }),
      );
      await Promise.all(gone);
      await beat.stop();
    },
  };
}
