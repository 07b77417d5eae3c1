/** The page to sign in on: an address and one button, and the other ways below. A passkey shows once a script can ask for it. */
import { html } from "hono/html";
import { t } from "../../language/language.ts";
import type { OidcProvider } from "../house.ts";
import { field } from "./forms.ts";
import type { Html } from "./layout.ts";
import { th } from "./say.ts";

export type SignInForm = {
  email: string;
  next: string;
  /** Why no link was mailed. */
  problem?: string;
  /** Why the password was not taken. */
  wrongPassword?: string;
  /** Why another way did not work. */
  failed?: string;
  /** To show once more who it is, before something dangerous. */
  isAgain?: boolean;
  mailbox: boolean;
  providers: OidcProvider[];
  /** What a passkey is asked, for the script. */
  options: unknown;
};

export const signInView = (form: SignInForm): Html => html`<div class="say sign-in">
<h1>${form.isAgain ? t`Is it still you?` : t`Sign in`}</h1>
<p>${form.isAgain ? t`What you want to change decides who gets into your account. Show once more that it is you.` : t`We mail you a link that signs you in: you need no password.`}</p>
${form.failed ? html`<p class="field-problem" role="alert">${form.failed}</p>` : ""}
<form method="post" action="/sign-in" class="form">
  <input type="hidden" name="next" value="${form.next}">
  ${field({ name: "email", label: t`Your mail address`, type: "email", value: form.email, problem: form.problem, autocomplete: "username webauthn", isRequired: true })}
  <p class="actions"><button class="button">${t`Mail me a link`}</button></p>
</form>
<div class="other-ways">
<form method="post" action="/sign-in/passkey" class="passkey" data-passkey="${JSON.stringify(form.options)}" hidden>
  <input type="hidden" name="next" value="${form.next}"><input type="hidden" name="answer">
  <button class="button quiet" type="button">${t`Use a passkey`}</button>
  <p class="field-problem" role="alert" hidden>${t`That did not work. Try again, or take another way.`}</p>
</form>
${form.providers.map((one) => html`<a class="button quiet" href="/sign-in/with/${one.id}?next=${encodeURIComponent(form.next)}">${t`Continue with ${one.label}`}</a>`)}
<details ${form.wrongPassword ? html`open` : ""}><summary class="button quiet">${t`Use a password`}</summary>
<form method="post" action="/sign-in/password" class="form">
  <input type="hidden" name="next" value="${form.next}">
  ${field({ name: "email", id: "password-email", label: t`Your mail address`, type: "email", value: form.email, autocomplete: "username", isRequired: true })}
  ${field({ name: "password", label: t`Your password`, type: "password", value: "", problem: form.wrongPassword, autocomplete: "current-password", isRequired: true, maxLength: 200 })}
  <p class="actions"><button class="button">${t`Sign in with the password`}</button></p>
  <p class="small">${t`Forgotten? Have a link mailed to you above, and set a new one in your account.`}</p>
</form></details>
</div>
${form.mailbox ? html`<aside class="hint"><p>${th`<b>This service keeps its outgoing mail to itself</b> until it is given a domain. The link will appear in the <a href="/mailbox">local mailbox</a>.`}</p></aside>` : ""}
</div>`;
