/** `ban`: who is kept out of one group, or of all of them. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { type Pool, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { groupCalled } from "./group.ts";
import { clean, print, printJson, printTable, stamp } from "./terminal.ts";

type Where = { group?: string; why?: string; json?: boolean };

export function define(command: Command): void {
  noun(command);
  const GROUP = "--group <GROUP>";
  const SAID = "of this group; without it, of all groups";
  command
    .command("add")
    .description("keep out an address, a domain or a pattern such as *@*.far.test")
    .argument("<PATTERN>")
    .option(GROUP, SAID)
    .option("--why <WORDS>", "the reason, for who looks at the list")
    .allowExcessArguments(false)
    .action(add);
  command
    .command("list")
    .description("who is kept out")
    .option(GROUP, SAID)
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(list);
  command
    .command("remove")
    .description("let in again")
    .argument("<PATTERN>")
    .option(GROUP, SAID)
    .allowExcessArguments(false)
    .action(remove);
}

const placeOf = async (pool: Pool, group: string | undefined): Promise<string> =>
  group === undefined ? directory.SERVICE : (await groupCalled(pool, group)).id;

async function add(written: string, options: Where): Promise<void> {
  const pattern = directory.banPattern(written);
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const place = await placeOf(pool, options.group);
    const one = { pattern, why: options.why ?? "", setBy: "the operator" };
    await transact(pool, (sql) => directory.ban(sql, place, one, clock.now()));
    print(clean(`${pattern} is kept out of ${options.group ?? "all groups"}.`));
  });
}

async function list(options: Where): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const bans = await directory.bans(pool, await placeOf(pool, options.group));
    if (options.json) return printJson(bans);
    const rows = bans.map((one) => [one.pattern, one.why, one.setBy, stamp(one.setAt)]);
    printTable(["pattern", "why", "set by", "at"], rows, "Nobody is kept out.");
  });
}

async function remove(written: string, options: Where): Promise<void> {
  const pattern = directory.banPattern(written);
  await withDatabase(readConfig(), async ({ pool }) => {
    const place = await placeOf(pool, options.group);
    if (!(await directory.bans(pool, place)).some((one) => one.pattern === pattern))
      throw new Refusal(`${pattern} is not kept out of ${options.group ?? "all groups"}: smartgroups ban list`);
    await directory.liftBan(pool, place, pattern);
    print(clean(`${pattern} is let in again.`));
  });
}
