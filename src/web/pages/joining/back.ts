/**
 * Back by the link in a letter: "yes, my mail arrives", or "send me mail again".
 *
 * The token is the right, so neither session nor cookie is asked for; it was mailed to an address of the member. GET
 * changes nothing: scanners fetch links, and a dead mailbox must not come back to life because a filter looked.
 */

import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { idFromBytes } from "../../../kit/id.ts";
import { en, t, told } from "../../../language/language.ts";
import { openToken } from "../../../mail/token.ts";
import * as returns from "../../../returns/returns.ts";
import { sayPage } from "../../errors.ts";
import type { Page } from "../../house.ts";
import { saidByFarSide } from "../../views/health.ts";
import { answer, type Html } from "../../views/layout.ts";
import { masked } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { meansOf } from "../members/member-health.ts";

type Returner = { group: directory.Group; state: returns.MemberHealth; token: string };

/** GET /back/:token */
export async function ask(c: Page): Promise<Response> {
  const returner = await returnerOf(c);
  return returner ? show(c, returner.group, askView(returner)) : unknown(c);
}

/** POST /back/:token */
export async function back(c: Page): Promise<Response> {
  const returner = await returnerOf(c);
  if (!returner) return unknown(c);
  const means = await meansOf(c.var.house);
  const { member } = returner.state;
  await transact(means.pool, (sql) => returns.bringBack(sql, means, member, en`the link in a letter`));
  return show(c, returner.group, backView(returner));
}

async function returnerOf(c: Page): Promise<Returner | undefined> {
  const { pool, tokenSecret, clock } = c.var.house;
  const token = c.req.param("token") ?? "";
  const payload = openToken(await tokenSecret(), "back", token);
  if (payload?.length !== 16) return undefined;
  const [member] = await directory.presentMemberships(pool, [idFromBytes(payload)]);
  const [group] = member ? await directory.groupsById(pool, [member.groupId]) : [];
  return member && group ? { group, token, state: await returns.memberHealth(pool, member, clock.now()) } : undefined;
}

function show(c: Page, group: directory.Group, content: Html): Promise<Response> {
  c.header("referrer-policy", "no-referrer");
  c.header("cache-control", "no-store");
  return answer(c, { title: t`Your mail from ${group.title}`, isPrivate: true }, content);
}

const unknown = (c: Page): Promise<Response> =>
  sayPage(
    c,
    404,
    t`This link leads nowhere`,
    html`<p>${t`Nothing was changed. You may have left the group since, or a mail program may have cut the link in two: then copy all of it.`}</p><p class="actions"><a class="button quiet" href="/">${t`See all groups`}</a></p>`,
  );

function askView({ group, state, token }: Returner): Html {
  const to = html`<b>${masked(state.member.address)}</b>`;
  const form = (label: string): Html =>
    html`<form method="post" action="/back/${token}"><p class="actions"><button class="button">${label}</button></p></form>`;
  if (state.word === "paused")
    return html`<div class="say"><h1>${th`Have your mail from <bdi>${group.title}</bdi> again?`}</h1>
<p>${th`Mail to ${to} is stopped: ${told(state.reason)}.`}</p>${saidByFarSide(state.said)}
<p>${t`If it comes back again, we ask you again before we stop it.`}</p>${form(t`Send me mail again`)}</div>`;
  if (state.word === "well") return backView({ group, state });
  return html`<div class="say"><h1>${th`Does your mail from <bdi>${group.title}</bdi> arrive?`}</h1>
<p>${th`Some of what we sent to ${to} came back: ${told(state.reason)}.`}</p>${saidByFarSide(state.said)}
<p>${t`Say yes, and we forget it. If more comes back, we ask you again.`}</p>${form(t`Yes, my mail arrives`)}</div>`;
}

const backView = ({ group, state }: Pick<Returner, "group" | "state">): Html =>
  html`<div class="say"><h1>${th`Your mail from <bdi>${group.title}</bdi> goes out`}</h1>
<p>${th`What is posted from now on comes to <b>${masked(state.member.address)}</b>. What you missed is in the archive.`}</p>
<p class="actions"><a class="button quiet" href="/g/${group.name}">${t`Open the group`}</a></p></div>`;
