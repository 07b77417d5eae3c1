/** Who asks to join, for who looks after members: read, let in, decline, one or several at a time. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as joining from "../../../joining/joining.ts";
import { isId } from "../../../kit/id.ts";
import { t, tn } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { meansOf } from "../../joining.ts";
import { doerOf, groupFor, NotHere } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

/** GET /g/:name/requests */
export async function list(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "members");
  return show(c, group);
}

/** POST /g/:name/requests: `approve=ID` or `decline=ID` for one, `do` for those that are ticked as `id`; `reason`. */
export async function decide(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "members");
  const { group } = seen;
  const body = await c.req.parseBody({ all: true });
  const one = textOf(body, "approve") || textOf(body, "decline");
  const ticked = [body["id"] ?? []].flat().filter((id): id is string => typeof id === "string");
  const ids = one ? [one] : ticked.slice(0, 200);
  if (!ids.every(isId)) throw new NotHere();
  const decision = textOf(body, "approve") || textOf(body, "do") === "approve" ? "approve" : "decline";
  if (ids.length === 0) return show(c, group, t`Tick those you mean, then press again. Nothing is changed yet.`);
  const means = await meansOf(c.var.house);
  const how = { decision, reason: directory.lineOf(textOf(body, "reason"), 500), by: doerOf(seen) } as const;
  let done = 0;
  for (const id of ids) if (await transact(pool, (sql) => joining.decide(sql, means, group, id, how))) done += 1;
  if (done === 0 && one && !(await isOfGroup(c, group, one))) throw new NotHere();
  return c.redirect(`/g/${group.name}/requests?done=${done}`, 303);
}

async function isOfGroup(c: Page, group: directory.Group, id: string): Promise<boolean> {
  return (await directory.joinRequest(c.var.house.pool, id))?.groupId === group.id;
}

async function show(c: Page, group: directory.Group, problem?: string): Promise<Response> {
  const requests = await directory.waitingRequests(c.var.house.pool, group.id);
  const done = /^\d{1,3}$/.test(c.req.query("done") ?? "") ? Number(c.req.query("done")) : undefined;
  if (problem) c.status(400);
  const content = html`<h1 class="page-title">${t`Asking to join`}</h1>
${problem ? html`<p class="field-problem" role="alert">${problem}</p>` : ""}
${done === undefined ? "" : html`<p class="notice" role="status">${done === 0 ? t`Somebody else has decided meanwhile.` : tn(done, "{0} request is decided, and who asked hears by mail.", "{0} requests are decided, and who asked hears by mail.")}</p>`}
${requests.length === 0 ? html`<div class="empty"><p>${t`Nobody waits. Who asks to join stands here, and you hear by mail.`}</p></div>` : formView(c, group, requests)}`;
  return answer(c, { title: t`Asking to join ${group.title}`, group, isPrivate: true }, content);
}

const formView = (c: Page, group: directory.Group, requests: directory.JoinRequest[]): Html =>
  html`<form method="post" class="requests"><ol class="askers">${requests.map((one) => requestView(c, group, one, requests.length > 1))}</ol>
${field({ name: "reason", label: t`A reason, if you decline`, help: t`Who asked reads it.`, value: "", rows: 2, maxLength: 500 })}
${requests.length > 1 ? html`<p class="actions"><button class="button quiet" name="do" value="approve">${t`Let in those ticked`}</button> <button class="button quiet" name="do" value="decline">${t`Decline those ticked`}</button></p>` : ""}</form>`;

function requestView(c: Page, group: directory.Group, one: directory.JoinRequest, isTicked: boolean): Html {
  const who = one.name || one.address;
  const name = html`<span><b dir="auto">${who}</b>${one.name ? html` <span class="asker-address">${one.address}</span>` : ""}</span>`;
  return html`<li class="asker"><div class="asker-head">${isTicked ? html`<label class="option"><input type="checkbox" name="id" value="${one.id}">${name}</label>` : name}
<span class="step-time">${one.confirmedAt ? timeInWords(one.confirmedAt, readerOf(c)) : ""}</span></div>
${one.words ? html`<blockquote class="asker-words" dir="auto">${one.words}</blockquote>` : ""}
${one.answer ? html`<p class="asker-question" dir="auto">${group.joinQuestion}</p><blockquote class="asker-words" dir="auto">${one.answer}</blockquote>` : ""}
<p class="actions"><button class="button" name="approve" value="${one.id}" aria-label="${t`Let in: ${who}`}">${t`Let in`}</button> <button class="button quiet" name="decline" value="${one.id}" aria-label="${t`Decline: ${who}`}">${t`Decline`}</button></p></li>`;
}
