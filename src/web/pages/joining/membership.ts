/** Leaving a group, for who is signed in. */

import { html } from "hono/html";
import * as directory from "../../../directory/directory.ts";
import { en, t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { leaveAndTell, leaveTokenOf } from "../../leaving.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { answer } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import * as byAddress from "./leave-by-address.ts";

/** GET /g/:name/leave. Who is not signed in as a member types the address: it may be another than they sign in with. */
export async function leaveForm(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const mine = await ownMembership(c);
  if (!mine) return byAddress.form(c);
  const { group, membership } = mine;
  const isOnlyOwner = await directory.isOnlyOwner(pool, membership);
  const content = html`<div class="say"><h1>${isOnlyOwner ? th`Stop the mail from <bdi>${group.title}</bdi>?` : th`Leave <bdi>${group.title}</bdi>?`}</h1>
${isOnlyOwner ? html`<p>${th`You are the only owner, so you stay in the group: nobody else could let anybody in. Its posts no longer come to <b>${membership.address}</b>, and letters that ask an owner to decide still do. To leave for good, make somebody else an owner first.`}</p>` : html`<p>${th`Mail from this group to <b>${membership.address}</b> stops. What you posted stays in the archive. You can take it back for 30 days.`}</p>`}
<form method="post"><p class="actions"><button class="button">${isOnlyOwner ? t`Stop its mail` : t`Leave the group`}</button> <a class="button quiet" href="/g/${group.name}">${t`Stay`}</a></p></form></div>`;
  return answer(c, { title: t`Leave ${group.title}`, group }, content);
}

/** POST /g/:name/leave; leads to the page that can take it back. */
export async function leave(c: Page): Promise<Response> {
  const mine = await ownMembership(c);
  if (!mine) return byAddress.send(c);
  const { group, membership } = mine;
  await leaveAndTell(c.var.house, membership, group, en`left on the web`);
  return c.redirect(`/leave/${await leaveTokenOf(c.var.house, membership.id)}`, 303);
}

async function ownMembership(
  c: Page,
): Promise<{ group: directory.Group; membership: directory.Membership } | undefined> {
  if (!(await c.var.visitor())) return undefined;
  const seen = await groupFor(c, "reader").catch((error: unknown) => {
    if (error instanceof NotHere) return undefined;
    throw error;
  });
  return seen?.membership ? { group: seen.group, membership: seen.membership } : undefined;
}
