/**
 * Keeping the embedded database there: for a node, which starts it again whenever it ends, and for a command, which
 * uses the node's while one runs and otherwise starts it for itself alone.
 */
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { elapsed, MINUTE, SECOND } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import {
  type Connection,
  type EmbeddedOptions,
  type EmbeddedServer,
  findEmbedded,
  openDirectory,
  startEmbedded,
  startLocked,
} from "./embedded.ts";
import { trimLog } from "./embedded-files.ts";
import { HeldByAnother, holderOf } from "./embedded-lock.ts";

const SHORTEST = 100;
const LONGEST = 10 * SECOND;

export type KeptServer = { connection: Connection; stop(): Promise<void> };

/**
 * Starts the database and, until `stop`, starts it again whenever it ends: at once after a long life, with a pause that
 * doubles up to 10 s while it keeps ending (a full disk, say). Only the first start refuses; later ones are logged.
 */
export async function superviseEmbedded(options: EmbeddedOptions): Promise<KeptServer> {
  const { log } = options;
  const { layout, lock } = await openDirectory(options);
  const stopping = new AbortController();
  let server: EmbeddedServer | undefined;
  try {
    server = await startLocked(layout, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
  const { connection } = server;
  const stopped = new Promise<void>((done) => stopping.signal.addEventListener("abort", () => done(), { once: true }));

  const keep = async (): Promise<void> => {
    let wait = SHORTEST;
    while (!stopping.signal.aborted) {
      const since = elapsed();
      if (server) {
        const how = await Promise.race([server.died, stopped]);
        if (stopping.signal.aborted) return;
        log.error({ how }, "the database ended; starting it again");
        server = undefined;
        if (elapsed() - since > MINUTE) wait = SHORTEST;
      }
      await pause(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      wait = Math.min(LONGEST, 2 * wait);
      try {
        server = await startLocked(layout, options);
        log.info({ pid: server.pid }, "the database is back");
      } catch (error) {
        log.error({ err: reasonOf(error), againInMs: wait }, "the database does not start");
      }
    }
  };
  const kept = keep();
  const tidying = setInterval(() => void trimLog(layout).catch(() => undefined), MINUTE).unref();
  return {
    connection,
    stop: async () => {
      stopping.abort();
      clearInterval(tidying);
      await kept;
      await server?.stop();
      await lock.release();
    },
  };
}

/**
 * The database for a command: the running node's, or one started for this command, which `stop` ends again. Commands
 * beside each other wait for one another, so that none loses the server to the end of another.
 */
export async function borrowEmbedded(options: EmbeddedOptions): Promise<KeptServer> {
  const directory = resolve(options.directory);
  const until = elapsed() + (options.waitMs ?? MINUTE);
  for (;;) {
    const last = elapsed() > until;
    const holder = await holderOf(directory);
    if (holder?.keeper === "node") {
      const connection = await findEmbedded(directory);
      if (connection) return { connection, stop: () => Promise.resolve() };
    }
    try {
      return await startEmbedded({ ...options, keeper: "command", waitMs: 0 });
    } catch (error) {
      if (last || !(error instanceof HeldByAnother)) throw error;
    }
    await pause(100);
  }
}
