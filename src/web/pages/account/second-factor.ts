/** The second factor, after the first: a code of the app, or a backup code. */
import { html } from "hono/html";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import { addressKey } from "../../../mail/address.ts";
import type { Page } from "../../house.ts";
import { arrived, nextFrom } from "../../sign-in/arrive.ts";
import { field, textOf, tick } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { show as showSignIn } from "./sign-in.ts";

/** GET /sign-in/second?next=PATH&as=ADDRESS */
export const form = (c: Page): Promise<Response> =>
  ask(c, { next: nextFrom(c.req.query("next")), as: (c.req.query("as") ?? "").slice(0, 254) });

/** POST /sign-in/second */
export async function show(c: Page): Promise<Response> {
  const { signIn, pool } = c.var.house;
  const typed = await c.req.parseBody();
  const next = nextFrom(textOf(typed, "next"));
  const as = textOf(typed, "as").slice(0, 254);
  const code = textOf(typed, "code").trim().slice(0, 40);
  const shown = await signIn.second.show(c.req.raw.headers, code, textOf(typed, "trust") === "yes");
  switch (shown.kind) {
    case "wrong":
      return ask(c, { next, as, problem: t`This is not the code that we expect: take the one your app shows now.` });
    case "enough":
      return showSignIn(
        c,
        { email: as, next, failed: t`Too many codes. Wait a quarter of an hour, and sign in again.` },
        429,
      );
    case "gone":
      return showSignIn(
        c,
        { email: as, next, failed: t`The code was used already, or it took too long: sign in again.` },
        400,
      );
    case "in": {
      const addresses = await directory.verifiedAddresses(pool, shown.personId);
      const address = addresses.find((one) => addressKey(one) === addressKey(as)) ?? addresses[0] ?? "";
      return arrived(c, { ...shown, isNew: false }, address, next);
    }
  }
}

type Asked = { next: string; as: string; problem?: string };

function ask(c: Page, asked: Asked): Promise<Response> {
  if (asked.problem) c.status(400);
  c.header("cache-control", "no-store");
  return answer(c, { title: t`One more step`, isPrivate: true }, view(asked));
}

const view = ({ next, as, problem }: Asked): Html => html`<div class="say"><h1>${t`One more step`}</h1>
<form method="post" action="/sign-in/second" class="form">
<input type="hidden" name="next" value="${next}"><input type="hidden" name="as" value="${as}">
${field({ name: "code", label: t`The code your app shows`, value: "", problem, help: t`Or one of your backup codes.`, autocomplete: "one-time-code", isRequired: true, maxLength: 40 })}
${tick({ name: "trust", label: t`Do not ask on this device for 30 days`, isOn: false })}
<p class="actions"><button class="button">${t`Sign in`}</button></p></form>
<p class="small">${t`Phone and backup codes gone? A passkey signs you in without them; else ask who runs this service.`}</p></div>`;
