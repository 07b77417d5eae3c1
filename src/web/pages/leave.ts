/**
 * Leaving by the link in a mail (RFC 8058): the token is the right, so neither session nor cookie is asked for.
 *
 * GET changes nothing: scanners fetch links. A mail client posts `List-Unsubscribe=One-Click`, a person presses a button;
 * both end the membership, and the page that follows can undo it.
 */
import { html } from "hono/html";
import { transact } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import { idFromBytes } from "../../kit/id.ts";
import { openToken } from "../../mail/token.ts";
import { notFoundPage } from "../errors.ts";
import type { Page } from "../house.ts";
import { answer, type Html } from "../views/layout.ts";
import { masked } from "../views/names.ts";

type Leaver = { membership: directory.Membership & { endedAt: Date | null }; group: directory.Group; token: string };

/** GET /leave/:token */
export async function ask(c: Page): Promise<Response> {
  const leaver = await leaverOf(c);
  if (!leaver) return notFoundPage(c);
  return show(c, leaver.membership.endedAt ? leftView(leaver) : askView(leaver));
}

/** POST /leave/:token */
export async function leave(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const leaver = await leaverOf(c);
  if (!leaver) return notFoundPage(c);
  const typed = await c.req.parseBody().catch(() => ({}) as Record<string, string>);
  const cause =
    typed["List-Unsubscribe"] === "One-Click" ? "one-click unsubscribe in a mail program" : "the leave link in a mail";
  await transact(pool, (sql) => directory.endMemberships(sql, [leaver.membership.id], cause, clock.now()));
  return show(c, leftView(leaver));
}

/** POST /leave/:token/undo */
export async function undo(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const leaver = await leaverOf(c);
  if (!leaver) return notFoundPage(c);
  const { id } = leaver.membership;
  await transact(pool, (sql) => directory.resumeMembership(sql, id, "taken back at the leave link", clock.now()));
  return show(c, backView(leaver));
}

async function leaverOf(c: Page): Promise<Leaver | undefined> {
  const { pool, tokenSecret } = c.var.house;
  const token = c.req.param("token") ?? "";
  const payload = openToken(await tokenSecret(), "leave", token);
  if (payload?.length !== 16) return undefined;
  const membership = await directory.membershipById(pool, idFromBytes(payload));
  const [group] = membership ? await directory.groupsById(pool, [membership.groupId]) : [];
  return membership && group ? { membership, group, token } : undefined;
}

function show(c: Page, content: Html): Promise<Response> {
  c.header("referrer-policy", "no-referrer");
  return answer(c, { title: "Leave a group", isPrivate: true }, content);
}

const askView = ({
  group,
  membership,
  token,
}: Leaver): Html => html`<div class="say"><h1>Leave <bdi>${group.title}</bdi>?</h1>
<p>Mail from this group to <b>${masked(membership.address)}</b> stops. What you posted stays in the archive.</p>
<form method="post" action="/leave/${token}"><p class="actions"><button class="button">Leave the group</button></p></form></div>`;

const leftView = ({
  group,
  membership,
  token,
}: Leaver): Html => html`<div class="say"><h1>You have left <bdi>${group.title}</bdi></h1>
<p>No more mail from it goes to <b>${masked(membership.address)}</b>. A post that is on its way this minute may still arrive.</p>
<form method="post" action="/leave/${token}/undo"><p class="actions"><button class="button quiet">Undo: stay in the group</button></p></form></div>`;

const backView = ({
  group,
  membership,
}: Leaver): Html => html`<div class="say"><h1>You are in <bdi>${group.title}</bdi></h1>
<p>Its mail goes to <b>${masked(membership.address)}</b> as before.</p>
<p class="actions"><a class="button quiet" href="/g/${group.name}">Open the group</a></p></div>`;
