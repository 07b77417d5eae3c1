/** What our letters say to who writes on the web. */
import { en, t, told } from "../language/language.ts";
import type { OfGroup, Writer } from "./compose.ts";
import { letterOf, link, type Notice, sentence, words } from "./notice.ts";
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
