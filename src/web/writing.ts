/**
 * A post written on the web, by a page or through the API: who may write, what can be sent, and its way into the queue.
 *
 * What is sent here takes the way of every mail: into the queue, through the pipeline. The draft carries the id the mail
 * will have, so that sending it twice, or again after a lost answer, sends it once.
 */

import { zstdCompressSync } from "node:zlib";
import * as archive from "../archive/archive.ts";
import type { Pool } from "../db/sql.ts";
import { t } from "../language/language.ts";
import { composePost, mailDate } from "../mail/compose.ts";
import { readMail } from "../mail/read.ts";
import * as queue from "../queue/queue.ts";
import { unpack } from "./bytes.ts";
import type { House, Page } from "./house.ts";
import { groupFor, NotAllowed, NotHere, type Seen } from "./rights.ts";

export const LONGEST_SUBJECT = 300;
const LONGEST_TEXT = 500_000;

/** The post that is answered. */
export type Parent = { post: archive.Post; references: string[]; text: string; isLocked: boolean };
export type Draft = { id: string; name: string; subject: string; text: string };
export type Problems = Partial<Record<"name" | "subject" | "text", string>>;

/** The group, for who may write to it; throws what errors.ts answers otherwise. */
export async function mayWrite(c: Page): Promise<Seen> {
  const seen = await groupFor(c, "poster");
  const { posting, others, nonmembers, title } = seen.group;
  if (posting === "moderators" && others === "decline" && (seen.membership?.role ?? "member") === "member")
    throw new NotAllowed(t`Only moderators post to ${title}.`);
  if (!seen.membership && posting === "members" && nonmembers === "refuse")
    throw new NotAllowed(t`${seen.group.title} takes posts from its members only: join it first.`);
  return seen;
}

/** A post of this group as something to answer; NotHere when there is none. */
export async function parentFrom(pool: Pool, { group }: Seen, post: archive.Post | undefined): Promise<Parent> {
  const packed = post && (await archive.rawPost(pool, group.id, post.id));
  if (!packed) throw new NotHere();
  const mail = readMail(unpack(packed));
  const topic = await archive.topic(pool, group.id, post.topicId);
  return { post, references: mail.references, text: mail.text ?? "", isLocked: Boolean(topic?.lockedAt) };
}

/** The writer's name as others will see it; "" when we know none. */
export const nameOf = ({ membership, visitor }: Seen): string => membership?.name || visitor?.name || "";

/** What has to change before it can be sent, a sentence for each field. */
export function problemsOf({ subject, text }: Draft, parent?: Parent): Problems {
  return {
    ...(subject === "" && { subject: t`Give it a subject, so that others see what it is about.` }),
    ...(subject.length > LONGEST_SUBJECT && { subject: t`Keep the subject to ${LONGEST_SUBJECT} characters.` }),
    ...(text.trim() === "" && { text: t`There is nothing to send yet: write something.` }),
    ...(text.length > LONGEST_TEXT && { text: t`This is longer than a post may be (half a million characters).` }),
    ...(parent?.isLocked && {
      text: t`This topic is locked and takes no more replies: begin a new topic if there is more to say.`,
    }),
  };
}

/** Puts the post into the queue, as a mail that came by HTTP. */
export async function post(
  { pool, config, clock }: House,
  seen: Seen,
  parent: Parent | undefined,
  draft: Draft,
  client: string,
): Promise<void> {
  const now = clock.now();
  const to = `${seen.group.name}@${config.domain}`;
  const address = seen.membership?.address ?? seen.visitor!.address;
  const mail = composePost({
    from: { name: draft.name, address },
    to: { name: seen.group.title, address: to },
    subject: draft.subject,
    text: draft.text,
    date: now,
    messageId: `${draft.id}@${config.domain}`,
    ...(parent && { inReplyTo: parent.post.messageId, references: parent.references }),
  });
  // RFC 5321 4.4: the trace begins with us. The writer's own address stays out of what goes to everybody.
  const trace = Buffer.from(`Received: by ${config.domain} with HTTP id ${draft.id}; ${mailDate(now)}\r\n`);
  const bytes = Buffer.concat([trace, mail]);
  await queue.put(pool, [
    {
      id: draft.id,
      receivedAt: now,
      sender: address,
      recipients: [to],
      client: { address: client, helo: "web", protocol: "HTTP" },
      size: bytes.length,
      raw: zstdCompressSync(bytes),
      chunked: false,
    },
  ]);
}
