/** Signing in by mail link, and out. */

import { html } from "hono/html";
import { t } from "../../language/language.ts";
import { parseAddress } from "../../mail/address.ts";
import { sayPage } from "../errors.ts";
import type { Page } from "../house.ts";
import { ownPath } from "../own-path.ts";
import { clientKey, request } from "../sign-in/requests.ts";
import { field, type Typed, textOf } from "../views/forms.ts";
import { answer, type Html } from "../views/layout.ts";
import { th } from "../views/say.ts";
import { clientAddress } from "../visitors.ts";

/** GET /sign-in?next=PATH */
export async function form(c: Page): Promise<Response> {
  const next = nextFrom(c.req.query("next"));
  if (await c.var.visitor()) return c.redirect(next, 303);
  return answer(c, { title: t`Sign in` }, formView({ email: "" }, next, hasMailbox(c)));
}

/** POST /sign-in: mails a link. The answer is the same for every address, so that it tells nobody who is here. */
export async function send(c: Page): Promise<Response> {
  const { pool, signIn, clock } = c.var.house;
  const typed = await c.req.parseBody();
  const next = nextFrom(textOf(typed, "next"));
  const email = textOf(typed, "email").trim();
  const refuse = (problem: string, status: 400 | 429): Promise<Response> => {
    c.status(status);
    return answer(c, { title: t`Sign in` }, formView({ email, problem }, next, hasMailbox(c)));
  };
  if (!isMailable(email)) return refuse(t`This is not a mail address: write it as name@example.org.`, 400);
  const verdict = await request(pool, email, clientKey(clientAddress(c)), clock.now());
  if (verdict === "address")
    return refuse(
      t`Five links went to this address within the hour: look for them in its mail, spam folder too, or wait.`,
      429,
    );
  if (verdict === "client")
    return refuse(t`Many links were asked for from your network within the hour: try again later.`, 429);
  await signIn.sendLink(email.toLowerCase(), next);
  return answer(c, { title: t`Look into your mail` }, sentView(email, hasMailbox(c)));
}

/** GET /sign-in/:token: a button only. Whoever fetches links to look for viruses signs nobody in. */
export function arrive(c: Page): Promise<Response> {
  const content = html`<div class="say"><h1>${t`Welcome back`}</h1><p>${t`One press and you are in. You stay signed in on this device for 60 days.`}</p>
<form method="post" action="/sign-in/${c.req.param("token")}"><input type="hidden" name="next" value="${nextFrom(c.req.query("next"))}">
<p class="actions"><button class="button">${t`Sign in`}</button></p></form></div>`;
  c.header("referrer-policy", "no-referrer");
  return answer(c, { title: t`Sign in`, isPrivate: true }, content);
}

/** POST /sign-in/:token */
export async function enter(c: Page): Promise<Response> {
  const typed = await c.req.parseBody();
  const cookies = await c.var.house.signIn.useLink(c.req.param("token") ?? "", c.req.header("user-agent") ?? "");
  if (!cookies) {
    const body = html`<p>${t`A link works once and for half an hour: this one was used, or is too old.`}</p><p class="actions"><a class="button" href="/sign-in">${t`Get a new link`}</a></p>`;
    return sayPage(c, 400, t`This link does not work any more`, body);
  }
  for (const cookie of cookies) c.header("set-cookie", cookie, { append: true });
  return c.redirect(nextFrom(textOf(typed, "next")), 303);
}

/** POST /sign-out */
export async function leave(c: Page): Promise<Response> {
  for (const cookie of await c.var.house.signIn.signOut(c.req.raw.headers))
    c.header("set-cookie", cookie, { append: true });
  return c.redirect("/", 303);
}

const hasMailbox = (c: Page): boolean => c.var.house.config.outbound.kind === "capture";

/** Where to go once signed in: not to signing in. */
function nextFrom(path: string | undefined): string {
  const own = ownPath(path);
  return own.startsWith("/sign-in") ? "/" : own;
}

/** Plain addresses only: quoted local parts and address literals sign in nowhere. */
export const isMailable = (email: string): boolean => {
  const address = parseAddress(email);
  return address !== undefined && /^[^\s"[\]]+@[^\s"[\]]+\.[^\s"[\]]+$/.test(email) && /^[\u0021-\u007e]+$/.test(email);
};

const formView = (typed: Typed & { email: string }, next: string, mailbox: boolean): Html => html`<div class="say">
<h1>${t`Sign in`}</h1>
<p>${t`We mail you a link; there is no password to remember.`}</p>
<form method="post" action="/sign-in" class="form">
  <input type="hidden" name="next" value="${next}">
  ${field({ name: "email", label: t`Your mail address`, type: "email", value: typed.email, problem: typed.problem, autocomplete: "email", isRequired: true })}
  <p class="actions"><button class="button">${t`Mail me a link`}</button></p>
</form>
${mailbox ? html`<aside class="hint"><p>${th`<b>This service keeps its outgoing mail to itself</b> until it is given a domain. The link will appear in the <a href="/mailbox">local mailbox</a>.`}</p></aside>` : ""}
</div>`;

const sentView = (email: string, mailbox: boolean): Html => html`<div class="say">
<h1>${t`Look into your mail`}</h1>
<p>${th`We have written to <b>${email}</b>. Open the link in that mail within half an hour; it works once.`}</p>
${
  mailbox
    ? html`<p class="actions"><a class="button" href="/mailbox?to=${encodeURIComponent(email)}">${t`Open the local mailbox`}</a></p>
<p class="small">${t`Outgoing mail is kept here until this service is given a domain, so the link is there, a second or two from now.`}</p>`
    : html`<p class="small">${th`Nothing there after a few minutes? Look into the spam folder, or <a href="/sign-in">ask again</a>.`}</p>`
}</div>`;
