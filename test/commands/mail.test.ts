import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { aService, bare, oneLine, runHere } from "./run.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const MAIL =
  "From: Ana <ana@far.test>\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMessage-ID: <m@far.test>\n\nHello \u001b[31mred\n";

type Shown = { subject: string; from: { address: string }; text: string; defects: string[]; attachments: unknown[] };

test("a mail is shown as it is read, without a database", async () => {
  const { code, out } = await runHere(["mail", "show", "-", "--json"], bare(), MAIL);
  assert.equal(code, 0);
  const shown = JSON.parse(out) as Shown;
  assert.partialDeepStrictEqual(shown, {
    subject: "Grüße",
    from: { address: "ana@far.test" },
    messageId: "m@far.test",
    attachments: [],
  });
  assert.ok(shown.defects.includes("no Date"));
  const page = await runHere(["mail", "show", "-"], bare(), MAIL);
  assert.match(page.out, /^Subject: Grüße$/m);
  assert.ok(!page.out.includes("\u001b"), "a mail does not colour the terminal");
});

test("several mails are an array; a directory is no mail", async (t) => {
  const { directory } = await aService(t);
  const files = [join(directory, "a.eml"), join(directory, "b.eml")];
  for (const file of files) await writeFile(file, MAIL);
  const { out } = await runHere(["mail", "show", ...files, "--json"], bare());
  assert.equal((JSON.parse(out) as Shown[]).length, 2);
  assert.match(oneLine(await runHere(["mail", "show", directory], bare())), /is a directory/);
});

test("a reader who leaves early is no error", () => {
  const piped = spawnSync(
    "sh",
    ["-c", '"$0" "$1" settings | true; "$0" "$1" settings | head -1', process.execPath, MAIN],
    {
      env: bare(),
      encoding: "utf8",
    },
  );
  assert.equal(piped.stderr, "");
  assert.match(piped.stdout, /^SMARTGROUPS_DATA=/);
});
