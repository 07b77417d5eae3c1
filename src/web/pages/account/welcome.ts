/** The first time somebody signs in: their name, asked once. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { nextFrom } from "../../sign-in/arrive.ts";
import { signedIn } from "../../sign-in/recent.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer } from "../../views/layout.ts";

/** GET /account/welcome?next=PATH */
export async function form(c: Page): Promise<Response> {
  const me = await signedIn(c);
  const next = nextFrom(c.req.query("next"));
  const content = html`<div class="say"><h1>${t`Welcome`}</h1>
<p>${t`How shall others call you? It stands beside what you write; you can change it in your account at any time.`}</p>
<form method="post" action="/account/welcome" class="form"><input type="hidden" name="next" value="${next}">
${field({ name: "name", label: t`Your name, as others will see it`, value: me.name, autocomplete: "name", maxLength: 100 })}
<p class="actions"><button class="button">${t`Go on`}</button></p></form></div>`;
  return answer(c, { title: t`Welcome`, isPrivate: true }, content);
}

/** POST /account/welcome */
export async function keep(c: Page): Promise<Response> {
  const me = await signedIn(c);
  const typed = await c.req.parseBody();
  const name = textOf(typed, "name")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 100);
  if (name !== "") await transact(c.var.house.pool, (sql) => directory.renamePerson(sql, me.personId, name));
  return c.redirect(nextFrom(textOf(typed, "next")), 303);
}
