/**
 * Private mail between members, by aliases of ours, so that nobody's address has to be known (and From stays aligned).
 *
 *     write+TOKEN@DOMAIN     to the author of a post: group and number, sealed
 *     write+TOKEN@DOMAIN     back to who wrote: their membership, a day, and for whom alone it is good, sealed
 *
 * What is passed on has the writer's name and words in a header of ours: fields of theirs could tell where it came from,
 * and an address that the group hides. X-Loop ends what comes round again. Who may use an alias: pipeline/private.ts.
 */
import { createHash } from "node:crypto";
import { DAY } from "../kit/clock.ts";
import { idFromBytes, idToBytes } from "../kit/id.ts";
import { writtenMailbox } from "./compose.ts";
import { encodeText, fold, newField, oneLine } from "./encode.ts";
import { addFooter } from "./footer.ts";
import { type HeaderField, readHeader, splitMessage } from "./header.ts";
import { openToken, sealToken } from "./token.ts";
import { toWire } from "./wire.ts";
import type { Mailbox } from "./words.ts";

/** How long an answer finds its way back. */
const ANSWERED = 90;

export type Alias =
  | { to: "author"; groupId: string; number: number }
  | { to: "writer"; membershipId: string; day: number; isFor: string };

/** Of the author of a post. */
export function authorAlias(secret: Buffer, groupId: string, number: number, domain: string): string {
  const place = Buffer.alloc(4);
  place.writeUInt32BE(number);
  return `write+${sealToken(secret, "author", Buffer.concat([idToBytes(groupId), place]))}@${domain}`;
}

/** Of who wrote to somebody, for that person's answer. */
export function writerAlias(secret: Buffer, membershipId: string, receiver: string, now: Date, domain: string): string {
  const day = Buffer.alloc(2);
  day.writeUInt16BE(dayOf(now));
  const payload = Buffer.concat([idToBytes(membershipId), day, Buffer.from(markOf(receiver), "hex")]);
  return `write+${sealToken(secret, "writer", payload)}@${domain}`;
}

/** What an alias leads to; undefined for what we did not seal, and for answers that come too late. */
export function openAlias(secret: Buffer, token: string, now: Date): Alias | undefined {
  const author = openToken(secret, "author", token);
  if (author?.length === 20)
    return { to: "author", groupId: idFromBytes(author.subarray(0, 16)), number: author.readUInt32BE(16) };
  const writer = openToken(secret, "writer", token);
  if (writer?.length !== 22) return undefined;
  const day = writer.readUInt16BE(16);
  if (day + ANSWERED < dayOf(now)) return undefined;
  return { to: "writer", membershipId: idFromBytes(writer.subarray(0, 16)), day, isFor: writer.toString("hex", 18) };
}

const dayOf = (date: Date): number => Math.floor(date.getTime() / DAY) % 65_536;

/** Who an alias is for, short enough for a local part of 64 characters. */
export const markOf = (personId: string): string => createHash("sha256").update(personId).digest("hex").slice(0, 8);

export type PrivateMail = {
  raw: Buffer;
  /** The writer's name, with an alias of ours. */
  from: Mailbox;
  to: string;
  /** Where answers go, when not to From. */
  replyTo?: Mailbox;
  subject: string;
  messageId: string;
  date: string;
  references: readonly string[];
  footer: string;
  domain: string;
};

const CONTENT = /^(?:mime-version|content-(?!length).*)$/;

/** The mail as it is passed on: its content as it came, below a header of ours. */
export function privateMail(mail: PrivateMail): Buffer {
  const footed = addFooter(toWire(mail.raw).message, mail.footer).message;
  const { head, body } = splitMessage(footed);
  const content = readHeader(head).filter(({ name }) => CONTENT.test(name));
  const field = (name: string, value: string): HeaderField => newField(name, fold(value, name.length + 2));
  const ids = mail.references.filter((id) => /^[!-;=?-~]{1,900}$/.test(id)).slice(-20);
  const fields = [
    field("From", writtenMailbox(mail.from)),
    field("To", mail.to),
    ...(mail.replyTo ? [field("Reply-To", writtenMailbox(mail.replyTo))] : []),
    field("Subject", encodeText(oneLine(mail.subject))),
    field("Date", mail.date),
    field("Message-ID", `<${mail.messageId}>`),
    ...(ids.length > 0
      ? [field("In-Reply-To", `<${ids.at(-1)}>`), field("References", ids.map((id) => `<${id}>`).join(" "))]
      : []),
    field("X-Loop", `<${loopOf(mail.domain)}>`),
    ...content,
  ];
  return Buffer.concat([...fields.map(({ raw }) => raw), Buffer.from("\r\n"), body]);
}

/** What a mail that was passed on once carries. */
export const loopOf = (domain: string): string => `write.${domain}`;
