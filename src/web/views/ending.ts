/** A group that is closed, or on its way out: told above its pages. */
import { html } from "hono/html";
import type { Group } from "../../directory/directory.ts";
import { t } from "../../language/language.ts";
import type { Html } from "./layout.ts";
import { th } from "./say.ts";
import { dayInWords } from "./time.ts";

export function endingBanner(group: Group, zone: string, mayEnd: boolean): Html | undefined {
  if (group.eraseAt)
    return html`<section class="banner" aria-label="${t`This group will be removed`}"><p><b>${th`<bdi>${group.title}</bdi> will be removed on ${dayInWords(group.eraseAt, zone)}.`}</b> ${t`It takes no more posts. What is in it can be read and saved until then.`}</p>${
      mayEnd
        ? html`<form method="post" action="/g/${group.name}/end"><p class="actions"><button name="do" value="restore">${t`Keep the group`}</button></p></form>`
        : ""
    }</section>`;
  if (group.closedAt)
    return html`<section class="banner is-calm" aria-label="${t`This group is closed`}"><p><b>${th`<bdi>${group.title}</bdi> is closed.`}</b> ${t`It takes no more posts and no more members. What was posted can be read.`}</p></section>`;
  return undefined;
}
