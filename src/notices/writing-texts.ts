/** What our letters say to who writes on the web. */
import { en, t, told } from "../language/language.ts";
import type { OfGroup, Writer } from "./compose.ts";
import { letterOf, lines, link, type Notice, sentence, words } from "./notice.ts";
import type { Letter } from "./notices.ts";

export const NOT_SENT: Notice<"subject" | "problem" | "drafts"> = {
  name: "not-sent",
  title: en`A scheduled post was not sent`,
  when: en`Sent to the author of a post that was to be sent at a time, and could not be.`,
  to: "authors",
  values: {
    subject: words(en`the subject of their post`, en`The March meeting`),
    problem: { ...sentence(en`why, in a sentence`, en`You are not a member of the group any more.`), isNeeded: true },
    drafts: link(en`the page with their drafts`, "/drafts"),
  },
  say: ({ group, subject, problem, drafts }) => ({
    subject: t`Not sent: ${subject}`,
    labels: { [drafts]: t`Open the draft` },
    text: `${t`Your post to ${group} was to be sent now, and could not be: ${problem}`}

${t`It is kept as a draft:`}
${drafts}
`,
  }),
};

/** `problem` is one sentence, kept in English. */
export const notSentLetter = (writer: Writer, to: OfGroup, problem: string): Letter =>
  letterOf(writer, NOT_SENT, to, () => ({
    subject: to.about?.subject || t`(no subject)`,
    problem: told(problem),
    drafts: `${writer.url}/drafts`,
  }));

export const PRIVATE_COPY: Notice<"subject" | "words" | "link"> = {
  name: "private-copy",
  title: en`A copy of private mail`,
  when: en`Sent to a member who wrote to an author alone on the web and asked for a copy.`,
  to: "members",
  values: {
    subject: words(en`the subject of what they wrote`, en`The March meeting`),
    words: { ...lines(en`what they wrote`, en`See you on Thursday.`), isNeeded: true },
    link: link(en`the post they wrote about`, "/g/readers/12"),
  },
  say: ({ subject, words, link }) => ({
    subject: t`Copy: ${subject}`,
    labels: { [link]: t`Open the post` },
    text: `${t`You wrote to the author of this post alone:`}
${link}

${words}
`,
  }),
};

export const privateCopyLetter = (writer: Writer, to: OfGroup, sent: { number: number; text: string }): Letter => ({
  ...letterOf(writer, PRIVATE_COPY, to, () => ({
    subject: to.about?.subject || t`(no subject)`,
    words: sent.text
      .trim()
      .split("\n")
      .map((line) => `> ${line}`.trimEnd())
      .join("\n"),
    link: `${writer.url}/g/${to.group.name}/${sent.number}`,
  })),
  // Lists of letters are seen by moderators; what it is about is between the two.
  subject: en`Private mail`,
});
