/** The providers, for operators: how each takes our addresses, its limits, what waits, and what to ask of it and where. */
import { html } from "hono/html";
import { transact } from "../../db/sql.ts";
import { Refusal } from "../../kit/errors.ts";
import * as providers from "../../providers/providers.ts";
import * as queue from "../../queue/queue.ts";
import type { House, Page } from "../house.ts";
import { hasPass, operatorsOnly } from "../operator.ts";
import { NotHere } from "../rights.ts";
import { counted, figure } from "../views/figures.ts";
import { field, selectField, textOf } from "../views/forms.ts";
import { answer, type Html } from "../views/layout.ts";
import { type Reader, timeInWords } from "../views/time.ts";
import { readerOf } from "../visitors.ts";

type Seen = providers.ProviderSeen;
type Address = providers.AddressSeen;

/** GET /providers?all=1 */
export async function list(c: Page): Promise<Response> {
  await operatorsOnly(c);
  const { pool, clock } = c.var.house;
  const all = c.req.query("all") === "1";
  const queued = await queue.queuedByProvider(pool);
  const seen = await providers.overview(pool, sourcesHere(c.var.house), queued, clock.now(), all);
  return answer(c, { title: "Providers", wide: true, isPrivate: true }, listView(seen, all, await hasPass(c)));
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
  html`<span class="state state-${STATES[standing]}">${standing}</span>`;

const sentToday = ({ budget, spentToday }: Address): string =>
  budget === null ? figure(spentToday) : `${figure(spentToday)} of ${figure(budget)}`;

function limitsInWords({ limits }: Seen): string {
  const perMinute = limits.perMinute === null ? "" : `, ${figure(limits.perMinute)} a minute`;
  return `${figure(limits.connections)} × ${figure(limits.mailsPerConnection)}${perMinute}`;
}

const HEADS = ["Provider", "Address", "Standing", "Sent today", "Connections × mails", "Waiting"];

const listView = (
  seen: Seen[],
  all: boolean,
  isByPass: boolean,
): Html => html`<div class="bar"><h1 class="page-title">Providers</h1>
${isByPass ? html`<form method="post" action="/operator/leave"><button class="quiet">Stop being an operator here</button></form>` : ""}</div>
<p class="lead">Those who keep mail for many of our members. Each takes our sending addresses in its own way: a new one warms up, with a budget of mails a day that grows.</p>
${
  seen.length === 0
    ? html`<div class="empty"><p>No provider has been met yet. When mail goes out, they will be here.</p></div>`
    : html`<div class="table-frame" tabindex="0" role="region" aria-label="Providers"><table class="table" role="table">
<thead role="rowgroup"><tr role="row">${HEADS.map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${seen.map(rows)}</tbody></table></div>`
}
<p class="small">${all ? html`<a href="/providers">Only those met so far</a>` : html`<a href="/providers?all=1">All that we have facts of</a>`}</p>`;

/** A row for each address; the provider's own words stand in its first. On a phone, where no heads are, cells say what they are. */
function rows(provider: Seen): Html[] {
  return provider.addresses.map((address, i) => {
    const hasMore = i < provider.addresses.length - 1;
    return html`<tr role="row"${hasMore ? html` class="has-more"` : ""}><th scope="row" role="rowheader">${i === 0 ? nameOf(provider) : html`<span class="unseen">${provider.title}</span>`}</th>
<td role="cell">${address.source}</td><td role="cell">${standingMark(address.standing)}</td><td role="cell">${sentToday(address)}<span class="narrow"> today</span></td><td role="cell">${i === 0 ? limitsInWords(provider) : ""}</td><td role="cell">${i === 0 ? html`${figure(provider.waiting)}<span class="narrow"> waiting</span>` : ""}</td></tr>`;
  });
}

const nameOf = (provider: Seen): Html =>
  html`<a href="${pathOf(provider.provider)}">${provider.title}</a>${provider.problem ? html`<p class="why">${provider.problem}</p>` : ""}`;

const oneView = (
  provider: providers.ProviderDetail,
  told: Told,
  reader: Reader,
): Html => html`<nav class="where" aria-label="You are here"><a href="/providers">Providers</a></nav>
<h1 class="page-title">${provider.title}</h1>
<p class="lead">${provider.waiting === 0 ? "Nothing is waiting" : `${counted(provider.waiting, "mail")} waiting`}${provider.held > 0 ? `, ${figure(provider.held)} held` : ""}.${provider.hosts.length > 0 ? html` Known by mail hosts that end in ${provider.hosts.slice(0, MOST_HOSTS).join(", ")}${provider.hosts.length > MOST_HOSTS ? " …" : ""}.` : ""}</p>
${provider.problem ? html`<p class="why">${provider.problem}</p>` : ""}
${told.isDone ? html`<p class="told" role="status">Changed. Nodes go by it within seconds.</p>` : ""}
<section class="part"><h2 class="part-head">How it takes our addresses</h2>
<p class="small">${ruleInWords(provider.newcomer)}</p>
${provider.addresses.map((address, i) => addressForm(provider, address, i, told, reader))}</section>
${
  provider.ask.length > 0
    ? html`<section class="part"><h2 class="part-head">What to ask of it</h2>
<ol class="asks">${provider.ask.map(({ what, where }) => html`<li>${what}.<br><a href="${where}" rel="noreferrer">${where.replace(/^(https?:\/\/|mailto:)/, "")}</a></li>`)}</ol></section>`
    : ""
}
<section class="part"><h2 class="part-head">Limits</h2>
<p class="small">From each of our addresses. The pace finds by itself what holds below them.</p>
<form method="post" action="${pathOf(provider.provider)}" class="form"><div class="fields">${LIMITS.map((limit) => limitField(provider, limit, told))}</div>${told.typed && told.typed["address"] === undefined ? problem(told) : ""}
<p class="actions"><button class="button quiet">Set the limits</button></p></form></section>
${provider.history.length > 0 ? historyView(provider, reader) : ""}`;

const MOST_HOSTS = 4;

const problem = (told: Told): Html => html`<p class="field-problem" role="alert">${told.problem}</p>`;

function addressForm(provider: Seen, address: Address, i: number, told: Told, reader: Reader): Html {
  const typed = told.typed?.["address"] === address.source ? told.typed : undefined;
  const seen = address.seenAt ? html`last asked for ${timeInWords(address.seenAt, reader)}` : "not used yet";
  const chosen = address.isByRule ? "default" : address.standing;
  const options = [
    ["default", address.isByRule ? `by the rule: ${address.standing}` : "by the rule"],
    ["approved", "approved"],
    ["warming", "warming"],
    ["closed", "closed"],
  ] as const;
  return html`<form method="post" action="${pathOf(provider.provider)}" class="standing" aria-label="${address.source}">
<p class="standing-head"><b>${address.source}</b> ${standingMark(address.standing)} <span class="small">${sentToday(address)} today, ${seen}</span></p>
<input type="hidden" name="address" value="${address.source}">
<div class="fields">${selectField({ id: `standing-${i}`, name: "standing", label: "Standing", value: typed?.["standing"] ?? chosen, options })}
${field({ id: `budget-${i}`, name: "budget", label: "Mails today, while warming", value: typed?.["budget"] ?? String(address.savedBudget) })}
<button class="button quiet">Change</button></div>${typed ? problem(told) : ""}</form>`;
}

const LIMITS = [
  { name: "connections", label: "Connections at a time", key: "connections" },
  { name: "mails-per-connection", label: "Mails over one connection", key: "mailsPerConnection" },
  { name: "per-minute", label: "Mails a minute, or none", key: "perMinute" },
  { name: "recipients", label: "Recipients of one mail", key: "recipients" },
] as const;

function limitField(provider: Seen, { name, label, key }: (typeof LIMITS)[number], { typed }: Told): Html {
  const isSet = provider.set.includes(name);
  const present = provider.limits[key] === null ? "none" : String(provider.limits[key]);
  const help = isSet ? "Set here; leave it empty to take that back." : `As known: ${present}.`;
  return field({ name, label, help, value: typed?.[name] ?? (isSet ? present : "") });
}

function ruleInWords({ standing, start, growth }: providers.ProviderDetail["newcomer"]): string {
  if (standing === "approved") return "It takes a new address as any other.";
  const warming = `${figure(start)} mails on its first day, then up to ${growth === 2 ? "twice" : `${growth} times`} what was used without trouble.`;
  if (standing === "warming") return `A new address warms up: ${warming}`;
  return `It takes no mail from an address it does not know. A new one stays closed while another of ours is approved; where there is none it warms up: ${warming}`;
}

const historyView = (
  provider: providers.ProviderDetail,
  reader: Reader,
): Html => html`<section class="part"><h2 class="part-head">What became of it</h2>
<ul class="facts">${provider.history.map(
  (one) =>
    html`<li class="small">${timeInWords(one.at, reader)}: ${one.source}, ${one.standing ?? "by the rule"}, ${figure(one.budget)} a day: ${one.cause}</li>`,
)}</ul></section>`;
