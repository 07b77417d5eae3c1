/**
 * The database for a command: DATABASE_URL when it is set, else the embedded server of the data directory.
 *
 * A node that is running has the embedded server up, and we join it. When there is none we start it for as long as the
 * command takes, so that every command works before the first start, and stop it when nobody else is using it.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Config } from "../config.ts";
import { migrate } from "../db/migrate.ts";
import { closePool, openPool, type Pool, type Target } from "../db/sql.ts";
import { type NodeClock, nodeClock } from "../kit/clock.ts";
import { newLog } from "../kit/log.ts";
import { warn } from "./terminal.ts";

export type Database = { pool: Pool; clock: NodeClock };

type Options = { max?: number; name?: string };

/** Opens the database, brings it to this version's tables, and closes everything after `work`. */
export async function withDatabase<T>(
  config: Config,
  work: (database: Database) => Promise<T>,
  options: Options = {},
): Promise<T> {
  if (config.databaseUrl !== "") return withPool({ url: config.databaseUrl }, work, options);
  const { layoutOf, PORT, USER } = await import("../db/embedded-files.ts");
  const target = { host: layoutOf(config.data).sockets, port: PORT, user: USER, database: USER };
  if (await answers(target)) return withPool(target, work, options);
  return withEmbedded(config, target, work, options);
}

async function withEmbedded<T>(
  config: Config,
  target: Target,
  work: (database: Database) => Promise<T>,
  options: Options,
): Promise<T> {
  const { startEmbedded } = await import("../db/embedded.ts");
  const log = newLog(config.log === "debug" ? "debug" : "error");
  const server = await startEmbedded({ directory: config.data, log }).catch(async (error: unknown) => {
    // A node, or another command, was just starting the same server: then it is up by now.
    if (await answers(target)) return undefined;
    throw error;
  });
  if (server === undefined) return withPool(target, work, options);
  const leave = (): void => {
    void server.stop().finally(() => process.exit(130));
  };
  process.once("SIGINT", leave).once("SIGTERM", leave);
  try {
    return await withPool(server.connection, work, options);
  } finally {
    await untilAlone(target);
    process.off("SIGINT", leave).off("SIGTERM", leave);
    await server.stop();
  }
}

async function withPool<T>(target: Target, work: (database: Database) => Promise<T>, options: Options): Promise<T> {
  const pool = openPool(target, { max: options.max ?? 3, name: options.name ?? "smartgroups command" });
  try {
    await migrate(pool);
    return await work({ pool, clock: await clockOf(pool) });
  } finally {
    await closePool(pool);
  }
}

/** Our clock, set by the database's: commands speak of the same now as the nodes. */
async function clockOf(pool: Pool): Promise<NodeClock> {
  const clock = nodeClock();
  const [row] = await pool<{ now: Date }[]>`select clock_timestamp() as now`;
  clock.measured(row!.now.getTime());
  return clock;
}

async function answers(target: Target): Promise<boolean> {
  const pool = openPool(target, { max: 1 });
  try {
    await pool`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await closePool(pool);
  }
}

/** Waits until no other command is connected to the server that we are about to stop. */
async function untilAlone(target: Target): Promise<void> {
  const pool = openPool(target, { max: 1 });
  try {
    for (let looks = 0; ; looks += 1) {
      const [row] = await pool<{ others: number }[]>`
        select count(*)::int as others from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`;
      if (row!.others === 0) return;
      if (looks === 10) warn("Waiting for another command that is using the database.");
      await pause(100);
    }
  } catch {
    return;
  } finally {
    await closePool(pool);
  }
}
