/** What a member wants of a topic: two buttons, and what each does. */
import { html } from "hono/html";
import type * as archive from "../../archive/archive.ts";
import type * as directory from "../../directory/directory.ts";
import { t } from "../../language/language.ts";
import type { Html } from "./layout.ts";

export function followForm(topic: archive.Topic, group: string, wish: directory.TopicWish | undefined): Html {
  const button = (value: directory.TopicWish, label: string, off: string): Html =>
    wish === value
      ? html`<button class="button quiet" name="do" value="none" aria-pressed="true">${off}</button>`
      : html`<button class="button bare" name="do" value="${value}" aria-pressed="false">${label}</button>`;
  const said =
    wish === "follow"
      ? t`You follow this topic: each of its posts comes by mail.`
      : wish === "mute"
        ? t`You have muted this topic: its posts do not come by mail.`
        : "";
  return html`<form class="follow" id="follow" method="post" action="/g/${group}/topic/${topic.id}/follow"><p>${said ? html`<span class="follow-said">${said}</span> ` : ""}${button("follow", t`Follow this topic`, t`Follow no more`)} ${button("mute", t`Mute this topic`, t`Mute no more`)}</p></form>`;
}
