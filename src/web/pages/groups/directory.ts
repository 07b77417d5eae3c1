/** The directory: the groups that everybody may know of, looked for by a word, 25 a page, without counting them. */
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import type { House, Page } from "../../house.ts";
import { lively } from "../../lively.ts";
import { mayMakeGroups } from "../../making.ts";
import { memberCount } from "../../member-counts.ts";
import { type GroupFacts, groupRow } from "../../views/group-row.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";

const ROWS = 25;
const MOST_FOUND = 200;

const ORDERS = ["lively", "title", "newest"] as const;
type Order = (typeof ORDERS)[number];
type Asked = { find: string; by: Order; after: string | null };
type Found = { groups: directory.Group[]; hasMore: boolean };

/** GET /groups?find=WORDS&by=lively|title|newest&after=NAME */
export async function page(c: Page): Promise<Response> {
  const { house } = c.var;
  const visitor = await c.var.visitor();
  const by = ORDERS.find((one) => one === c.req.query("by")) ?? "lively";
  const after = /^[a-z0-9][a-z0-9._-]{0,39}$/.test(c.req.query("after") ?? "") ? c.req.query("after")! : null;
  const find = (c.req.query("find") ?? "").replaceAll("\0", "").trim().slice(0, 100);
  const asked = { find, by, after };
  const found = await (find ? matching(house, asked) : browsed(house, asked));
  const mine = visitor?.personId ? await directory.membershipsOfPerson(house.pool, visitor.personId) : [];
  const rows = await factsOf(house, found.groups, new Set(mine.map((one) => one.groupId)));
  const mayMake = (await mayMakeGroups(c, visitor)) !== undefined;
  c.header("cache-control", visitor ? "private, no-cache" : "public, max-age=30");
  c.header("vary", "Accept-Language, Cookie");
  return answer(
    c,
    { title: t`Groups`, isPrivate: find !== "" },
    view(asked, found, rows, mayMake, house.config.domain),
  );
}

/** What a list says of these groups; posts are told where everybody may read them. */
export async function factsOf(house: House, groups: directory.Group[], mine: Set<string>): Promise<GroupFacts[]> {
  const open = groups.filter((one) => one.visibility === "public" || mine.has(one.id)).map((one) => one.id);
  const ids = groups.map((one) => one.id);
  const [below, rates, members] = await Promise.all([
    directory.subgroups(house.pool, ids),
    archive.perMonth(house.pool, open, house.clock.now()),
    Promise.all(groups.map((one) => memberCount(house, one.id))),
  ]);
  return groups.map((group, i) => ({
    group,
    members: members[i]!,
    postsAMonth: open.includes(group.id) ? (rates.get(group.id) ?? 0) : undefined,
    isMine: mine.has(group.id),
    below: below.filter((one) => one.parentId === group.id && directory.isListed(one)),
  }));
}

async function browsed(house: House, { by, after }: Asked): Promise<Found> {
  const { pool } = house;
  if (by === "title") return cut(await directory.listedByTitle(pool, after, ROWS + 1));
  if (by === "newest") return cut(await directory.listedByAge(pool, after, ROWS + 1));
  const ids = await lively(house);
  const named = after === null ? undefined : await directory.groupNamed(pool, after);
  const last = named && directory.isListed(named) ? named : undefined;
  const from = last ? ids.indexOf(last.id) + 1 : 0;
  const some = ids.slice(from, from + ROWS);
  const groups = inOrder(await directory.listedAmong(pool, some), some);
  // Groups in which nothing was posted yet come after all others, by title.
  if (ids.length > from + ROWS) return { groups, hasMore: true };
  const quiet = await directory.listedByTitle(
    pool,
    last && !ids.includes(last.id) ? after : null,
    ids.length + ROWS + 1,
  );
  const fresh = quiet.filter((one) => !ids.includes(one.id));
  return cut([...(last && !ids.includes(last.id) ? [] : groups), ...fresh]);
}

/** The liveliest first, of no more than MOST_FOUND. */
async function matching(house: House, { find, by }: Asked): Promise<Found> {
  const found = await directory.listedWith(house.pool, find.split(/\s+/).slice(0, 5), MOST_FOUND + 1);
  const hasMore = found.length > MOST_FOUND;
  const groups = found.slice(0, MOST_FOUND);
  const ids = await lively(house);
  const place = (id: string): number => (ids.includes(id) ? ids.indexOf(id) : ids.length);
  groups.sort((a, b) =>
    by === "newest"
      ? b.createdAt.getTime() - a.createdAt.getTime()
      : (by === "lively" ? place(a.id) - place(b.id) : 0) || a.title.localeCompare(b.title),
  );
  return { groups, hasMore };
}

const cut = (rows: directory.Group[]): Found => ({ groups: rows.slice(0, ROWS), hasMore: rows.length > ROWS });

const inOrder = (groups: directory.Group[], ids: string[]): directory.Group[] =>
  groups.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));

const WORDS: Record<Order, () => string> = {
  lively: () => t`Lively first`,
  title: () => t`By title`,
  newest: () => t`Newest first`,
};

function view(asked: Asked, { groups, hasMore }: Found, rows: GroupFacts[], mayMake: boolean, domain: string): Html {
  const { find, by, after } = asked;
  const to = (more: Record<string, string>): string =>
    `/groups?${new URLSearchParams({ ...(find && { find }), ...(by !== "lively" && { by }), ...more })}`;
  return html`<div class="bar"><h1 class="page-title">${t`Groups`}</h1>${mayMake ? html`<p class="actions"><a class="button" href="/groups/new">${t`Make a group`}</a></p>` : ""}</div>
<form class="find" role="search" action="/groups"><label class="unseen" for="find">${t`Look for a group`}</label><input id="find" name="find" type="search" value="${find}" placeholder="${t`A word in its name or description`}" maxlength="100">${by === "lively" ? "" : html`<input type="hidden" name="by" value="${by}">`}<button class="button quiet">${t`Look for it`}</button></form>
<p class="choices" role="group" aria-label="${t`Order`}"><span class="choice">${ORDERS.map((one) => html`<a href="${`/groups?${new URLSearchParams({ ...(find && { find }), ...(one !== "lively" && { by: one }) })}`}"${one === by ? html` aria-current="true"` : ""}>${WORDS[one]()}</a> `)}</span></p>
${
  rows.length === 0
    ? empty(find, after, mayMake)
    : html`<ul class="groups">${rows.map((row) => groupRow(row, domain))}</ul>`
}
<nav class="pages" aria-label="${t`Pages`}">${after ? html`<a href="${to({})}">${t`The beginning of the list`}</a>` : html`<span></span>`}${
    hasMore && !find ? html`<a rel="next" href="${to({ after: groups.at(-1)!.name })}">${t`More groups`}</a>` : ""
  }</nav>
${hasMore && find ? html`<p class="small">${t`There are more: give another word.`}</p>` : ""}`;
}

function empty(find: string, after: string | null, mayMake: boolean): Html {
  if (find)
    return html`<div class="empty"><p>${t`No group has “${find}” in its name or description.`}</p><p><a href="/groups">${t`See all groups`}</a></p></div>`;
  if (after) return html`<div class="empty"><p>${t`There are no more groups.`}</p></div>`;
  return html`<div class="empty"><p>${t`The groups of this service will be listed here.`}</p>
${mayMake ? html`<p><a href="/groups/new">${t`Make the first one`}</a></p>` : html`<p>${th`Groups that are for their members only are not listed: <a href="/sign-in">sign in</a> to see yours.`}</p>`}</div>`;
}
