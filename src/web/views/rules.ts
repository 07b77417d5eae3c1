/** A group's own rule, in words. */

import { html } from "hono/html";
import { t } from "../../language/language.ts";
import type { NewRule } from "../../moderation/moderation.ts";
import type { Html } from "./layout.ts";
import { th } from "./say.ts";

/** The part of a post that a rule looks at. */
export function whereItLooks(field: string): string {
  switch (field) {
    case "any":
      return t`subject, author and text`;
    case "subject":
      return t`the subject`;
    case "from":
      return t`the author`;
    case "text":
      return t`the text`;
    default:
      return t`the header field ${field}`;
  }
}

/** In whole sentences, as languages order them differently. */
export function ruleInWords({ field, how, pattern, action }: NewRule): Html {
  const where = whereItLooks(field);
  const kind = how === "regex" ? t`regular expression` : how === "wildcard" ? t`with stars` : "";
  const what = html`<bdi class="rule-pattern">${pattern}</bdi>${kind ? ` (${kind})` : ""}`;
  if (action === "hold") return th`<b>Waits for a moderator</b> if ${where} has ${what}`;
  if (action === "decline") return th`<b>Goes back to the author</b> if ${where} has ${what}`;
  return th`<b>Goes out</b> if ${where} has ${what}`;
}
