/** The providers, for operators: how each takes our addresses, its limits, what waits, and what to ask of it and where. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import { Refusal } from "../../../kit/errors.ts";
import { t, tn } from "../../../language/language.ts";
import * as providers from "../../../providers/providers.ts";
import * as queue from "../../../queue/queue.ts";
import type { House, Page } from "../../house.ts";
import { hasPass, operatorsOnly } from "../../operator.ts";
import { NotHere } from "../../rights.ts";
import { figure } from "../../views/figures.ts";
import { field, selectField, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

type Seen = providers.ProviderSeen;
type Address = providers.AddressSeen;

/** GET /providers?all=1 */
export async function list(c: Page): Promise<Response> {
  await operatorsOnly(c);
  const { pool, clock } = c.var.house;
  const all = c.req.query("all") === "1";
  const queued = await queue.queuedByProvider(pool);
  const seen = await providers.overview(pool, sourcesHere(c.var.house), queued, clock.now(), all);
  return answer(c, { title: t`Providers`, wide: true, isPrivate: true }, listView(seen, all, await hasPass(c)));
}

/** GET /providers/:name?done=1 */
export async function one(c: Page): Promise<Response> {
  await operatorsOnly(c);
  return show(c, await providerOf(c), { isDone: c.req.query("done") === "1" });
}

/** POST /providers/:name: standing and budget of one address, or limits; an empty field takes a limit back. */
export async function change(c: Page): Promise<Response> {
  await operatorsOnly(c);
  const { pool, clock } = c.var.house;
  const seen = await providerOf(c);
  const form: Record<string, unknown> = await c.req.parseBody();
  const names = form["address"] === undefined ? LIMITS.map((limit) => limit.name) : ["address", "standing", "budget"];
  const typed = Object.fromEntries(names.map((name) => [name, textOf(form, name).trim().slice(0, 200)]));
  const pairs = Object.fromEntries(names.map((name) => [name, typed[name] || "default"]));
  const given = { sources: sourcesHere(c.var.house), known: [seen.provider] };
  try {
    await transact(pool, (sql) => providers.change(sql, seen.provider, pairs, given, clock.now()));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    c.status(400);
    return show(c, seen, { typed, problem: error.message });
  }
  return c.redirect(`${pathOf(seen.provider)}?done=1`, 303);
}

/** What the page tells of a form: that it was done, or what was typed and why it was not. */
type Told = { isDone?: boolean; typed?: Record<string, string>; problem?: string };

const show = (c: Page, provider: providers.ProviderDetail, told: Told): Promise<Response> =>
  answer(c, { title: provider.title, isPrivate: true }, oneView(provider, told, readerOf(c)));

async function providerOf(c: Page): Promise<providers.ProviderDetail> {
  const { pool, clock } = c.var.house;
  const name = c.req.param("name") ?? "";
  const queued = await queue.queuedByProvider(pool);
  const found = await providers.detail(pool, name, sourcesHere(c.var.house), queued, clock.now());
  if (!found) throw new NotHere();
  return found;
}

export const sourcesHere = ({ config }: House): string[] => providers.sourcesOf(config.egress ?? [], config.node ?? "");

const pathOf = (provider: string): string => `/providers/${encodeURIComponent(provider)}`;

const STATES = { approved: "done", warming: "waiting", closed: "stopped" } as const;
const standingMark = (standing: Address["standing"]): Html =>
  html`<span class="state state-${STATES[standing]}">${WORDS[standing]()}</span>`;
const WORDS = { approved: () => t`approved`, warming: () => t`warming`, closed: () => t`closed` };

const sentToday = ({ budget, spentToday }: Address): string =>
  budget === null ? figure(spentToday) : t`${figure(spentToday)} of ${figure(budget)}`;

function limitsInWords({ limits }: Seen): string {
  const [connections, mails] = [figure(limits.connections), figure(limits.mailsPerConnection)];
  if (limits.perMinute === null) return `${connections} × ${mails}`;
  return t`${connections} × ${mails}, ${figure(limits.perMinute)} a minute`;
}

const heads = (): string[] => [t`Provider`, t`Address`, t`Standing`, t`Sent today`, t`Connections × mails`, t`Waiting`];

const listView = (
  seen: Seen[],
  all: boolean,
  isByPass: boolean,
): Html => html`<div class="bar"><h1 class="page-title">${t`Providers`}</h1>
${isByPass ? html`<form method="post" action="/operator/leave"><button class="quiet">${t`Stop being an operator here`}</button></form>` : ""}</div>
<p class="lead">${t`Those who keep mail for many of our members. Each takes our sending addresses in its own way: a new one warms up, with a budget of mails a day that grows.`}</p>
${
  seen.length === 0
    ? html`<div class="empty"><p>${t`No provider has been met yet. When mail goes out, they will be here.`}</p></div>`
    : html`<div class="table-frame" tabindex="0" role="region" aria-label="${t`Providers`}"><table class="table" role="table">
<thead role="rowgroup"><tr role="row">${heads().map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${seen.map(rows)}</tbody></table></div>`
}
<p class="small">${all ? html`<a href="/providers">${t`Only those met so far`}</a>` : html`<a href="/providers?all=1">${t`All that we have facts of`}</a>`}</p>`;

/** A row for each address; the provider's own words stand in its first. On a phone, where no heads are, cells say what they are. */
function rows(provider: Seen): Html[] {
  return provider.addresses.map((address, i) => {
    const hasMore = i < provider.addresses.length - 1;
    return html`<tr role="row"${hasMore ? html` class="has-more"` : ""}><th scope="row" role="rowheader">${i === 0 ? nameOf(provider) : html`<bdi class="unseen">${provider.title}</bdi>`}</th>
<td role="cell">${address.source}</td><td role="cell">${standingMark(address.standing)}</td><td role="cell"><span class="narrow">${t`today`} </span>${sentToday(address)}</td><td role="cell">${i === 0 ? limitsInWords(provider) : ""}</td><td role="cell">${i === 0 ? html`<span class="narrow">${t`waiting`} </span>${figure(provider.waiting)}` : ""}</td></tr>`;
  });
}

const nameOf = (provider: Seen): Html =>
  html`<a href="${pathOf(provider.provider)}"><bdi>${provider.title}</bdi></a>${provider.problem ? html`<p class="why" lang="en">${provider.problem}</p>` : ""}`;

const oneView = (
  provider: providers.ProviderDetail,
  told: Told,
  reader: Reader,
): Html => html`<nav class="where" aria-label="${t`You are here`}"><a href="/providers">${t`Providers`}</a></nav>
<h1 class="page-title"><bdi>${provider.title}</bdi></h1>
<p class="lead">${waitingInWords(provider)}${provider.hosts.length > 0 ? ` ${t`Known by mail hosts that end in ${hostsOf(provider)}.`}` : ""}</p>
${provider.problem ? html`<p class="why" lang="en">${provider.problem}</p>` : ""}
${told.isDone ? html`<p class="told" role="status">${t`Changed. Nodes go by it within seconds.`}</p>` : ""}
<section class="part"><h2 class="part-head">${t`How it takes our addresses`}</h2>
<p class="small">${ruleInWords(provider.newcomer)}</p>
${provider.addresses.map((address, i) => addressForm(provider, address, i, told, reader))}</section>
${
  provider.ask.length > 0
    ? html`<section class="part"><h2 class="part-head">${t`What to ask of it`}</h2>
<ol class="asks">${provider.ask.map(({ what, where }) => html`<li><span lang="en">${what}.</span><br><a href="${where}" rel="noreferrer">${where.replace(/^(https?:\/\/|mailto:)/, "")}</a></li>`)}</ol></section>`
    : ""
}
<section class="part"><h2 class="part-head">${t`Limits`}</h2>
<p class="small">${t`From each of our addresses. The pace finds by itself what holds below them.`}</p>
<form method="post" action="${pathOf(provider.provider)}" class="form"><div class="fields">${LIMITS.map((limit) => limitField(provider, limit, told))}</div>${told.typed && told.typed["address"] === undefined ? problem(told) : ""}
<p class="actions"><button class="button quiet">${t`Set the limits`}</button></p></form></section>
${provider.history.length > 0 ? historyView(provider, reader) : ""}`;

const MOST_HOSTS = 4;

const hostsOf = ({ hosts }: providers.ProviderDetail): string =>
  `${hosts.slice(0, MOST_HOSTS).join(", ")}${hosts.length > MOST_HOSTS ? " …" : ""}`;

function waitingInWords({ waiting, held }: Seen): string {
  if (waiting === 0) return held === 0 ? t`Nothing is waiting.` : t`Nothing is waiting, ${figure(held)} held.`;
  return held === 0
    ? tn(waiting, "{0} mail is waiting.", "{0} mails are waiting.")
    : tn(waiting, "{0} mail is waiting, {1} held.", "{0} mails are waiting, {1} held.", figure(held));
}

const problem = (told: Told): Html => html`<p class="field-problem" role="alert">${told.problem}</p>`;

function addressForm(provider: Seen, address: Address, i: number, told: Told, reader: Reader): Html {
  const typed = told.typed?.["address"] === address.source ? told.typed : undefined;
  const seen = address.seenAt ? th`last asked for ${timeInWords(address.seenAt, reader)}` : t`not used yet`;
  const chosen = address.isByRule ? "default" : address.standing;
  const options = [
    ["default", address.isByRule ? t`by the rule: ${WORDS[address.standing]()}` : t`by the rule`],
    ["approved", t`approved`],
    ["warming", t`warming`],
    ["closed", t`closed`],
  ] as const;
  return html`<form method="post" action="${pathOf(provider.provider)}" class="standing" aria-label="${address.source}">
<p class="standing-head"><b>${address.source}</b> ${standingMark(address.standing)} <span class="small">${th`${sentToday(address)} today, ${seen}`}</span></p>
<input type="hidden" name="address" value="${address.source}">
<div class="fields">${selectField({ id: `standing-${i}`, name: "standing", label: t`Standing`, value: typed?.["standing"] ?? chosen, options })}
${field({ id: `budget-${i}`, name: "budget", label: t`Mails today, while warming`, value: typed?.["budget"] ?? String(address.savedBudget) })}
<button class="button quiet">${t`Change`}</button></div>${typed ? problem(told) : ""}</form>`;
}

const LIMITS = [
  { name: "connections", label: () => t`Connections at a time`, key: "connections" },
  { name: "mails-per-connection", label: () => t`Mails over one connection`, key: "mailsPerConnection" },
  { name: "per-minute", label: () => t`Mails a minute, or none`, key: "perMinute" },
  { name: "recipients", label: () => t`Recipients of one mail`, key: "recipients" },
] as const;

function limitField(provider: Seen, { name, label, key }: (typeof LIMITS)[number], { typed }: Told): Html {
  const isSet = provider.set.includes(name);
  const present = provider.limits[key] === null ? "none" : String(provider.limits[key]);
  const help = isSet ? t`Set here; leave it empty to take that back.` : t`As known: ${present}.`;
  return field({ name, label: label(), help, value: typed?.[name] ?? (isSet ? present : "") });
}

function ruleInWords({ standing, start, growth }: providers.ProviderDetail["newcomer"]): string {
  if (standing === "approved") return t`It takes a new address as any other.`;
  if (standing === "warming")
    return t`A new address warms up: ${figure(start)} mails on its first day, then up to ${figure(growth)} times what was used without trouble.`;
  return t`It takes no mail from an address it does not know. A new one stays closed while another of ours is approved; where there is none it warms up: ${figure(start)} mails on its first day, then up to ${figure(growth)} times what was used without trouble.`;
}

const historyView = (
  provider: providers.ProviderDetail,
  reader: Reader,
): Html => html`<section class="part"><h2 class="part-head">${t`What became of it`}</h2>
<ul class="facts">${provider.history.map(
  (one) =>
    html`<li class="small">${th`${timeInWords(one.at, reader)}: ${one.source}, ${one.standing ? WORDS[one.standing]() : t`by the rule`}, ${figure(one.budget)} a day:`} <span lang="en">${one.cause}</span></li>`,
)}</ul></section>`;
