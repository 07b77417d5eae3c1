/**
 * Named locks: one holder in the whole service at a time.
 *
 * A lock lives in a transaction on a connection of its own, so it ends when its holder does, however it dies.
 * Holders wait on their own small pool: waiting for a lock can't starve the work that would set it free.
 */
import type { Pool, Sql } from "./sql.ts";

/**
 * Runs `work` if nobody holds `name`; answers undefined at once when somebody does.
 *
 * It spares work and guards nothing: whose connection is lost goes on without the lock, and somebody else begins. What
 * must happen once says so by its own rows.
 */
export async function ifFree<T>(locks: Pool, name: string, work: () => Promise<T>): Promise<T | undefined> {
  let begun: Promise<T> | undefined;
  try {
    return (await locks.begin(async (sql) => {
      if (!(await holdIfFree(sql, name))) return undefined;
      begun = work();
      return begun;
    })) as T | undefined;
  } catch (error) {
    // The lock may be lost and the work go on: it is waited for, so that its loop does not begin it a second time.
    await begun?.catch(() => undefined);
    throw error;
  }
}

/** Keeps `name` to the end of the caller's transaction; answers false at once when somebody has it. */
export async function holdIfFree(sql: Sql, name: string): Promise<boolean> {
  const [row] = await sql<{ isFree: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as "isFree"`;
  return row!.isFree;
}

/** Waits for `name` inside the caller's transaction and keeps it to the transaction's end. */
export async function hold(sql: Sql, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
