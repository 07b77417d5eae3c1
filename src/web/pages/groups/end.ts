/** Closing and removing a group, and taking that back: for its owners. Removing asks for the group's name to be typed. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { DAY } from "../../../kit/clock.ts";
import { t, tn } from "../../../language/language.ts";
import * as life from "../../../life/life.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";

const DAYS = directory.GRACE / DAY;

/** GET /g/:name/end */
export async function form(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "owner");
  return show(c, group, "", undefined);
}

/** POST /g/:name/end: `do` is `close`, `open`, `remove` (with the group's name in `typed`) or `restore`. */
export async function change(c: Page): Promise<Response> {
  const { pool, config, clock } = c.var.house;
  const seen = await groupFor(c, "owner");
  const { group } = seen;
  const typed = await c.req.parseBody();
  const step = life.STEPS.find((one) => one === textOf(typed, "do"));
  if (!step) return show(c, group, "", undefined);
  const name = textOf(typed, "typed").trim();
  if (step === "remove" && name.toLowerCase() !== group.name)
    return show(c, group, name, t`To be sure, type the group's name: ${group.name}`);
  const means = { domain: config.domain, url: config.url, clock };
  await transact(pool, (sql) => life.end(sql, means, group, step, doerOf(seen)));
  return c.redirect(step === "close" || step === "remove" ? `/g/${group.name}/end` : `/g/${group.name}`, 303);
}

async function show(c: Page, group: directory.Group, typed: string, problem: string | undefined): Promise<Response> {
  if (problem) c.status(400);
  const content = html`<p class="small"><a href="/g/${group.name}/settings">${t`All settings`}</a></p>
<h1 class="page-title">${t`Close or remove the group`}</h1>
${group.eraseAt ? goingView() : html`${group.closedAt ? closedView() : openView()}${removeView(group, typed, problem)}`}`;
  return answer(c, { title: t`Close or remove ${group.title}`, group, isPrivate: true }, content);
}

const openView = (): Html => html`<h2 class="list-head">${t`Close`}</h2>
<p>${t`A closed group takes no posts and no new members. Its archive stays as it is, members stay members, and you can open it again at any time.`}</p>
<form method="post"><p class="actions"><button class="button quiet" name="do" value="close">${t`Close the group`}</button></p></form>`;

const closedView = (): Html => html`<h2 class="list-head">${t`Open again`}</h2>
<p>${t`The group takes posts and members again, as its settings say.`}</p>
<form method="post"><p class="actions"><button class="button" name="do" value="open">${t`Open the group`}</button></p></form>`;

const removeView = (
  group: directory.Group,
  typed: string,
  problem: string | undefined,
): Html => html`<h2 class="list-head">${t`Remove`}</h2>
<p>${tn(DAYS, "After {0} day everything in the group is erased: posts, members, settings. Nobody can bring that back. Until then it is closed, its owners are told by mail, and each of them can take it back.", "After {0} days everything in the group is erased: posts, members, settings. Nobody can bring that back. Until then it is closed, its owners are told by mail, and each of them can take it back.")}</p>
<p>${th`<a href="/g/${group.name}/mbox">Save the archive</a> first, if somebody may want it.`}</p>
<form method="post" class="form">${field({ name: "typed", label: t`Type the group's name to be sure: ${group.name}`, value: typed, problem, autocomplete: "off", maxLength: 60 })}
<p class="actions"><button class="button quiet" name="do" value="remove">${t`Remove the group`}</button></p></form>`;

const goingView = (): Html =>
  html`<p>${t`Its removal can be taken back with the button above. Nothing has been erased yet.`}</p>`;
