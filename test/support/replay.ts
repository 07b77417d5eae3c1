/**
 * Replays an archive: its mails are sent over SMTP as posts by their authors to a group of fifty, in their order, and
 * every copy that arrives is compared with what was sent. Works in portions, so that a whole archive fits in memory.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { summarise } from "../../src/mail/summary.ts";
import { type ThreadMessage, threadOf } from "../../src/mail/thread.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "./node.ts";
import { assertUnchanged } from "./unchanged.ts";

export const fiftyReaders = Array.from({ length: 50 }, (_, i) => `reader${i}@far${i % 10}.test`);

const PORTION = 20;

export type Replayed = {
  outcomes: Record<string, number>;
  repaired: number;
  copies: number;
  topics: number;
  /** Posts that name no ancestor and were joined otherwise: by subject we go by arrival, the list by dates. */
  bySubject: number;
};

/** `mails` as the archive has them; `Date` moves the node's clock, so that subjects join as they did then. */
export async function replay(
  t: TestContext,
  mails: Buffer[],
): Promise<{ node: TestNode; figures: Replayed; posted: ThreadMessage[] }> {
  // Without chores: the clock jumps by days, and nobody may be taken for dead.
  const node = await startNode(t, { members: fiftyReaders, roles: "intake,pipeline,outbound" });
  const wire = mails.map((mail) => Buffer.from(mail.toString("latin1").replace(/\r*\n/g, "\r\n"), "latin1"));
  const summaries = wire.map((raw) => summarise(raw, node.clock.now()));
  const authors = [...new Set(summaries.map((one) => one.authorAddress.toLowerCase()).filter((one) => one !== ""))];
  await enterAuthors(node, authors);
  const began = Math.min(...summaries.map((one) => one.sentAt.getTime()));
  const figures: Replayed = { outcomes: {}, repaired: 0, copies: 0, topics: 0, bySubject: 0 };
  const posted: ThreadMessage[] = [];
  node.clock.pass(began - node.clock.now().getTime());
  for (let from = 0; from < wire.length; from += PORTION) {
    const portion = wire.slice(from, from + PORTION);
    const ids: string[] = [];
    for (const [i, raw] of portion.entries()) {
      const { sentAt, authorAddress } = summaries[from + i]!;
      node.clock.pass(Math.max(1, sentAt.getTime() - node.clock.now().getTime()));
      const sent = await node.send({ from: authorAddress || "nobody@far.test", to: ["readers@groups.test"] }, raw);
      assert.equal(sent.code, 250, sent.text);
      ids.push(sent.id!);
    }
    await node.quiet();
    for (const [i, id] of ids.entries()) {
      const [outcome] = await queue.outcomesOf(node.pool, id);
      const kind = outcome?.outcome ?? (await queue.waitingMail(node.pool, id))?.state ?? "lost";
      figures.outcomes[kind] = (figures.outcomes[kind] ?? 0) + 1;
      const summary = summaries[from + i]!;
      if (kind !== "posted") {
        t.diagnostic(`${kind}: ${summary.messageId} ${summary.subject} (${outcome?.detail})`);
        continue;
      }
      const post = (await queue.outcomesOf(node.pool, id))[0]!.messageId ?? `without-${id}`;
      posted.push({ id: post, references: summary.references, subject: summary.subject, date: node.clock.now() });
      figures.repaired += checkCopies(node, portion[i]!, summary.messageId) === "repaired" ? 1 : 0;
      figures.copies += fiftyReaders.length;
    }
    const strangers = node.farSide.mails.splice(0).filter((mail) => !checked.has(mail));
    assert.deepEqual(
      strangers.map((mail) => mail.to),
      [],
      "nothing but the posts went out",
    );
  }
  await compareThreads(node, posted, summaries, figures);
  return { node, figures, posted };
}

/** Members who post and do not read. */
async function enterAuthors(node: TestNode, authors: string[]): Promise<void> {
  const readers = new Set(fiftyReaders);
  const fresh = authors.filter((address) => !readers.has(address)).map((address) => ({ address, name: "" }));
  const added = await directory.addMembers(node.pool, node.group.id, fresh, "test", node.clock);
  assert.equal(added.length, fresh.length);
  await node.pool`update memberships set mode = 'none' where not address = any(${fiftyReaders})`;
}

const checked = new WeakSet<object>();

/** Each of the fifty has it exactly once, unchanged, and all have the same. */
function checkCopies(node: TestNode, original: Buffer, messageId: string | null): "to the byte" | "repaired" {
  assert.ok(messageId, "archived mails have a Message-ID");
  const named = Buffer.from(messageId);
  const copies = node.farSide.mails.filter((mail) => !checked.has(mail) && idOf(mail.raw)?.equals(named));
  assert.deepEqual(
    copies.flatMap((mail) => mail.to).sort(),
    [...fiftyReaders].sort(),
    `${messageId} reached each once`,
  );
  const how = assertUnchanged(original, copies[0]!.raw, node.domain);
  const shared = sharedOf(copies[0]!.raw);
  for (const copy of copies) {
    checked.add(copy);
    assert.ok(sharedOf(copy.raw).equals(shared), `${messageId}: ${copy.to[0]} has what the others have`);
  }
  return how;
}

function idOf(raw: Buffer): Buffer | undefined {
  const found = summariseId(raw);
  return found === undefined ? undefined : Buffer.from(found);
}

function summariseId(raw: Buffer): string | undefined {
  const head = raw.subarray(0, raw.indexOf("\r\n\r\n")).toString("utf8");
  const value = /^message-id:((?:[^\r]|\r\n[ \t])*)/im.exec(head)?.[1] ?? "";
  return /<([^<>]*)>/.exec(value)?.[1]?.replace(/\s+/g, "") ?? value.trim();
}

/** What all copies share begins with our ARC set. */
const sharedOf = (raw: Buffer): Buffer => raw.subarray(Math.max(0, raw.indexOf("ARC-Seal: i=")));

/** The archive's parents are those that the whole list, seen at once, has by JWZ's rules. */
async function compareThreads(
  node: TestNode,
  posted: ThreadMessage[],
  summaries: { messageId: string | null; sentAt: Date }[],
  figures: Replayed,
): Promise<void> {
  const dates = new Map(summaries.map((one) => [one.messageId, one.sentAt]));
  const { parents, missing } = threadOf(posted.map((one) => ({ ...one, date: dates.get(one.id) ?? one.date })));
  const rows = await node.pool<{ id: string; parent: string | null; topic: string }[]>`
    select p.message_id as id, above.message_id as parent, p.topic_id as topic
    from posts p left join posts above on above.group_id = p.group_id and above.id = p.parent_id`;
  figures.topics = new Set(rows.map((row) => row.topic)).size;
  assert.equal(rows.length, posted.length, "every post is archived once");
  const referring = new Set(posted.filter((one) => one.references.length > 0).map((one) => one.id));
  for (const { id, parent } of rows) {
    let wanted = parents.get(id);
    while (wanted !== undefined && missing.has(wanted)) wanted = parents.get(wanted);
    if (referring.has(id)) assert.equal(parent, wanted ?? null, `the parent of ${id}`);
    else if (parent !== (wanted ?? null)) figures.bySubject += 1;
  }
}
