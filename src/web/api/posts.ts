/** A post as `mail show` reads it and `trace` follows it; and writing one, the way the compose page does. */
import * as archive from "../../archive/archive.ts";
import { newId } from "../../kit/id.ts";
import { safeHtml } from "../../mail/html.ts";
import { type ReadMail, readMail } from "../../mail/read.ts";
import * as queue from "../../queue/queue.ts";
import { unpack } from "../bytes.ts";
import type { Page } from "../house.ts";
import { groupFor, NotHere, type Seen } from "../rights.ts";
import { maskedHtml, shown, withoutAddresses } from "../views/names.ts";
import { clientAddress } from "../visitors.ts";
import { maySendSpecial, mayWrite, nameOf, type Parent, parentFrom, post, problemsOf } from "../writing.ts";
import { BadRequest, kept } from "./answer.ts";
import { progressOf } from "./progress.ts";
import { fromOf, wordsFor } from "./topics.ts";

/** GET groups/:name/posts/:number */
export async function one(c: Page): Promise<Response> {
  const { pool, config } = c.var.house;
  const seen = await groupFor(c, "reader");
  const found = await archive.postNumbered(pool, seen.group.id, Number(c.req.param("number")));
  if (!found) throw new NotHere();
  const [packed, progress] = await Promise.all([
    archive.rawPost(pool, seen.group.id, found.id),
    queue.progressOf(pool, found.id),
  ]);
  if (!packed) throw new NotHere();
  const url = `${config.url}/g/${seen.group.name}/${found.number}`;
  return kept(c, seen, {
    id: found.id,
    group: seen.group.name,
    number: found.number,
    topicId: found.topicId,
    source: found.source,
    sentAt: found.sentAt,
    receivedAt: found.receivedAt,
    size: found.size,
    url,
    ...contentOf(seen, found, readMail(unpack(packed)), url),
    progress: progress ? progressOf(progress) : null,
  });
}

/** Ids of mails look like addresses, and often hold one: strangers don't get them, as in the source they see. */
function contentOf(seen: Seen, found: archive.Post, mail: ReadMail, url: string) {
  const hides = seen.hidesAddresses;
  const images = new Map(mail.attachments.map((part) => [part.contentId, part.index]));
  const cid = (id: string): string | undefined => (images.has(id) ? `${url}/part/${images.get(id)}` : undefined);
  const clean = mail.html === null ? null : safeHtml(mail.html, { images: "blocked", cid }).html;
  return {
    from: fromOf(seen, found),
    subject: wordsFor(seen, found.subject),
    date: mail.date,
    messageId: hides ? null : found.messageId,
    references: hides ? [] : mail.references,
    text: hides && mail.text !== null ? withoutAddresses(mail.text) : mail.text,
    // Whatever the links' own cutting leaves, in other attributes, goes as well.
    html: hides && clean !== null ? withoutAddresses(maskedHtml(clean)) : clean,
    attachments: mail.attachments.map(({ filename, type, size, index }) => ({
      filename: filename === null ? null : wordsFor(seen, filename),
      type,
      size,
      index,
      url: `${url}/part/${index}`,
    })),
    defects: mail.defects.map((defect) => wordsFor(seen, defect)),
  };
}

/** POST groups/:name/posts {subject, text, inReplyTo?, markdown?, special?}: into the queue, and 202. */
export async function send(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await mayWrite(c);
  const typed = await typedIn(c);
  const parent = await parentOf(c, seen, typed.inReplyTo);
  const draft = {
    ...{ id: newId(house.clock), version: 0, name: nameOf(seen) },
    isSpecial: typed.special,
    isPlain: !typed.markdown,
    subject: shown(typed.subject.toWellFormed()),
    text: typed.text.toWellFormed().replace(/\r\n?/g, "\n"),
  };
  if (draft.isSpecial && !maySendSpecial(seen))
    throw new BadRequest("Only moderators and owners send special notices: leave special out.");
  const problem = Object.values(problemsOf(draft, parent))[0];
  if (problem) throw new BadRequest(problem);
  await post(house, seen, parent, draft, clientAddress(c));
  const follow = `${house.config.url}/mail/${draft.id}`;
  return c.json({ mail: draft.id, follow }, 202);
}

type Typed = {
  subject: string;
  text: string;
  inReplyTo: string | number | undefined;
  markdown: boolean;
  special: boolean;
};

async function typedIn(c: Page): Promise<Typed> {
  const typed: unknown = await c.req.json().catch(() => undefined);
  if (typeof typed !== "object" || typed === null || Array.isArray(typed))
    throw new BadRequest("Send one JSON object: {subject, text, inReplyTo, markdown, special}.");
  const { subject, text, inReplyTo, markdown = false, special = false, ...others } = typed as Record<string, unknown>;
  if (typeof subject !== "string") throw new BadRequest("subject must be a string.");
  if (typeof text !== "string") throw new BadRequest("text must be a string.");
  if (inReplyTo !== undefined && typeof inReplyTo !== "string" && typeof inReplyTo !== "number")
    throw new BadRequest("inReplyTo must be the number of a post in this group, or its Message-ID.");
  if (typeof markdown !== "boolean") throw new BadRequest("markdown must be true or false.");
  if (typeof special !== "boolean") throw new BadRequest("special must be true or false.");
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new BadRequest("A post has subject, text, inReplyTo, markdown and special: leave out everything else.");
  return { subject, text, inReplyTo, markdown, special };
}

async function parentOf(c: Page, seen: Seen, answered: Typed["inReplyTo"]): Promise<Parent | undefined> {
  if (answered === undefined) return undefined;
  const { pool } = c.var.house;
  const found = await parentPost(c, seen, answered);
  if (!found) throw new BadRequest("inReplyTo names no post of this group: give a post's number or its Message-ID.");
  return parentFrom(pool, seen, found);
}

async function parentPost(c: Page, { group }: Seen, answered: string | number): Promise<archive.Post | undefined> {
  const { pool } = c.var.house;
  if (typeof answered === "string") {
    const id = answered.replace(/^<|>$/g, "");
    return id.includes("\0") ? undefined : archive.postWithMessageId(pool, group.id, id.toWellFormed());
  }
  const isNumber = Number.isInteger(answered) && answered > 0 && answered < 1e9;
  return isNumber ? archive.postNumbered(pool, group.id, answered) : undefined;
}
