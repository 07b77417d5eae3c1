/** Signing in, by mail link or password; the other ways have pages of their own. And out. */

import { html } from "hono/html";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import { isMailable } from "../../../mail/address.ts";
import { ruleFor } from "../../../mail/disposable.ts";
import { sayPage } from "../../errors.ts";
import type { Page } from "../../house.ts";
import { arrived, nextFrom } from "../../sign-in/arrive.ts";
import { beginTry } from "../../sign-in/attempts.ts";
import { toSignIn } from "../../sign-in/passkeys.ts";
import { TooBusy } from "../../sign-in/password.ts";
import { clientKey, request } from "../../sign-in/requests.ts";
import { textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { type SignInForm, signInView } from "../../views/sign-in.ts";
import { clientAddress } from "../../visitors.ts";

/** GET /sign-in?next=PATH&again=1 */
export async function form(c: Page): Promise<Response> {
  const next = nextFrom(c.req.query("next"));
  const visitor = await c.var.visitor();
  const isAgain = visitor !== undefined && c.req.query("again") === "1";
  if (visitor && !isAgain) return c.redirect(next, 303);
  return show(c, { email: visitor?.address ?? "", next, isAgain });
}

/** POST /sign-in: mails a link. The answer is the same for every address, so that it tells nobody who is here. */
export async function send(c: Page): Promise<Response> {
  const { pool, signIn, clock, config } = c.var.house;
  const typed = await c.req.parseBody();
  const next = nextFrom(textOf(typed, "next"));
  const email = textOf(typed, "email").trim();
  const refuse = (problem: string, status: 400 | 429): Promise<Response> => show(c, { email, next, problem }, status);
  if (!isMailable(email)) return refuse(t`This is not a mail address: write it as name@example.org.`, 400);
  if ((await ruleFor(email, config.disposable)) === "refuse" && !(await directory.personWith(pool, email)))
    return refuse(t`This is a throwaway address, and we take none here: use one that you keep.`, 400);
  const verdict = await request(pool, email, clientKey(clientAddress(c)), clock.now());
  if (verdict === "address")
    return refuse(
      t`Several letters went to this address already: look for them in its mail, spam folder too, or wait.`,
      429,
    );
  if (verdict !== "ok")
    return refuse(t`Many links were asked for from your network within the hour: try again later.`, 429);
  await signIn.sendLink(email.toLowerCase(), next);
  return answer(c, { title: t`Look into your mail` }, sentView(email, hasMailbox(c)));
}

/** POST /sign-in/password. A wrong password and an unknown address are one, in words and in time. */
export async function password(c: Page): Promise<Response> {
  const { pool, signIn, clock } = c.var.house;
  const typed = await c.req.parseBody();
  const next = nextFrom(textOf(typed, "next"));
  const email = textOf(typed, "email").trim();
  const refuse = (wrongPassword: string, status: 400 | 429 | 503): Promise<Response> =>
    show(c, { email, next, wrongPassword }, status);
  if (!isMailable(email)) return refuse(t`This is not a mail address: write it as name@example.org.`, 400);
  if (!(await beginTry(pool, email, clientKey(clientAddress(c)), clock)))
    return refuse(t`Too many tries. Wait a quarter of an hour, or have a link mailed to you: that works at once.`, 429);
  try {
    const entered = await signIn.usePassword(email, textOf(typed, "password"), c.req.raw.headers);
    if (entered) return await arrived(c, entered, email, next);
  } catch (error) {
    if (!(error instanceof TooBusy)) throw error;
    return refuse(t`Many people are signing in at this moment: try again in a minute.`, 503);
  }
  return refuse(
    t`Address and password do not belong together, or no password is set: have a link mailed to you, and set one in your account.`,
    400,
  );
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
  const entered = await c.var.house.signIn.useLink(c.req.param("token") ?? "", c.req.raw.headers);
  if (!entered) {
    const body = html`<p>${t`A link works once and for half an hour: this one was used, or is too old.`}</p><p class="actions"><a class="button" href="/sign-in">${t`Get a new link`}</a></p>`;
    return sayPage(c, 400, t`This link does not work any more`, body);
  }
  return arrived(c, entered, entered.address, textOf(typed, "next"));
}

/** POST /sign-out */
export async function leave(c: Page): Promise<Response> {
  for (const cookie of await c.var.house.signIn.signOut(c.req.raw.headers))
    c.header("set-cookie", cookie, { append: true });
  return c.redirect("/", 303);
}

const hasMailbox = (c: Page): boolean => c.var.house.config.outbound.kind === "capture";

type Shown = Omit<SignInForm, "mailbox" | "providers" | "options">;

/** The page, with whatever was typed and refused. */
export async function show(c: Page, typed: Shown, status?: 400 | 403 | 429 | 503): Promise<Response> {
  const { signIn } = c.var.house;
  if (status) c.status(status);
  c.header("cache-control", "no-store"); // a challenge for a passkey is in it
  const view = signInView({
    ...typed,
    mailbox: hasMailbox(c),
    providers: signIn.providers.list,
    options: await toSignIn(c.var.house),
  });
  return answer(c, { title: t`Sign in`, scripts: ["passkey.js"], sheets: ["sign-in.css"] }, view);
}

const sentView = (email: string, mailbox: boolean): Html => html`<div class="say">
<h1>${t`Look into your mail`}</h1>
<p>${th`We have written to <b>${email}</b>. Open the link in that mail within half an hour; it works once.`}</p>
${
  mailbox
    ? html`<p class="actions"><a class="button" href="/mailbox?to=${encodeURIComponent(email)}">${t`Open the local mailbox`}</a></p>
<p class="small">${t`Outgoing mail is kept here until this service is given a domain, so the link is there, a second or two from now.`}</p>`
    : html`<p class="small">${th`Nothing there after a few minutes? Look into the spam folder, or <a href="/sign-in">ask again</a>.`}</p>`
}</div>`;
