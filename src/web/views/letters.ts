/** What the pages of a group's letters share: their language, and the names that stand for values. */
import { html } from "hono/html";
import type * as directory from "../../directory/directory.ts";
import { catalogues, t, told } from "../../language/language.ts";
import * as notices from "../../notices/notices.ts";
import type { Page } from "../house.ts";
import { NotHere } from "../rights.ts";
import type { Html } from "./layout.ts";

/** The language asked for in the address or by the form; the group's own where none is. */
export function languageOf(c: Page, group: directory.Group, asked = c.req.query("language")): string {
  if (asked === undefined || asked === "") return group.language;
  if (!catalogues().has(asked)) throw new NotHere();
  return asked;
}

export const languageChoice = (at: string, language: string, group: directory.Group): Html =>
  html`<nav class="choices" aria-label="${t`Language`}"><span class="choice">${[...catalogues()].map(
    ([tag, { name }]) =>
      html`<a href="${at}${tag === group.language ? "" : `?language=${tag}`}" lang="${tag}"${tag === language ? html` aria-current="true"` : ""}>${name}</a>`,
  )}</span></nav>`;

/** Each name with what it stands for; the needed ones first, and said to be so. */
export function valuesView(notice: notices.Notice): Html {
  const needed = notices.neededOf(notice);
  const values = notices.valuesOf(notice).sort(([a], [b]) => Number(needed.includes(b)) - Number(needed.includes(a)));
  return html`<dl class="set letters-values">${values.map(
    ([name, { means }]) =>
      html`<div><dt><code>{${name}}</code></dt><dd>${told(means)}${needed.includes(name) ? html` <b>${t`needed`}</b>` : ""}</dd></div>`,
  )}</dl>`;
}
