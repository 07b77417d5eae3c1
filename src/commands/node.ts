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
    const now = clock.now().getTime();
    const workers = (await queue.workers(pool)).map((worker) => ({
      ...worker,
      alive: now - worker.seenAt.getTime() < queue.LEASE,
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
      span(now - worker.startedAt.getTime()),
      worker.alive ? "now" : `${span(now - worker.seenAt.getTime())} ago, its work is free`,
    ]);
    printTable(["node", "pid", "roles", "version", "running", "seen"], rows, "No node is running: smartgroups start");
  });
}
