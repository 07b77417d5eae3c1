/** What our letters say about a membership. */
import { en, t, wordFor } from "../language/language.ts";
import { type MailMode, modeInWords } from "./command-texts.ts";
import { columns, compose, type OfGroup, type Writer } from "./compose.ts";
import { GUIDELINES_OF, guidelinesWords } from "./guidelines.ts";
import { action, address, letterOf, link, type Notice, sentence, words } from "./notice.ts";
import type { Letter } from "./notices.ts";

export const HOLIDAY_OVER: Notice<"settings"> = {
  name: "holiday-over",
  title: en`Back from a holiday`,
  when: en`Sent on the day that a member named for their mail to come again.`,
  to: "members",
  values: { settings: link(en`the page where a member chooses how to get mail`, "/g/readers/membership") },
  say: ({ group, receiver, archive, settings }) => ({
    subject: t`Mail from ${group} comes to you again`,
    labels: { [archive]: t`Read what you missed`, [settings]: t`How you get mail` },
    text: t`The day you named has come: ${receiver} gets mail from ${group} again.

What was posted meanwhile was not sent to you. It is in the archive:
${archive}

To stay away longer, or to get mail in another way:
${settings}
`,
  }),
};

export const holidayOverLetter = (writer: Writer, to: OfGroup): Letter =>
  letterOf(writer, HOLIDAY_OVER, to, () => ({ settings: `${writer.url}/g/${to.group.name}/membership` }));

/** The answer to a mail that followed or muted a topic. */
export function topicWishLetter(
  writer: Writer,
  to: OfGroup,
  topic: { id: string; subject: string },
  wish: "follow" | "mute",
): Letter {
  const url = `${writer.url}/g/${to.group.name}/topic/${topic.id}`;
  const subject = topic.subject.slice(0, 200);
  return compose(writer, "topic-wish", to, () => ({
    subject: wish === "mute" ? t`Muted: ${subject}` : t`Followed: ${subject}`,
    labels: { [url]: t`See the topic` },
    text: `${wish === "mute" ? t`Posts of the topic “${subject}” do not come to you by mail any more. You find them in the archive.` : t`Each post of the topic “${subject}” comes to you by mail from now on, whatever you have chosen for the group.`}

${t`To take it back, open the topic and press the button there:`}

${url}
`,
  }));
}
const CHOOSE = link(en`the page where a member chooses how to get mail`, "/g/readers/membership");

export const GUIDELINES: Notice<"guidelines" | "settings"> = {
  name: "guidelines",
  title: en`Guidelines`,
  when: en`Sent to each member once a month, where the group's settings say so.`,
  to: "members",
  values: { guidelines: { ...GUIDELINES_OF, isNeeded: true }, settings: CHOOSE },
  say: ({ group, guidelines, settings }) => ({
    subject: t`How we treat each other in ${group}`,
    text: `${guidelines}

${t`You are reminded of this once a month. If you would rather not be, say so here:`}
${settings}
`,
  }),
};

export const guidelinesLetter = (writer: Writer, to: OfGroup): Letter =>
  letterOf(writer, GUIDELINES, to, () => ({
    guidelines: guidelinesWords(to),
    settings: `${writer.url}/g/${to.group.name}/membership`,
  }));

export const REMINDER: Notice<"mail" | "help" | "settings" | "leave" | "guidelines"> = {
  name: "reminder",
  title: en`You are a member`,
  when: en`Sent to each member once a month, where the group's settings say so.`,
  to: "members",
  values: {
    mail: sentence(en`how mail comes to the member, in a sentence`, en`Posts come to you once a day, in one mail.`),
    help: address(en`the address to ask for the help by mail`, "readers+help@groups.test"),
    settings: CHOOSE,
    leave: action(en`the page where a member leaves`, "/g/readers/leave"),
    guidelines: GUIDELINES_OF,
  },
  say: ({ group, receiver, mail, post, archive, help, settings, leave, guidelines }) => ({
    subject: t`You are a member of ${group}`,
    text: `${t`Once a month we remind you that ${receiver} is in ${group}. ${mail}`}

${columns([
  [t`Write to everybody:`, post],
  [t`Read the archive:`, archive],
  [t`Choose how mail comes:`, settings],
  [t`Help by mail:`, help],
  [t`Leave at any time:`, leave],
])}

${guidelines}

${t`To have this letter no more, choose so on the page named above.`}
`,
  }),
};

export const reminderLetter = (writer: Writer, to: OfGroup, mode: MailMode): Letter =>
  letterOf(writer, REMINDER, to, () => ({
    mail: modeInWords(mode),
    help: `${to.group.name}+${wordFor("help")}@${writer.domain}`,
    settings: `${writer.url}/g/${to.group.name}/membership`,
    leave: `${writer.url}/g/${to.group.name}/leave`,
    guidelines: guidelinesWords(to),
  }));

export const APPROVED: Notice<"subject" | "link"> = {
  name: "approved",
  title: en`Your post went out`,
  when: en`Sent to the author of a post that waited and was approved, where the group's settings say so.`,
  to: "authors",
  values: {
    subject: words(en`the subject of their mail`, en`The March meeting`),
    link: action(en`the page of the post`, "/g/readers/12"),
  },
  say: ({ group, subject, link }) => ({
    subject: t`Sent to ${group}: ${subject}`,
    labels: { [link]: t`See your post` },
    text: `${t`Your post waited for a moderator. It has been approved, and is on its way to the members of ${group}.`}

${link}
`,
  }),
};

export const approvedLetter = (writer: Writer, to: OfGroup, number: number): Letter =>
  letterOf(writer, APPROVED, to, () => ({
    subject: to.about?.subject.slice(0, 200) || t`(no subject)`,
    link: `${writer.url}/g/${to.group.name}/${number}`,
  }));
