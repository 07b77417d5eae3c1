/** `settings`: every setting with its present value and its meaning. */
import type { Command } from "commander";
import { describeSettings, readConfig } from "../config.ts";
import { print, printJson } from "./terminal.ts";

export function define(command: Command): void {
  command
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action((options: { json?: boolean }) => {
      readConfig(); // refuses a wrong value in its own sentence
      const settings = describeSettings();
      if (options.json) {
        printJson(settings);
        return;
      }
      for (const { name, value, meaning } of settings) print(`${name}=${value}\n    ${meaning}`);
    });
}
