/** What authors hear about their posts, and moderators about others', where it is not about a single held post. */
import { en, t } from "../language/language.ts";
import type { OfGroup, Writer } from "./compose.ts";
import { action, letterOf, type Notice, words } from "./notice.ts";
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
