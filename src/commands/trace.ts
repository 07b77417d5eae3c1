/**
 * `trace`: where a mail is, from its tracking id or its Message-ID: received, what became of it for each recipient, the
 * post it became, how far its delivery is, whom it waits for, and what the far sides last said. With `--recipients` each
 * recipient by name, with `--address` one of them, and why it got nothing.
 */
import { constants, zstdDecompressSync } from "node:zlib";
import type { Command } from "commander";
import * as archive from "../archive/archive.ts";
import { readConfig } from "../config.ts";
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import { isId } from "../kit/id.ts";
import { first, messageIds, readHeader, splitMessage } from "../mail/header.ts";
import * as queue from "../queue/queue.ts";
import { withDatabase } from "./database.ts";
import { printJson } from "./terminal.ts";
import { printTrace } from "./trace-page.ts";
import { answersFor, checkAddress, recipientsOf, type TracedAnswer, type TracedRecipient } from "./trace-recipients.ts";

const LOOKED_THROUGH = 2000;
const ATTEMPTS = 20;

export type Trace = {
  asked: string;
  mails: TracedMail[];
  posts: TracedPost[];
};

export type TracedMail = {
  id: string;
  receivedAt: Date;
  sender: string;
  /** `filed` when every recipient has its outcome; else where it waits. */
  state: queue.WaitingMail["state"] | "filed";
  waiting: Omit<queue.WaitingMail, "id" | "receivedAt" | "sender" | "state"> | null;
  outcomes: { recipient: string; at: Date; outcome: string; detail: string; postId: string | null }[];
};

export type TracedPost = {
  id: string;
  groupId: string;
  group: string;
  number: number;
  messageId: string;
  subject: string;
  source: string;
  receivedAt: Date;
  /** Null for a post that was never to be sent: one that was imported. */
  progress: queue.Progress | null;
  attempts: (Omit<queue.Attempt, "recipients"> & { recipients: number })[];
  /** With `--recipients`. */
  recipients?: TracedRecipient[];
  /** With `--address`: one for each membership the address has had. */
  answers?: TracedAnswer[];
};

type Options = { json?: boolean; recipients?: boolean; address?: string };

export function define(command: Command): void {
  command
    .argument("<ID>", "the tracking id in our reply to the sender, or a Message-ID, with or without <>")
    .option("--recipients", "tell what became of each recipient's copy")
    .option("--address <ADDRESS>", "tell whether this address got it, and why not")
    .option("--json", "print JSON")
    .allowExcessArguments(false)
    .action(async (asked: string, options: Options) => {
      if (options.address) checkAddress(options.address);
      const config = readConfig();
      await withDatabase(config, async ({ pool, clock }) => {
        const trace = await traceOf(pool, asked.trim());
        await addNames(pool, trace, options, new Date(clock.now().getTime() - config.logKept));
        if (options.json) printJson(trace);
        else printTrace(trace, clock.now());
      });
    });
}

async function addNames(pool: Pool, trace: Trace, options: Options, keptSince: Date): Promise<void> {
  for (const post of trace.posts) {
    if (options.recipients) post.recipients = await recipientsOf(pool, post);
    if (options.address) post.answers = await answersFor(pool, post.id, options.address, keptSince);
  }
  if (options.address && trace.posts.length === 0)
    throw new Refusal(
      "This mail became no post yet, so nobody was sent a copy: the same command without --address tells where it is.",
    );
}

async function traceOf(pool: Pool, asked: string): Promise<Trace> {
  const id = asked.toLowerCase();
  const trace = isId(id) ? await traceById(pool, id) : await traceByMessage(pool, asked.replace(/^<|>$/g, ""));
  if (trace.mails.length + trace.posts.length > 0) return trace;
  throw new Refusal(
    isId(id)
      ? `Nothing here has the tracking id ${asked}: it may be another service's, or older than what is kept.`
      : `No mail with the Message-ID ${asked} is known here: ask with the tracking id from our reply to its sender.`,
  );
}

async function traceById(pool: Pool, id: string): Promise<Trace> {
  const mail = await mailOf(pool, id);
  if (mail) return { asked: id, mails: [mail], posts: await postsOf(pool, postIds([mail])) };
  const posts = await postsOf(pool, [id]);
  const ids = posts.length > 0 ? (await queue.outcomesOfPost(pool, id)).map((one) => one.mailId) : [];
  return { asked: id, mails: await mailsOf(pool, ids), posts };
}

async function traceByMessage(pool: Pool, messageId: string): Promise<Trace> {
  const filed = (await queue.outcomesOfMessage(pool, messageId)).map((one) => one.mailId);
  const mails = await mailsOf(pool, [...(await waitingWith(pool, messageId)), ...filed]);
  const archived = (await archive.postsEverywhere(pool, [messageId])).map((post) => post.id);
  return { asked: messageId, mails, posts: await postsOf(pool, [...new Set([...archived, ...postIds(mails)])]) };
}

const postIds = (mails: TracedMail[]): string[] =>
  mails.flatMap((mail) => mail.outcomes.flatMap((one) => one.postId ?? []));

async function mailsOf(pool: Pool, ids: string[]): Promise<TracedMail[]> {
  const mails = await Promise.all([...new Set(ids)].slice(0, 100).map((id) => mailOf(pool, id)));
  return mails.filter((mail) => mail !== undefined);
}

async function mailOf(pool: Pool, id: string): Promise<TracedMail | undefined> {
  const waiting = await queue.waitingMail(pool, id);
  const outcomes = await queue.outcomesOf(pool, id);
  const known = waiting ?? outcomes[0];
  if (!known) return undefined;
  return {
    id,
    receivedAt: known.receivedAt,
    sender: known.sender,
    state: waiting?.state ?? "filed",
    waiting: waiting ? detailsOf(waiting) : null,
    outcomes: outcomes.map(({ recipient, at, outcome, detail, postId }) => ({
      recipient,
      at,
      outcome,
      detail,
      postId,
    })),
  };
}

const detailsOf = ({ recipients, attempts, dueAt, size, problem }: queue.WaitingMail) => ({
  recipients,
  attempts,
  dueAt,
  size,
  problem,
});

async function postsOf(pool: Pool, ids: string[]): Promise<TracedPost[]> {
  const found = await Promise.all([...new Set(ids)].slice(0, 100).map((id) => archive.postById(pool, id)));
  const posts = found.filter((post) => post !== undefined);
  const groups = await directory.groupsById(pool, [...new Set(posts.map((post) => post.groupId))]);
  const names = new Map(groups.map((group) => [group.id, group.name]));
  return Promise.all(
    posts.map(async (post) => ({
      id: post.id,
      groupId: post.groupId,
      group: names.get(post.groupId) ?? post.groupId,
      number: post.number,
      messageId: post.messageId,
      subject: post.subject,
      source: post.source,
      receivedAt: post.receivedAt,
      progress: (await queue.progressOf(pool, post.id)) ?? null,
      attempts: (await queue.attemptsOf(pool, post.id, ATTEMPTS)).map((one) => ({
        ...one,
        recipients: one.recipients.length,
      })),
    })),
  );
}

/** Tracking ids of mails in the queue with this Message-ID, among the newest. */
async function waitingWith(pool: Pool, messageId: string): Promise<string[]> {
  const found: string[] = [];
  let below: string | null = null;
  for (let seen = 0; seen < LOOKED_THROUGH; ) {
    const some: queue.Beginning[] = await queue.beginnings(pool, below, 100);
    for (const { id, beginning } of some) if (messageIdOf(beginning) === messageId) found.push(id);
    if (some.length < 100) break;
    seen += some.length;
    below = some.at(-1)!.id;
  }
  return found;
}

/** The Message-ID in the beginning of a compressed mail; undefined when it can't be made out. */
export function messageIdOf(beginning: Buffer): string | undefined {
  try {
    const head = zstdDecompressSync(beginning, {
      finishFlush: constants.ZSTD_e_continue,
      maxOutputLength: 1024 * 1024,
    });
    return messageIds(first(readHeader(splitMessage(head).head), "message-id") ?? "")[0];
  } catch {
    return undefined;
  }
}
