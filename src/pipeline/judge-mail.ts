/** The rules for any mail: what came back, what could go in a circle, what asks for something other than posting. */
import { en } from "../language/language.ts";
import { hasPassed, receivedCount } from "../mail/automatic.ts";
import { isAboutOurs, isReturnPath } from "./returns.ts";
import type { Rule } from "./verdict.ts";

/** RFC 5321 6.3 asks for at least 100; a mail that has been through more servers goes in a circle. */
const MOST_RECEIVED = 100;

export const MAIL_RULES: readonly Rule[] = [
  {
    name: "no such group",
    judge: ({ errand }) =>
      errand.kind === "unknown"
        ? { kind: "decline", reason: en`There is no group at ${errand.recipient} any more.` }
        : undefined,
  },
  {
    name: "came back",
    judge: ({ errand, back }) => (isReturnPath(errand) || isAboutOurs(errand, back) ? { kind: "return" } : undefined),
  },
  {
    name: "in a circle",
    judge: ({ opened }) =>
      receivedCount(opened.summary.fields) > MOST_RECEIVED
        ? { kind: "quiet", reason: en`it goes in a circle` }
        : undefined,
  },
  {
    name: "for the service",
    judge: ({ errand, automatic }) => {
      if (errand.kind !== "service") return undefined;
      return automatic === "no"
        ? { kind: "keep", reason: `Mail for ${errand.name}` }
        : { kind: "quiet", reason: en`automatic mail` };
    },
  },
  {
    name: "automatic reply",
    judge: ({ automatic }) =>
      automatic === "auto-reply" || automatic === "bounce"
        ? { kind: "quiet", reason: en`an automatic reply` }
        : undefined,
  },
  { name: "answer to a letter", judge: ({ errand }) => (errand.kind === "token" ? { kind: "obey" } : undefined) },
  {
    name: "been here",
    judge: ({ opened, errand, domain }) =>
      "group" in errand && hasPassed(opened.summary.fields, `${errand.group.listId}.${domain}`)
        ? { kind: "quiet", reason: en`it has been through this group before` }
        : undefined,
  },
  { name: "for the owners", judge: ({ errand }) => (errand.kind === "owner" ? { kind: "forward" } : undefined) },
  {
    name: "command",
    judge: ({ errand, automatic }) => {
      if (errand.kind !== "command") return undefined;
      return automatic === "no" ? { kind: "obey" } : { kind: "quiet", reason: en`automatic mail gives no commands` };
    },
  },
];
