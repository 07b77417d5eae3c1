/** docs/commands-by-mail.md names every command with its words in every language. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS, catalogues, commandOf, inLanguage, wordsFor } from "../src/language/language.ts";
import { purposeOf } from "../src/mail/purpose.ts";
import { meaningOf } from "../src/notices/notices.ts";

const FILE = new URL("../docs/commands-by-mail.md", import.meta.url);
const languages = [...catalogues()];

const row = (cells: string[]): string => `| ${cells.join(" | ")} |`;
const table = [
  row(["what", ...languages.map(([, { name }]) => name)]),
  row(["---", ...languages.map(() => "---")]),
  ...COMMANDS.map((command) =>
    row([
      inLanguage("en", () => meaningOf(command)),
      ...languages.map(([tag]) =>
        inLanguage(tag, () =>
          wordsFor(command)
            .map((word) => `\`${word}\``)
            .join(", "),
        ),
      ),
    ]),
  ),
].join("\n");

test("docs/commands-by-mail.md has every command and every word for it", () => {
  const text = readFileSync(FILE, "utf8");
  const whole = text.replace(/\| what \|[\s\S]*?\n\n/, () => `${table}\n\n`);
  if (process.env["UPDATE"]) writeFileSync(FILE, whole);
  assert.equal(readFileSync(FILE, "utf8"), whole, "UPDATE=1 writes the table anew");
});

test("every word means one thing in all languages, alone and behind the plus", () => {
  for (const [tag] of languages)
    inLanguage(tag, () => {
      for (const command of COMMANDS)
        for (const word of wordsFor(command)) {
          assert.equal(commandOf(word), command, `${word} in ${tag}`);
          assert.deepEqual(purposeOf(`readers+${word}`), { kind: "command", group: "readers", verb: command });
        }
    });
});
