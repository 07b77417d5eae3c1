/** What our letters say about a membership. */
import { t } from "../language/language.ts";
import { compose, type OfGroup, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

export function holidayOverLetter(writer: Writer, to: OfGroup): Letter {
  const { name, title } = to.group;
  const archive = `${writer.url}/g/${name}`;
  const own = `${archive}/membership`;
  return compose(writer, "holiday-over", to, () => ({
    subject: t`Mail from ${title} comes to you again`,
    labels: { [archive]: t`Read what you missed`, [own]: t`How you get mail` },
    text: t`The day you named has come: ${to.to} gets mail from ${title} again.

What was posted meanwhile was not sent to you. It is in the archive:
${archive}

To stay away longer, or to get mail in another way:
${own}
`,
  }));
}
