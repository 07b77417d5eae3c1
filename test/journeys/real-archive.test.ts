/** Real lists, replayed: their authors post again, and fifty members get it all, once and unchanged. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openArchive } from "../../src/commands/archive-file.ts";
import { splitMbox, unmangle } from "../../src/mail/mbox.ts";
import { corpus, without } from "../support/corpora.ts";
import { type Replayed, replay } from "../support/replay.ts";

const AUTOFS = "archives/small/autofs.vger.kernel.org.mbox.zst";
const MONTHS = "threading/dev/pipermail-twisted-web";

async function firstOf(path: string, count: number): Promise<Buffer[]> {
  const mails: Buffer[] = [];
  for await (const mail of splitMbox((await openArchive(path)).chunks)) {
    mails.push(mail.raw);
    if (mails.length === count) break;
  }
  return mails;
}

const sentence = (figures: Replayed): string =>
  `${JSON.stringify(figures.outcomes)}; ${figures.copies} copies, ${figures.repaired} posts repaired for the wire; ` +
  `${figures.topics} topics, ${figures.bySubject} posts without references joined otherwise`;

test("three hundred posts of a real list reach fifty members once each, unchanged, in their threads", {
  skip: without(AUTOFS),
}, async (t) => {
  const mails = await firstOf(corpus(AUTOFS)!, 300);
  const { figures } = await replay(t, mails);
  t.diagnostic(sentence(figures));
  const { posted: count, duplicate = 0, ...others } = figures.outcomes;
  assert.deepEqual(others, {}, "nothing is held, declined or lost");
  assert.equal(count! + duplicate, mails.length);
  assert.ok(figures.bySubject <= 3, `${figures.bySubject} posts without references`);
});

test("a month of a real list has the parents that its own archive shows", { skip: without(MONTHS) }, async (t) => {
  const folder = corpus(MONTHS)!;
  const name = (await readdir(folder)).filter((file) => file.endsWith(".expected.json")).sort()[0]!;
  const { parent } = JSON.parse(await readFile(join(folder, name), "utf8")) as {
    parent: Record<string, string | null>;
  };
  const file = (await readdir(folder)).find(
    (one) => one.startsWith(name.replace(".expected.json", ".")) && one !== name,
  )!;
  const mails = (await firstOf(join(folder, file), 10_000)).map(unmangle);
  const { node, figures } = await replay(t, mails);
  t.diagnostic(`${name}: ${sentence(figures)}`);
  const rows = await node.pool<{ id: string; parent: string | null }[]>`
    select p.message_id as id, above.message_id as parent
    from posts p left join posts above on above.group_id = p.group_id and above.id = p.parent_id`;
  const bare = (id: string): string => id.replace(/^<|>$/g, "");
  const found = new Map(rows.map((row) => [row.id, row.parent]));
  for (const [id, wanted] of Object.entries(parent)) {
    if (found.has(bare(id)) && wanted !== null) assert.equal(found.get(bare(id)), bare(wanted), `the parent of ${id}`);
  }
  assert.ok(found.size > 20);
});
