/** The members who let the others see them: names, and a line about each. Addresses stay with the group's owners. */
import { html } from "hono/html";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { groupFor, isModerator, NotAllowed } from "../../rights.ts";
import { answer } from "../../views/layout.ts";
import { face, roleWord, shown } from "../../views/names.ts";
import { th } from "../../views/say.ts";

const MOST = 1000;

/** GET /g/:name/people */
export async function listed(c: Page): Promise<Response> {
  const seen = await groupFor(c, "member");
  const { group } = seen;
  if (group.listing === "nobody" || (group.listing === "moderators" && !isModerator(seen)))
    throw new NotAllowed(t`This group shows its members to nobody but those who look after it.`);
  const found = await directory.listedMembers(c.var.house.pool, group.id, MOST);
  const content = html`<h1 class="page-title">${t`Members who let themselves be seen`}</h1>
<p class="lead">${th`Each decides <a href="/g/${group.name}/membership">on their own page</a>, and is not here until then.`}</p>
${
  found.length === 0
    ? html`<div class="empty"><p>${t`Nobody is here yet.`}</p></div>`
    : html`<ul class="owns">${found.map((one) => {
        const name = shown(one.name) || one.address.split("@")[0]!;
        return html`<li class="own">${face(name)}<span class="own-what"><b><bdi>${name}</bdi></b><span class="own-said">${[one.role === "member" ? "" : roleWord(one.role as directory.Role), shown(one.about)].filter(Boolean).join(" · ")}</span></span></li>`;
      })}</ul>`
}`;
  return answer(c, { title: t`Members of ${group.title}`, group, isPrivate: true }, content);
}
