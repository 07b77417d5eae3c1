/**
 * Third stage: what becomes of a mail, errand by errand. Pure: everything it weighs is handed in.
 *
 * A list of rules is asked in order, and the first that has an answer decides. What could loop ends first and quietly
 * (RFC 3834), then the rules of the group speak: docs/moderation.md has them as one list. A sender hears of a "no" only
 * where the sender is proved, so that we never answer a forged address.
 */
import { automaticKind } from "../mail/automatic.ts";
import { MAIL_RULES } from "./judge-mail.ts";
import { POST_RULES } from "./judge-post.ts";
import type { Asked, PostErrand, Question, Verdict } from "./verdict.ts";

/** The names of all rules in the order in which they are asked. */
export const RULE_NAMES: readonly string[] = [...MAIL_RULES, ...POST_RULES].map((rule) => rule.name);

export function judge(question: Question): Verdict {
  const { opened, errand } = question;
  const asked: Asked = { ...question, automatic: automaticKind(opened.summary.fields, opened.mail.sender) };
  for (const rule of MAIL_RULES) {
    const verdict = rule.judge(asked);
    if (verdict) return verdict;
  }
  if (errand.kind !== "post") throw new Error(`no rule says what becomes of a mail of the kind ${errand.kind}`);
  const post: Asked<PostErrand> = { ...asked, errand };
  for (const rule of POST_RULES) {
    const verdict = rule.judge(post);
    if (verdict) return verdict;
  }
  return { kind: "post" };
}
