/** What is to be seen of a group by who is not in it and may not read it: what it is, and how to join. */

import { html } from "hono/html";
import type * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { isInvited } from "../../joining.ts";
import type { Seen } from "../../rights.ts";
import { answer, type Html } from "../../views/layout.ts";
import { withoutAddresses } from "../../views/names.ts";
import { paragraphs } from "../../views/paragraphs.ts";
import { familyOf } from "./family.ts";

/** GET /g/:name, for others than readers. */
export async function frontPage(c: Page, seen: Seen): Promise<Response> {
  const { group } = seen;
  const mayJoin = await isInvited(c.var.house, group.id, seen.visitor);
  const words = (text: string): Html | string =>
    text ? html`<div class="group-about plain-text">${paragraphs(withoutAddresses(text))}</div>` : "";
  const content = html`<div class="say"><h1><bdi>${withoutAddresses(group.title)}</bdi></h1>
<p class="group-address">${group.name}@${c.var.house.config.domain}</p>
${words(group.description)}
${group.guidelines ? html`<h2 class="list-head">${t`Guidelines`}</h2>${words(group.guidelines)}` : ""}
${await familyOf(c, seen)}
<p>${wayIn(group)} <a href="/g/${group.name}/about">${t`More about the group`}</a></p>
<p class="actions">${mayJoin ? html`<a class="button" href="/g/${group.name}/join">${t`Join`}</a>` : joinButton(group, "")} ${seen.visitor ? "" : html`<a class="button quiet" href="/sign-in?next=/g/${group.name}">${t`I am a member: sign in`}</a>`}</p></div>`;
  c.header("cache-control", "private, no-cache");
  return answer(c, { title: group.title, isPrivate: group.visibility !== "listed" }, content);
}

/** How one joins, in a sentence. */
export function wayIn({ joining }: directory.Group): string {
  switch (joining) {
    case "open":
      return t`What is posted is for members. Anybody may join.`;
    case "approval":
      return t`What is posted is for members. To join, ask: its moderators let people in.`;
    case "invitation":
      return t`What is posted is for members. To join one has to be invited.`;
    case "closed":
      return t`What is posted is for members, whom its owners add.`;
  }
}

/** Leads to joining, where one can. */
export function joinButton({ name, joining }: directory.Group, kind: "quiet" | ""): Html {
  if (joining === "closed" || joining === "invitation") return html``;
  return html`<a class="button ${kind}" href="/g/${name}/join">${joining === "open" ? t`Join` : t`Ask to join`}</a>`;
}
