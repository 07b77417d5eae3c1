/** What was sent to one member: the group's last posts and letters, and what became of each copy. For the member, and for the group's moderators. */

import { html } from "hono/html";
import type * as directory from "../../../directory/directory.ts";
import * as evidence from "../../../evidence/evidence.ts";
import { DAY } from "../../../kit/clock.ts";
import { t, tn, told } from "../../../language/language.ts";
import { keptSince, logKept } from "../../evidence-kept.ts";
import type { Page } from "../../house.ts";
import { memberFor } from "../../rights.ts";
import { copyMark, noCopyMark, none, saidOf, wayOf, whenOf } from "../../views/copies.ts";
import { answer, type Html } from "../../views/layout.ts";
import { getsNow } from "../../views/modes.ts";
import { shown, subjectIn } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const ROWS = 20;

type View = {
  group: directory.Group;
  member: directory.Membership;
  isOwn: boolean;
  history: evidence.History;
  letters: evidence.HistoryLetter[];
  before: number | null;
  keptDays: number;
  reader: Reader;
};

/** GET /g/:name/members/:id/delivery?before=NUMBER */
export async function page(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const { group, member, isOwn } = await memberFor(c);
  const typed = c.req.query("before") ?? "";
  const before = /^[1-9]\d{0,8}$/.test(typed) ? Number(typed) : null;
  const [history, letters] = await Promise.all([
    evidence.historyOf(pool, { ...member, endedAt: null }, { before, limit: ROWS }, keptSince(c.var.house)),
    before === null ? evidence.lettersTo(pool, group.id, member.address) : [],
  ]);
  const keptDays = Math.round(logKept(c.var.house) / DAY);
  const view: View = { group, member, isOwn, history, letters, before, keptDays, reader: readerOf(c) };
  const title = isOwn ? t`What was sent to you` : t`What was sent to ${shown(member.name) || member.address}`;
  return answer(c, { title, group, wide: true, isPrivate: true }, pageView(view));
}

function pageView(view: View): Html {
  const { group, member, isOwn, history, letters, before, keptDays, reader } = view;
  const here = `/g/${group.name}/members/${member.id}/delivery`;
  const last = history.posts.at(-1);
  return html`<h1 class="page-title">${isOwn ? t`What was sent to you` : th`What was sent to <bdi>${shown(member.name) || member.address}</bdi>`}</h1>
<p class="lead"><bdi>${member.address}</bdi>, ${sinceWhen(member.role, timeInWords(member.joinedAt, reader))}, <a href="/g/${group.name}/health/${member.id}">${member.pausedAt ? th`paused ${timeInWords(member.pausedAt, reader)}` : t`gets ${getsNow(member, reader.now)}`}</a></p>
<section><h2 class="section-head" id="posts">${t`Posts`}</h2>
${
  history.posts.length === 0
    ? html`<div class="empty"><p>${before ? t`There are no older posts.` : t`What is posted to the group will be here, with what became of the copy.`}</p></div>`
    : table(
        "posts",
        [t`Subject`, t`State`, t`When`, t`Over`, t`What was said`],
        runsOf(history.posts).map((run) => (run.length > 1 ? importedRow(run, view) : postRow(run[0]!, view))),
      )
}
<nav class="pages" aria-label="${t`Pages`}">${before ? html`<a href="${here}">${t`Newest posts`}</a>` : html`<span></span>`}${last && !history.isEnd ? html`<a rel="next" href="${here}?before=${last.number}">${t`Older posts`}</a>` : ""}</nav></section>
${
  letters.length
    ? html`<section><h2 class="section-head" id="letters">${t`Letters`}</h2>${table(
        "letters",
        [t`Letter`, t`State`, t`When`, t`Over`, t`What was said`],
        letters.map((letter) => letterRow(letter, reader)),
      )}</section>`
    : ""
}
<p class="small">${tn(keptDays, "What the other mail server said is quoted. This is kept for {0} day.", "What the other mail server said is quoted. This is kept for {0} days.")} ${isOwn ? t`The group's moderators and owners see this page too.` : t`The member sees this page too.`}</p>`;
}

const table = (
  id: string,
  heads: string[],
  rows: Html[],
): Html => html`<div class="table-frame" tabindex="0" role="region" aria-labelledby="${id}"><table class="table evidence" role="table">
<thead role="rowgroup"><tr role="row">${heads.map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows}</tbody></table></div>`;

/** Each post alone, but neighbours of an imported archive together: nothing of them was ever sent. */
function runsOf(posts: evidence.HistoryPost[]): evidence.HistoryPost[][] {
  const runs: evidence.HistoryPost[][] = [];
  for (const post of posts) {
    const last = runs.at(-1);
    if (post.isImported && last?.at(0)?.isImported) last.push(post);
    else runs.push([post]);
  }
  return runs;
}

function sinceWhen(role: directory.Membership["role"], time: Html): Html {
  if (role === "owner") return th`an owner since ${time}`;
  return role === "moderator" ? th`a moderator since ${time}` : th`a member since ${time}`;
}

const postLink = (group: directory.Group, { number }: evidence.HistoryPost): Html =>
  html`<a href="/g/${group.name}/${number}">#${number}</a>`;

const importedRow = (run: evidence.HistoryPost[], { group }: View): Html => {
  const [newest, oldest] = [run[0]!, run.at(-1)!];
  return html`<tr role="row"><th scope="row" role="rowheader">${tn(run.length, "{0} post", "{0} posts")}<br><small>${th`${postLink(group, oldest)} to ${postLink(group, newest)}`}</small></th><td role="cell">${noCopyMark()}</td>${none}${none}<td role="cell" class="words">${t`they came with an imported archive, which is not sent out`}</td></tr>`;
};

function postRow({ number, subject, receivedAt, copy, why }: evidence.HistoryPost, { group, reader }: View): Html {
  const head = html`<th scope="row" role="rowheader"><a href="/g/${group.name}/${number}"><bdi>${subjectIn(group, subject)}</bdi></a><br><small><a href="/g/${group.name}/${number}/delivery">#${number}</a>, ${timeInWords(receivedAt, reader)}</small></th>`;
  if (!copy)
    return html`<tr role="row">${head}<td role="cell">${noCopyMark()}</td>${none}${none}<td role="cell" class="words">${told(why ?? "")}</td></tr>`;
  return html`<tr role="row">${head}<td role="cell">${copyMark(copy.state)}</td><td role="cell">${whenOf(copy, reader)}</td><td role="cell">${wayOf(copy)}</td><td role="cell" class="words">${saidOf(copy)}</td></tr>`;
}

function letterRow({ subject, createdAt, copy }: evidence.HistoryLetter, reader: Reader): Html {
  const head = html`<th scope="row" role="rowheader"><bdi>${shown(subject)}</bdi><br><small>${th`written ${timeInWords(createdAt, reader)}`}</small></th>`;
  if (!copy)
    return html`<tr role="row">${head}${none}${none}${none}<td role="cell" class="words">${t`the log of it is no longer kept`}</td></tr>`;
  return html`<tr role="row">${head}<td role="cell">${copyMark(copy.state)}</td><td role="cell">${whenOf(copy, reader)}</td><td role="cell">${wayOf(copy)}</td><td role="cell" class="words">${saidOf(copy)}</td></tr>`;
}
