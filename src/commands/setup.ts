/** `setup`: prints again the link that `start` prints while nobody is an operator. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import * as directory from "../directory/directory.ts";
import * as keys from "../keys/keys.ts";
import { Refusal } from "../kit/errors.ts";
import { withDatabase } from "./database.ts";
import { print } from "./terminal.ts";

export function define(command: Command): void {
  command.allowExcessArguments(false).action(async () => {
    const config = readConfig();
    await withDatabase(config, async ({ pool, clock }) => {
      if (await directory.hasOperator(pool))
        throw new Refusal(
          "The service has an operator: smartgroups operator list names them, operator add makes another.",
        );
      const { token } = await keys.serviceKeys(pool, config.domain, clock);
      print(keys.setupLink(config.url, token, clock.now()));
    });
  });
}
