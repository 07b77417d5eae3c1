/** People across all groups, for operators: where somebody is, by which addresses, how their mail fares; and who is kept out of everything. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { Refusal } from "../../../kit/errors.ts";
import { en, t, tn, told } from "../../../language/language.ts";
import * as returns from "../../../returns/returns.ts";
import type { Page } from "../../house.ts";
import { operatorsOnly } from "../../operator.ts";
import { NotHere } from "../../rights.ts";
import { whatHappened } from "../../views/events.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { getsNow } from "../../views/modes.ts";
import { roleWord, shown } from "../../views/names.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";
import { meansOf } from "../members/member-health.ts";

const FOUND = 100;
const EVENTS = 10;

type Typed = { pattern: string; why: string; problem?: string };

/** GET /operator/people?find=TEXT */
export const search = (c: Page): Promise<Response> => show(c, { pattern: "", why: "" });

/** POST /operator/people: `do` is `ban` or `lift`, of all groups. */
export async function ban(c: Page): Promise<Response> {
  await operatorsOnly(c);
  const { pool, clock } = c.var.house;
  const form = await c.req.parseBody();
  const typed = { pattern: textOf(form, "pattern"), why: textOf(form, "why").trim() };
  try {
    if (textOf(form, "do") === "lift") await directory.liftBan(pool, directory.SERVICE, typed.pattern);
    else {
      const one = { pattern: directory.banPattern(typed.pattern), why: typed.why, setBy: en`an operator` };
      await transact(pool, (sql) => directory.ban(sql, directory.SERVICE, one, clock.now()));
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(c, { ...typed, problem: told(error.message) });
  }
  return c.redirect("/operator/people", 303);
}

async function show(c: Page, typed: Typed): Promise<Response> {
  await operatorsOnly(c);
  const { pool } = c.var.house;
  const find = (c.req.query("find") ?? "").trim().slice(0, 200);
  const [found, bans] = await Promise.all([
    find === "" ? [] : directory.findPeople(pool, find, FOUND),
    directory.bans(pool, directory.SERVICE),
  ]);
  const reader = readerOf(c);
  if (typed.problem) c.status(400);
  const content = html`<div class="bar"><h1 class="page-title">${t`People`}</h1>
<form method="get" role="search" class="find"><label class="unseen" for="find">${t`Find a person`}</label><input id="find" name="find" type="search" value="${find}" placeholder="${t`Find by name or address`}"><button class="button quiet">${t`Find`}</button></form></div>
${find === "" ? html`<p class="lead">${t`Anybody in any group, by a part of their name or address.`}</p>` : found.length === 0 ? html`<div class="empty"><p>${t`Nobody's name or address contains “${find}”.`}</p></div>` : html`<ul class="owns">${found.map((one) => html`<li class="own"><span class="own-what"><b><a href="/operator/people/${one.id}"><bdi>${shown(one.name) || one.addresses[0] || t`Nobody any more`}</bdi></a></b><span class="own-said">${one.addresses.join(", ")} · ${tn(one.groups, "{0} group", "{0} groups")}</span></span></li>`)}</ul>`}
<h2 class="list-head">${t`Kept out of all groups`}</h2>
${bans.length === 0 ? html`<p>${t`Nobody is kept out of all groups.`}</p>` : html`<ul class="owns">${bans.map((one) => html`<li class="own"><span class="own-what"><b>${one.pattern}</b><span class="own-said">${[one.why, told(one.setBy)].filter(Boolean).join(" · ")}, ${timeInWords(one.setAt, reader)}</span></span><form method="post"><input type="hidden" name="pattern" value="${one.pattern}"><button class="button bare" name="do" value="lift" aria-label="${t`Let in again: ${one.pattern}`}">${t`Let in again`}</button></form></li>`)}</ul>`}
<form method="post" action="/operator/people" class="form">${field({ name: "pattern", label: t`An address, a domain or a pattern`, value: typed.pattern, problem: typed.problem, help: t`ana@far.test, far.test or *@*.far.test: can't join or post to any group. Who runs a group is not touched in it.`, autocomplete: "off", isRequired: true })}
${field({ name: "why", label: t`Why, for the other operators`, value: typed.why, autocomplete: "off", maxLength: 500 })}
<p class="actions"><button class="button quiet" name="do" value="ban">${t`Keep out of all groups`}</button></p></form>`;
  return answer(c, { title: t`People`, isPrivate: true }, content);
}

/** GET /operator/people/:id */
export async function one(c: Page): Promise<Response> {
  const person = await found(c);
  const { pool } = c.var.house;
  const reader = readerOf(c);
  const [addresses, memberships] = await Promise.all([
    directory.addressesOf(pool, person.id),
    directory.membershipsEverOf(pool, person.id),
  ]);
  const groups = await directory.groupsById(pool, [...new Set(memberships.map((one) => one.groupId))]);
  const known = [...new Set([...addresses, ...memberships].map((one) => one.address))];
  const [bans, events] = await Promise.all([
    directory.bansAgainst(pool, known),
    Promise.all(memberships.map((one) => directory.eventsOf(pool, one.groupId, one.id, EVENTS))),
  ]);
  const present = memberships.filter((one) => !one.endedAt);
  const row = (one: (typeof memberships)[number], i: number): Html => {
    const group = groups.find((some) => some.id === one.groupId);
    const state = one.endedAt
      ? html`${t`ended`} ${timeInWords(one.endedAt, reader)}`
      : one.pausedAt
        ? html`${t`mail stopped`}: ${told(one.pauseCause ?? "")}`
        : html`${t`gets ${getsNow(one, reader.now)}`}`;
    return html`<section class="slip"><h3><bdi>${group?.title ?? t`A group that is gone`}</bdi></h3><p>${one.address} · ${roleWord(one.role)} · ${state}</p>
<ol class="way">${events[i]!.map((event) => html`<li class="event"><p><b>${whatHappened(event.what)}</b>${event.cause ? html` <span class="event-why">${told(event.cause)}</span>` : ""}</p><p class="step-time">${timeInWords(event.at, reader)}</p></li>`)}</ol></section>`;
  };
  const name = shown(person.name || memberships.find((one) => one.name)?.name || "") || known[0] || "";
  const content = html`<p class="small"><a href="/operator/people">${t`People`}</a></p><h1 class="page-title"><bdi>${name}</bdi></h1>
<p class="lead">${person.isOperator ? html`${t`an operator of this service`} · ` : ""}${addresses.map((one) => html`<bdi>${one.address}</bdi>${one.verifiedAt ? "" : html` (${t`not confirmed yet`})`} `)}</p>
${bans.length > 0 ? html`<p class="notice">${bans.map((one) => html`${one.group === null ? t`Kept out of all groups` : t`Kept out of ${one.group}`}: ${one.pattern}${one.why ? ` (${one.why})` : ""} `)}</p>` : ""}
<form method="post"><p class="actions">${present.some((one) => !one.pausedAt) ? html`<button class="button quiet" name="do" value="pause">${t`Stop their mail in all groups`}</button> ` : ""}${present.some((one) => one.pausedAt) ? html`<button class="button quiet" name="do" value="resume">${t`Let their mail go out again`}</button> ` : ""}<button class="button bare" name="do" value="ban">${t`Keep out of all groups`}</button></p></form>
<h2 class="list-head">${tn(present.length, "In {0} group", "In {0} groups")}</h2>
${memberships.map(row)}`;
  return answer(c, { title: name, isPrivate: true }, content);
}

/** POST /operator/people/:id: `do` is `pause`, `resume` or `ban` (all their addresses). */
export async function act(c: Page): Promise<Response> {
  const person = await found(c);
  const { house } = c.var;
  const { pool, clock } = house;
  const wanted = textOf(await c.req.parseBody(), "do");
  const means = await meansOf(house);
  await transact(pool, async (sql) => {
    const present = await directory.membershipsOfPerson(sql, person.id);
    if (wanted === "pause")
      for (const { id } of present) await returns.stopMail(sql, means, id, "hand", en`an operator`);
    if (wanted === "resume")
      for (const one of present) if (one.pausedAt) await returns.bringBack(sql, means, one, en`an operator`);
    if (wanted === "ban")
      for (const { address } of await directory.addressesOf(sql, person.id))
        await directory.ban(
          sql,
          directory.SERVICE,
          { pattern: directory.banPattern(address), why: "", setBy: en`an operator` },
          clock.now(),
        );
  });
  return c.redirect(`/operator/people/${person.id}`, 303);
}

async function found(c: Page): Promise<directory.Person> {
  await operatorsOnly(c);
  const person = await directory.personById(c.var.house.pool, c.req.param("id") ?? "");
  if (!person) throw new NotHere();
  return person;
}
