/**
 * Third stage: what becomes of a mail, errand by errand. Pure: everything it weighs is handed in.
 *
 * The order matters: what could loop ends first and quietly (RFC 3834), then the rules of the group speak. A sender
 * hears of a "no" only where the sender is proved, so that we never answer a forged address.
 */

import type { Membership } from "../directory/directory.ts";
import { en } from "../language/language.ts";
import { automaticKind, hasPassed, receivedCount } from "../mail/automatic.ts";
import type { Errand, Opened } from "./recognise.ts";
import { type CameBack, isAboutOurs, isReturnPath } from "./returns.ts";
import type { Auth } from "./verify.ts";

/** RFC 5321 6.3 asks for at least 100; a mail that has been through more servers goes in a circle. */
const MOST_RECEIVED = 100;

export type Verdict =
  | { kind: "post" }
  | { kind: "hold"; reason: string }
  | { kind: "decline"; reason: string }
  | { kind: "quiet"; reason: string }
  | { kind: "obey" }
  | { kind: "forward" }
  | { kind: "return" }
  | { kind: "keep"; reason: string };

export type Question = {
  opened: Opened;
  auth: Auth;
  errand: Errand;
  domain: string;
  /** The author's membership in the errand's group. */
  membership: Membership | undefined;
  /** What it is when it came back to us. */
  back: CameBack | undefined;
  /** It answers within a topic that takes no more replies. */
  isLocked: boolean;
  /** The owners keep its author out. */
  isBanned: boolean;
};

export function judge({ opened, auth, errand, domain, membership, back, isLocked, isBanned }: Question): Verdict {
  const { mail, summary } = opened;
  if (errand.kind === "unknown")
    return { kind: "decline", reason: en`There is no group at ${errand.recipient} any more.` };
  if (isReturnPath(errand) || isAboutOurs(errand, back)) return { kind: "return" };
  if (receivedCount(summary.fields) > MOST_RECEIVED) return { kind: "quiet", reason: en`it goes in a circle` };
  const automatic = automaticKind(summary.fields, mail.sender);
  if (errand.kind === "service") {
    return automatic === "no"
      ? { kind: "keep", reason: `Mail for ${errand.name}` }
      : { kind: "quiet", reason: en`automatic mail` };
  }
  if (automatic === "auto-reply" || automatic === "bounce") return { kind: "quiet", reason: en`an automatic reply` };
  if (errand.kind === "token") return { kind: "obey" };
  if (hasPassed(summary.fields, `${errand.group.name}.${domain}`)) {
    return { kind: "quiet", reason: en`it has been through this group before` };
  }
  if (errand.kind === "owner") return { kind: "forward" };
  if (errand.kind === "command") {
    return automatic === "no" ? { kind: "obey" } : { kind: "quiet", reason: en`automatic mail gives no commands` };
  }
  if (mail.approvedBy && (mail.approvedFor ?? addressOf(errand, domain)) === addressOf(errand, domain)) {
    return { kind: "post" };
  }
  if (summary.authorAddress === "") {
    return {
      kind: "decline",
      reason: en`The post has no usable From address: put your address there and send it again.`,
    };
  }
  if (isBanned && (membership?.role ?? "member") === "member")
    return { kind: "decline", reason: en`The owners of ${errand.group.title} take no posts from this address.` };
  if (isLocked) return { kind: "decline", reason: LOCKED() };
  if (isForged(auth)) return { kind: "hold", reason: en`Its From address could not be proved (DMARC).` };
  if (membership) return { kind: "post" };
  if (errand.group.nonmembers === "refuse") {
    return {
      kind: "decline",
      reason: en`${errand.group.title} takes posts from its members only: join with a mail to ${`${errand.group.name}+subscribe@${domain}`}, then send it again.`,
    };
  }
  return { kind: "hold", reason: en`Its author is not a member.` };
}

const LOCKED = (): string =>
  en`A moderator has locked this topic, so it takes no more replies: begin a new topic with a new mail if there is more to say.`;

/**
 * The author's domain asks that such mail be set aside or refused, and it failed; or nobody can say whose mail it is.
 * An ARC chain that holds is no excuse: anybody can seal what they made up (RFC 8617 9.3), and we know no sealers yet.
 */
const isForged = ({ dmarc }: Auth): boolean =>
  dmarc.result === "permerror" || (dmarc.result === "fail" && dmarc.policy !== null);

/** Where a group is written to, however this mail wrote it. */
export const addressOf = (errand: { group: { name: string } }, domain: string): string =>
  `${errand.group.name}@${domain}`;
