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
import { elapsed } from "../kit/clock.ts";
import { Refusal, reasonOf } from "../kit/errors.ts";

export type DirectoryLock = { release(): Promise<void> };

/** A node keeps the database for long and others may use it; a command keeps it for itself until it is done. */
export type Keeper = "node" | "command";

const HELD = 5; // SQLITE_BUSY
const NOTE = "lock.holder";

/** The refusal that may pass by itself. */
export class HeldByAnother extends Refusal {}

/** Takes the lock, waiting up to `waitMs` for one who is just leaving; refuses with the holder's process id. */
export async function lockDirectory(directory: string, keeper: Keeper, waitMs: number): Promise<DirectoryLock> {
  const until = elapsed() + waitMs;
  for (;;) {
    const lock = await tryLockDirectory(directory, keeper);
    if (lock) return lock;
    if (elapsed() > until) {
      const holder = await holderOf(directory);
      const who = holder ? ` (process ${holder.pid}, a ${holder.keeper})` : "";
      throw new HeldByAnother(
        `Another Smartgroups${who} is running on ${directory}: stop it first, or choose another directory with SMARTGROUPS_DATA`,
      );
    }
    await pause(100);
  }
}

/** Takes the lock, or undefined when somebody holds it. */
async function tryLockDirectory(directory: string, keeper: Keeper): Promise<DirectoryLock | undefined> {
  const file = openLocked(join(directory, "lock"));
  if (!file) return undefined;
  const note = join(directory, NOTE);
  // Only for people to read; on a full disk we go without.
  await writeFile(note, `${process.pid} ${keeper}\n`).catch(() => undefined);
  return {
    release: async () => {
      await rm(note, { force: true });
      file.close();
    },
  };
}

/** Who wrote the note beside the lock; only true while the lock is held. */
export async function holderOf(directory: string): Promise<{ pid: number; keeper: Keeper } | undefined> {
  const note = await readFile(join(directory, NOTE), "utf8").catch(() => "");
  const [, pid, keeper] = /^(\d+) (node|command)\n/.exec(note) ?? [];
  return pid && keeper ? { pid: Number(pid), keeper: keeper as Keeper } : undefined;
}

function openLocked(path: string): DatabaseSync | undefined {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path);
    file.exec("pragma journal_mode = memory"); // on a full disk there is no room for a journal
    file.exec("begin exclusive");
    return file;
  } catch (error) {
    file?.close();
    if (typeof error === "object" && error !== null && "errcode" in error && error.errcode === HELD) return undefined;
    throw new Refusal(`The lock file ${path} cannot be used (${reasonOf(error)}): make its directory writable for you`);
  }
}
