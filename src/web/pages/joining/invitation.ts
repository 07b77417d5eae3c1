/** An invitation, opened by the link in its letter: the token is the right. GET changes nothing; POST joins, or declines. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as joining from "../../../joining/joining.ts";
import { t, told } from "../../../language/language.ts";
import { sayPage } from "../../errors.ts";
import type { Page } from "../../house.ts";
import { meansOf } from "../../joining.ts";
import { NotAllowed } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { paragraphs } from "../../views/paragraphs.ts";
import { th } from "../../views/say.ts";

type Found = { invitation: directory.Invitation; group: directory.Group };

/** GET /invitation/:token */
export async function ask(c: Page): Promise<Response> {
  const found = await foundFor(c);
  if (!found) return gone(c);
  const { invitation, group } = found;
  const { byName, address, words } = invitation;
  const isOver = invitation.state !== "waiting" && invitation.state !== "joined";
  // What the group is now is for who is invited now.
  const isInvited = invitation.state === "waiting";
  const content = html`<div class="say"><h1>${th`Join <bdi>${group.title}</bdi>?`}</h1>
<p>${byName ? th`<bdi>${byName}</bdi> invites <b>${address}</b>.` : th`<b>${address}</b> is invited.`} ${t`Every post comes there by mail, and each mail has a link to leave again.`}</p>
${words ? html`<blockquote class="asker-words" dir="auto">${words}</blockquote>` : ""}
${isInvited && group.description ? html`<div class="group-about plain-text">${paragraphs(group.description)}</div>` : ""}
${isInvited && group.guidelines ? html`<h2 class="list-head">${t`Guidelines`}</h2><div class="group-about plain-text">${paragraphs(group.guidelines)}</div>` : ""}
${
  isOver
    ? html`<p>${t`This invitation is over: it was taken back, declined, or its time has passed.`}</p>`
    : html`<form method="post" class="form">${field({ name: "name", label: t`Your name, as others will see it`, value: "", autocomplete: "name", maxLength: 100 })}
<p class="actions"><button class="button" name="do" value="join">${t`Join the group`}</button> <button class="button quiet" name="do" value="decline">${t`No, thank you`}</button></p></form>`
}
<form method="post"><p class="actions"><button class="button bare" name="do" value="never-group">${t`Never invite me to this group again`}</button> <button class="button bare" name="do" value="never">${t`Never invite me to anything here`}</button></p></form></div>`;
  return page(c, t`An invitation`, content);
}

/** POST /invitation/:token */
export async function decide(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const found = await foundFor(c);
  if (!found) return gone(c);
  const { invitation, group } = found;
  const body = await c.req.parseBody();
  const wish = textOf(body, "do");
  if (wish === "join") return join(c, found, directory.lineOf(textOf(body, "name"), 100));
  const now = clock.now();
  await transact(pool, async (sql) => {
    await directory.endInvitation(sql, invitation, "declined", now);
    if (wish === "never-group") await directory.unwantInvitations(sql, invitation.address, group.id, now);
    if (wish === "never") await directory.unwantInvitations(sql, invitation.address, null, now);
  });
  const said =
    wish === "never"
      ? th`<b>${invitation.address}</b> gets no more invitations from here, to whatever group.`
      : wish === "never-group"
        ? th`<b>${invitation.address}</b> gets no more invitations to this group.`
        : t`Nothing comes to you from this group.`;
  return page(c, t`Declined`, html`<div class="say"><h1>${t`You have declined`}</h1><p>${said}</p></div>`);
}

async function join(c: Page, { invitation, group }: Found, name: string): Promise<Response> {
  const means = await meansOf(c.var.house);
  const accepted = await transact(c.var.house.pool, (sql) => joining.accept(sql, means, group, invitation, name));
  if (accepted.is === "no") throw new NotAllowed(told(accepted.why));
  const content = html`<div class="say"><h1>${th`You are in <bdi>${group.title}</bdi>`}</h1><p>${th`Its mail goes to <b>${invitation.address}</b> from now on.`}</p>
<p class="actions"><a class="button" href="/g/${group.name}">${t`Open the group`}</a></p></div>`;
  return page(c, t`Welcome`, content);
}

async function foundFor(c: Page): Promise<Found | undefined> {
  const { pool, tokenSecret } = c.var.house;
  const id = joining.openInvitationToken(await tokenSecret(), c.req.param("token") ?? "");
  const invitation = id ? await directory.invitation(pool, id) : undefined;
  const [group] = invitation ? await directory.groupsById(pool, [invitation.groupId]) : [];
  return invitation && group ? { invitation, group } : undefined;
}

function page(c: Page, title: string, content: Html): Promise<Response> {
  c.header("cache-control", "no-store");
  return answer(c, { title, isPrivate: true }, content);
}

const gone = (c: Page): Promise<Response> =>
  sayPage(
    c,
    404,
    t`This invitation is not here any more`,
    html`<p>${t`Ask who invited you for another one.`}</p><p class="actions"><a class="button quiet" href="/">${t`See all groups`}</a></p>`,
  );
