/**
 * Letters about held posts: to moderators, who decide by one plain reply, and to the author.
 *
 * `token` is behind the address that a reply goes to: only who got the letter has it, and pipeline/decide.ts asks besides
 * whether the reply comes from them.
 */
import { en, t, tn, told, wordOfReply } from "../language/language.ts";
import { compose, type OfGroup, type Writer } from "./compose.ts";
import { action, letterOf, lines, type Notice, sentence, words } from "./notice.ts";
import type { Letter } from "./notices.ts";
import { subjectOf } from "./texts.ts";

export type HeldWords = { author: string; reason: string; text: string; files: number; link: string };

export const MODERATE: Notice<"author" | "reason" | "subject" | "text" | "approve" | "decline" | "trust" | "link"> = {
  name: "moderate",
  title: en`To decide`,
  when: en`Sent to each moderator when a post begins to wait.`,
  to: "moderators",
  values: {
    author: words(en`the address of the post's author`, "ben@far.test"),
    reason: sentence(en`why it waits`, en`Its author is not a member.`),
    subject: words(en`the subject of the post`, en`The March meeting`),
    text: lines(en`the text of the post`, en`Good day, shall we meet on Thursday?`),
    approve: words(en`the word to reply with to approve it`, "approve"),
    decline: words(en`the word to reply with to decline it`, "decline"),
    trust: words(en`the word to reply with to approve it and trust its author`, "trust"),
    link: action(en`the page where it is decided`, "/g/readers/held"),
  },
  say: ({ group, author, reason, subject, text, approve, decline, trust, link }) => ({
    subject: t`To decide in ${group}: ${subject}`,
    labels: { [link]: t`Read and decide` },
    text: `${t`A post by ${author} waits for you or another moderator.`}

${t`Why it waits: ${reason}`}

${text}

${t`Reply with one word: “${approve}”, “${decline}”, or “${trust}” to approve it and let their next posts through. What you write below “${decline}” is told to its author.`}

${t`Or decide at`}
${link}
`,
  }),
};

export const askModeratorLetter = (writer: Writer, to: OfGroup, held: HeldWords, token: string): Letter =>
  letterOf(
    writer,
    MODERATE,
    to,
    () => ({
      author: held.author,
      reason: told(held.reason),
      subject: subjectOf(to),
      text: quoted(subjectOf(to), held),
      ...replyWords(),
      link: held.link,
    }),
    { replyTo: `decide+${token}@${writer.domain}` },
  );

const replyWords = () => ({
  approve: wordOfReply("approve"),
  decline: wordOfReply("decline"),
  trust: wordOfReply("trust"),
});

const LONGEST_TEXT = 4000;

/** Somebody else's words: marked as a quotation, bounded, each line as its author broke it. */
function quoted(subject: string, { text, files }: Pick<HeldWords, "text" | "files">): string {
  const whole = text
    .replace(/\r\n?/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  const some = whole.length > LONGEST_TEXT ? `${whole.slice(0, LONGEST_TEXT).toWellFormed()}…` : whole;
  const said = [
    subject,
    ...(some === "" ? [] : ["", ...some.split("\n")]),
    ...(files > 0 ? ["", `[${tn(files, "{0} attachment", "{0} attachments")}]`] : []),
  ];
  return said.map((line) => `> ${line}`.trimEnd()).join("\n");
}

export const MODERATE_MANY: Notice<"count" | "posts" | "approve" | "decline" | "all" | "link"> = {
  name: "moderate-many",
  title: en`Several to decide`,
  when: en`Sent to each moderator, at most once an hour, when many posts wait.`,
  to: "moderators",
  values: {
    count: words(en`how many posts wait`, "12"),
    posts: lines(en`the posts, numbered, with how each begins`, "1. ben@far.test\n   The March meeting"),
    approve: words(en`the word to reply with to approve them`, "approve"),
    decline: words(en`the word to reply with to decline them`, "decline"),
    all: words(en`the word that stands for all of them`, "all"),
    link: action(en`the page where they are decided`, "/g/readers/held"),
  },
  say: ({ group, count, posts, approve, decline, all, link }) => ({
    subject: t`Posts to decide in ${group}: ${count}`,
    labels: { [link]: t`Read and decide` },
    text: `${t`These posts came to ${group} since our last letter and wait for you or another moderator:`}

${posts}

${t`Reply with a word and numbers, a line for each word: “${approve} 1 3”, “${decline} 2”, or “${approve} ${all}”. What you write below “${decline}” is told to the author.`}

${t`Or decide at`}
${link}
`,
  }),
};

export type HeldLine = { author: string; subject: string; words: string; reason: string };

export const askManyLetter = (writer: Writer, to: OfGroup, posts: HeldLine[], all: number, token: string): Letter =>
  letterOf(
    writer,
    MODERATE_MANY,
    to,
    () => ({
      count: String(all),
      posts: posts.map((one, i) => lineOf(one, i + 1)).join("\n\n"),
      ...{ approve: wordOfReply("approve"), decline: wordOfReply("decline"), all: wordOfReply("all") },
      link: `${writer.url}/g/${to.group.name}/held`,
    }),
    { replyTo: `decide+${token}@${writer.domain}` },
  );

const lineOf = ({ author, subject, words, reason }: HeldLine, number: number): string =>
  [
    `  ${number}. ${author}`,
    `     ${subject || t`(no subject)`}`,
    ...(words ? [`     ${words.slice(0, 150).toWellFormed()}`] : []),
    `     ${told(reason)}`,
  ].join("\n");

export const QUESTION: Notice<"subject" | "moderator" | "question"> = {
  name: "question",
  title: en`A question about a post`,
  when: en`Sent to the author of a post that waits, when a moderator asks them something.`,
  to: "authors",
  values: {
    subject: words(en`the subject of their mail`, en`The March meeting`),
    moderator: words(en`the moderator's name`, "Ana"),
    question: { ...lines(en`the question`, en`Which of the two dates do you mean?`), isNeeded: true },
  },
  say: ({ group, subject, moderator, question }) => ({
    subject: t`A question about your post: ${subject}`,
    text: `${t`Your post to ${group} still waits. ${moderator} asks:`}

${question}

${t`Answer with a plain reply: the moderators read it beside your post, and nobody else does.`}
`,
  }),
};

export const questionLetter = (
  writer: Writer,
  to: OfGroup,
  asked: { moderator: string; question: string },
  token: string,
): Letter =>
  letterOf(
    writer,
    QUESTION,
    to,
    () => ({
      subject: subjectOf(to),
      moderator: asked.moderator || t`A moderator of ${to.group.title}`,
      question: asked.question,
    }),
    { replyTo: `answer+${token}@${writer.domain}` },
  );

export const EDITED: Notice<"subject" | "moderator" | "changes" | "link"> = {
  name: "edited",
  title: en`Sent, after a moderator edited it`,
  when: en`Sent to the author of a post that a moderator edited before it went out.`,
  to: "authors",
  values: {
    subject: words(en`the subject of their mail`, en`The March meeting`),
    moderator: words(en`the moderator's name`, "Ana"),
    changes: lines(en`what was sent instead`, en`> Good day, shall we meet on Thursday?`),
    link: action(en`the page where the post can be followed`, "/mail/example"),
  },
  say: ({ group, subject, moderator, changes, link }) => ({
    subject: t`Edited and sent: ${subject}`,
    labels: { [link]: t`See where it is` },
    text: `${t`${moderator} edited your post to ${group} before it was approved. It goes out like this, and says so in the archive:`}

${changes}

${t`What you had written is kept, and you and the moderators can read it. Because it was changed, the signature of your mail provider is no longer on it.`}

${t`Follow it at`}
${link}
`,
  }),
};

export const editedLetter = (
  writer: Writer,
  to: OfGroup,
  edited: { moderator: string; subject: string; text: string | null; mailId: string },
): Letter =>
  letterOf(writer, EDITED, to, () => ({
    subject: subjectOf(to),
    moderator: edited.moderator || t`A moderator of ${to.group.title}`,
    changes: quoted(edited.subject, { text: edited.text ?? "", files: 0 }),
    link: `${writer.url}/mail/${edited.mailId}`,
  }));

/** To a moderator whose reply changed nothing; `sentence` says why, kept in English. */
export const decidedLetter = (writer: Writer, to: OfGroup, sentence: string): Letter =>
  compose(writer, "moderate-answer", to, () => ({
    subject: t`About your decision: ${subjectOf(to)}`,
    text: `${told(sentence)}

${t`What waits is at`}
${writer.url}/g/${to.group.name}/held
`,
  }));
