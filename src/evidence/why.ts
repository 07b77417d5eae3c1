/**
 * Why somebody was not sent a post. Pure: the member's state at that time is found by walking their history backwards
 * from now, since each change stands in it with its time.
 */
import { en } from "../language/language.ts";

export type MemberFacts = {
  joinedAt: Date;
  endedAt: Date | null;
  mode: string;
  pausedAt: Date | null;
  holidayUntil: Date | null;
  ownPosts: boolean;
  secondCopy: boolean;
  /** The newest first. */
  events: readonly { at: Date; what: string }[];
};

export type PostFacts = {
  isImported: boolean;
  /** Null when it was never to be sent. */
  plannedAt: Date | null;
  /** Is the log of that time still kept? */
  isLogKept: boolean;
  /** The same mail reached them through another group first. */
  hadElsewhere: boolean;
  /** They wrote it. */
  isOwn: boolean;
  /** Its To or Cc names them. */
  isNamed: boolean;
  /** What became of it in digests: in one that was written for them, or still to come. */
  digest: { kind: "written"; state: string } | { kind: "due"; at: Date | null } | null;
};

export type Standing = {
  isIn: boolean;
  mode: string;
  isPaused: boolean;
  isOnHoliday: boolean;
  ownPosts: boolean;
  secondCopy: boolean;
};

/** How a member stood at a time. */
export function standingAt(member: MemberFacts, time: Date): Standing {
  const { mode, ownPosts, secondCopy } = member;
  const standing = {
    ...{ mode, ownPosts, secondCopy, isIn: member.endedAt === null, isPaused: member.pausedAt !== null },
    isOnHoliday: member.holidayUntil !== null && member.holidayUntil.getTime() > time.getTime(),
  };
  for (const { at, what } of member.events) {
    if (at.getTime() <= time.getTime()) break;
    if (what === "joined" || what === "came back") standing.isIn = false;
    else if (what === "left" || what === "removed") standing.isIn = true;
    else if (what === "paused") standing.isPaused = false;
    else if (what === "resumed") standing.isPaused = true;
    else if (what.startsWith("mail stopped")) standing.mode = what.split(", was ")[1] ?? "each";
    else if (what === "holiday over") standing.isOnHoliday = true;
    else if (what.startsWith("holiday until")) standing.isOnHoliday = false;
    else if (what.startsWith("own posts ")) standing.ownPosts = what.endsWith("off");
    else if (what.startsWith("second copy ")) standing.secondCopy = what.endsWith("off");
    else standing.mode = /^mode (\S+) → /.exec(what)?.[1] ?? standing.mode;
  }
  return standing;
}

/** One sentence, without its full stop, that can follow "not sent:". */
export function whyNot(member: MemberFacts, post: PostFacts): string {
  if (post.isImported) return en`it came with an imported archive, which is not sent out`;
  if (post.plannedAt === null) return en`it was not sent to anybody by mail`;
  if (post.plannedAt.getTime() < member.joinedAt.getTime()) return en`joined after it was sent`;
  if (!post.isLogKept) return en`the log of that time is no longer kept`;
  const { isIn, mode, isPaused, isOnHoliday, ownPosts, secondCopy } = standingAt(member, post.plannedAt);
  if (!isIn) return en`was not in the group when it was sent`;
  if (isPaused) return en`mail to this address was paused when it was sent`;
  if (isOnHoliday) return en`was on holiday when it was sent`;
  if (mode === "notices") return en`had chosen special notices only when it was sent`;
  if (mode === "digest" || mode === "summary") return inDigest(post.digest);
  if (mode !== "each") return en`had chosen no mail when it was sent`;
  if (post.isOwn && !ownPosts) return en`wrote it, and wants no copy of own posts`;
  if (post.isNamed && !secondCopy) return en`is named in its To or Cc, and so has it directly from its author`;
  if (post.hadElsewhere) return en`had it through another group already`;
  return en`was not among those it was planned for, and the log does not say why`;
}

function inDigest(digest: PostFacts["digest"]): string {
  if (digest?.kind === "written") {
    if (digest.state === "sent") return en`came in a digest`;
    if (digest.state === "given up" || digest.state === "left")
      return en`was in a digest that could not be sent to them`;
    return en`is in a digest that is on its way`;
  }
  if (digest?.at) return en`comes in the next digest, ${utc(digest.at)}`;
  if (digest) return en`comes in the next digest`;
  return en`had chosen digests when it was sent, and none with it was written for them`;
}

const utc = (time: Date): string => `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
