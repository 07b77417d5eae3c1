/** The letter with the sign-in link: as short as a good secretary's, in the language of who asks. */
import { transact } from "../../db/sql.ts";
import { newId } from "../../kit/id.ts";
import { directionNow, languageNow, t } from "../../language/language.ts";
import { composeLetter } from "../../mail/compose.ts";
import { letterHtml } from "../../mail/letter-html.ts";
import * as notices from "../../notices/notices.ts";
import * as queue from "../../queue/queue.ts";
import type { House } from "../house.ts";

/** Writes the letter and plans its delivery, together. */
export async function mailLink(
  { pool, config, clock }: Pick<House, "pool" | "config" | "clock">,
  recipient: string,
  token: string,
  next: string,
): Promise<void> {
  const link = `${config.url}/sign-in/${token}${next === "/" ? "" : `?next=${encodeURIComponent(next)}`}`;
  const host = new URL(config.url).host;
  const subject = t`Sign in to ${host}`;
  const text = notices.wrapped(`${t`Good day,`}

${t`here is your link to sign in to ${host}:`}

${link}

${t`Open it within half an hour and press the button there. It works once.`}

${t`If you did not ask for it, somebody typed your address by mistake: nothing happens unless the button is pressed.`}
`);
  const raw = composeLetter({
    from: { name: "Smartgroups", address: `noreply@${config.domain}` },
    to: recipient,
    subject,
    date: clock.now(),
    messageId: `${newId(clock)}@${config.domain}`,
    headers: { "Content-Language": languageNow(), "Auto-Submitted": "auto-generated" },
    text,
    html: letterHtml(text, { [link]: t`Sign in` }, { language: languageNow(), direction: directionNow() }),
  });
  await transact(pool, async (sql) => {
    const letter = { kind: "sign-in", groupId: null, sender: "", recipient, subject, raw };
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
  });
}
