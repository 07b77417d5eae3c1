/** `node list`: the machines at work, as they were last seen. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import * as queue from "../queue/queue.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { printJson, printTable, span } from "./terminal.ts";

export function define(command: Command): void {
  noun(command);
  command
    .command("list")
    .description("nodes with their workers, roles and version")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(list);
}

async function list(options: { json?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const now = clock.now();
    const workers = (await queue.workers(pool)).map((worker) => ({
      ...worker,
      alive: now.getTime() - worker.seenAt.getTime() < queue.LEASE,
      slow: queue.slowness(worker, now) ?? null,
    }));
    if (options.json) {
      printJson(workers);
      return;
    }
    const rows = workers.map((worker) => [
      worker.node,
      worker.pid,
      worker.roles.join(","),
      worker.version,
      span(now.getTime() - worker.startedAt.getTime()),
      seen(worker.slow),
    ]);
    printTable(["node", "pid", "roles", "version", "running", "seen"], rows, "No node is running: smartgroups start");
  });
}

/** What a row says is what a person would do: wait. Who is buried has no row. */
function seen(slow: ReturnType<typeof queue.slowness> | null): string {
  if (!slow) return "now";
  if (slow.what === "worker") return `slow: silent for ${span(slow.ms)}; after 30 s another begins in its place`;
  return `slow: last seen ${span(slow.ms)} ago; another node takes over what it holds`;
}
