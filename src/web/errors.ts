/**
 * Bad news on a page: what happened, what was kept, what to do now.
 *
 * When a form could not be taken, the page carries everything that was typed, and one button that sends it again.
 */

import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { isPassing } from "../db/sql.ts";
import type * as directory from "../directory/directory.ts";
import { Refusal, reasonOf } from "../kit/errors.ts";
import { t, told } from "../language/language.ts";
import type { Page } from "./house.ts";
import { OperatorsOnly } from "./operator.ts";
import { MembersOnly, movedTo, NotAllowed, NotHere, SignInFirst } from "./rights.ts";
import { SignInAgain } from "./sign-in/recent.ts";
import { answer, type Html, nothing } from "./views/layout.ts";
import { th } from "./views/say.ts";

type Status = 400 | 403 | 404 | 409 | 413 | 429 | 500 | 503;

/** A page with one headline, one sentence and what to do now. */
export async function sayPage(c: Page, status: Status, title: string, body: Html): Promise<Response> {
  c.status(status);
  c.header("cache-control", "no-store");
  const content = html`<div class="say"><p class="say-status">${status}</p><h1>${title}</h1>${body}</div>`;
  return answer(c, { title, isPrivate: true }, content);
}

export async function notFoundPage(c: Page): Promise<Response> {
  const visitor = await c.var.visitor().catch(() => undefined);
  const next = encodeURIComponent(c.req.path);
  const body = html`<p>${t`The address may be mistyped, or what was here is for the members of a group only.`}</p>
    <p class="actions">${visitor ? "" : html`<a class="button" href="/sign-in?next=${next}">${t`Sign in`}</a> `}<a class="button quiet" href="/">${t`See all groups`}</a></p>`;
  return sayPage(c, 404, t`There is nothing here for you to see`, body);
}

/** The group may be known, and what is asked for is its members'. The same whether it is there or not. */
async function membersOnlyPage(c: Page, group: directory.Group): Promise<Response> {
  const visitor = await c.var.visitor();
  const next = encodeURIComponent(c.req.path);
  const body = html`<p>${th`What is posted to <bdi>${group.title}</bdi> is for its members.`}</p>
    <p class="actions">${visitor ? "" : html`<a class="button" href="/sign-in?next=${next}">${t`Sign in`}</a> `}<a class="button quiet" href="/g/${group.name}">${t`About the group`}</a></p>`;
  return sayPage(c, 404, t`This is for members`, body);
}

export async function troublePage(error: Error, c: Page): Promise<Response> {
  const { log } = c.var.house;
  if (error instanceof MembersOnly) return membersOnlyPage(c, error.group);
  if (error instanceof NotHere) return (await elsewhere(c)) ?? notFoundPage(c);
  if (error instanceof OperatorsOnly) {
    const body = html`<p>${t`These pages are for the operators of this service. On the machine that runs it, this prints a link that opens them:`}</p><p><code>npx smartgroups provider page</code></p><p class="actions"><a class="button quiet" href="/">${t`See all groups`}</a></p>`;
    return sayPage(c, 403, t`This is not open to you`, body);
  }
  if (error instanceof NotAllowed) {
    return sayPage(
      c,
      403,
      t`This is not open to you`,
      html`<p>${t`${error.message} If that should be you, ask an owner of the group.`}</p><p class="actions"><a class="button quiet" href="/">${t`See all groups`}</a></p>`,
    );
  }
  if (error instanceof SignInFirst) return askToSignIn(c);
  if (error instanceof SignInAgain) return askAgain(c);
  if (error instanceof HTTPException && error.status === 403) {
    return sayPage(
      c,
      403,
      t`This form was not sent from here`,
      html`<p>${t`To keep others from posting in your name, forms are taken from our own pages only. Nothing was changed.`}</p>${await again(c)}`,
    );
  }
  if (error instanceof Refusal) {
    return sayPage(c, 400, t`That could not be done`, html`<p>${told(error.message)}</p>${await again(c)}`);
  }
  if (isPassing(error)) {
    log.warn({ path: c.req.path, err: reasonOf(error) }, "page not served: the database is away");
    c.header("retry-after", "10");
    return sayPage(
      c,
      503,
      t`The database is away for the moment`,
      html`<p>${t`All mail that was accepted is kept, and goes on as soon as the database is back. This page can't be shown until then.`}</p>${await again(c, t`Try again in a few seconds.`)}`,
    );
  }
  log.error({ path: c.req.path, err: error }, "page failed");
  return sayPage(
    c,
    500,
    t`This page failed`,
    html`<p>${t`The fault is ours and has been written to the log. Mail is not touched by it.`}</p>${await again(c)}`,
  );
}

/** A group that was renamed: what leads to its earlier name is led on, forms with what they carry (RFC 9110 15.4.9). */
export async function elsewhere(c: Page): Promise<Response | undefined> {
  const path = await movedTo(c).catch(() => undefined);
  if (path === undefined) return undefined;
  // It may be renamed back: nobody keeps this for longer than a visit.
  c.header("cache-control", "private, no-cache");
  return c.redirect(path, c.req.method === "GET" || c.req.method === "HEAD" ? 301 : 308);
}

async function askToSignIn(c: Page): Promise<Response> {
  const next = encodeURIComponent(c.req.path);
  if (c.req.method === "GET") return c.redirect(`/sign-in?next=${next}`, 303);
  return sayPage(
    c,
    403,
    t`You are not signed in any more`,
    html`<p>${th`Nothing is lost: <a href="${`/sign-in?next=${next}`}" target="_blank">sign in in another tab</a>, come back here and send it again.`}</p>${await again(c)}`,
  );
}

/** Signed in, but not lately: what is dangerous asks once more. Nothing that was typed comes back, as it may be a password. */
async function askAgain(c: Page): Promise<Response> {
  const back = c.req.path === "/account" ? "/account" : "/account/security";
  const again = `/sign-in?again=1&next=${encodeURIComponent(back)}`;
  if (c.req.method === "GET") return c.redirect(again, 303);
  return sayPage(
    c,
    403,
    t`Is it still you?`,
    html`<p>${t`What you want to change decides who gets into your account, and you signed in a while ago. Sign in once more; nothing was changed yet.`}</p><p class="actions"><a class="button" href="${again}">${t`Sign in`}</a></p>`,
  );
}

/** What was typed, to be sent again; or a link to the same page. */
async function again(c: Page, advice = ""): Promise<Html> {
  if (c.req.method === "GET") {
    return html`<p>${advice}</p><p class="actions"><a class="button" href="${c.req.path}">${t`Try again`}</a></p>`;
  }
  const typed = await c.req.parseBody().catch(() => ({}));
  const fields = Object.entries(typed).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (fields.length === 0) return nothing;
  return html`<form method="post" action="${c.req.path}" class="again"><p>${advice} ${t`What you typed is here:`}</p>
    ${fields.map(([name, value]) => typedField(name, value))}
    <p class="actions"><button class="button">${t`Send it again`}</button></p></form>`;
}

const FIELDS: Record<string, () => string> = {
  subject: () => t`Subject`,
  text: () => t`Text`,
  name: () => t`Name`,
  reason: () => t`Reason`,
  email: () => t`Address`,
};

const typedField = (name: string, value: string): Html =>
  /^(subject|text|name|reason|email)$/.test(name)
    ? html`<label class="field"><span>${FIELDS[name]?.() ?? name}</span><textarea name="${name}" rows="${Math.min(20, value.split("\n").length + 1)}" readonly>${value}</textarea></label>`
    : html`<input type="hidden" name="${name}" value="${value}">`;
