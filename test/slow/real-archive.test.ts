/** Whole archives of real lists, replayed: every post archived once, and with each of fifty members once, unchanged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openArchive } from "../../src/commands/archive-file.ts";
import { splitMbox } from "../../src/mail/mbox.ts";
import { corpus, without } from "../support/corpora.ts";
import { replay } from "../support/replay.ts";

for (const name of ["open-iscsi.googlegroups.com", "autofs.vger.kernel.org", "cocci.systeme.lip6.fr"]) {
  const path = `archives/small/${name}.mbox.zst`;
  test(`the whole of ${name} reaches fifty members once each, unchanged`, { skip: without(path) }, async (t) => {
    const mails: Buffer[] = [];
    for await (const mail of splitMbox((await openArchive(corpus(path)!)).chunks)) mails.push(mail.raw);
    const { figures } = await replay(t, mails);
    t.diagnostic(`${mails.length} mails: ${JSON.stringify(figures)}`);
    const { posted = 0, duplicate = 0, quiet = 0, declined = 0, ...others } = figures.outcomes;
    assert.deepEqual(others, {}, "nothing is held, unreadable or lost");
    assert.ok(posted > 0.9 * mails.length, `${posted} of ${mails.length} posted`);
    assert.equal(posted + duplicate + quiet + declined, mails.length);
    assert.equal(figures.copies, 50 * posted);
  });
}
