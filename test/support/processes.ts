/** The processes of this machine, as Linux lists them; none elsewhere. */
import { readdirSync, readFileSync } from "node:fs";

export type Running = { pid: number; parent: number; command: string };

/** What runs now; zombies are left out. */
export function processes(): Running[] {
  return pids().flatMap((pid) => {
    const fields = read(pid, "stat")?.split(") ").at(-1)?.split(" ");
    if (!fields || fields[0] === "Z") return [];
    const command = (read(pid, "cmdline") ?? "").replaceAll("\0", " ").slice(0, 200);
    return [{ pid, parent: Number(fields[1]), command }];
  });
}

function pids(): number[] {
  try {
    return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** Gone meanwhile, or not ours to read: undefined. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return undefined;
  }
}
