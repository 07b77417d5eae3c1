/** A server process that is not our child: whether it lives, and when it ends. Found out by looking. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether a living process with this number is a PostgreSQL: numbers are used again, and a zombie serves nobody. */
export async function isServerProcess(pid: number): Promise<boolean> {
  if (process.platform === "linux") {
    const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return /^\d+ \(postgres\) [^ZX]/.test(line);
  }
  const { stdout } = await run("ps", ["-o", "stat=,comm=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return /^[^Z]\S*\s.*postgres/.test(stdout.trim());
}

/** Resolves when the process has ended. */
export async function watchProcess(pid: number): Promise<string> {
  while (await isServerProcess(pid)) await pause(200, undefined, { ref: false });
  return "ended";
}
