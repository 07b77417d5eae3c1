/** `person`: one person across all groups. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { clean, print, printJson, printTable, stamp } from "./terminal.ts";

const EVENTS = 50;

export function define(command: Command): void {
  noun(command);
  command
    .command("show")
    .description("who has this address: addresses, groups, bans, what happened")
    .argument("<ADDRESS>")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(show);
  command
    .command("find")
    .description("people by a part of their name or address")
    .argument("<TEXT>")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(find);
}

async function find(text: string, options: { json?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const found = await directory.findPeople(pool, text, 1000);
    if (options.json) return printJson(found);
    const rows = found.map((one) => [one.name, one.addresses.join(", "), one.groups]);
    printTable(["name", "addresses", "groups"], rows, `Nobody's name or address contains "${text}".`);
  });
}

async function show(address: string, options: { json?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const person = await directory.personWith(pool, address);
    if (!person) throw new Refusal(`Nobody here has ${address}: smartgroups person find TEXT looks for a part of it.`);
    const all = await everythingAbout(pool, person);
    if (options.json) return printJson(all);
    print(clean(`${all.name || address}${all.isOperator ? ", an operator" : ""}`));
    for (const one of all.addresses) print(clean(`  ${one.address}${one.verifiedAt ? "" : " (not confirmed)"}`));
    for (const one of all.bans) print(clean(`  kept out of ${one.group ?? "all groups"}: ${one.pattern} ${one.why}`));
    const rows = all.memberships.map((one) => [
      one.group,
      one.address,
      one.role,
      one.endedAt ? `ended ${stamp(one.endedAt)}` : one.pausedAt ? "mail stopped" : one.mode,
    ]);
    printTable(["group", "address", "role", "mail"], rows, "In no group.");
  });
}

async function everythingAbout(pool: Pool, person: directory.Person) {
  const [addresses, memberships] = await Promise.all([
    directory.addressesOf(pool, person.id),
    directory.membershipsEverOf(pool, person.id),
  ]);
  const groups = await directory.groupsById(pool, [...new Set(memberships.map((one) => one.groupId))]);
  const names = new Map(groups.map((group) => [group.id, group.name]));
  const known = [...new Set([...addresses, ...memberships].map((one) => one.address))];
  const [bans, histories] = await Promise.all([
    directory.bansAgainst(pool, known),
    Promise.all(memberships.map((one) => directory.eventsOf(pool, one.groupId, one.id, EVENTS))),
  ]);
  return {
    ...person,
    addresses,
    bans,
    memberships: memberships.map(({ groupId, personId: _, ...one }, i) => ({
      group: names.get(groupId) ?? "",
      ...one,
      history: histories[i]!,
    })),
  };
}
