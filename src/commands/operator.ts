/** `operator`: the people who look after the service itself. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import { parseAddress } from "../mail/address.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { clean, print, printJson, printTable } from "./terminal.ts";

export function define(command: Command): void {
  noun(command);
  command
    .command("list")
    .description("who is an operator, with their addresses")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(list);
  command
    .command("add")
    .description("make a person an operator: they sign in on the web with this address")
    .argument("<ADDRESS>")
    .option("--name <NAME>", "their name, where we do not know it yet")
    .allowExcessArguments(false)
    .action(add);
  command
    .command("remove")
    .description("take it back")
    .argument("<ADDRESS>")
    .allowExcessArguments(false)
    .action(remove);
}

async function list(options: { json?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const found = await directory.operators(pool);
    if (options.json) return printJson(found);
    const rows = found.map((one) => [one.name, one.addresses.join(", ")]);
    printTable(
      ["name", "addresses"],
      rows,
      "Nobody is an operator yet: smartgroups setup prints a link that makes one.",
    );
  });
}

async function add(address: string, options: { name?: string }): Promise<void> {
  if (!parseAddress(address)) throw new Refusal(`"${address}" is not a mail address.`);
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const isNew = await transact(pool, async (sql) => {
      const made = await directory.peopleFor(sql, [{ address, name: options.name ?? "" }], clock);
      return directory.setOperator(sql, [...made.values()][0]!, true);
    });
    print(clean(isNew ? `${address} is an operator now.` : `${address} is an operator already.`));
  });
}

async function remove(address: string): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const person = await directory.personWith(pool, address);
    if (!person || !(await directory.setOperator(pool, person.id, false)))
      throw new Refusal(`${address} is no operator: smartgroups operator list names them.`);
    print(clean(`${address} is no operator any more.`));
  });
}
