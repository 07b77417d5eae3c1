/** How somebody came into a group, in words: for the member's page, and for themselves. */
import { html } from "hono/html";
import type * as directory from "../../directory/directory.ts";
import { t, told } from "../../language/language.ts";
import type { Html } from "./layout.ts";
import { th } from "./say.ts";
import { type Reader, timeInWords } from "./time.ts";

export function consentWords(consent: directory.KeptConsent | undefined, joinedAt: Date, reader: Reader): Html {
  if (!consent || consent.how === "unknown")
    return html`<p>${th`Since ${timeInWords(joinedAt, reader)}.`} ${t`How is not on record.`}</p>`;
  const source = told(consent.source);
  return html`<p><b>${howWords(consent)}</b>, ${timeInWords(consent.at, reader)}.${source ? html` <span class="event-why">${source}</span>` : ""}</p>`;
}

function howWords({ how, byWhom }: directory.KeptConsent): string {
  const who = told(byWhom) || t`the operator`;
  switch (how) {
    case "web":
      return t`by themselves, on the web`;
    case "mail":
      return t`by themselves, by mail`;
    case "invited":
      return byWhom ? t`invited by ${who}` : t`invited`;
    case "file":
      return t`from a file, by ${who}`;
    default:
      return t`put in by ${who}`;
  }
}
