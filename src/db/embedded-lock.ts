/**
 * One keeper per data directory.
 *
 * The lock is SQLite's exclusive lock on an empty file: the system holds it for us and lets go when we die, however
 * we die, so there is never a stale one to judge. Who holds it is written beside it, for the sentence only.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { elapsed, SECOND } from "../kit/clock.ts";
import { Refusal, reasonOf } from "../kit/errors.ts";

export type DirectoryLock = { release(): Promise<void> };

const HELD = 5; // SQLITE_BUSY

/** Takes the lock, waiting up to `waitMs` for one who is just leaving; refuses with the holder's process id. */
export async function lockDirectory(directory: string, waitMs: number = 5 * SECOND): Promise<DirectoryLock> {
  const holder = join(directory, "lock.pid");
  const until = elapsed() + waitMs;
  for (;;) {
    const file = tryLock(join(directory, "lock"));
    if (file) {
      // Only for people to read; on a full disk we go without.
      await writeFile(holder, `${process.pid}\n`).catch(() => undefined);
      return {
        release: async () => {
          await rm(holder, { force: true });
          file.close();
        },
      };
    }
    if (elapsed() > until) {
      const pid = (await readFile(holder, "utf8").catch(() => "")).trim();
      throw new Refusal(
        `Another Smartgroups${pid ? ` (process ${pid})` : ""} is running on ${directory}: stop it first, or choose another directory with SMARTGROUPS_DATA`,
      );
    }
    await pause(100);
  }
}

function tryLock(path: string): DatabaseSync | undefined {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path);
    file.exec("begin exclusive");
    return file;
  } catch (error) {
    file?.close();
    if (typeof error === "object" && error !== null && "errcode" in error && error.errcode === HELD) return undefined;
    throw new Refusal(`The lock file ${path} cannot be used (${reasonOf(error)}): make its directory writable for you`);
  }
}
