/** `rule`: a group's own rules on header and text: add, list, move, remove, try. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { transact } from "../db/sql.ts";
import * as evidence from "../evidence/evidence.ts";
import { Refusal } from "../kit/errors.ts";
import * as moderation from "../moderation/moderation.ts";
import { type Database, withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { groupCalled, readPairs } from "./group.ts";
import { clean, print, printJson, printTable, stamp } from "./terminal.ts";

const WORDS = `
  action=hold|decline|pass   wait for a moderator, go back to the author, or go out unasked
  field=any|subject|from|text|NAME
                             where it looks: NAME is a header field, such as list-id
  words=…                    as it is written; capital letters make no difference
  wildcard=…                 stars stand for anything
  regex=…                    a regular expression as RE2 has them
  why=…                      what the author is told

Rules are tried in their order, and the first that fits decides.`;

export function define(command: Command): void {
  noun(command);
  command
    .command("list")
    .description("the rules of a group, in order")
    .argument("<GROUP>")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(list);
  command
    .command("add")
    .description("put a rule behind the others")
    .argument("<GROUP>")
    .argument("<key=value...>")
    .addHelpText("after", WORDS)
    .action(add);
  command
    .command("try")
    .description(`which of the last ${evidence.TRIED_ON} posts a rule would fit; keeps nothing`)
    .argument("<GROUP>")
    .argument("<key=value...>")
    .option("--json", "print {tried, fitting: [{number, author, subject, sentAt}]}")
    .addHelpText("after", WORDS)
    .action(tryOut);
  command
    .command("move")
    .description("move a rule one place")
    .argument("<GROUP>")
    .argument("<PLACE>", "its place, as rule list has it")
    .argument("<earlier|later>")
    .allowExcessArguments(false)
    .action(move);
  command
    .command("remove")
    .description("remove a rule")
    .argument("<GROUP>")
    .argument("<PLACE>", "its place, as rule list has it")
    .allowExcessArguments(false)
    .action(remove);
}

async function list(name: string, options: { json?: boolean }): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const rules = await moderation.rulesOf(pool, [(await groupCalled(pool, name)).id]);
    if (options.json) return printJson(rules.map(moderation.ruleTold));
    const rows = rules.map((rule, i) => [i + 1, rule.action, rule.field, rule.how, rule.pattern, rule.why]);
    printTable(["place", "action", "field", "how", "pattern", "why"], rows, "The group has no rules of its own.");
  });
}

async function add(name: string, words: string[]): Promise<void> {
  const rule = moderation.ruleFrom(readPairs(words));
  await withDatabase(readConfig(), async ({ pool, clock }) => {
    const group = await groupCalled(pool, name);
    await transact(pool, (sql) => moderation.addRule(sql, group.id, rule, moderation.OPERATOR, clock));
    print(clean(`${group.name}: ${moderation.ruleOnALine(rule)}`));
  });
}

async function tryOut(name: string, words: string[], options: { json?: boolean }): Promise<void> {
  const rule = moderation.ruleFrom(readPairs(words));
  await withDatabase(readConfig(), async ({ pool }) => {
    const { tried, fitting } = await evidence.tryRule(pool, (await groupCalled(pool, name)).id, rule);
    const posts = fitting.map(({ number, authorAddress, subject, sentAt }) => ({
      ...{ number, author: authorAddress, subject, sentAt },
    }));
    if (options.json) return printJson({ tried, fitting: posts });
    const rows = posts.map((post) => [post.number, stamp(post.sentAt), post.author, post.subject]);
    printTable(["number", "sent", "author", "subject"], rows, `It fits none of the last ${tried} posts.`);
  });
}

async function move(name: string, place: string, to: string): Promise<void> {
  if (to !== "earlier" && to !== "later") throw new Refusal(`"${to}" is no direction: say earlier or later.`);
  await withDatabase(readConfig(), async (means) => {
    const { group, rule } = await ruleAt(means, name, place);
    const isMoved = await transact(means.pool, (sql) =>
      moderation.moveRule(sql, group.id, rule.id, to, moderation.OPERATOR, means.clock),
    );
    if (!isMoved) throw new Refusal(`Rule ${place} stands ${to === "earlier" ? "first" : "last"} already.`);
    print(`${group.name}: rule ${place} moved`);
  });
}

async function remove(name: string, place: string): Promise<void> {
  await withDatabase(readConfig(), async (means) => {
    const { group, rule } = await ruleAt(means, name, place);
    await transact(means.pool, (sql) =>
      moderation.removeRule(sql, group.id, rule.id, moderation.OPERATOR, means.clock),
    );
    print(clean(`${group.name}: removed ${moderation.ruleOnALine(rule)}`));
  });
}

async function ruleAt({ pool }: Database, name: string, place: string) {
  const group = await groupCalled(pool, name);
  const rules = await moderation.rulesOf(pool, [group.id]);
  const rule = /^\d{1,3}$/.test(place) ? rules[Number(place) - 1] : undefined;
  if (!rule) throw new Refusal(`${group.name} has no rule ${place.slice(0, 20)}: smartgroups rule list ${group.name}`);
  return { group, rule };
}
