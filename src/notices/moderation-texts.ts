/** What authors hear about their posts, and moderators about others', where it is not about a single held post. */
import { t } from "../language/language.ts";
import { compose, type OfGroup, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

/** A post waits for its time in slow mode. `until` is in words. */
export function slowLetter(writer: Writer, to: OfGroup, until: string, mailId: string): Letter {
  const link = `${writer.url}/mail/${mailId}`;
  return compose(writer, "held", to, () => ({
    subject: t`Waiting for its time: ${to.about?.subject.slice(0, 200) || t`(no subject)`}`,
    labels: { [link]: t`See where it is` },
    text: `${t`${to.group.title} is in slow mode: each member posts once in a while. Your post is kept and goes out by itself at ${until}. There is nothing you need to do.`}

${t`Follow it at`}
${link}
`,
  }));
}
