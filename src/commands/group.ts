/** `group`: add, list, show, set; what else befalls a group is in group-life.ts. */

import type { Command } from "commander";
import * as archive from "../archive/archive.ts";
import { type Config, readConfig } from "../config.ts";
import { type Pool, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import * as life from "../life/life.ts";
import { parseAddress } from "../mail/address.ts";
import * as moderation from "../moderation/moderation.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { groupCalled } from "./group-called.ts";
import * as letters from "./group-letters.ts";
import { define as defineLife } from "./group-life.ts";
import { clean, print, printJson, printTable, stamp } from "./terminal.ts";

export { groupCalled } from "./group-called.ts";

const KEYS = "\nSettings are key=value; group show NAME --json lists them with their present values.";

export function define(command: Command): void {
  noun(command);
  command
    .command("add")
    .description("make a group")
    .argument("<NAME>", "the local part of its address")
    .argument("[key=value...]", "settings, as for group set")
    .option("--title <T>", "what it is called in lists and From")
    .option("--description <D>", "what it is about")
    .option("--open", "anybody may join (the default)")
    .option("--closed", "owners add members")
    .option("--approval", "moderators let in who asks")
    .option("--listed", "only members read the archive; in the list of groups")
    .option("--private", "only members read the archive; who knows the address sees what it is")
    .option("--secret", "to all but members there is no such group")
    .option("--parent <NAME>", "the group it belongs to")
    .option("--template <T>", "a common kind of group; group templates lists them")
    .option("--owner <ADDRESS>", "who owns it; may be given again", (one, all: string[] = []) => [...all, one])
    .addHelpText("after", KEYS)
    .action(add);
  command
    .command("list")
    .description("all groups, with members and posts")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(list);
  command
    .command("show")
    .description("one group with its settings")
    .argument("<NAME>")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(show);
  command
    .command("set")
    .description("change a group's settings")
    .argument("<NAME>")
    .argument("<key=value...>")
    .addHelpText("after", KEYS)
    .action(set);
  command
    .command("templates")
    .description("common kinds of groups, and what each sets")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(templates);
  letters.define(command.command("letters").description("the words of a group's letters"));
  defineLife(command);
}

/** `key=value` words as an object; the value may hold anything, the key is what stands before the first "=". */
export function readPairs(words: string[]): Record<string, string> {
  const pairs = words.map((word): [string, string] => {
    const equals = word.indexOf("=");
    if (equals < 1) throw new Refusal(`"${word}" is no setting: write it as key=value.`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}

type AddOptions = {
  title?: string;
  description?: string;
  open?: boolean;
  closed?: boolean;
  private?: boolean;
  listed?: boolean;
  secret?: boolean;
  approval?: boolean;
  parent?: string;
  owner?: string[];
  template?: string;
};

async function add(name: string, words: string[], options: AddOptions): Promise<void> {
  if ([options.open, options.closed, options.approval].filter(Boolean).length > 1)
    throw new Refusal("A group is either --open or --closed or --approval: give one of them.");
  const seen = directory.VISIBILITIES.filter((one) => one !== "public" && options[one]);
  if (seen.length > 1) throw new Refusal(`A group is either --${seen.join(" or --")}: give one of them.`);
  const owners = options.owner ?? [];
  const wrong = owners.find((owner) => !parseAddress(owner));
  if (wrong !== undefined) throw new Refusal(`"${wrong}" is not a mail address: give --owner as ana@example.org.`);
  const settings: Record<string, string> = {
    ...readPairs(words),
    ...(options.title === undefined ? {} : { title: options.title }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.open ? { joining: "open" } : {}),
    ...(options.closed ? { joining: "closed" } : {}),
    ...(options.approval ? { joining: "approval" } : {}),
    ...(seen[0] ? { visibility: seen[0] } : {}),
  };
  const config = readConfig();
  await withDatabase(config, async ({ pool, clock }) => {
    const means = { domain: config.domain, url: config.url, clock };
    const wish = { name, template: options.template, settings };
    const people = owners.map((address) => ({ address, name: "" }));
    const group = await transact(pool, async (sql) => {
      const made = await life.found(sql, means, wish, people, moderation.OPERATOR);
      if (options.parent) await directory.setParent(sql, made.id, options.parent);
      return made;
    });
    print(`${group.name}@${config.domain}`);
  });
}

async function templates(options: { json?: boolean }): Promise<void> {
  const all = directory.TEMPLATES.map(({ name, title, about, settings }) => ({
    ...{ name, title: title(), about: about(), settings },
  }));
  if (options.json) {
    printJson(all);
    return;
  }
  for (const { name, about, settings } of all) {
    print(`${name.padEnd(14)} ${about}`);
    const pairs = Object.entries(settings).filter(([, value]) => value !== "");
    print(`${" ".repeat(14)} ${pairs.map(([key, value]) => `${key}=${value}`).join(" ")}`);
  }
}

async function list(options: { json?: boolean }): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool }) => {
    const groups = await describeAll(pool, config, await directory.groups(pool));
    if (options.json) {
      printJson(groups);
      return;
    }
    const rows = groups.map((group) => [group.name, group.title, group.members, group.posts]);
    printTable(["name", "title", "members", "posts"], rows, "There is no group yet: smartgroups group add NAME");
  });
}

async function show(name: string, options: { json?: boolean }): Promise<void> {
  const config = readConfig();
  await withDatabase(config, async ({ pool }) => {
    const found = await groupCalled(pool, name);
    const [group] = await describeAll(pool, config, [found]);
    const owners = (await directory.deciders(pool, found.id)).filter((one) => one.role === "owner");
    const shown = { ...group!, owners: owners.map((one) => one.address) };
    if (options.json) {
      printJson(shown);
      return;
    }
    for (const [key, value] of Object.entries(shown)) {
      const text =
        value instanceof Date || value === null ? stamp(value) : Array.isArray(value) ? value.join(", ") : value;
      print(`${key.padEnd(12)} ${clean(String(text))}`.trimEnd());
    }
  });
}

async function set(name: string, words: string[]): Promise<void> {
  const settings = readPairs(words);
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    const { parent, ...others } = settings;
    await transact(pool, async (sql) => {
      await life.set(sql, clock, group, others, moderation.OPERATOR);
      if (parent !== undefined) await directory.setParent(sql, group.id, parent);
    });
    print(`${group.name}: ${Object.keys(settings).join(", ")} set`);
  });
}

async function describeAll(pool: Pool, config: Config, groups: directory.Group[]) {
  const ids = groups.map((group) => group.id);
  const members = await directory.countMembers(pool, ids);
  const posts = await archive.summaries(pool, ids);
  const parents = new Map(
    (
      await directory.groupsById(
        pool,
        groups.flatMap((one) => one.parentId ?? []),
      )
    ).map((one) => [one.id, one.name]),
  );
  return groups.map(({ id, name, title, parentId, ...settings }) => ({
    name,
    title,
    address: `${name}@${config.domain}`,
    members: members.get(id) ?? 0,
    posts: posts.get(id)?.postCount ?? 0,
    lastAt: posts.get(id)?.lastAt ?? null,
    parent: (parentId && parents.get(parentId)) ?? null,
    ...settings,
  }));
}
