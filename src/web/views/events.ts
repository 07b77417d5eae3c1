/** A membership's history in the reader's language. */
import { en, t, told } from "../../language/language.ts";

/** Names of what changes, as the history has them. */
const CHANGES = [en`time zone`, en`digest hour`, en`digest form`, en`address`];

/** An event of a membership: most are kept as sentences, and what statements write themselves is put into words here. */
export function whatHappened(what: string): string {
  const change = /^(mode|role) (\S+) → (\S+)$/.exec(what);
  if (change?.[1] === "mode") return t`mode ${word(change[2]!)} → ${word(change[3]!)}`;
  if (change) return t`role ${word(change[2]!)} → ${word(change[3]!)}`;
  const topic = /^topic (\d+) \S+ → (\w+)$/.exec(what);
  if (topic) return topicEvent(Number(topic[1]), topic[2]!);
  const tags = /^(muted|only) tags \S* → (\S*)$/.exec(what);
  if (tags?.[2]) {
    const list = tags[2]
      .split(",")
      .map((tag) => `#${tag}`)
      .join(", ");
    return tags[1] === "muted" ? t`mutes ${list}` : t`only ${list}`;
  }
  if (tags) return tags[1] === "muted" ? t`mutes no hashtag` : t`all hashtags`;
  if (what.startsWith("replies "))
    return what.endsWith("own") ? t`new topics, and replies to own posts` : t`all replies`;
  const from = /^([a-z ]+) (\S+) → (\S+)$/.exec(what);
  if (from && CHANGES.includes(from[1]!)) return `${told(from[1]!)} ${from[2]} → ${from[3]}`;
  const privateMail = /^private mail (\S+) → (\S+)$/.exec(what);
  if (privateMail) return t`private mail: ${word(privateMail[1]!)} → ${word(privateMail[2]!)}`;
  const moderation = /^moderation (\S+) → (\S+)$/.exec(what);
  if (moderation) return t`posts: ${word(moderation[1]!)} → ${word(moderation[2]!)}`;
  if (what === "may what the role gives") return t`may ${t`what the role gives`}`;
  const permissions = /^may (.*)$/.exec(what);
  if (permissions) return t`may ${permissions[1]!}`;
  const holiday = /^holiday until (\d{4}-\d\d-\d\d)T(\d\d:\d\d)Z$/.exec(what);
  if (holiday) return t`holiday until ${holiday[1]!} ${holiday[2]!} UTC`;
  return WRITTEN.get(what.replace(/, was \w+$/, ""))?.() ?? told(what);
}

/** What the directory's statements write. */
const WRITTEN = new Map([
  ["joined", () => t`joined`],
  ["left", () => t`left`],
  ["removed", () => t`removed`],
  ["came back", () => t`came back`],
  ["paused", () => t`paused`],
  ["resumed", () => t`resumed`],
  ["mail stopped", () => t`mail stopped`],
  ["listed", () => t`lets other members see them`],
  ["not listed", () => t`lets other members see them no more`],
  ["line about them changed", () => t`line about them changed`],
  ["name changed", () => t`name changed`],
  ["holiday over", () => t`holiday over`],
  ["own posts on", () => t`own posts come back`],
  ["own posts off", () => t`own posts come back no more`],
  ["second copy on", () => t`second copies come`],
  ["held letters on", () => t`letters about held posts come`],
  ["held letters off", () => t`letters about held posts come no more`],
  ["second copy off", () => t`second copies come no more`],
  ["reminders on", () => t`monthly letters come`],
  ["reminders off", () => t`monthly letters come no more`],
]);

/** What `mode` and `role` change from and to. */
const WORDS = new Map([
  ["each", () => t`each`],
  ["digest", () => t`digest`],
  ["summary", () => t`summary`],
  ["notices", () => t`notices`],
  ["none", () => t`none`],
  ["default", () => t`as the group's rules say`],
  ["moderated", () => t`held for a moderator`],
  ["trusted", () => t`let through`],
  ["anyone", () => t`from anybody`],
  ["members", () => t`from members`],
  ["nobody", () => t`from nobody`],
  ["owner", () => t`owner`],
  ["moderator", () => t`moderator`],
  ["member", () => t`member`],
]);
const word = (kept: string): string => WORDS.get(kept)?.() ?? kept;

function topicEvent(number: number, wish: string): string {
  if (wish === "mute") return t`muted the topic of post #${number}`;
  return wish === "follow"
    ? t`follows the topic of post #${number}`
    : t`no wish any more about the topic of post #${number}`;
}
