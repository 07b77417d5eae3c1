/**
 * Leaving by address, for who gets a shared copy: nothing in it says who they are, so we ask, and mail a link to confirm.
 *
 * The answer is the same for every address and every group, a secret one or none: it tells nobody who is where.
 */

import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import { isMailable } from "../../../mail/address.ts";
import * as notices from "../../../notices/notices.ts";
import * as queue from "../../../queue/queue.ts";
import type { Page } from "../../house.ts";
import { leaveTokenOf } from "../../leaving.ts";
import { NotHere } from "../../rights.ts";
import { clientKey, request } from "../../sign-in/requests.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { clientAddress } from "../../visitors.ts";

export function form(c: Page): Promise<Response> {
  return show(c, formView(c, addressOf(c), ""));
}

export async function send(c: Page): Promise<Response> {
  const { house } = c.var;
  const address = addressOf(c);
  const email = textOf(await c.req.parseBody(), "email").trim();
  const refuse = (problem: string, status: 400 | 429): Promise<Response> => {
    c.status(status);
    return show(c, formView(c, address, email, problem));
  };
  if (!isMailable(email)) return refuse(t`This is not a mail address: write it as name@example.org.`, 400);
  const verdict = await request(house.pool, email, clientKey(clientAddress(c)), house.clock.now());
  if (verdict !== "ok")
    return refuse(t`Many links were asked for within the hour: look for them in your mail, or wait.`, 429);
  await mailLink(c, email);
  const mailbox = house.config.outbound.kind === "capture";
  return show(
    c,
    html`<div class="say"><h1>${t`Look into your mail`}</h1>
<p>${th`If <b>${email}</b> is in the group at <b>${address}</b>, a letter with the link to leave is on its way to it.`}</p>
${mailbox ? html`<p class="actions"><a class="button" href="/mailbox?to=${encodeURIComponent(email)}">${t`Open the local mailbox`}</a></p>` : html`<p class="small">${th`Nothing there after a few minutes? Mail may come to you at another address of yours: look at whom it is sent to, and <a href="${c.req.path}">ask again</a>.`}</p>`}</div>`,
  );
}

async function mailLink(c: Page, email: string): Promise<void> {
  const { house } = c.var;
  const { pool, config, clock } = house;
  const group = await directory.groupCalled(pool, nameOf(c));
  const membership = group && (await directory.membershipOf(pool, group.id, email));
  if (!membership) return;
  const writer = { domain: config.domain, url: config.url, clock };
  const token = await leaveTokenOf(house, membership.id);
  const letter = notices.confirmLeaveLetter(writer, { to: membership.address, group }, token);
  await transact(pool, async (sql) => queue.plan(sql, await notices.write(sql, [letter], clock), clock));
}

function nameOf(c: Page): string {
  const name = (c.req.param("name") ?? "").toLowerCase();
  if (!/^[a-z0-9][a-z0-9._-]{0,39}$/.test(name)) throw new NotHere();
  return name;
}

const addressOf = (c: Page): string => `${nameOf(c)}@${c.var.house.config.domain}`;

function show(c: Page, content: Html): Promise<Response> {
  c.header("cache-control", "no-store");
  return answer(c, { title: t`Leave a group`, isPrivate: true }, content);
}

const formView = (c: Page, address: string, email: string, problem?: string): Html => html`<div class="say">
<h1>${t`Leave a group`}</h1>
<p>${th`To stop the mail from <b>${address}</b>, say at which address you get it. We mail you a link there, so that nobody else can take you out.`}</p>
<form method="post" class="form">
${field({ name: "email", label: t`The address you get its mail at`, type: "email", value: email, problem, autocomplete: "email", isRequired: true })}
<p class="actions"><button class="button">${t`Mail me the link`}</button> <a class="button quiet" href="/sign-in?next=${encodeURIComponent(c.req.path)}">${t`Sign in instead`}</a></p>
</form></div>`;
