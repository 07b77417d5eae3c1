/** The archive by date: the months of a group with how much each has, and the posts of one month. */
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import { t, tn } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { publicPage } from "../../kept.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { figure } from "../../views/figures.ts";
import { framed, type Html } from "../../views/layout.ts";
import { shown, subjectIn, withoutAddresses } from "../../views/names.ts";
import { authorOf } from "../../views/post.ts";
import { monthName, type Reader, timeOfPost } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const ROWS = 100;

/** GET /g/:name/months */
export async function list(c: Page): Promise<Response> {
  const seen = await groupFor(c, "reader");
  const months = await archive.months(c.var.house.pool, seen.group.id);
  return publicPage(c, seen, await framed(c, frameOf(seen, t`Posts by month`), monthsView(seen, months)));
}

function monthsView({ group, membership }: Seen, months: archive.Month[]): Html {
  const years = [...new Set(months.map(({ month }) => month.slice(0, 4)))];
  return html`<h1 class="page-title">${t`Posts by month`}</h1>
${membership && months.length ? html`<p class="small"><a href="/g/${group.name}/mbox" download>${t`Save the whole archive as mbox file`}</a></p>` : ""}
${months.length === 0 ? html`<div class="empty"><p>${t`There are no posts yet.`}</p></div>` : ""}
${years.map(
  (year) =>
    html`<h2 class="list-head">${year}</h2><ul class="months">${months
      .filter(({ month }) => month.startsWith(year))
      .toReversed()
      .map(
        ({ month, postCount }) =>
          html`<li><a href="/g/${group.name}/${month}">${monthName(month)}</a> <small>${figure(postCount)}</small></li>`,
      )}</ul>`,
)}`;
}

type View = Seen & {
  month: string;
  postCount: number;
  earlier: string | undefined;
  later: string | undefined;
  posts: archive.PostInList[];
  next: archive.DatePlace | undefined;
  reader: Reader;
};

/** GET /g/:name/2026-03?after=NUMBER */
export async function one(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "reader");
  const month = c.req.param("month") ?? "";
  const months = await archive.months(pool, seen.group.id);
  const at = months.findIndex((one) => one.month === month);
  if (at < 0) throw new NotHere();
  const after = await placeFrom(c, seen);
  const { begins, ends } = timesOf(month);
  const from = after && after.sentAt >= begins ? after : { sentAt: begins, number: 0 };
  const found = await archive.postsByDate(pool, seen.group.id, from, ends, ROWS + 1);
  const posts = found.slice(0, ROWS);
  const view: View = {
    ...seen,
    month,
    postCount: months[at]!.postCount,
    earlier: months[at + 1]?.month,
    later: months[at - 1]?.month,
    posts,
    next: found.length > ROWS ? posts.at(-1) : undefined,
    reader: readerOf(c),
  };
  return publicPage(c, seen, await framed(c, frameOf(seen, monthName(month)), monthView(view)));
}

const frameOf = ({ group }: Seen, title: string) => ({
  title: `${title} · ${shown(group.title)}`,
  group,
  isPrivate: group.archive === "members",
  isForReading: true,
  wide: true,
  scripts: ["keys.js"],
});

/** The first moment of a month and that of the next. */
export function timesOf(month: string): { begins: Date; ends: Date } {
  const begins = new Date(`${month}-01T00:00:00Z`);
  const ends = new Date(begins);
  ends.setUTCMonth(ends.getUTCMonth() + 1);
  return { begins, ends };
}

/** The post after which the page begins; none when there is no such post. */
async function placeFrom(c: Page, { group }: Seen): Promise<archive.DatePlace | undefined> {
  const text = c.req.query("after") ?? "";
  return /^[1-9]\d{0,8}$/.test(text) ? archive.postNumbered(c.var.house.pool, group.id, Number(text)) : undefined;
}

function monthView(view: View): Html {
  const { group, month, posts, next } = view;
  return html`<h1 class="page-title">${monthName(month)}</h1>
<p class="small">${tn(view.postCount, "{0} post", "{0} posts")} · <a href="/g/${group.name}/months">${t`All months`}</a> · <a href="/g/${group.name}/${month}/mbox" download>${t`Save as mbox file`}</a></p>
<ol class="topics" data-keys>${posts.map((post) => postRow(post, view))}</ol>
<nav class="pages" aria-label="${t`Months`}">
  ${view.earlier ? html`<a rel="prev" data-key="h" href="/g/${group.name}/${view.earlier}">${monthName(view.earlier)}</a>` : html`<span></span>`}
  ${next ? html`<a rel="next" href="/g/${group.name}/${month}?after=${next.number}">${t`Later in this month`}</a>` : ""}
  ${view.later ? html`<a data-key="l" href="/g/${group.name}/${view.later}">${monthName(view.later)}</a>` : html`<span></span>`}
</nav>`;
}

function postRow(post: archive.PostInList, view: View): Html {
  const { group, reader, hidesAddresses } = view;
  const words = shown(post.words);
  return html`<li class="topic is-post">
  <div class="topic-line"><a class="topic-link" href="/g/${group.name}/${post.number}"><bdi>${subjectIn(group, post.subject)}</bdi></a>
  <p class="topic-words"><bdi class="topic-author">${authorOf(post, view)}</bdi> <span class="topic-last" dir="auto">${hidesAddresses ? withoutAddresses(words) : words}</span></p></div>
  <span class="topic-time">${timeOfPost(post.sentAt, reader)}</span>
</li>`;
}
