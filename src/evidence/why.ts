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
  replies: "all" | "own";
  mutedTags: readonly string[];
  onlyTags: readonly string[];
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
  /** Its topic, the number of which its history names, and what they want of it now. */
  topic: { number: number; wish: "follow" | "mute" | null };
  tags: readonly string[];
  /** It answers another post, but none of theirs. */
  answersOthers: boolean;
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
  replies: string;
  mutedTags: readonly string[];
  onlyTags: readonly string[];
  /** What they wanted of the topic that is asked about. */
  wish: string;
};

const NO_TOPIC = { number: 0, wish: null };

/** How a member stood at a time, towards a topic as well. */
export function standingAt(member: MemberFacts, time: Date, topic: PostFacts["topic"] = NO_TOPIC): Standing {
  const { mode, ownPosts, secondCopy, replies, mutedTags, onlyTags } = member;
  const standing: Standing = {
    ...{ replies, mutedTags, onlyTags, wish: topic.wish ?? "none" },
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
    else if (what.startsWith("topic ")) standing.wish = wishBefore(what, topic.number) ?? standing.wish;
    else if (what.startsWith("replies ")) standing.replies = what.split(" ")[1]!;
    else if (what.startsWith("muted tags ")) standing.mutedTags = tagsBefore(what);
    else if (what.startsWith("only tags ")) standing.onlyTags = tagsBefore(what);
    else standing.mode = /^mode (\S+) → /.exec(what)?.[1] ?? standing.mode;
  }
  return standing;
}

const wishBefore = (what: string, number: number): string | undefined =>
  new RegExp(`^topic ${number} (\\S+) → `).exec(what)?.[1];

/** `muted tags tea,books → tea` */
const tagsBefore = (what: string): string[] => (/^\w+ tags (\S*) → /.exec(what)?.[1] ?? "").split(",").filter(Boolean);

/** One sentence, without its full stop, that can follow "not sent:". */
export function whyNot(member: MemberFacts, post: PostFacts): string {
  if (post.isImported) return en`it came with an imported archive, which is not sent out`;
  if (post.plannedAt === null) return en`it was not sent to anybody by mail`;
  if (post.plannedAt.getTime() < member.joinedAt.getTime()) return en`joined after it was sent`;
  if (!post.isLogKept) return en`the log of that time is no longer kept`;
  const standing = standingAt(member, post.plannedAt, post.topic);
  const { isIn, mode, isPaused, isOnHoliday, ownPosts, secondCopy } = standing;
  if (!isIn) return en`was not in the group when it was sent`;
  if (isPaused) return en`mail to this address was paused when it was sent`;
  if (isOnHoliday) return en`was on holiday when it was sent`;
  if (standing.wish === "mute") return en`had muted the topic when it was sent`;
  const left = standing.wish === "follow" ? undefined : leftOut(standing, post);
  if (left && mode !== "notices" && mode !== "none") return left;
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

/** Why a post was not among those they want, by its hashtags or by whom it answers. */
function leftOut({ replies, mutedTags, onlyTags }: Standing, { tags, answersOthers }: PostFacts): string | undefined {
  const muted = tags.find((tag) => mutedTags.includes(tag));
  if (muted) return en`had muted the hashtag #${muted} when it was sent`;
  if (onlyTags.length > 0 && !tags.some((tag) => onlyTags.includes(tag)))
    return en`had chosen topics with certain hashtags only, and it has none of them`;
  if (replies === "own" && answersOthers)
    return en`had chosen new topics and replies to own posts only, and it answers others`;
  return undefined;
}
