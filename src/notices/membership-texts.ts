/** What our letters say about a membership. */
import { en, t } from "../language/language.ts";
import { compose, type OfGroup, type Writer } from "./compose.ts";
import { letterOf, link, type Notice } from "./notice.ts";
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
