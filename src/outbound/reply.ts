/**
 * What the far side told us, reduced to what we do about it.
 *
 * One function judges every reply by where in the conversation it was said. A refusal of us (greeting, EHLO, MAIL, or a
 * block list named at RCPT) says nothing about a recipient, so it is `later` whatever its digit: another host, another
 * hour or another of our addresses may get in. When in doubt, it is `later`: mail we keep can still be sent.
 */
import { type Sense, senseOf } from "../mail/sense.ts";

/** Where in the conversation something was said. `reset` stands for RSET, whose answer concerns nobody. */
export type Stage = "connect" | "greeting" | "hello" | "tls" | "mail" | "rcpt" | "data" | "dot" | "reset" | "quit";

/**
 * Whom a reply is about (Postfix's smtp_trouble.c draws the same lines).
 * `site`: this host would not talk to us, so the next host of the route may be tried at once.
 * `session`: this connection or our standing on it; other mails on it will fare the same.
 * `message`: this mail, for all its recipients. `recipient`: this one address.
 */
export type Scope = "site" | "session" | "message" | "recipient";

export type Reply = {
  kind: "sent" | "later" | "never";
  /** The three digits; 0 when nothing was said and the reply is our own finding. */
  code: number;
  /** The enhanced status (RFC 3463) such as "4.2.2", "" when none was given. */
  status: string;
  /** The far side's own words, without code and status: printable, one line, at most 500 characters. */
  text: string;
  scope: Scope;
  /** The final dot went out and no answer came back: the far side may or may not have the mail. */
  lostReply?: true;
  /** Said of several recipients, and may be one's alone: each is to be asked for by itself. */
  inDoubt?: true;
  /** The host did not show what its domain asks of it (DANE, MTA-STS): our finding about this domain, not a word about us. */
  isUnproven?: true;
};

const TEXT_KEPT = 500;

/** Foreign words made fit for a log line and a page: no control, bidi or unassigned characters, one line, bounded. */
function printable(text: string): string {
  const clean = text
    .slice(0, 4 * TEXT_KEPT)
    .replace(/[\p{C}\p{Z}]+/gu, " ")
    .trim();
  return clean.length <= TEXT_KEPT ? clean : `${clean.slice(0, TEXT_KEPT - 1).toWellFormed()}…`;
}

const scopes: Record<Stage, Scope> = {
  connect: "site",
  greeting: "site",
  hello: "site",
  tls: "site",
  mail: "session",
  rcpt: "recipient",
  data: "message",
  dot: "message",
  reset: "session",
  quit: "session",
};

/** Splits "5.1.1 No such user" into status and words. A status whose class contradicts the code is not believed. */
function splitStatus(code: number, text: string): { status: string; words: string } {
  const found = /^([245]\.\d{1,3}\.\d{1,3})(?:[ \t]+|$)/.exec(text);
  if (!found || Number(text[0]) !== Math.floor(code / 100)) return { status: "", words: text };
  return { status: found[1]!, words: text.slice(found[0].length) };
}

/** Refusals of us in words, whatever the digit: another hour or another of our addresses may get in. */
const ABOUT_US: readonly Sense[] = ["blocked", "slow down", "greylisted"];

/** The judgement: what `code` and the lines said with it mean at this point of the conversation. */
export function judge(stage: Stage, code: number, lines: readonly string[]): Reply {
  const { status, words } = splitStatus(code, lines[0] ?? "");
  const rest = lines.slice(1, 20).map((line) => splitStatus(code, line).words);
  const text = printable([words, ...rest].join(" "));
  const reply = (kind: Reply["kind"], scope = scopes[stage]): Reply => ({ kind, code, status, text, scope });
  if (code >= 200 && code < 300) return reply("sent");
  // 421 may be said at any time and always means the connection; 503 means that the two of us are out of step.
  if (code === 421 || code === 503) return reply("later", stage === "greeting" ? "site" : "session");
  if (code < 500 || code > 599) return reply("later");
  if (ABOUT_US.includes(senseOf({ code, status, text }))) return reply("later");
  switch (stage) {
    case "mail":
      // Size and content are the mail's own fault and stay so wherever it is sent from.
      return code === 552 || /^5\.(?:3\.4|6\.)/.test(status) ? reply("never", "message") : reply("later");
    case "rcpt":
      // RFC 5321 4.5.3.1.10, RFC 3463 X.5.3: some say 552 for "too many recipients", which a smaller mail mends.
      return (code === 552 && status === "") || status === "5.5.3" ? reply("later") : reply("never");
    case "data":
    case "dot":
      return reply("never");
    default:
      return reply("later");
  }
}

/** Our own finding rather than the far side's words: a timeout, a dead line, an address we cannot send to. */
export function finding(kind: "later" | "never", status: string, text: string, scope: Scope): Reply {
  return { kind, code: 0, status, text: printable(text), scope };
}

/** As it would stand in a transcript: "452 4.2.2 mailbox full". */
export const replyLine = (reply: Reply): string =>
  [reply.code === 0 ? "" : String(reply.code), reply.status, reply.text].filter((part) => part !== "").join(" ");
