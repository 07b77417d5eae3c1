/** `sign-in`: with what somebody signs in, and the way back for who has lost their app and their backup codes. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import { unlock, waysOf } from "../web/web.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { clean, print, printJson } from "./terminal.ts";

export function define(command: Command): void {
  noun(command);
  command
    .command("show")
    .description("with what a person signs in, beside the mail link")
    .argument("<ADDRESS>")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(show);
  command
    .command("unlock")
    .description("for who has lost their app: codes are asked for no more, every session ends, and they are told")
    .argument("<ADDRESS>")
    .allowExcessArguments(false)
    .action(unlockPerson);
}

async function show(address: string, options: { json?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const ways = await waysOf(pool, await personId(pool, address), clock.now());
    if (options.json) return printJson(ways);
    print(`password: ${ways.hasPassword ? "yes" : "no"}`);
    print(`codes from an app: ${ways.asksForCodes ? "asked for" : "no"}`);
    print(clean(`passkeys: ${ways.passkeys.join(", ") || "none"}`));
    print(clean(`other services: ${ways.services.join(", ") || "none"}`));
    print(`sessions: ${ways.sessions}`);
  });
}

async function unlockPerson(address: string): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    if (!(await unlock({ pool, clock, config }, await personId(pool, address))))
      throw new Refusal(`No codes are asked for when ${address} signs in: there is nothing to unlock.`);
    print(clean(`${address} signs in without codes now. Each of their addresses is told.`));
  });
}

async function personId(pool: Pool, address: string): Promise<string> {
  const person = await directory.personWith(pool, address);
  if (!person) throw new Refusal(`Nobody here has the address ${address}.`);
  return person.id;
}
