/**
 * The connection to PostgreSQL, and the one way to run what must not be lost to a passing fault.
 *
 * `Sql` is a pool or a transaction: a statement's function takes it first, so the caller decides what belongs together.
 * Every statement in the house survives being run again, so a transaction that meets a deadlock, a serialisation
 * failure or a lost connection is simply run again by `transact`; nothing else in the house retries statements.
 */
import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { codeOf } from "../kit/errors.ts";

export type Pool = postgres.Sql;
export type Sql = postgres.ISql;

export type Target = { url: string } | { host: string; port: number; user: string; database: string };

/** Opens a pool; nothing is connected until the first statement. `settings` are PostgreSQL's, for its sessions. */
export function openPool(
  target: Target,
  options: { max: number; name?: string; settings?: Record<string, string>; more?: object },
): Pool {
  const shared: postgres.Options<Record<string, postgres.PostgresType>> = {
    max: options.max,
    idle_timeout: 300,
    connect_timeout: 10,
    max_lifetime: null,
    onnotice: () => undefined,
    connection: { application_name: options.name ?? "smartgroups", TimeZone: "UTC", ...options.settings },
    // A new connection after a loss is tried at once; the loops above pause.
    backoff: (tries: number) => Math.min(2, 0.05 * 2 ** tries),
    ...options.more,
  };
  if ("url" in target) {
    const { url, ...place } = readUrl(target.url);
    return postgres(url, { ...shared, ...place });
  }
  return postgres({ ...shared, ...target });
}

/** libpq's `postgres://user@/database?host=/directory&port=5432`: the driver wants the socket's place beside the URL. */
function readUrl(text: string): { url: string; host?: string; port?: number } {
  const withHost = text.replace(/^([a-z]+:\/\/(?:[^/?#@]*@)?)(?=\/)/, "$1localhost");
  const url = URL.canParse(withHost) ? new URL(withHost) : undefined;
  const host = url?.searchParams.get("host");
  if (!url || !host) return { url: text };
  const port = Number(url.searchParams.get("port") ?? (url.port || 5432));
  url.searchParams.delete("host");
  url.searchParams.delete("port");
  return { url: url.href, host, port };
}

/**
 * Closes a pool whose work is done. The driver sometimes waits for a connection that has nothing left to say, so it
 * gets half a second and is then cut off.
 */
export const closePool = (pool: Pool): Promise<void> => pool.end({ timeout: 0.5 });

/** PostgreSQL's codes for "run the whole transaction again". */
const AGAIN = new Set(["40001", "40P01"]);

/** Codes that mean the database is away, ending, starting, full, or the line is dead: later the same may work. */
const AWAY = new Set([
  ...["57P01", "57P02", "57P03", "57P05", "53100", "53200", "53300", "58000", "58030", "XX000", "25006"],
  ...["08000", "08001", "08003", "08004", "08006", "08P01"],
  ...["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT"],
  ...["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "ETIMEDOUT", "ENOTCONN", "EAI_AGAIN", "ENOTFOUND", "EACCES"],
]);

/** Is this the database's passing trouble (away, full, restarting) and not a mistake in what we asked? */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (AWAY.has(code) || AGAIN.has(code));
}

/**
 * Runs `work` in one transaction and answers after the commit.
 *
 * Run again up to `tries` times on 40001, 40P01, 57P01 and lost connections. A commit whose answer was lost may have
 * happened: that is why everything in `work` must give the same state when it is run twice.
 */
export async function transact<T>(pool: Pool, work: (sql: Sql) => Promise<T>, tries = 5): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await pool.begin(work)) as T;
    } catch (error) {
      if (attempt >= tries || !isPassing(error) || codeOf(error) === "CONNECTION_ENDED") throw error;
      await pause(10 * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}
