import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { describeSettings } from "../../src/config.ts";
import { bare, oneLine, runCommand, runHere } from "./run.ts";

const COMMANDS = "start group member import mail trace status queue node settings backup restore doctor".split(" ");

test("every command has help, and says it on standard output with exit code 0", async () => {
  const all = await runCommand(["--help"], bare());
  assert.equal(all.code, 0);
  for (const name of COMMANDS) {
    assert.match(all.out, new RegExp(`^  ${name} +\\S`, "m"));
    const { code, out, err } = await runHere([name, "--help"], bare());
    assert.deepEqual({ code, err }, { code: 0, err: "" }, name);
    assert.match(out, new RegExp(`^Usage: smartgroups ${name} `), name);
  }
});

test("what nobody understands is answered with one line and exit code 1", async () => {
  const expected: [string[], RegExp][] = [
    [[], /--help lists the commands/],
    [["frobnicate"], /no command "frobnicate"/],
    [["--frobnicate"], /no option --frobnicate/],
    [["group"], /add, list, show, set/],
    [["group", "destroy"], /"group" has no command "destroy"/],
    [["group", "add"], /^NAME is missing/],
    [["group", "list", "surplus"], /"surplus" is too much/],
    [["group", "list", "--josn"], /no option --josn/],
    [["trace"], /^ID is missing/],
    [["mail", "show", "/no/such/mail.eml"], /There is no file \/no\/such\/mail\.eml/],
  ];
  for (const [words, sentence] of expected) assert.match(oneLine(await runHere(words, bare())), sentence);
});

test("a wrong setting is named in one line", async () => {
  const line = oneLine(await runCommand(["group", "list"], bare({ SMARTGROUPS_SMTP: "nonsense" })));
  assert.match(line, /SMARTGROUPS_SMTP must be host:port/);
});

test("a database that is away is told in one sentence", async () => {
  const line = oneLine(await runCommand(["status"], bare({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" })));
  assert.match(line, /database can't be reached/);
});

test("settings are listed as JSON with their present values, but for the database's password", async () => {
  const { code, out } = await runCommand(["settings", "--json"], bare({ DATABASE_URL: "postgres://me:secret@db/x" }));
  assert.equal(code, 0);
  const settings = JSON.parse(out) as { name: string; value: string; meaning: string }[];
  assert.equal(settings.find((one) => one.name === "SMARTGROUPS_DOMAIN")?.value, "groups.test");
  assert.doesNotMatch(out, /secret/);
});

test("before the first start a command brings its own database, and leaves nothing running", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "smartgroups-command-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755); // the database may run as another user
  const environment = bare({ SMARTGROUPS_DATA: directory });
  const made = await runCommand(["group", "add", "books"], environment);
  assert.equal(made.code, 0, made.err);
  const [listed, shown] = await Promise.all([
    runCommand(["group", "list", "--json"], environment),
    runCommand(["group", "show", "books"], environment),
  ]);
  assert.equal(listed.code, 0, listed.err);
  assert.equal(shown.code, 0, shown.err);
  assert.partialDeepStrictEqual(JSON.parse(listed.out), [{ name: "books" }]);
  await assert.rejects(readFile(join(directory, "pgdata", "postmaster.pid")), { code: "ENOENT" });
});

const OPERATING = new URL("../../docs/operating.md", import.meta.url);

test("docs/operating.md has the settings as they are", async () => {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const rows = describeSettings({}).map(
    ({ name, value, meaning }) => `| \`${name}\` | ${value === "" ? "" : `\`${cell(value)}\``} | ${cell(meaning)} |`,
  );
  const table = ["| setting | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
  const page = await readFile(OPERATING, "utf8");
  const refreshed = page.replace(
    /(<!-- settings -->\n)[\s\S]*?(<!-- end)/,
    (_, before, end) => `${before}${table}\n${end}`,
  );
  if (process.env["UPDATE"]) await writeFile(OPERATING, refreshed);
  assert.match(refreshed, /SMARTGROUPS_DOMAIN/);
  assert.equal(
    page,
    refreshed,
    "the settings have changed: refresh with UPDATE=1 npm test -- test/commands/main.test.ts",
  );
});
