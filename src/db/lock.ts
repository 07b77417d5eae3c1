/**
 * Named locks: one holder in the whole service at a time.
 *
 * A lock lives in a transaction on a connection of its own, so it ends when its holder does, however it dies.
 * Holders wait on their own small pool: waiting for a lock can't starve the work that would set it free.
 */
import type { Pool, Sql } from "./sql.ts";

/** Runs `work` if nobody holds `name`; answers undefined at once when somebody does. */
export async function ifFree<T>(locks: Pool, name: string, work: () => Promise<T>): Promise<T | undefined> {
  return (await locks.begin(async (sql) => {
    const [row] = await sql<
      { free: boolean }[]
    >`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as free`;
    return row?.free ? work() : undefined;
  })) as T | undefined;
}

/** Waits for `name` inside the caller's transaction and keeps it to the transaction's end. */
export async function hold(sql: Sql, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
