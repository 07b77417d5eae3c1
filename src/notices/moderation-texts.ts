/** What authors hear about their posts, and moderators about others', where it is not about a single held post. */
import { en, t, tn, told } from "../language/language.ts";
import type { OfGroup, Writer } from "./compose.ts";
import { action, letterOf, lines, type Notice, words } from "./notice.ts";
import type { Letter } from "./notices.ts";

export const SLOW: Notice<"subject" | "time" | "link"> = {
  name: "slow",
  title: en`Waiting for its time`,
  when: en`Sent once to the author of a post that waits because the group is in slow mode.`,
  to: "authors",
  values: {
    subject: words(en`the subject of their mail`, en`The March meeting`),
    time: words(en`when it goes out by itself`, "2026-03-01 10:30 UTC"),
    link: action(en`the page where the post can be followed`, "/mail/example"),
  },
  say: ({ group, subject, time, link }) => ({
    subject: t`Waiting for its time: ${subject}`,
    labels: { [link]: t`See where it is` },
    text: `${t`${group} is in slow mode: each member posts once in a while. Your post is kept and goes out by itself at ${time}. There is nothing you need to do.`}

${t`Follow it at`}
${link}
`,
  }),
};

/** A post waits for its time in slow mode. `time` is in words. */
export const slowLetter = (writer: Writer, to: OfGroup, time: string, mailId: string): Letter =>
  letterOf(writer, SLOW, to, () => ({
    subject: to.about?.subject.slice(0, 200) || t`(no subject)`,
    time,
    link: `${writer.url}/mail/${mailId}`,
  }));

export const HELD_MORE: Notice<"list"> = {
  name: "held-more",
  title: en`More posts wait for a moderator`,
  when: en`Sent to an author of whom many posts wait: one letter for those that had none of their own.`,
  to: "authors",
  values: {
    list: lines(en`the subjects of the posts, and why each waits`, en`The March meeting: Its author is not a member.`),
  },
  say: ({ group, list }) => ({
    subject: t`More of your posts to ${group} wait for a moderator`,
    text: `${t`These posts of yours to ${group} wait for a moderator too. They are kept: there is no need to send them again.`}

${list}
`,
  }),
};

/** Some are named and the rest is counted. */
const MOST_NAMED = 20;

export const heldMoreLetter = (
  writer: Writer,
  to: OfGroup,
  posts: readonly { subject: string; reason: string }[],
): Letter =>
  letterOf(writer, HELD_MORE, to, () => ({
    list: [
      ...posts.slice(0, MOST_NAMED).map((post) => `  ${post.subject || t`(no subject)`}: ${told(post.reason)}`),
      ...(posts.length > MOST_NAMED ? [`  ${tn(posts.length - MOST_NAMED, "And {0} more.", "And {0} more.")}`] : []),
    ].join("\n"),
  }));

export const REPORTED: Notice<"author" | "subject" | "reason" | "link"> = {
  name: "reported",
  title: en`A post was reported`,
  when: en`Sent to each moderator when the first member asks them to look at a post.`,
  to: "moderators",
  values: {
    author: words(en`the author of the post`, en`Ben Miller`),
    subject: words(en`the subject of the post`, en`The March meeting`),
    reason: words(en`what the member wrote about it`, en`This is an advert.`),
    link: action(en`the page where it is decided`, "/g/readers/reports"),
  },
  say: ({ group, author, subject, reason, link }) => ({
    subject: t`Reported in ${group}: ${subject}`,
    labels: { [link]: t`Read and decide` },
    text: `${t`A member asks you to look at a post by ${author}. You hear once of it, however many report it.`}

  ${subject}

  ${reason}

${t`Leave it, delete it, or decide about its author at`}
${link}
`,
  }),
};

export const reportedLetter = (
  writer: Writer,
  to: OfGroup,
  reported: { author: string; subject: string; reason: string },
): Letter =>
  letterOf(writer, REPORTED, to, () => ({
    author: reported.author,
    subject: reported.subject || t`(no subject)`,
    reason: reported.reason || t`They gave no reason.`,
    link: `${writer.url}/g/${to.group.name}/reports`,
  }));
