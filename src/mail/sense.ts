/**
 * Sense: what a refusal means, from a reply's code, status and words, or from the diagnostic text of a failure notice.
 *
 * The words are asked first, because codes and statuses are used loosely ("550 5.1.1" for a blocked sender, "5.7.1" for
 * an unknown user) while few servers lie in their own prose. Then the enhanced status (RFC 3463 and IANA's registry),
 * then the three digits (RFC 5321 4.2.3). Addresses and the paths of links are taken out before: `blocked@far.test`
 * says nothing.
 */
import { WORDINGS } from "./sense-words.ts";

/**
 * no such user: the address is bad for good (unknown, disabled, moved, its domain unknown). slow down: limits of rate or
 * of connections. blocked: our address or domain is refused. content: this message. policy: authentication, relaying,
 * permission. unavailable: the site is in trouble.
 */
export type Sense =
  | "no such user"
  | "mailbox full"
  | "slow down"
  | "blocked"
  | "greylisted"
  | "content"
  | "policy"
  | "unavailable"
  | "other";

/** Beyond this a text is pasted mail, not a reason. */
const READ = 1500;

export function senseOf(said: { code: number; status: string; text: string }): Sense {
  const words = meaningful(said.text);
  const code = said.code || Number(/^\D{0,20}\b([245]\d\d)\b(?!\.)/.exec(words)?.[1] ?? 0);
  const status = said.status || (/(?<![\d.])[245]\.\d\.\d{1,3}(?![\d.]*\d)/.exec(words)?.[0] ?? "");
  const digit = Math.floor(code / 100) || Number(status[0] ?? 0);
  // Our own findings have no code, and their status is exact.
  if (said.code === 0 && said.status !== "") return byStatus(said.status, code) ?? byWords(words, digit) ?? "other";
  const sense = byWords(words, digit) ?? byStatus(status, code) ?? byCode(code);
  // 421 4.7.0 "Try again later, closing connection" (Google): the words are those of trouble, the status is not.
  return sense === "unavailable" && code === 421 && status.startsWith("4.7.") ? "slow down" : sense;
}

/** Without what a mail server put in front of the words it was told: "smtp; host mx.far.test[192.0.2.1] said: ". */
function meaningful(text: string): string {
  return text
    .slice(0, READ)
    .replace(/^\s*(?:x-)?[a-z-]{1,40};\s*/iu, "")
    .replace(/^host \S{1,300} (?:said|refused to talk to me): /iu, "")
    .replace(/\(in reply to [a-z ]{1,40} command\)/iu, "")
    .replace(/https?:\/\/([^\s/?#>]{1,253})[^\s>]*/giu, "$1")
    .replace(/<?[^\s<>"'(]{1,64}@[^\s<>"')]{1,253}>?/gu, "<>")
    .replace(/\s+/gu, " ");
}

const byWords = (words: string, digit: number): Sense | undefined =>
  WORDINGS.find((one) => (!one.digit || one.digit === digit || digit === 0) && one.words.test(words))?.sense;

/** By subject and detail (RFC 3463 3); `5.` or `4.` in front where the class matters. The first that begins the status. */
const STATUSES: readonly [RegExp, Sense][] = [
  [/^.\.1\.[78]$/, "policy"],
  [/^.\.1\.(?:5|9)$/, "other"],
  [/^.\.1\./, "no such user"],
  [/^5\.2\.1$/, "no such user"],
  [/^.\.2\.2$/, "mailbox full"],
  [/^.\.2\.3$/, "content"],
  [/^.\.3\.4$/, "content"],
  [/^.\.3\./, "unavailable"],
  [/^5\.4\.[14]$/, "no such user"],
  [/^.\.4\.6$/, "other"],
  [/^.\.4\./, "unavailable"],
  [/^.\.5\.3$/, "slow down"],
  [/^.\.6\./, "content"],
  [/^5\.7\.1[378]$/, "no such user"],
  // TLS that is missing, failed, or not good enough for what was asked.
  [/^.\.7\.(?:4|5|10|11)$/, "policy"],
  [/^.\.7\.25$/, "blocked"],
  [/^.\.7\.28$/, "slow down"],
  // Exchange Online's own: banned addresses, and throttling of the unknown.
  [/^5\.7\.(?:511|60[6-9]|6[1-4]\d|70[58])$/, "blocked"],
  [/^4\.7\.[56]\d\d$/, "slow down"],
  [/^5\.7\./, "policy"],
];

function byStatus(status: string, code: number): Sense | undefined {
  const known = STATUSES.find(([pattern]) => pattern.test(status))?.[1];
  if (known || !/^4\.7\./.test(status)) return known;
  // Ours, about their TLS. "Not now" without a reason: with 421 they are tired of us, to a recipient it is how greylisters put it.
  if (code === 0) return "policy";
  return code === 421 ? "slow down" : "greylisted";
}

function byCode(code: number): Sense {
  switch (code) {
    case 0:
    case 421:
    case 451:
    case 452:
      return "unavailable";
    case 551:
      return "no such user";
    case 552:
      return "mailbox full";
    default:
      return "other";
  }
}
