/** `group letters`: list, show, set, reset. A letter is shown and read as a file: its subject, a blank line, its text. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { type Pool, transact } from "../db/sql.ts";
import type * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import { catalogues } from "../language/language.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { groupCalled } from "./group-called.ts";
import { readInput } from "./input.ts";
import { print, printJson, printTable } from "./terminal.ts";

type Options = { language?: string; json?: boolean };

export function define(command: Command): void {
  noun(command);
  const of = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .argument("<GROUP>")
      .option("--language <L>", "the words in this language (the group's own)")
      .allowExcessArguments(false);
  of("list", "the letters of a group, and whose words they have").option("--json", "print JSON").action(list);
  of("show", "one letter: its subject, a blank line, its text")
    .argument("<LETTER>")
    .option("--json", "print JSON, with the names that stand for values")
    .action(show);
  of("set", "give a letter words of the group's own")
    .argument("<LETTER>")
    .argument("<FILE>", "as `show` prints it; - is standard input")
    .action(set);
  of("reset", "go back to our words").argument("<LETTER>").action(reset);
}

async function list(name: string, options: Options): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const group = await groupCalled(pool, name);
    const letters = await notices.wordedNotices(pool, group.id, languageOf(group, options));
    if (options.json) printJson(letters);
    else
      printTable(
        ["letter", "words", "when"],
        letters.map((one) => [one.name, one.isOwn ? "own" : "ours", one.when]),
        "",
      );
  });
}

async function show(name: string, letter: string, options: Options): Promise<void> {
  await withDatabase(readConfig(), async ({ pool }) => {
    const group = await groupCalled(pool, name);
    const found = await notices.wordedNotice(pool, group.id, letterCalled(letter), languageOf(group, options));
    if (options.json) printJson(found);
    else print(`Subject: ${found.subject}\n\n${found.text.trimEnd()}`);
  });
}

async function set(name: string, letter: string, file: string, options: Options): Promise<void> {
  const notice = letterCalled(letter);
  const wording = notices.checkedFor(notice, read((await readInput(file, 1024 * 1024)).toString("utf8")));
  await keep(name, notice, wording, options);
  print(`${notice.name}: the words of ${name} are kept`);
}

async function reset(name: string, letter: string, options: Options): Promise<void> {
  const notice = letterCalled(letter);
  await keep(name, notice, null, options);
  print(`${notice.name}: our words again`);
}

const keep = (name: string, notice: notices.Notice, wording: notices.Wording | null, options: Options): Promise<void> =>
  withDatabase(
    readConfig(),
    async ({ pool, clock }: { pool: Pool; clock: Parameters<typeof notices.keepWording>[4] }) => {
      const group = await groupCalled(pool, name);
      const which = { groupId: group.id, name: notice.name, language: languageOf(group, options) };
      await transact(pool, async (sql) => {
        await notices.keepWording(sql, which, wording, moderation.OPERATOR.name, clock);
        const told = moderation.letterWorded(group.id, moderation.OPERATOR, notice, wording !== null);
        await moderation.record(sql, told, clock);
      });
    },
  );

/** `Subject: …`, a blank line, and the text. */
function read(file: string): notices.Wording {
  const found = /^\ufeff?Subject:[ \t]*([^\r\n]*)\r?\n[ \t]*\r?\n([\s\S]*)$/i.exec(file);
  if (!found) throw new Refusal("The file must begin with a line Subject: … and a blank line, as show prints them.");
  return { subject: found[1]!, text: found[2]! };
}

function letterCalled(name: string): notices.Notice {
  const notice = notices.noticeNamed(name);
  if (!notice)
    throw new Refusal(`There is no letter "${name}": choose ${notices.NOTICES.map((one) => one.name).join(", ")}.`);
  return notice;
}

function languageOf(group: directory.Group, { language = group.language }: Options): string {
  if (catalogues().has(language)) return language;
  throw new Refusal(`There is no language "${language}": choose ${[...catalogues().keys()].join(", ")}.`);
}
