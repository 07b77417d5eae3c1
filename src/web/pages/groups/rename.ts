/** A group's address: an owner asks for another name, sees what that means, and confirms it. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { Refusal } from "../../../kit/errors.ts";
import { t, told } from "../../../language/language.ts";
import * as life from "../../../life/life.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";

/** GET /g/:name/rename */
export async function form(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "owner");
  return show(c, group, "", undefined);
}

/** POST /g/:name/rename: `do` is `ask`, which shows what it means, or `rename`. */
export async function change(c: Page): Promise<Response> {
  const { pool, config, clock } = c.var.house;
  const seen = await groupFor(c, "owner");
  const { group } = seen;
  const typed = await c.req.parseBody();
  const to = textOf(typed, "to").trim().toLowerCase();
  try {
    if (textOf(typed, "do") !== "rename") {
      await directory.checkNewName(pool, to, group.id);
      return to === group.name ? show(c, group, to, t`That is its name already.`) : confirm(c, group, to);
    }
    const means = { domain: config.domain, url: config.url, clock };
    const now = await transact(pool, (sql) => life.rename(sql, means, group, to, doerOf(seen)));
    return c.redirect(`/g/${now.name}/settings?saved=1`, 303);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(c, group, to, told(error.message));
  }
}

async function show(c: Page, group: directory.Group, to: string, problem: string | undefined): Promise<Response> {
  const { pool, config } = c.var.house;
  const former = await directory.formerNames(pool, group.id);
  if (problem) c.status(400);
  const content = html`<p class="small"><a href="/g/${group.name}/settings">${t`All settings`}</a></p>
<h1 class="page-title">${t`The group's address`}</h1>
<p class="lead">${th`It is <b>${group.name}@${config.domain}</b>.`}</p>
${former.length > 0 ? html`<p>${th`Mail to its earlier addresses arrives too: ${former.map((name) => `${name}@${config.domain}`).join(", ")}`}</p>` : ""}
<form method="post" class="form">${field({ name: "to", label: t`New name in the address`, value: to, problem, help: t`Small letters, digits, dots and hyphens. What stands before @${config.domain}.`, isRequired: true, autocomplete: "off", maxLength: 40 })}
<p class="actions"><button class="button" name="do" value="ask">${t`Go on`}</button> <a class="button bare" href="/g/${group.name}/settings">${t`Cancel`}</a></p></form>`;
  return answer(c, { title: t`The address of ${group.title}`, group, isPrivate: true }, content);
}

function confirm(c: Page, group: directory.Group, to: string): Promise<Response> {
  const { config } = c.var.house;
  const at = (name: string): Html => html`<b>${name}@${config.domain}</b>`;
  const content = html`<h1 class="page-title">${t`Change the address?`}</h1>
<p class="lead">${th`${at(group.name)} becomes ${at(to)}`}</p>
<ul class="plain-list"><li>${th`Mail to ${at(group.name)} keeps arriving, for good.`}</li><li>${t`Links in old mails and bookmarks lead to the new place.`}</li><li>${t`Members' mail filters keep working: what they go by (List-Id) stays the same.`}</li><li>${t`No other group can take the old name. You can go back to it at any time.`}</li></ul>
<form method="post" class="form"><input type="hidden" name="to" value="${to}"><p class="actions"><button class="button" name="do" value="rename">${t`Change the address`}</button> <a class="button bare" href="/g/${group.name}/settings">${t`Cancel`}</a></p></form>`;
  return answer(c, { title: t`The address of ${group.title}`, group, isPrivate: true }, content);
}
