/** Every MIME oddity of the corpora is posted by SMTP: refused in one clean line, or kept, archived and readable to members. */
import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { test } from "node:test";
import * as archive from "../../src/archive/archive.ts";
import * as directory from "../../src/directory/directory.ts";
import { summarise } from "../../src/mail/summary.ts";
import * as queue from "../../src/queue/queue.ts";
import { corpus, without } from "../support/corpora.ts";
import { startNode } from "../support/node.ts";
import { assertReadsTheSame } from "../support/unchanged.ts";

const READER = "reader@far.test";
const FOLDER = "mime/dev";

test("two hundred odd mails are each refused cleanly, or archived and delivered so that they read as before", {
  skip: without(FOLDER),
}, async (t) => {
  const files = (await Array.fromAsync(glob("**/*.{eml,msg}", { cwd: corpus(FOLDER)! }))).sort();
  assert.ok(files.length >= 200);
  const node = await startNode(t, { members: [READER] });
  // What a line end is, SMTP has settled before a mail comes here; everything else is sent as it is.
  const mails = await Promise.all(
    files.map(async (file) => {
      const raw = await readFile(`${corpus(FOLDER)!}/${file}`);
      return { file, raw: Buffer.from(raw.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1") };
    }),
  );
  const authors = new Set(
    mails.map(({ raw }) => summarise(raw, node.clock.now()).authorAddress).filter((one) => one !== ""),
  );
  const entries = [...authors].map((address) => ({ address, name: "" }));
  await directory.addMembers(node.pool, node.group.id, entries, "test", node.clock);
  await node.pool`update memberships set mode = 'none' where address <> ${READER}`;

  // Mails that name no author, or the same id as another: what is odd inside them is tried once more, under a header.
  const again = mails.map(({ file, raw }, i) => {
    const author = /^From[ \t]*:/im.test(raw.toString("latin1").split("\r\n\r\n")[0]!) ? "" : `From: <${READER}>\r\n`;
    const fields = `${author}Message-ID: <odd-${i}@far.test>\r\n`;
    return { file: `${file}, with a header`, raw: Buffer.concat([Buffer.from(fields), raw]) };
  });

  const sent: { file: string; raw: Buffer; code: number; text: string; id: string | undefined }[] = [];
  for (const mail of [...mails, ...again]) {
    sent.push({ ...mail, ...(await node.send({ from: READER, to: ["readers@groups.test"] }, mail.raw)) });
  }
  await node.quiet();

  const kinds: Record<string, number> = {};
  for (const { file, raw, code, text, id } of sent) {
    if (code !== 250) {
      assert.ok(code >= 500 && code < 600, `${file}: ${code} ${text}`);
      assert.ok(isSpoilt(raw), `${file} was refused: ${code} ${text}`);
      kinds["refused"] = (kinds["refused"] ?? 0) + 1;
      continue;
    }
    const [outcome] = await queue.outcomesOf(node.pool, id!);
    assert.ok(outcome, `${file} has no outcome: ${JSON.stringify(await queue.waitingMail(node.pool, id!))}`);
    kinds[outcome.outcome] = (kinds[outcome.outcome] ?? 0) + 1;
    const { authorAddress } = summarise(raw, node.clock.now());
    switch (outcome.outcome) {
      case "declined":
        assert.equal(authorAddress, "", file);
        assert.match(outcome.detail, /no usable From address/);
        break;
      case "posted": {
        const post = await archive.postById(node.pool, outcome.postId!);
        const here = `<http://groups.test/g/readers/${post!.number}>`;
        const copies = node.farSide.mails.filter((mail) =>
          mail.raw.toString("latin1").includes(`Archived-At: ${here}\r\n`),
        );
        assert.equal(copies.length, 1, `${file} reached its reader once`);
        try {
          assertReadsTheSame(raw, copies[0]!.raw);
        } catch (error) {
          throw new Error(`${file} does not read as before`, { cause: error });
        }
        break;
      }
      default:
        assert.ok(
          ["duplicate", "quiet", "returned"].includes(outcome.outcome),
          `${file}: ${outcome.outcome} ${outcome.detail}`,
        );
    }
  }
  t.diagnostic(`${files.length} files: ${JSON.stringify(kinds)}`);
  assert.ok(kinds["posted"]! > 300);
  const { mails: left, providers } = await queue.outlook(node.pool, node.clock.now());
  assert.deepEqual([left.length, providers.length], [0, 0], "nothing is stuck, and nothing unreadable");
});

/** NUL, or CR and LF that stand alone: not to be kept by RFC 5321 2.3.8, and refused as a whole. */
const isSpoilt = (raw: Buffer): boolean => /\0|\r(?!\n)|(?<!\r)\n/.test(raw.toString("latin1"));
