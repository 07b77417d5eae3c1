/** The page of what somebody signs in with: one part each, with what it is good for and what can be done. */
import { html, raw } from "hono/html";
import { generate } from "lean-qr";
import { toSvgSource } from "lean-qr/extras/svg";
import { t } from "../../language/language.ts";
import type { OidcProvider } from "../house.ts";
import type { Passkey } from "../sign-in/passkeys.ts";
import type { Identity } from "../sign-in/providers.ts";
import type { Me } from "../sign-in/recent.ts";
import type { Begun } from "../sign-in/second-factor.ts";
import { field } from "./forms.ts";
import type { Html } from "./layout.ts";
import { th } from "./say.ts";
import { type Reader, timeInWords } from "./time.ts";

export type SecurityWrong = { form: "password" | "code" | "provider"; problem: string };

export type SecurityPage = {
  me: Me;
  /** Signed in within half an hour: only then anything can be changed. */
  isFresh: boolean;
  hasPassword: boolean;
  isOn: boolean;
  begun: Begun | undefined;
  codes: string[];
  /** They are new, and to be seen. */
  showsCodes: boolean;
  passkeys: Passkey[];
  toMake: unknown;
  identities: Identity[];
  providers: OidcProvider[];
  reader: Reader;
  wrong: SecurityWrong | undefined;
};

const PATH = "/account/security";

export const securityView = (page: SecurityPage): Html => html`<h1 class="page-title">${t`How I sign in`}</h1>
<p class="lead">${t`A link to your mail always works. What stands here is for more comfort, or for more safety.`}</p>
${page.isFresh ? "" : html`<aside class="hint"><p>${t`What is changed here decides who gets into your account, so we ask you to sign in once more first.`}</p><p class="actions"><a class="button" href="/sign-in?again=1&amp;next=${encodeURIComponent(PATH)}">${t`Show that it is me`}</a></p></aside>`}
${passwordPart(page)}${passkeyPart(page)}${codePart(page)}${providerPart(page)}
<p class="actions"><a class="button bare" href="/account">${t`My account`}</a></p>`;

const press = (what: string, label: string, more: Html | "" = "", kind = "quiet"): Html =>
  html`<form method="post" action="${PATH}" class="page-form">${more}<button class="button ${kind}" name="do" value="${what}">${label}</button></form>`;

const passwordPart = ({
  isFresh,
  hasPassword,
  wrong,
  me,
}: SecurityPage): Html => html`<h2 class="list-head">${t`Password`}</h2>
<p>${hasPassword ? t`You have one. A new one signs you out everywhere else.` : t`You have none, and need none. It helps where your mail is slow to come.`}</p>
${
  isFresh
    ? html`<form method="post" action="${PATH}" class="form security-form"><input type="hidden" name="username" value="${me.address}" autocomplete="username">
${field({ name: "password", label: hasPassword ? t`A new password` : t`A password`, type: "password", value: "", problem: wrong?.form === "password" ? wrong.problem : undefined, help: t`Ten characters or more: four words that have nothing to do with each other are good, and easy to keep in mind.`, autocomplete: "new-password", isRequired: true, maxLength: 200 })}
<p class="actions"><button class="button quiet" name="do" value="password">${t`Set the password`}</button></p></form>
${hasPassword ? press("password-off", t`Remove the password`, "", "bare") : ""}`
    : ""
}`;

const passkeyPart = ({
  isFresh,
  passkeys,
  toMake,
  reader,
}: SecurityPage): Html => html`<h2 class="list-head">${t`Passkeys`}</h2>
<p>${t`Your phone, computer or security key signs you in by a fingerprint, face or PIN. No letter, no password, nothing to copy from you.`}</p>
${
  passkeys.length > 0
    ? html`<ul class="owns">${passkeys.map(
        (one) =>
          html`<li class="own"><span class="own-what"><b>${one.name}</b><span class="own-said">${one.usedAt ? th`used ${timeInWords(one.usedAt, reader)}` : th`made ${timeInWords(one.createdAt, reader)}`}</span></span>${
            isFresh
              ? html`<details class="care"><summary>${t`Change`}</summary><form method="post" action="${PATH}" class="form"><input type="hidden" name="id" value="${one.id}">${field({ name: "name", id: `passkey-${one.id}`, label: t`Its name`, value: one.name, maxLength: 60 })}<p class="actions"><button class="button quiet" name="do" value="passkey-name">${t`Save`}</button> <button class="button bare" name="do" value="passkey-off">${t`Remove`}</button></p></form></details>`
              : ""
          }</li>`,
      )}</ul>`
    : ""
}
${
  isFresh
    ? html`<form method="post" action="/account/passkey" class="form security-form" data-passkey="${JSON.stringify(toMake)}" hidden>
<input type="hidden" name="answer">${field({ name: "name", id: "passkey-name", label: t`A name for it`, value: "", help: t`Such as phone, or blue key.`, maxLength: 60 })}
<p class="actions"><button class="button quiet" type="button">${t`Make a passkey`}</button></p>
<p class="field-problem" role="alert" hidden>${t`No passkey was made. Try again, or leave it.`}</p></form>
<noscript><p class="small">${t`Making a passkey needs scripts in your browser.`}</p></noscript>`
    : ""
}`;

function codePart(page: SecurityPage): Html {
  const { isFresh, isOn, begun, codes, wrong } = page;
  const head = html`<h2 class="list-head" id="codes">${t`Codes from an app`}</h2>
<p>${t`A second step after the mail link, the password or another service: an app on your phone shows six digits. Who gets into your mail then still does not get in here.`}</p>`;
  if (isOn)
    return html`${head}<p><b>${t`✓ It is switched on.`}</b></p>
${isFresh ? html`<details class="care" ${page.showsCodes ? html`open` : ""}><summary>${t`Backup codes, for the day the phone is gone`}</summary><p>${t`Each works once. Print them, or keep them where your passwords are.`}</p><ul class="codes">${codes.map((one) => html`<li><code>${one}</code></li>`)}</ul>${press("codes-new", t`Make new ones`)}</details>${press("codes-off", t`Switch it off`, "", "bare")}` : ""}`;
  if (!begun) return html`${head}${isFresh ? press("codes-begin", t`Set it up`) : ""}`;
  return html`${head}<ol class="steps"><li><p>${t`Open the app (any that does TOTP) and let it read this picture.`}</p><div class="qr">${qrCode(begun.uri)}</div>
<p>${t`Or type this secret into it:`} <code class="secret">${begun.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code></p></li>
<li><form method="post" action="${PATH}" class="form">${field({ name: "code", label: t`The six digits it shows now`, value: "", problem: wrong?.form === "code" ? wrong.problem : undefined, autocomplete: "one-time-code", inputMode: "numeric", isRequired: true, maxLength: 10 })}
<p class="actions"><button class="button quiet" name="do" value="codes-on">${t`Switch it on`}</button></p></form></li></ol>`;
}

function providerPart({ isFresh, identities, providers, wrong }: SecurityPage): Html {
  if (providers.length === 0 && identities.length === 0) return html``;
  return html`<h2 class="list-head">${t`Other services`}</h2>
${wrong?.form === "provider" ? html`<p class="field-problem" role="alert">${wrong.problem}</p>` : ""}
${
  identities.length > 0
    ? html`<ul class="owns">${identities.map(
        (one) =>
          html`<li class="own"><span class="own-what"><b>${one.label}</b><span class="own-said">${one.address}</span></span>${isFresh ? press("unlink", t`Disconnect`, html`<input type="hidden" name="issuer" value="${one.issuer}"><input type="hidden" name="subject" value="${one.subject}">`, "bare") : ""}</li>`,
      )}</ul>`
    : ""
}
${isFresh ? providers.filter(({ issuer }) => !identities.some((one) => one.issuer === issuer)).map((one) => press("link", t`Connect ${one.label}`, html`<input type="hidden" name="provider" value="${one.id}">`)) : ""}`;
}

/** Black on white in either scheme, as phones read it. */
const qrCode = (text: string): Html =>
  raw(
    toSvgSource(generate(text), { on: "#000", off: "#fff", pad: 3, width: 220, height: 220 }).replace(
      "<svg ",
      `<svg role="img" aria-label="${t`The secret, for the app to read`}" `,
    ),
  ) as unknown as Html;

export const continueView = (label: string, url: string): Html =>
  html`<div class="say"><h1>${label}</h1><p class="actions"><a class="button" href="${url}" rel="noreferrer">${t`Continue with ${label}`}</a></p></div>`;
