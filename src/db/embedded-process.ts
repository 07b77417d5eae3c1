/** A server process that is not our child: whether it lives, and when it ends. Found out by looking. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Whether the process with this number is a living server on these files. Its command line is asked, because numbers
 * are used again (even by another PostgreSQL) and a zombie, which has none, serves nobody.
 */
export async function isServerOn(pgdata: string, pid: number): Promise<boolean> {
  if (process.platform === "linux") {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return words.includes(`postgres\0-D\0${pgdata}\0`);
  }
  const { stdout } = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes(`postgres -D ${pgdata}`);
}

/** Resolves when that process has ended. */
export async function watchServer(pgdata: string, pid: number): Promise<string> {
  while (await isServerOn(pgdata, pid)) await pause(200, undefined, { ref: false });
  return "ended";
}
