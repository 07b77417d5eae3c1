/**
 * Mail we write ourselves: letters (sign-in links, notices, invitations) and posts written on the web.
 *
 * RFC 5322 and 2045: UTF-8 text in quoted-printable, other scripts in base64; text and HTML as alternatives. A line end
 * in any value that goes into the header is refused by throwing, whoever typed it: such a value would be an attack.
 */
import { createHash } from "node:crypto";
import { parseAddress } from "./address.ts";
import {
  base64Lines,
  encodePhrase,
  encodeText,
  fold,
  hasLineOver,
  newField,
  oneLine,
  quotedPrintable,
} from "./encode.ts";
import type { Mailbox } from "./words.ts";

export type Letter = {
  from: Mailbox;
  to: Mailbox | string;
  subject: string;
  text: string;
  html?: string;
  date: Date;
  /** Without angle brackets. */
  messageId: string;
  inReplyTo?: string;
  /** Furthest ancestor first; `inReplyTo` is added at the end when it is not there. */
  references?: readonly string[];
  replyTo?: Mailbox | string;
  /** Further fields, written as they are: "Auto-Submitted", "List-Id". */
  headers?: Readonly<Record<string, string>>;
};

/** The letter with CRLF line ends, ready to be signed. Throws on line ends in header values and on bad addresses. */
export function composeLetter(letter: Letter): Buffer {
  const { text, html } = letter;
  const content =
    html === undefined
      ? textPart("plain", text)
      : multipart("alternative", [textPart("plain", text), textPart("html", html)]);
  return Buffer.concat([headOf(letter), Buffer.from(content)]);
}

/** The header of a letter up to its content. */
export function headOf(letter: Omit<Letter, "text" | "html">): Buffer {
  const references = [...(letter.references ?? [])];
  if (letter.inReplyTo && !references.includes(letter.inReplyTo)) references.push(letter.inReplyTo);
  const head: [string, string][] = [
    ["From", writtenMailbox(letter.from)],
    ["To", writtenMailbox(letter.to)],
    ["Subject", encodeText(headerValue("subject", letter.subject))],
    ["Date", mailDate(letter.date)],
    ["Message-ID", writtenId(letter.messageId)],
  ];
  if (letter.replyTo) head.push(["Reply-To", writtenMailbox(letter.replyTo)]);
  if (letter.inReplyTo) head.push(["In-Reply-To", writtenId(letter.inReplyTo)]);
  if (references.length > 0) head.push(["References", nearest(references).map(writtenId).join(" ")]);
  for (const [name, value] of Object.entries(letter.headers ?? {}))
    head.push([fieldName(name), furtherValue(name, value)]);
  head.push(["MIME-Version", "1.0"]);
  return Buffer.concat(head.map(([name, value]) => newField(name, fold(value, name.length + 2)).raw));
}

/**
 * A digest (RFC 2046 5.1.5): a text that says what is in it, then each message as it is. They must be ASCII, with CRLF.
 */
export function composeDigest(letter: Omit<Letter, "html">, messages: readonly Buffer[]): Buffer {
  const within = messages.map((message) => `Content-Type: message/rfc822\r\n\r\n${message.toString("latin1")}`);
  const digest = multipart("digest", within);
  return Buffer.concat([headOf(letter), Buffer.from(multipart("mixed", [textPart("plain", letter.text), digest]))]);
}

/** A time as RFC 5322 3.3 writes it, in UTC. */
export const mailDate = (date: Date): string => date.toUTCString().replace("GMT", "+0000");

/** `Name <address>`, or the bare address. Throws when it could not be an address. */
export function writtenMailbox(mailbox: Mailbox | string): string {
  const { name, address } = typeof mailbox === "string" ? { name: "", address: mailbox } : mailbox;
  if (!parseAddress(address)) throw new Error(`"${oneLine(address)}" is not a mail address.`);
  const shown = headerValue("name", name).trim();
  return shown === "" ? address : `${encodePhrase(shown)} <${address}>`;
}

function writtenId(id: string): string {
  if (!/^[^\s<>\u0000-\u001f\u007f]{1,900}$/.test(id))
    throw new Error(`"${oneLine(id).slice(0, 80)}" is not a message id.`);
  return `<${id}>`;
}

/** RFC 5322 3.6.4 sets no limit to References, but far sides do: the root and the nearest twenty. */
const nearest = (ids: readonly string[]): readonly string[] => (ids.length > 21 ? [ids[0]!, ...ids.slice(-20)] : ids);

function headerValue(what: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw new Error(`A ${what} of a letter has no line ends.`);
  return oneLine(value);
}

function furtherValue(name: string, value: string): string {
  const line = headerValue(name, value);
  if (!/^[\x20-\x7e]*$/.test(line)) throw new Error(`The value of ${name} must be ASCII.`);
  return line;
}

const OURS =
  /^(?:from|to|subject|date|message-id|reply-to|in-reply-to|references|mime-version|content-(?!language$).*|bcc|dkim-signature)$/i;

function fieldName(name: string): string {
  if (!/^[A-Za-z0-9-]{1,60}$/.test(name) || OURS.test(name))
    throw new Error(`"${oneLine(name)}" cannot be set as a further field.`);
  return name;
}

/** Parts, each with its header, as one. */
export function multipart(subtype: "alternative" | "mixed" | "digest" | "related", parts: readonly string[]): string {
  const boundary = `=_${createHash("sha256").update(parts.join()).digest("hex").slice(0, 32)}`;
  const written = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join("");
  return `Content-Type: multipart/${subtype};\r\n boundary="${boundary}"\r\n\r\n${written}--${boundary}--\r\n`;
}

/** A text part, its header first: quoted-printable, or base64 where most of it is not ASCII. */
export function textPart(subtype: "plain" | "html", text: string, extraHeader = "", parameters = ""): string {
  const wire = text
    .toWellFormed()
    .replace(/\r\n?|\n/g, "\r\n")
    .replaceAll("\0", "");
  const bytes = Buffer.from(wire.endsWith("\r\n") || wire === "" ? wire : `${wire}\r\n`);
  const isAsciiText = bytes.every((byte) => byte < 0x80);
  const isShort = !hasLineOver(wire, 76);
  const charset = isAsciiText ? "us-ascii" : "utf-8";
  const encoding = isAsciiText && isShort ? "7bit" : bytes.length > wire.length * 1.4 ? "base64" : "quoted-printable";
  const body =
    encoding === "7bit"
      ? bytes.toString("latin1")
      : encoding === "base64"
        ? base64Lines(bytes)
        : quotedPrintable(bytes);
  return `Content-Type: text/${subtype}; charset=${charset}${parameters}\r\nContent-Transfer-Encoding: ${encoding}\r\n${extraHeader}\r\n${body}`;
}
