/**
 * What an address of ours is for, read from its local part alone.
 *
 *     readers                     post to the group
 *     readers+subscribe           a command (also readers-subscribe, as Mailman writes it)
 *     readers-owner               the people who run it
 *     postmaster, abuse           always taken (RFC 5321 4.5.1, RFC 2142)
 *     bounce+TOKEN                a return path of ours (VERP)
 *     write+TOKEN                 to the author of a post, or back to who wrote to one
 *     leave+TOKEN, join+TOKEN, back+TOKEN, confirm+TOKEN, set+TOKEN,
 *     decide+TOKEN, answer+TOKEN, request+TOKEN, invite+TOKEN
 *                                 a mail that only its receiver could send
 *
 * A command is understood in every language there is a catalogue for (`readers+abonnieren`), behind a plus: behind a
 * hyphen only in English, since a group may well be called `nachbar-hilfe`.
 *
 * Whether the group exists is the directory's to say.
 */
import { type Command, commandOf } from "../language/language.ts";

export type Verb = Command;

export type TokenUse =
  | "bounce"
  | "leave"
  | "join"
  | "back"
  | "confirm"
  | "set"
  | "write"
  | "decide"
  | "answer"
  | "request"
  | "invite";

export type Purpose =
  | { kind: "post"; group: string }
  | { kind: "command"; group: string; verb: Verb }
  | { kind: "owner"; group: string }
  | { kind: "service"; name: string }
  | { kind: "token"; use: TokenUse; token: string };

const ENGLISH: Record<string, Verb> = {
  subscribe: "subscribe",
  join: "subscribe",
  unsubscribe: "unsubscribe",
  leave: "unsubscribe",
  help: "help",
  request: "help",
};
const OWNERS = new Set(["owner", "owners", "moderator"]);

const SERVICE = new Set([
  "postmaster",
  "abuse",
  "hostmaster",
  "webmaster",
  "security",
  "support",
  "mailer-daemon",
  "noc",
]);
const TOKENS: ReadonlySet<string> = new Set<TokenUse>([
  "bounce",
  "leave",
  "join",
  "back",
  "confirm",
  "set",
  "write",
  "decide",
  "answer",
  "request",
  "invite",
]);

export function purposeOf(local: string): Purpose {
  const name = local.toLowerCase();
  const plus = name.indexOf("+");
  const before = plus < 0 ? name : name.slice(0, plus);
  const after = plus < 0 ? "" : name.slice(plus + 1);
  if (SERVICE.has(before)) return { kind: "service", name: before };
  if (TOKENS.has(before) && after) return { kind: "token", use: before as TokenUse, token: after };
  if (after) return toGroup(before, OWNERS.has(after) ? "owner" : commandOf(after));
  const hyphen = name.lastIndexOf("-");
  const last = hyphen > 0 ? name.slice(hyphen + 1) : "";
  const meaning = OWNERS.has(last) ? "owner" : Object.hasOwn(ENGLISH, last) ? ENGLISH[last] : undefined;
  return meaning ? toGroup(name.slice(0, hyphen), meaning) : { kind: "post", group: name };
}

/** `readers+anything` that is no command is still mail to the group: people file by plus-addresses. */
function toGroup(group: string, meaning: Verb | "owner" | undefined): Purpose {
  if (meaning === undefined) return { kind: "post", group };
  return meaning === "owner" ? { kind: "owner", group } : { kind: "command", group, verb: meaning };
}
