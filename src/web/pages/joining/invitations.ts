/**
 * Inviting, and what became of invitations. Who looks after members sees all of them; where the group lets every member
 * invite, a member sees their own.
 */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as joining from "../../../joining/joining.ts";
import { isId } from "../../../kit/id.ts";
import { en, t } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import * as queue from "../../../queue/queue.ts";
import type { Page } from "../../house.ts";
import { meansOf } from "../../joining.ts";
import { doerOf, groupFor, NotAllowed, NotHere, type Seen } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

type Typed = { addresses: string; words: string; problem?: string; report?: joining.Invited[] };
const EMPTY: Typed = { addresses: "", words: "" };

export async function inviterFor(c: Page): Promise<Seen & { membership: directory.Membership; sees: string | null }> {
  const seen = await groupFor(c, "member");
  const membership = seen.membership!;
  if (!joining.mayInvite(seen.group, membership))
    throw new NotAllowed(t`Only those who look after the members of this group invite to it.`);
  return { ...seen, membership, sees: directory.may(membership, "members") ? null : membership.id };
}

/** GET /g/:name/invitations */
export const list = (c: Page): Promise<Response> => show(c, EMPTY);

/** POST /g/:name/invitations: `do` is `invite` or `revoke`. */
export async function change(c: Page): Promise<Response> {
  const seen = await inviterFor(c);
  const body = await c.req.parseBody();
  if (textOf(body, "do") === "revoke") {
    if (!(await revoke(c, seen, textOf(body, "id")))) throw new NotHere();
    return c.redirect(`/g/${seen.group.name}/invitations`, 303);
  }
  const typed = { addresses: textOf(body, "addresses"), words: textOf(body, "words") };
  const addresses = joining.pastedAddresses(typed.addresses);
  if (addresses.length === 0) return show(c, { ...typed, problem: t`Give at least one address.` });
  if (addresses.length > joining.MOST_AT_ONCE)
    return show(c, { ...typed, problem: t`Give at most ${joining.MOST_AT_ONCE} addresses at once.` });
  const report = await inviteFor(c, seen, addresses, typed.words);
  const left = report.filter((one) => one.state === "wrong" || one.state === "limit").map((one) => one.address);
  return show(c, { addresses: left.join("\n"), words: left.length ? typed.words : "", report });
}

/** Invites in the name of who asks, by a page or the API. */
export async function inviteFor(
  c: Page,
  seen: Awaited<ReturnType<typeof inviterFor>>,
  addresses: string[],
  words: string,
  how: "web" | "api" = "web",
): Promise<joining.Invited[]> {
  const { membership, group, visitor } = seen;
  const by = {
    membershipId: membership.id,
    name: directory.lineOf(membership.name || visitor?.name || membership.address, 100),
    isModerator: seen.sees === null,
  };
  const means = await meansOf(c.var.house);
  return transact(c.var.house.pool, (sql) =>
    joining.inviteAll(sql, means, group, { addresses, words }, by, doerOf(seen, how)),
  );
}

/** Takes an invitation back; a member only their own. */
export async function revoke(
  c: Page,
  seen: Awaited<ReturnType<typeof inviterFor>>,
  id: string,
  how: "web" | "api" = "web",
): Promise<directory.Invitation | undefined> {
  const { pool, clock } = c.var.house;
  const { group, sees } = seen;
  const found = isId(id) ? await directory.invitation(pool, id) : undefined;
  if (found?.groupId !== group.id || (sees !== null && found.byMembership !== sees)) return undefined;
  return transact(pool, async (sql) => {
    const ended = await directory.endInvitation(sql, found, "revoked", clock.now());
    if (ended)
      await moderation.record(
        sql,
        {
          groupId: group.id,
          by: doerOf(seen, how),
          kind: "members",
          what: en`took back the invitation of ${found.address}`,
          link: "invitations",
        },
        clock,
      );
    return ended ?? found;
  });
}

async function show(c: Page, typed: Typed): Promise<Response> {
  const { pool } = c.var.house;
  const { group, sees } = await inviterFor(c);
  const all = await directory.invitations(pool, group.id, { by: sees });
  const letterIds = all.filter((one) => one.state === "waiting").map((one) => one.letterId);
  const copies = new Map((await queue.itemsFor(pool, letterIds, letterIds)).map((one) => [one.itemId, one]));
  if (typed.problem) c.status(400);
  const content = html`<h1 class="page-title">${t`Invitations`}</h1>
<p class="lead">${th`Who is invited to <bdi>${group.title}</bdi> gets one letter, and one more after a week. They join by a reply or a link, and can ask never to be invited again.`}</p>
${typed.report ? reportView(typed.report) : ""}
<form method="post" class="form">${field({ name: "addresses", label: t`Addresses`, value: typed.addresses, problem: typed.problem, rows: 4, help: t`One on each line, or with commas between them, as you have them.`, isRequired: true, maxLength: 20_000 })}
${field({ name: "words", label: t`A line of yours`, value: typed.words, help: t`It stands in the letter, as a quotation. You may leave it empty.`, maxLength: 500 })}
<p class="actions"><button class="button" name="do" value="invite">${t`Invite`}</button></p></form>
${all.length === 0 ? html`<div class="empty"><p>${t`Nobody has been invited yet.`}</p></div>` : html`<h2 class="list-head">${t`Invited`}</h2><ol class="askers">${all.map((one) => invitationView(c, one, copies.get(one.letterId)))}</ol>`}`;
  return answer(c, { title: t`Invitations to ${group.title}`, group, isPrivate: true }, content);
}

function invitationView(c: Page, one: directory.Invitation, copy: queue.ItemRecipient | undefined): Html {
  const reader = readerOf(c);
  const bounced = one.state === "waiting" && copy?.state === "given up" ? copy : undefined;
  const how = bounced ? t`not delivered` : stateInWords(one.state);
  return html`<li class="invited"><div><p><b>${one.address}</b></p>
<p class="invited-facts"><span class="word">${how}</span>${one.byName ? html` <bdi>${t`by ${one.byName}`}</bdi>` : ""} · ${timeInWords(one.decidedAt ?? one.madeAt, reader)}</p>
${bounced?.reply ? html`<blockquote class="asker-words">${bounced.reply}</blockquote>` : ""}</div>
${one.state === "waiting" ? html`<form method="post"><input type="hidden" name="id" value="${one.id}"><button class="button bare" name="do" value="revoke" aria-label="${t`Take back the invitation of ${one.address}`}">${t`Take back`}</button></form>` : ""}</li>`;
}

export function stateInWords(state: directory.InvitationState): string {
  switch (state) {
    case "waiting":
      return t`invited`;
    case "joined":
      return t`joined`;
    case "declined":
      return t`declined`;
    case "revoked":
      return t`taken back`;
    case "expired":
      return t`ended without an answer`;
  }
}

function reportView(report: joining.Invited[]): Html {
  const words: Record<joining.Invited["state"], string> = {
    invited: t`a letter is on its way`,
    wrong: t`is no mail address`,
    member: t`is a member already`,
    waiting: t`is invited already`,
    declined: t`has declined before`,
    unwanted: t`wants no invitations`,
    banned: t`is kept out of the group`,
    enough: t`was invited often this week: wait some days`,
    limit: t`is over the number of invitations for one day: go on tomorrow`,
  };
  return html`<div class="notice" role="status"><ul class="invited-report">${report.map((one) => html`<li><b>${one.address}</b>: ${words[one.state]}</li>`)}</ul></div>`;
}
