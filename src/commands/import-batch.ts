/**
 * A batch of an import: which of its mails the archive has already, and the others put in their places, in one
 * transaction.
 *
 * A mail is known by its Message-ID, so that an import that was killed is simply run again. One without a Message-ID
 * gets one made of its bytes, the same each time. If the database does not take the batch because of one mail, each is
 * tried by itself, and the one that fails is named.
 */
import { createHash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import * as archive from "../archive/archive.ts";
import { isPassing, type Pool, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { Clock } from "../kit/clock.ts";
import { codeOf, Refusal, reasonOf } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import { parseDate } from "../mail/date.ts";
import { first, messageIds, readHeader, splitMessage } from "../mail/header.ts";
import { type MboxMail, unmangle } from "../mail/mbox.ts";
import { summarise } from "../mail/summary.ts";

/** A mail of a file, `number` counted from 1. */
export type Numbered = MboxMail & { file: string; number: number };

/** What became of a mail; `different`: its Message-ID is there with another text. */
export type Result =
  | { kind: "placed" | "already" }
  | { kind: "different"; messageId: string }
  | { kind: "refused"; reason: string };

type Candidate = { mail: Numbered; messageId: string; plain: Buffer };

/** Files a batch. Answers one result a mail, in order; throws only when the database is away. */
export async function fileBatch(pool: Pool, groupId: string, mails: Numbered[], clock: Clock): Promise<Result[]> {
  const candidates = mails.map((mail): Candidate => {
    const plain = /^From \S+ at \S+ /.test(mail.fromLine) ? unmangle(mail.raw) : mail.raw;
    return { mail, plain, messageId: messageIdOf(plain) ?? madeUp(mail.raw) };
  });
  const results = new Map<Candidate, Result>();
  const known = await knownMails(pool, groupId, candidates);
  const fresh: { candidate: Candidate; post: archive.NewPost }[] = [];
  for (const candidate of candidates) {
    const there = known.get(candidate.messageId);
    if (there) {
      results.set(candidate, compare(there, candidate));
      continue;
    }
    known.set(candidate.messageId, candidate.mail.raw);
    fresh.push({ candidate, post: postOf(candidate, groupId, clock) });
  }
  const placed = await placeAll(
    pool,
    groupId,
    fresh.map(({ post }) => post),
  );
  for (const [i, { candidate }] of fresh.entries()) results.set(candidate, placed[i]!);
  // Placed by somebody else since we looked: only now it can be told whether theirs has the same text.
  const late = fresh.flatMap(({ candidate }, i) => (placed[i]!.kind === "already" ? [candidate] : []));
  const theirs = late.length === 0 ? new Map<string, Buffer>() : await knownMails(pool, groupId, late);
  for (const candidate of candidates) {
    const there = theirs.get(candidate.messageId);
    if (there) results.set(candidate, compare(there, candidate));
  }
  return candidates.map((candidate) => results.get(candidate)!);
}

async function placeAll(pool: Pool, groupId: string, posts: archive.NewPost[]): Promise<Result[]> {
  if (posts.length === 0) return [];
  try {
    const placed = await transact(pool, async (sql) => {
      if (!(await directory.keepGroup(sql, groupId)))
        throw new Refusal("The group was removed meanwhile, so the rest was not imported.");
      return archive.place(sql, posts);
    });
    return placed.map((one, i) => ({
      // Our own id: a commit whose answer was lost, run again.
      kind: one.kind === "placed" || one.of === posts[i]!.id ? "placed" : "already",
    }));
  } catch (error) {
    // PostgreSQL's classes for what is wrong with the data: only then is a mail to blame.
    if (isPassing(error) || !/^(?:22|23|54)/.test(codeOf(error) ?? "")) throw error;
    if (posts.length === 1) return [{ kind: "refused", reason: `the database does not take it (${reasonOf(error)})` }];
    const results: Result[] = [];
    for (const post of posts) results.push(...(await placeAll(pool, groupId, [post])));
    return results;
  }
}

/** The bytes of those mails that the group has already, by Message-ID. */
async function knownMails(pool: Pool, groupId: string, candidates: Candidate[]): Promise<Map<string, Buffer>> {
  const everywhere = await archive.postsEverywhere(pool, [...new Set(candidates.map((one) => one.messageId))]);
  const here = everywhere.filter((post) => post.groupId === groupId);
  const raws = await archive.rawPosts(
    pool,
    groupId,
    here.map((post) => post.id),
  );
  return new Map(here.map((post) => [post.messageId, zstdDecompressSync(raws.get(post.id)!)]));
}

function compare(there: Buffer, { mail, messageId }: Candidate): Result {
  if (there.equals(mail.raw) || sameText(there, mail.raw)) return { kind: "already" };
  return { kind: "different", messageId };
}

/** Another copy's header differs by its way here, and its line ends by its storing. */
function sameText(one: Buffer, other: Buffer): boolean {
  const text = (raw: Buffer): string => splitMessage(raw).body.toString("latin1").replaceAll("\r\n", "\n").trimEnd();
  return text(one) === text(other);
}

function postOf({ mail, messageId, plain }: Candidate, groupId: string, clock: Clock): archive.NewPost {
  const now = clock.now();
  const summary = summarise(plain, now);
  const sentAt = summary.sentAt === now ? (fromLineDate(mail.fromLine, now) ?? now) : summary.sentAt;
  const { authorName, authorAddress, subject, baseSubject, isReplySubject, words, parts, fingerprint } = summary;
  return {
    id: newId(clock),
    groupId,
    messageId,
    references: summary.references.filter(isStorable),
    ...{ authorName, authorAddress, subject, baseSubject, isReplySubject, words, parts, fingerprint },
    sentAt,
    receivedAt: new Date(Math.min(sentAt.getTime(), now.getTime())),
    size: mail.raw.length,
    auth: {},
    source: "import",
    raw: zstdCompressSync(mail.raw),
  };
}

/** When the list took the mail, as the "From " line has it; programs that know no better write the epoch. */
function fromLineDate(line: string, now: Date): Date | undefined {
  const date = parseDate(line.replace(/^From (?:\S+ at )?\S+\s+/, ""));
  return date && date.getTime() > Date.UTC(1971, 0, 1) && date <= now ? date : undefined;
}

function messageIdOf(plain: Buffer): string | undefined {
  const id = messageIds(first(readHeader(splitMessage(plain).head), "message-id") ?? "")[0];
  return id !== undefined && isStorable(id) ? id : undefined;
}

const isStorable = (id: string): boolean => id.length <= 998 && Buffer.byteLength(id) <= 2000 && !id.includes("\0");

const madeUp = (raw: Buffer): string => `${createHash("sha256").update(raw).digest("hex").slice(0, 40)}@import.invalid`;
