/** `held`: what waits for a moderator of a group, and deciding about it. */
import type { Command } from "commander";
import * as chores from "../chores/chores.ts";
import { type Config, readConfig } from "../config.ts";
import type { Pool } from "../db/sql.ts";
import type * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";
import { isId } from "../kit/id.ts";
import { unpack } from "../kit/zstd.ts";
import { htmlToText } from "../mail/html.ts";
import { readMail } from "../mail/read.ts";
import * as moderation from "../moderation/moderation.ts";
import * as pipeline from "../pipeline/pipeline.ts";
import * as queue from "../queue/queue.ts";
import { withDatabase } from "./database.ts";
import { noun } from "./failure.ts";
import { groupCalled } from "./group.ts";
import { clean, print, printJson, printTable, stamp } from "./terminal.ts";

const SHOWN = 1000;
const LARGEST = 256 * 1024 * 1024;

export function define(command: Command): void {
  noun(command);
  const verb = (words: string, does: string): Command =>
    command.command(words).description(does).allowExcessArguments(false);
  verb("list <GROUP>", "posts that wait for a moderator, the oldest first")
    .option("--json", "print JSON")
    .action((group: string, options: { json?: boolean }) => list(readConfig(), group, options));
  verb("show <GROUP> <ID>", "one of them, with its text")
    .option("--json", "print JSON")
    .action((group: string, id: string, options: { json?: boolean }) => show(readConfig(), group, id, options));
  command
    .command("approve")
    .description("let posts through")
    .argument("<GROUP>")
    .argument("<ID...>", 'their ids, or "all"')
    .option("--trust", "and let the next posts of their authors through without asking")
    .action((group: string, ids: string[], options: { trust?: boolean }) =>
      decide(readConfig(), group, ids, { decision: options.trust ? "trust" : "approve" }),
    );
  command
    .command("decline")
    .description("end posts; an author whose address is proved is told why")
    .argument("<GROUP>")
    .argument("<ID...>", 'their ids, or "all"')
    .option("--answer <TEXT>", "what the author is told", "")
    .option("--silent", "tell the author nothing")
    .action((group: string, ids: string[], options: { answer: string; silent?: boolean }) =>
      decide(readConfig(), group, ids, {
        decision: "decline",
        answer: options.answer,
        isSilent: options.silent === true,
      }),
    );
}

async function waiting(pool: Pool, config: Config, name: string) {
  const group = await groupCalled(pool, name);
  await pipeline.adoptHeld(pool, group, config.domain);
  return { group, posts: await moderation.waitingPosts(pool, group.id, { limit: SHOWN }) };
}

async function list(config: Config, name: string, options: { json?: boolean }): Promise<void> {
  await withDatabase(config, async ({ pool }) => {
    const { posts } = await waiting(pool, config, name);
    if (options.json) {
      printJson(posts.map(moderation.heldAsJson));
      return;
    }
    const rows = posts.map((post) => [
      post.mailId,
      stamp(post.receivedAt),
      post.authorAddress,
      (post.editedSubject ?? post.subject).slice(0, 60),
      post.reason,
    ]);
    printTable(["id", "received", "author", "subject", "why"], rows, "Nothing waits for a moderator.");
  });
}

async function show(config: Config, name: string, id: string, options: { json?: boolean }): Promise<void> {
  await withDatabase(config, async ({ pool }) => {
    const { group } = await waiting(pool, config, name);
    const post = await postCalled(pool, group, id);
    const packed = await queue.rawOf(pool, post.mailId);
    const mail = packed && readMail(await unpack(packed, post.size, LARGEST));
    const text = post.editedText ?? mail?.text ?? (mail?.html ? htmlToText(mail.html) : "");
    if (options.json) {
      const files = (mail?.attachments ?? []).map(({ filename, type, size }) => ({ filename, type, size }));
      printJson({ ...moderation.heldAsJson(post), text, files });
      return;
    }
    const from = post.authorName ? `${post.authorName} <${post.authorAddress}>` : post.authorAddress;
    print(`from      ${clean(from)}`);
    print(`subject   ${clean(post.editedSubject ?? post.subject)}`);
    print(`received  ${stamp(post.receivedAt)}`);
    print(`state     ${post.state}${post.decision ? `: ${post.decision} by ${clean(post.decidedName ?? "")}` : ""}`);
    print(`why       ${clean(post.reason)}`);
    print("");
    for (const line of text.split(/\r?\n/)) print(clean(line));
  });
}

async function postCalled(pool: Pool, group: directory.Group, id: string): Promise<moderation.HeldPost> {
  const post = isId(id.toLowerCase()) ? await moderation.heldPost(pool, group.id, id.toLowerCase()) : undefined;
  if (!post) throw new Refusal(`${group.name} holds no post with the id ${id}: smartgroups held list ${group.name}`);
  return post;
}

type Wanted = { decision: moderation.Decision; answer?: string; isSilent?: boolean };

/** It takes effect at once: who types an id has had time to think. */
async function decide(config: Config, name: string, ids: string[], wanted: Wanted): Promise<void> {
  await withDatabase(config, async ({ pool, clock }) => {
    const { group, posts } = await waiting(pool, config, name);
    const isAll = ids.length === 1 && ids[0] === "all";
    const chosen = isAll ? posts : await Promise.all(ids.map((id) => postCalled(pool, group, id)));
    const mailIds = chosen.map((post) => post.mailId);
    const done = await moderation.decide(
      pool,
      {
        ...{ groupId: group.id, mailIds, decision: wanted.decision, by: moderation.OPERATOR },
        ...{ answer: wanted.answer ?? "", isSilent: wanted.isSilent ?? false, dueAt: clock.now() },
      },
      clock,
    );
    await chores.settleDecisions({ pool, clock, domain: config.domain, url: config.url });
    const present = await Promise.all(done.map((post) => moderation.heldPost(pool, group.id, post.mailId)));
    const kept = present.filter((post) => post !== undefined && post.state !== "gone");
    for (const post of kept) print(`${post!.mailId} ${wanted.decision === "decline" ? "declined" : "approved"}`);
    const late = mailIds.find((id) => !kept.some((post) => post!.mailId === id));
    if (late !== undefined)
      throw new Refusal(`${late}: ${moderation.decidedBefore(await moderation.heldPost(pool, group.id, late))}`);
  });
}
