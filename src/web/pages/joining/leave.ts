/**
 * Leaving by the link in a mail (RFC 8058): the token is the right, so neither session nor cookie is asked for.
 *
 * GET changes nothing: scanners fetch links. A mail program posts `List-Unsubscribe=One-Click`, from wherever it likes
 * and in whatever form; a person presses a button. Both end the membership, and for 30 days the same address takes it
 * back: GET shows the button, POST does it.
 */

import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { idFromBytes } from "../../../kit/id.ts";
import { en, t } from "../../../language/language.ts";
import { addressKey } from "../../../mail/address.ts";
import { openToken } from "../../../mail/token.ts";
import { sayPage } from "../../errors.ts";
import type { Page } from "../../house.ts";
import { leaveAndTell, leaveTokenOf } from "../../leaving.ts";
import { answer, type Html } from "../../views/layout.ts";
import { masked } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { exact, type Reader } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

type Leaver = {
  membership: NonNullable<Awaited<ReturnType<typeof directory.membershipBehind>>>;
  group: directory.Group;
  /** Seals the membership that is spoken of now, which may be a newer one than the address in the mail meant. */
  token: string;
};

/** GET /leave/:token */
export async function ask(c: Page): Promise<Response> {
  const leaver = await leaverOf(c);
  return leaver ? show(c, await stateView(c, leaver)) : unknown(c);
}

/** POST /leave/:token */
export async function leave(c: Page): Promise<Response> {
  const leaver = await leaverOf(c);
  if (!leaver) return unknown(c);
  const typed: Record<string, unknown> = await c.req.parseBody().catch(() => ({}));
  const isClick = typed["List-Unsubscribe"] === "One-Click";
  const cause = isClick ? en`one-click unsubscribe in a mail program` : en`the leave link in a mail`;
  if (!leaver.membership.endedAt) await leaveAndTell(c.var.house, leaver.membership, leaver.group, cause);
  return show(c, await stateView(c, (await leaverOf(c)) ?? leaver));
}

/** POST /leave/:token/undo */
export async function undo(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const leaver = await leaverOf(c);
  if (!leaver) return unknown(c);
  const isProved = await isOwn(c, leaver.membership);
  const { id } = leaver.membership;
  const taken = await transact(pool, (sql) =>
    directory.comeBack(sql, id, isProved, en`taken back at the leave link`, clock.now()),
  );
  const now = (await leaverOf(c)) ?? leaver;
  if (taken || !now.membership.endedAt) return show(c, backView(now));
  c.status(409);
  return show(c, goneView(now));
}

async function leaverOf(c: Page): Promise<Leaver | undefined> {
  const { pool, tokenSecret } = c.var.house;
  const payload = openToken(await tokenSecret(), "leave", c.req.param("token") ?? "");
  if (payload?.length !== 16) return undefined;
  const membership = await directory.membershipBehind(pool, idFromBytes(payload));
  const [group] = membership ? await directory.groupsById(pool, [membership.groupId]) : [];
  return membership && group ? { membership, group, token: await leaveTokenOf(c.var.house, membership.id) } : undefined;
}

/** Is somebody looking who has signed in with this very address? */
async function isOwn(c: Page, { address }: directory.Membership): Promise<boolean> {
  const visitor = await c.var.visitor();
  return visitor !== undefined && addressKey(visitor.address) === addressKey(address);
}

/** What there is to say and to press, as things stand. */
async function stateView(c: Page, leaver: Leaver): Promise<Html> {
  const { pool, clock } = c.var.house;
  const { membership } = leaver;
  const open = await directory.undoable(pool, membership.id, clock.now());
  if (open?.what === "mail stopped") return stoppedView(leaver, open, readerOf(c));
  if (open) return leftView(leaver, open, await isOwn(c, membership), readerOf(c));
  if (membership.endedAt) return goneView(leaver);
  return askView(leaver, await directory.isOnlyOwner(pool, membership));
}

function show(c: Page, content: Html): Promise<Response> {
  c.header("referrer-policy", "no-referrer");
  c.header("cache-control", "no-store");
  return answer(c, { title: t`Leave a group`, isPrivate: true }, content);
}

const unknown = (c: Page): Promise<Response> =>
  sayPage(
    c,
    404,
    t`This is no link of ours`,
    html`<p>${th`Nothing was changed. A mail program may have cut the link in two: copy all of it, or use the one in a newer mail. A mail to the group's address with <b>+unsubscribe</b> before the @ works too.`}</p><p class="actions"><a class="button quiet" href="/">${t`See all groups`}</a></p>`,
  );

function askView({ group, membership, token }: Leaver, isOnlyOwner: boolean): Html {
  const to = html`<b>${masked(membership.address)}</b>`;
  const words = isOnlyOwner
    ? html`<p>${th`You are the only owner, so you stay in the group: nobody else could let anybody in. Its posts no longer come to ${to}; you read them here, and letters that ask an owner to decide still come.`}</p>`
    : html`<p>${th`Mail from this group to ${to} stops. What you posted stays in the archive.`}</p>`;
  return html`<div class="say"><h1>${isOnlyOwner ? th`Stop the mail from <bdi>${group.title}</bdi>?` : th`Leave <bdi>${group.title}</bdi>?`}</h1>
${words}
<form method="post" action="/leave/${token}"><p class="actions"><button class="button">${isOnlyOwner ? t`Stop its mail` : t`Leave the group`}</button></p></form></div>`;
}

function leftView(
  { group, membership, token }: Leaver,
  { until, role }: directory.Undoable,
  isOwn: boolean,
  reader: Reader,
): Html {
  const next = encodeURIComponent(`/leave/${token}`);
  return html`<div class="say"><h1>${th`You have left <bdi>${group.title}</bdi>`}</h1>
<p>${th`No more mail from it goes to <b>${masked(membership.address)}</b>. A post that is on its way this minute may still arrive.`}</p>
<p>${t`Was it a mistake? You can take it back until ${exact(until, reader)}, and everything is as before.`}</p>
${role !== "member" && !isOwn ? html`<p>${role === "owner" ? th`You were an owner. <a href="${`/sign-in?next=${next}`}">Sign in first</a> to come back as one; without that you come back as a member.` : th`You were a moderator. <a href="${`/sign-in?next=${next}`}">Sign in first</a> to come back as one; without that you come back as a member.`}</p>` : ""}
<form method="post" action="/leave/${token}/undo"><p class="actions"><button class="button quiet">${t`Undo: stay in the group`}</button></p></form></div>`;
}

const stoppedView = (
  { group, membership, token }: Leaver,
  { until }: directory.Undoable,
  reader: Reader,
): Html => html`<div class="say"><h1>${th`Posts from <bdi>${group.title}</bdi> no longer come to you`}</h1>
<p>${th`Nothing that is posted goes to <b>${masked(membership.address)}</b> any more. As the only owner you are still in the group. To leave it for good, make somebody else an owner first.`}</p>
<p>${t`Was it a mistake? You can take it back until ${exact(until, reader)}.`}</p>
<form method="post" action="/leave/${token}/undo"><p class="actions"><button class="button quiet">${t`Undo: get the posts again`}</button></p></form></div>`;

const goneView = ({
  group,
  membership,
}: Leaver): Html => html`<div class="say"><h1>${th`You are not in <bdi>${group.title}</bdi> any more`}</h1>
<p>${group.joining === "open" ? th`No mail from it goes to <b>${masked(membership.address)}</b>, and there is nothing to take back: you can <a href="${`/g/${group.name}/join`}">join anew</a>.` : th`No mail from it goes to <b>${masked(membership.address)}</b>, and there is nothing to take back.`}</p></div>`;

const backView = ({
  group,
  membership,
}: Leaver): Html => html`<div class="say"><h1>${th`You are in <bdi>${group.title}</bdi>`}</h1>
<p>${th`Its mail goes to <b>${masked(membership.address)}</b> as before.`}</p>
<p class="actions"><a class="button quiet" href="/g/${group.name}">${t`Open the group`}</a></p></div>`;
