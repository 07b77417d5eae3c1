/** What judging weighs, and what can come of it. */
import type { Membership } from "../directory/directory.ts";
import type { AutomaticKind } from "../mail/automatic.ts";
import type { Fit } from "../moderation/moderation.ts";
import type { Errand, Opened } from "./recognise.ts";
import type { CameBack } from "./returns.ts";
import type { Spam } from "./spam.ts";
import type { Auth } from "./verify.ts";

export type Verdict =
  | { kind: "post" }
  | { kind: "hold"; reason: string }
  /** Held until then by itself; a moderator may let it through earlier. */
  | { kind: "wait"; until: Date; reason: string }
  | { kind: "decline"; reason: string }
  | { kind: "quiet"; reason: string }
  | { kind: "obey" }
  | { kind: "forward" }
  | { kind: "return" }
  | { kind: "keep"; reason: string };

/** What is known of a post beside its bytes: asked for the whole batch at once, and only where a group's rules want it. */
export type PostFacts = {
  /** It answers within a topic that takes no more replies. */
  isLocked: boolean;
  /** The owners keep its author out. */
  isBanned: boolean;
  /** Its author is invited; asked only of secret groups. */
  isInvited: boolean;
  /** The first of the group's own rules that fits. */
  fit: Fit | undefined;
  /** How many posts of its author the group has, no more than it wants of newcomers. */
  postsBefore: number;
  /** When the author may post again in slow mode; undefined when now. */
  slowUntil: Date | undefined;
  /** Another post of the author waits for that time already. */
  isAnotherWaiting: boolean;
};

export const NO_FACTS: PostFacts = {
  isLocked: false,
  isBanned: false,
  isInvited: false,
  fit: undefined,
  postsBefore: 0,
  slowUntil: undefined,
  isAnotherWaiting: false,
};

export type Question = {
  opened: Opened;
  auth: Auth;
  errand: Errand;
  domain: string;
  /** The author's membership in the errand's group. */
  membership: Membership | undefined;
  /** What it is when it came back to us. */
  back: CameBack | undefined;
  facts: PostFacts;
  /** What the spam filter said; undefined when it was not asked. */
  spam?: Spam | undefined;
};

/** A question about a mail for a group, with what kind of machine wrote it, if one did. */
export type Asked<E extends Errand = Errand> = Question & { errand: E; automatic: AutomaticKind };

export type Rule<E extends Errand = Errand> = {
  /** As docs/moderation.md calls it. */
  name: string;
  judge(question: Asked<E>): Verdict | undefined;
};

export type PostErrand = Extract<Errand, { kind: "post" }>;

/** Where a group is written to, however this mail wrote it. */
export const addressOf = (errand: { group: { name: string } }, domain: string): string =>
  `${errand.group.name}@${domain}`;

/** A time as reasons and letters say it. */
export const inWords = (at: Date): string => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
