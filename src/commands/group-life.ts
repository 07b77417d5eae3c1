/** `group rename`, `group close`, `group open`, `group remove`, `group restore`: as owners do on the web. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { transact } from "../db/sql.ts";
import type * as directory from "../directory/directory.ts";
import { dayIn } from "../kit/zone.ts";
import * as life from "../life/life.ts";
import * as moderation from "../moderation/moderation.ts";
import { withDatabase } from "./database.ts";
import { groupCalled } from "./group-called.ts";
import { print } from "./terminal.ts";

export function define(command: Command): void {
  command
    .command("rename")
    .description("give a group another address; mail and links to the old one still arrive")
    .argument("<OLD>")
    .argument("<NEW>")
    .action(rename);
  const steps: Record<life.Step, string> = {
    close: "take no more posts and members; the archive stays",
    open: "take posts and members again",
    remove: "erase a group with everything in it, 14 days from now",
    restore: "take a removal back",
  };
  for (const step of life.STEPS)
    command
      .command(step)
      .description(steps[step])
      .argument("<NAME>")
      .allowExcessArguments(false)
      .action((name: string) => end(step, name));
}

async function rename(old: string, name: string): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const group = await groupCalled(pool, old);
    const means = { domain: config.domain, url: config.url, clock };
    const now = await transact(pool, (sql) => life.rename(sql, means, group, name, moderation.OPERATOR));
    print(`${now.name}@${config.domain}`);
  });
}

async function end(step: life.Step, name: string): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const means = { domain: config.domain, url: config.url, clock };
    const after = await transact(pool, (sql) => life.end(sql, means, group, step, moderation.OPERATOR));
    print(after ? said(step, after) : `${group.name}: nothing to do`);
  });
}

function said(step: life.Step, group: directory.Group): string {
  switch (step) {
    case "close":
      return `${group.name} is closed`;
    case "open":
      return `${group.name} is open`;
    case "remove":
      return `${group.name} is closed, and erased on ${dayIn("UTC", group.eraseAt!)}; smartgroups group restore ${group.name} takes that back`;
    case "restore":
      return `${group.name} stays${group.closedAt ? ", closed" : ""}`;
  }
}
