/** The members of a group, for its owners: a table that is really a table. The roles keep it one where a phone shows it as lines. */

import { html } from "hono/html";
import * as directory from "../../../directory/directory.ts";
import type { HealthWord } from "../../../health/health.ts";
import { t, tn } from "../../../language/language.ts";
import * as returns from "../../../returns/returns.ts";
import type { Page } from "../../house.ts";
import { groupFor } from "../../rights.ts";
import { figure } from "../../views/figures.ts";
import { healthState } from "../../views/health.ts";
import { answer, type Html } from "../../views/layout.ts";
import { getsNow } from "../../views/modes.ts";
import { roleWord, shown } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const MOST = 1000;

/** GET /g/:name/members?find=TEXT */
export async function table(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "members");
  const { pool, clock } = c.var.house;
  const find = (c.req.query("find") ?? "").trim().slice(0, 100);
  const everybody = await directory.members(pool, group.id);
  const wanted = find.toLowerCase();
  const found = everybody.filter((one) => `${one.name} ${one.address}`.toLowerCase().includes(wanted));
  const words = new Map(
    (await returns.groupHealth(pool, group.id, clock.now())).map((one) => [one.member.id, one.word]),
  );
  const content = view(group, found, words, everybody.length, find, readerOf(c));
  return answer(c, { title: t`Members of ${group.title}`, group, wide: true, isPrivate: true }, content);
}

function view(
  group: directory.Group,
  found: directory.Membership[],
  words: Map<string, HealthWord>,
  all: number,
  find: string,
  reader: Reader,
): Html {
  return html`<div class="bar"><h1 class="page-title">${tn(all, "{0} member", "{0} members")}</h1>
<form method="get" role="search" class="find"><label class="unseen" for="find">${t`Find a member`}</label><input id="find" name="find" type="search" value="${find}" placeholder="${t`Find by name or address`}"><button class="button quiet">${t`Find`}</button></form></div>
${
  found.length === 0
    ? html`<div class="empty"><p>${find ? t`Nobody's name or address contains “${find}”.` : t`Members will be listed here.`}</p></div>`
    : html`<div class="table-frame" tabindex="0" role="region" aria-label="${t`Members`}"><table class="table" role="table">
<thead role="rowgroup"><tr role="row">${[t`Name`, t`Address`, t`Role`, t`Gets`, t`Mail`, t`Since`].map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${found.slice(0, MOST).map((one) => row(group, one, words.get(one.id) ?? "well", reader))}</tbody></table></div>`
}
${found.length > MOST ? html`<p class="small">${t`The first ${figure(MOST)} of ${figure(found.length)} are shown: find by name or address to see others.`}</p>` : ""}
<p class="small"><a href="/g/${group.name}/invitations">${t`Invite people`}</a> · <a href="/g/${group.name}/requests">${t`Asking to join`}</a> · <a href="/g/${group.name}/bans">${t`Who is kept out`}</a></p>
<p class="small">${th`<a href="${`/g/${group.name}/health`}">Whose mail comes back</a>, and why.`}</p>
`;
}

const row = (
  group: directory.Group,
  one: directory.Membership,
  word: HealthWord,
  reader: Reader,
): Html => html`<tr role="row"><th scope="row" role="rowheader"><a class="plain" href="/g/${group.name}/members/${one.id}"><bdi>${shown(one.name) || one.address.split("@")[0]}</bdi></a></th>
<td role="cell">${one.address}</td><td role="cell">${roleWord(one.role)}</td><td role="cell"><a class="plain" href="/g/${group.name}/members/${one.id}/delivery">${getsNow(one, reader.now)}</a></td><td role="cell"><a class="plain" href="/g/${group.name}/health/${one.id}">${healthState(word)}</a></td><td role="cell">${timeInWords(one.joinedAt, reader)}</td></tr>`;
