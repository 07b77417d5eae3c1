/** The letters that a group sends: what each is for, when it is sent, and whose words it has. */
import { html } from "hono/html";
import { t, told } from "../../../language/language.ts";
import * as notices from "../../../notices/notices.ts";
import type { Page } from "../../house.ts";
import { groupFor } from "../../rights.ts";
import { answer, type Html } from "../../views/layout.ts";
import { languageChoice, languageOf } from "../../views/letters.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const RECEIVERS: readonly notices.Receiver[] = ["members", "authors", "whoever asks", "moderators"];

/** GET /g/:name/letters?language=de */
export async function list(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "settings");
  const language = languageOf(c, group);
  const versions = await notices.newestVersions(c.var.house.pool, group.id);
  const own = new Map(
    versions.filter((one) => one.language === language && one.wording).map((one) => [one.name, one] as const),
  );
  const reader = readerOf(c);
  const query = language === group.language ? "" : `?language=${language}`;
  const row = ({ name, title, when }: notices.Notice): Html => {
    const version = own.get(name);
    return html`<li class="letters-row"><a class="letters-name" href="/g/${group.name}/letters/${name}${query}">${told(title)}</a>
<span class="letters-state">${version ? html`${t`your words`}, ${timeInWords(version.writtenAt, reader)}` : t`our words`}</span>
<p class="letters-when">${told(when)}</p></li>`;
  };
  const content = html`<p class="small"><a href="/g/${group.name}/settings">${t`All settings`}</a></p>
<h1 class="page-title">${t`Letters`}</h1>
<p class="lead">${t`What the group writes to people. Each letter has our words until you write your own.`}</p>
${languageChoice(`/g/${group.name}/letters`, language, group)}
${RECEIVERS.map((receiver) => html`<h2 class="list-head">${receiverInWords(receiver)}</h2><ul class="letters">${notices.NOTICES.filter((one) => one.to === receiver).map(row)}</ul>`)}`;
  return answer(c, { title: t`Letters of ${group.title}`, group, isPrivate: true }, content);
}

function receiverInWords(receiver: notices.Receiver): string {
  switch (receiver) {
    case "members":
      return t`To members`;
    case "authors":
      return t`To authors of posts`;
    case "whoever asks":
      return t`To whoever writes to the group`;
    case "moderators":
      return t`To owners and moderators`;
  }
}
