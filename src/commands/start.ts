/** `start`: runs a node until it is told to stop. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";

export function define(command: Command): void {
  command
    .addHelpText("after", "\nSays one line `ready smtp=… web=…` on standard output when it serves. Ctrl-C stops it.")
    .allowExcessArguments(false)
    .action(async () => {
      const { start } = await import("../node/supervisor.ts");
      await start(readConfig());
    });
}
