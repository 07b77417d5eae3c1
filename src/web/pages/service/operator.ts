/** The operator's way in: the link that a command printed. GET shows a button, POST gives the cookie. */

import { setCookie } from "hono/cookie";
import { html } from "hono/html";
import * as keys from "../../../keys/keys.ts";
import { t } from "../../../language/language.ts";
import { sayPage } from "../../errors.ts";
import type { Page } from "../../house.ts";
import { COOKIE } from "../../operator.ts";
import { answer } from "../../views/layout.ts";

/** GET /operator/:token */
export function arrive(c: Page): Promise<Response> {
  const content = html`<div class="say"><h1>${t`Look after the providers`}</h1><p>${t`One press, and this browser may see and change how providers are treated for the next 12 hours.`}</p>
<form method="post" action="/operator/${c.req.param("token")}"><p class="actions"><button class="button">${t`Open the providers`}</button></p></form></div>`;
  c.header("referrer-policy", "no-referrer");
  c.header("cache-control", "no-store");
  return answer(c, { title: t`Operators`, isPrivate: true }, content);
}

/** POST /operator/:token */
export async function enter(c: Page): Promise<Response> {
  const { tokenSecret, clock, config } = c.var.house;
  const secret = await tokenSecret();
  if (!keys.isOperatorPass(secret, "link", c.req.param("token") ?? "", clock.now())) {
    const body = html`<p>${t`A link works for a quarter of an hour. Run the command again for a new one:`}</p><p><code>npx smartgroups provider page</code></p>`;
    return sayPage(c, 400, t`This link does not work any more`, body);
  }
  setCookie(c, COOKIE, keys.operatorPass(secret, "cookie", clock.now()), {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: config.url.startsWith("https:"),
    maxAge: 12 * 60 * 60,
  });
  return c.redirect("/providers", 303);
}

/** POST /operator/leave */
export function leave(c: Page): Response {
  setCookie(c, COOKIE, "", { path: "/", maxAge: 0 });
  return c.redirect("/", 303);
}
