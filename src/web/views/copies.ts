/** One copy as evidence shows it: a state with its word and shape, when, over what, and the far side's own words. */

import { html } from "hono/html";
import { en, t, tn, told } from "../../language/language.ts";
import type { ItemRecipient, RecipientState } from "../../queue/queue.ts";
import type { Html } from "./layout.ts";
import { shown } from "./names.ts";
import { th } from "./say.ts";
import { exact, nextTry, type Reader, timeOfPost } from "./time.ts";

/** The word for a state, and whose colour and shape it has. */
const WORDS: Record<RecipientState, { word: string; look: string }> = {
  sent: { word: en`delivered`, look: "delivered" },
  "on its way": { word: en`on its way`, look: "on-its-way" },
  waiting: { word: en`waiting`, look: "waiting" },
  held: { word: en`held`, look: "stopped" },
  "given up": { word: en`given up`, look: "stopped" },
  left: { word: en`not sent`, look: "none" },
};

export const wordOf = (state: RecipientState): string => told(WORDS[state].word);

export const copyMark = (state: RecipientState): Html =>
  html`<span class="state state-${WORDS[state].look}">${wordOf(state)}</span>`;

/** For who was never to get one. */
export const noCopyMark = (): Html => html`<span class="state state-none">${t`not sent`}</span>`;

/** A cell with nothing to say: a dash in a table, and nothing on a phone. */
export const none: Html = html`<td role="cell" class="cell-none">–</td>`;

export function whenOf({ state, at, dueAt }: ItemRecipient, reader: Reader): Html {
  if (state === "waiting" && dueAt)
    return html`${dueTime(dueAt, reader)}${at ? html` <br><small>${th`last tried ${timeOfPost(at, reader)}`}</small>` : ""}`;
  return at ? timeOfPost(at, reader) : html`${t`not yet`}`;
}

export const dueTime = (date: Date, reader: Reader): Html =>
  html`<time datetime="${date.toISOString()}" title="${exact(date, reader)}">${nextTry(date, reader)}</time>`;

/** The host that answered, how the line was kept from listeners, and from which of our addresses. */
export function wayOf({ provider, host, tls, source, tries, copies }: ItemRecipient): Html {
  const small = [
    host !== "" && (tls === "" ? t`not encrypted` : html`<span title="${shown(tls)}">${tlsInWords(tls)}</span>`),
    source !== "" && t`from ${shown(source)}`,
    tries > 1 && tn(tries, "{0} try", "{0} tries"),
    copies > 1 && (copies === 2 ? t`sent twice, as a reply was lost` : t`sent ${copies} times, as a reply was lost`),
  ].filter((part) => part !== false);
  return html`<bdi>${shown(host || provider)}</bdi>${small.length ? html` <br><small>${small.map((part, i) => html`${i > 0 ? ", " : ""}${part}`)}</small>` : ""}`;
}

/** `TLSv1.3 TLS_AES_256_GCM_SHA384` → `TLS 1.3` */
const tlsInWords = (tls: string): string => shown(tls).split(" ")[0]!.replace(/^TLSv/, "TLS ");

/** The far side's words are quoted; what we found ourselves (a timeout, a member who left) is not. */
export function saidOf({ code, status, reply }: Pick<ItemRecipient, "code" | "status" | "reply">): Html {
  const words = shown(reply);
  // What we found ourselves on the wire is for who keeps servers, and in the language of their standards.
  if (code === 0) return told(words) === words ? html`<span lang="en">${words}</span>` : html`${told(words)}`;
  const before = [String(code), status].filter(Boolean).join(" ");
  return html`<q><span class="reply-code">${before}</span>${words ? html` <bdi>${words}</bdi>` : ""}</q>`;
}
