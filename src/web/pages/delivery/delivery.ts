/**
 * The delivery of one post. Everybody who may read it sees counts and providers; moderators and owners see each recipient
 * with the far side's own words, filter by state, find an address and learn why it got nothing, and take it all as CSV.
 */

import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import * as evidence from "../../../evidence/evidence.ts";
import { isId } from "../../../kit/id.ts";
import { t, tn, told } from "../../../language/language.ts";
import * as queue from "../../../queue/queue.ts";
import { keptSince } from "../../evidence-kept.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { copyMark, dueTime, noCopyMark, none, saidOf, wayOf, whenOf, wordOf } from "../../views/copies.ts";
import { bar, progressParts, stateMark } from "../../views/delivery.ts";
import { figure } from "../../views/figures.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown, subjectIn } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const ROWS = 50;
/** Members who match what was looked for and got nothing: so many of them are told why. */
const EXPLAINED = 10;

export type Asked = { state: queue.RecipientState | undefined; find: string; after: string | undefined };

type View = Seen & {
  post: archive.Post;
  report: evidence.Report;
  asked: Asked;
  recipients: evidence.NamedRecipient[];
  next: string | undefined;
  unsent: evidence.Answer[];
  reader: Reader;
};

/** GET /g/:name/:number/delivery?state=WORD&find=TEXT&after=ID */
export async function page(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "reader");
  const post = await archive.postNumbered(pool, seen.group.id, Number(c.req.param("number")));
  if (!post) throw new NotHere();
  const asked = askedFor(c);
  const since = keptSince(c.var.house);
  const mayName = directory.may(seen.membership, "members");
  const [report, rows] = await Promise.all([
    evidence.reportOf(pool, post.id, since),
    mayName ? evidence.recipientsOf(pool, post, { ...asked, limit: ROWS + 1 }) : [],
  ]);
  const recipients = rows.slice(0, ROWS);
  const view: View = {
    ...seen,
    post,
    report: mayName ? report : evidence.withoutSmall(report),
    asked,
    recipients,
    next: rows.length > ROWS ? recipients.at(-1)!.id : undefined,
    unsent: mayName ? await unsentOf(c, post, asked, since) : [],
    reader: readerOf(c),
  };
  const title = t`Delivery of #${post.number}`;
  return answer(c, { title, group: seen.group, wide: true, isPrivate: true }, pageView(view, mayName));
}

export function askedFor(c: Page): Asked {
  const state = queue.RECIPIENT_STATES.find((one) => one === c.req.query("state"));
  const after = c.req.query("after")?.toLowerCase();
  const find = (c.req.query("find") ?? "").replaceAll("\0", "").trim().slice(0, 100);
  return { state, find, after: after && isId(after) ? after : undefined };
}

/** "Did Ana get it, and why not?" is answered for who was never among the recipients, too. */
async function unsentOf(c: Page, post: archive.Post, asked: Asked, since: Date): Promise<evidence.Answer[]> {
  const { pool } = c.var.house;
  if (asked.find === "" || asked.after || asked.state) return [];
  const found = await directory.findMemberships(pool, post.groupId, asked.find, EXPLAINED);
  return (await evidence.answersOf(pool, post, found, since)).filter((one) => one.copy === null);
}

function pageView(view: View, mayName: boolean): Html {
  const { group, post, report, reader } = view;
  const { progress } = report;
  const here = `/g/${group.name}/${post.number}`;
  return html`<h1 class="page-title">${t`Who has #${post.number}`}</h1>
<p class="lead"><a href="${here}"><bdi>${subjectIn(group, post.subject)}</bdi></a></p>
${
  progress
    ? html`<ul class="sums">${sumsOf(report, reader).map((sum) => html`<li>${sum}</li>`)}</ul>${bar(progress)}
<p class="small">${progress.lastAt ? th`Planned for ${tn(progress.planned, "{0} member", "{0} members")} ${timeInWords(progress.plannedAt, reader)}; the last copy so far went out ${timeInWords(progress.lastAt, reader)}.` : th`Planned for ${tn(progress.planned, "{0} member", "{0} members")} ${timeInWords(progress.plannedAt, reader)}.`}</p>`
    : html`<div class="empty"><p>${post.source === "import" ? t`It came with an imported archive, and was not sent out.` : t`It was not sent to anybody by mail.`}</p></div>`
}
${report.isLogKept ? "" : html`<p class="told">${t`The log of its delivery is no longer kept: only the sums above are left.`}</p>`}
${report.providers.length ? providersView(report, reader) : ""}
${mayName && progress ? recipientsView(view, here) : ""}`;
}

/** Where all copies are, in a line; from the sums alone when the log is gone. */
function sumsOf({ counts, progress }: evidence.Report, reader: Reader): Html[] {
  const states = queue.RECIPIENT_STATES.filter((state) => counts[state]);
  if (states.length === 0 && progress)
    return progressParts(progress, reader).map((part) => html`${stateMark(part.state)} ${part.words}`);
  return states.map((state) => html`${copyMark(state)} ${figure(counts[state]!)}`);
}

const providersView = (report: evidence.Report, reader: Reader): Html => {
  const states = queue.RECIPIENT_STATES.filter((state) => report.counts[state]);
  return html`<section><h2 class="section-head" id="by-provider">${t`By provider`}</h2>
<div class="table-frame" tabindex="0" role="region" aria-labelledby="by-provider"><table class="table counts" role="table">
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">${t`Provider`}</th>${states.map((state) => html`<th scope="col" role="columnheader" class="number">${copyMark(state)}</th>`)}<th scope="col" role="columnheader">${t`Next`}</th></tr></thead>
<tbody role="rowgroup">${report.providers.map(
    (one) =>
      html`<tr role="row"><th scope="row" role="rowheader"><bdi>${shown(one.provider)}</bdi></th>${states.map((state) => html`${one.counts[state] ? html`<td role="cell" class="number"><span class="cell-label">${copyMark(state)} </span>${figure(one.counts[state])}</td>` : html`<td role="cell" class="number cell-none">–</td>`}`)}<td role="cell">${nextOf(one, reader)}</td></tr>`,
  )}</tbody></table></div></section>`;
};

/** What happens next at a provider, in words. */
export function nextOf(one: evidence.ProviderReport, reader: Reader): Html {
  if (one.counts.waiting && one.nextDue) return dueTime(one.nextDue, reader);
  if (one.counts["on its way"]) return html`${t`its turn comes`}`;
  if (one.counts.held) return html`${t`stopped by the operator`}`;
  return html`${t`nothing more`}`;
}

function recipientsView(view: View, here: string): Html {
  const { asked, recipients, next, unsent, report, reader, group } = view;
  const query = (more: Record<string, string | undefined>): string => {
    const all = Object.entries({ state: asked.state, find: asked.find || undefined, ...more });
    const some = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    return some.length ? `${here}/delivery?${new URLSearchParams(some)}` : `${here}/delivery`;
  };
  const tab = (state: queue.RecipientState | undefined, words: Html): Html =>
    html`<a href="${query({ state, after: undefined })}"${asked.state === state ? html` aria-current="true"` : ""}>${words}</a>`;
  const all = Object.values(report.counts).reduce((sum, count) => sum + count, 0);
  return html`<section><h2 class="section-head" id="by-name">${t`Recipient by recipient`}</h2>
<p class="small">${t`Only moderators and owners see this part.`}</p>
<div class="bar"><p class="choices"><span class="choice states">${tab(undefined, html`${t`all ${figure(all)}`}`)}${queue.RECIPIENT_STATES.filter((state) => report.counts[state] || state === asked.state).map((state) => tab(state, html`${wordOf(state)} ${figure(report.counts[state] ?? 0)}`))}</span></p>
<p class="actions"><a class="button quiet" href="${here}/delivery.csv${asked.state ? `?state=${encodeURIComponent(asked.state)}` : ""}" download>${t`Download as CSV`}</a></p></div>
<form method="get" role="search" class="find" action="${here}/delivery"><label class="unseen" for="find">${t`Find a recipient`}</label><input id="find" name="find" type="search" value="${asked.find}" placeholder="${t`Find by name or address`}">${asked.state ? html`<input type="hidden" name="state" value="${asked.state}">` : ""}<button class="button quiet">${t`Find`}</button></form>
${
  recipients.length + unsent.length === 0
    ? html`<div class="empty"><p>${asked.find ? (asked.state ? t`Nobody here has a name or address with “${asked.find}”, and is ${wordOf(asked.state)}.` : t`Nobody here has a name or address with “${asked.find}”.`) : asked.after ? t`There are no more.` : t`There is nobody to show.`}</p></div>`
    : html`<div class="table-frame" tabindex="0" role="region" aria-labelledby="by-name"><table class="table evidence" role="table">
<thead role="rowgroup"><tr role="row">${[t`Recipient`, t`State`, t`When`, t`Over`, t`What was said`].map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${recipients.map((one) => recipientRow(one, group.name, reader))}${unsent.map((one) => unsentRow(one, group.name))}</tbody></table></div>`
}
${next || asked.after ? html`<nav class="pages" aria-label="${t`Pages`}">${asked.after ? html`<a href="${query({ after: undefined })}">${t`From the beginning`}</a>` : html`<span></span>`}${next ? html`<a rel="next" href="${query({ after: next })}">${t`More recipients`}</a>` : ""}</nav>` : ""}</section>`;
}

const recipientRow = (
  one: evidence.NamedRecipient,
  group: string,
  reader: Reader,
): Html => html`<tr role="row"><th scope="row" role="rowheader">${who(one, one.isGone ? undefined : one.id, group)}${one.isGone ? html` <small>${t`has left since`}</small>` : ""}</th>
<td role="cell">${copyMark(one.state)}</td><td role="cell">${whenOf(one, reader)}</td><td role="cell">${wayOf(one)}</td><td role="cell" class="words">${saidOf(one)}</td></tr>`;

const unsentRow = (
  { membership, why }: evidence.Answer,
  group: string,
): Html => html`<tr role="row"><th scope="row" role="rowheader">${who(membership, membership.endedAt ? undefined : membership.id, group)}</th>
<td role="cell">${noCopyMark()}</td>${none}${none}<td role="cell" class="words">${told(why)}</td></tr>`;

/** With what was sent to them otherwise, while they are in the group. */
const who = ({ name, address }: { name: string; address: string }, id: string | undefined, group: string): Html => {
  const shownName = html`<bdi>${shown(name) || shown(address) || t`somebody gone`}</bdi>`;
  return html`${id ? html`<a href="/g/${group}/members/${id}/delivery">${shownName}</a>` : shownName}${name && address ? html` <br><small class="address"><bdi>${shown(address)}</bdi></small>` : ""}`;
};
