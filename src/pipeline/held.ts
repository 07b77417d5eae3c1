/**
 * What is held is put on the moderators' desk in the transaction that holds it, and who decides is asked by letter: at once
 * while posts are few, and later together (chores/held.ts). What a moderator edited is put in when the post is filed.
 */
import { zstdCompressSync } from "node:zlib";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { idToBytes } from "../kit/id.ts";
import { unpack } from "../kit/zstd.ts";
import { htmlToText } from "../mail/html.ts";
import { readMail } from "../mail/read.ts";
import { revised } from "../mail/revise.ts";
import { type Summary, summarise } from "../mail/summary.ts";
import { sealToken } from "../mail/token.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import type { Filing, Judged } from "./file.ts";
import { mayBeTold, occasion } from "./letters.ts";
import { addressOf, type PostErrand, type Verdict } from "./verdict.ts";

type Held = Extract<Verdict, { kind: "hold" | "wait" | "keep" }>;

/** Puts a held post on the desk; `files` are its attachments. */
export async function noteHeld(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  errand: PostErrand,
  verdict: Held,
): Promise<void> {
  const { opened, auth, spam } = judged;
  const post = deskPost(opened.summary, {
    groupId: errand.group.id,
    mailId: opened.mail.id,
    recipient: addressOf(errand, filing.domain),
    receivedAt: opened.mail.receivedAt,
    sender: opened.mail.sender,
    size: opened.raw.length,
    reason: verdict.reason,
  });
  const releaseAt = verdict.kind === "wait" ? verdict.until : null;
  await moderation.noteHeld(sql, [{ ...post, auth, mayBeTold: mayBeTold(filing, judged), spam, releaseAt }]);
}

type Known = Pick<moderation.NewHeldPost, "groupId" | "mailId" | "recipient" | "receivedAt" | "size" | "reason"> & {
  sender: string;
};

function deskPost(summary: Summary, { sender, ...known }: Known): moderation.NewHeldPost {
  return {
    ...known,
    authorName: summary.authorName,
    authorAddress: summary.authorAddress || sender,
    subject: summary.subject,
    words: summary.words,
    attachments: summary.parts.filter(isFile).length,
    auth: {},
    messageId: summary.messageId,
    answers: summary.references,
    mayBeTold: false,
  };
}

const isFile = (part: Summary["parts"][number]): boolean =>
  part.disposition === "attachment" || (part.filename !== undefined && !part.type.startsWith("multipart/"));

const LARGEST = 256 * 1024 * 1024;
const MOST_ADOPTED = 500;

/** Puts what waits for a group and is not on its desk there: held by a version that knew of no desk, or restored from elsewhere. */
export async function adoptHeld(sql: Sql, group: directory.Group, domain: string): Promise<void> {
  const recipient = `${group.name}@${domain}`;
  const waiting = await queue.aside(sql, "held", recipient, MOST_ADOPTED);
  const known = await moderation.onTheDesk(
    sql,
    group.id,
    waiting.map((one) => one.id),
  );
  for (const mail of waiting.filter((one) => !known.has(one.id))) {
    const packed = await queue.rawOf(sql, mail.id);
    if (!packed) continue;
    const raw = await unpack(packed, mail.size, LARGEST);
    const { id: mailId, receivedAt, sender, size, problem: reason, spam, releaseAt } = mail;
    const post = deskPost(summarise(raw, receivedAt), {
      ...{ groupId: group.id, mailId, recipient, receivedAt, sender, size, reason },
    });
    await moderation.noteHeld(sql, [{ ...post, spam, releaseAt }]);
  }
}

/** The letters that ask moderators about one post; who has had several within the hour hears of it later. */
export async function lettersToModerators(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  errand: PostErrand,
  reason: string,
): Promise<notices.Letter[]> {
  const { group } = errand;
  const deciders = (await directory.deciders(sql, group.id)).filter(isAsked);
  const calm = await moderation.calmModerators(
    sql,
    group.id,
    deciders.map((one) => one.id),
    filing.clock.now(),
  );
  const asked = deciders.filter((one) => calm.has(one.id));
  if (asked.length === 0) return [];
  const { opened } = judged;
  const mail = readMail(opened.raw);
  const words = {
    author: opened.summary.authorName
      ? `${opened.summary.authorName} <${opened.summary.authorAddress}>`
      : opened.summary.authorAddress,
    reason,
    text: mail.text ?? (mail.html === null ? "" : htmlToText(mail.html)),
    files: mail.attachments.length,
    link: `${filing.url}/g/${group.name}/held/${opened.mail.id}`,
  };
  const letters: notices.Letter[] = [];
  for (const one of asked) {
    const about = { groupId: group.id, membershipId: one.id, mailIds: [opened.mail.id] };
    const token = sealToken(
      filing.tokenSecret,
      "moderate",
      idToBytes(await moderation.noteLetter(sql, about, filing.clock)),
    );
    letters.push(notices.askModeratorLetter(filing, { ...occasion(judged), to: one.address, group }, words, token));
  }
  return letters;
}

/** May decide, and wants to be asked. */
const isAsked = (one: directory.Membership): boolean => directory.may(one, "approve") && one.heldLetters;

/** A mail with what a moderator put in the place of its subject or text. What was found about the author stays true of the original. */
export function withEdit(judged: Judged, edit: moderation.Edit | undefined): Judged {
  if (!edit) return judged;
  const { opened, auth } = judged;
  const raw = revised(opened.raw, edit);
  const mail = { ...opened.mail, raw: zstdCompressSync(raw) };
  const edited = { ...auth, arc: "none" as const, isEdited: true };
  return { ...judged, opened: { mail, raw, summary: summarise(raw, mail.receivedAt) }, auth: edited };
}
