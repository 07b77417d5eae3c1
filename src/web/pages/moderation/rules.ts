/** A group's own rules on header and text, for who may change its settings: in order, tried before they are trusted. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as evidence from "../../../evidence/evidence.ts";
import { Refusal } from "../../../kit/errors.ts";
import { isId } from "../../../kit/id.ts";
import { t, tn, told } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor, type Seen } from "../../rights.ts";
import { field, options, selectField, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { ruleInWords, whereItLooks } from "../../views/rules.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

type Typed = moderation.NewRule & { problem?: string };
type Tried = evidence.Trial & { rule: moderation.NewRule };

const EMPTY: Typed = { field: "any", how: "words", pattern: "", action: "hold", why: "" };

/** GET /g/:name/rules */
export const list = async (c: Page): Promise<Response> => show(c, await groupFor(c, "settings"), EMPTY);

/** POST /g/:name/rules: `do` is `add`, `try`, `earlier`, `later` or `remove`. */
export async function change(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "settings");
  const form = await c.req.parseBody();
  const typed = typedOf(form);
  const id = textOf(form, "id");
  const asked = textOf(form, "do");
  try {
    if (asked === "try") {
      const rule = moderation.checkRule(typed);
      return show(c, seen, typed, { rule, ...(await evidence.tryRule(pool, seen.group.id, rule)) });
    }
    if (asked === "add") {
      const rule = moderation.checkRule(typed);
      await transact(pool, (sql) => moderation.addRule(sql, seen.group.id, rule, doerOf(seen), clock));
    } else if (isId(id)) {
      await transact(pool, async (sql) => {
        if (asked === "earlier" || asked === "later")
          await moderation.moveRule(sql, seen.group.id, id, asked, doerOf(seen), clock);
        if (asked === "remove") await moderation.removeRule(sql, seen.group.id, id, doerOf(seen), clock);
      });
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(c, seen, { ...typed, problem: told(error.message) });
  }
  return c.redirect(`/g/${seen.group.name}/rules`, 303);
}

function typedOf(form: Record<string, unknown>): Typed {
  const chosen = textOf(form, "field");
  return {
    field: chosen === "header" ? textOf(form, "header") : chosen,
    how: moderation.RULE_HOWS.find((one) => one === textOf(form, "how")) ?? "words",
    pattern: textOf(form, "pattern"),
    action: moderation.RULE_ACTIONS.find((one) => one === textOf(form, "action")) ?? "hold",
    why: textOf(form, "why").replace(/\s+/g, " "),
  };
}

async function show(c: Page, seen: Seen, typed: Typed, tried?: Tried): Promise<Response> {
  const { group } = seen;
  const rules = await moderation.rulesOf(c.var.house.pool, [group.id]);
  const reader = readerOf(c);
  if (typed.problem) c.status(400);
  const content = html`<p class="small"><a href="/g/${group.name}/settings">${t`All settings`}</a></p>
<h1 class="page-title">${t`Rules`}</h1>
<p class="lead">${t`What becomes of posts that have certain words. The rules are tried in this order, and the first that fits decides. Moderators, owners and trusted members are not held or turned away by them.`}</p>
${
  rules.length === 0
    ? html`<div class="empty"><p>${t`There is no rule yet.`}</p></div>`
    : html`<ol class="rules">${rules.map((rule, i) => ruleItem(rule, i, rules.length, reader))}</ol>`
}
${tried ? trialView(group.name, tried, reader) : ""}
<h2 class="list-head" id="new">${t`A new rule`}</h2>
${ruleForm(typed)}`;
  return answer(c, { title: t`Rules of ${group.title}`, group, isPrivate: true }, content);
}

const ruleItem = (
  rule: moderation.Rule,
  at: number,
  of: number,
  reader: Reader,
): Html => html`<li class="rule"><p class="rule-words">${ruleInWords(rule)}</p>
${rule.why ? html`<p class="rule-why">${t`The author is told: ${rule.why}`}</p>` : ""}
<p class="step-time">${t`by ${rule.setBy}`}, ${timeInWords(rule.setAt, reader)}</p>
<form method="post" class="rule-actions"><input type="hidden" name="id" value="${rule.id}">
${at > 0 ? html`<button class="button bare" name="do" value="earlier" aria-label="${t`Try rule ${at + 1} earlier`}">${t`Earlier`}</button>` : ""}
${at < of - 1 ? html`<button class="button bare" name="do" value="later" aria-label="${t`Try rule ${at + 1} later`}">${t`Later`}</button>` : ""}
<button class="button bare" name="do" value="remove" aria-label="${t`Remove rule ${at + 1}`}">${t`Remove`}</button></form></li>`;

const trialView = (
  group: string,
  { tried, fitting, rule }: Tried,
  reader: Reader,
): Html => html`<section class="trial" role="status"><h2 class="list-head">${t`Tried on the newest posts`}</h2>
<p>${ruleInWords(rule)}</p>
<p><b>${
  tried === 0
    ? t`There are no posts to try it on.`
    : fitting.length === 0
      ? tn(tried, "It fits not even the one post.", "It fits none of the last {0} posts.")
      : tn(fitting.length, "It fits {0} post of the last {1}:", "It fits {0} posts of the last {1}:", tried)
}</b></p>
${fitting.length > 0 ? html`<ol class="way">${fitting.map((post) => html`<li class="event"><p><a href="/g/${group}/${post.number}"><bdi>${shown(post.subject) || t`(no subject)`}</bdi></a> <span class="event-why"><bdi>${shown(post.authorName) || post.authorAddress}</bdi></span></p><p class="step-time">${timeInWords(post.sentAt, reader)}</p></li>`)}</ol>` : ""}
<p class="small">${t`Nothing is kept yet: add the rule below if this is what you want.`}</p></section>`;

const FIELDS = ["any", "subject", "from", "text"];

function ruleForm(typed: Typed): Html {
  const isHeader = !FIELDS.includes(typed.field);
  return html`<form method="post" class="form" action="#new">
${typed.problem ? html`<p class="field-problem" role="alert">${typed.problem}</p>` : ""}
${selectField({
  name: "field",
  label: t`Where it looks`,
  value: isHeader ? "header" : typed.field,
  options: [...FIELDS.map((one) => [one, whereItLooks(one)] as const), ["header", t`another field of the header`]],
})}
${field({ name: "header", label: t`That field's name`, value: isHeader ? typed.field : "", help: t`Only for another field, such as list-id or x-mailer.`, maxLength: 64, autocomplete: "off" })}
${field({ name: "pattern", label: t`What it looks for`, value: typed.pattern, isRequired: true, maxLength: 500, autocomplete: "off" })}
${options({
  name: "how",
  legend: t`How that is meant`,
  value: typed.how,
  options: [
    ["words", t`As it is written`, t`capital letters make no difference`],
    ["wildcard", t`With stars`, t`a star stands for anything, as in win * now`],
    ["regex", t`As a regular expression`, t`in the words of RE2, without references back or looking around`],
  ],
})}
${options({
  name: "action",
  legend: t`What becomes of the post`,
  value: typed.action,
  options: [
    ["hold", t`It waits for a moderator`, t`the author hears so`],
    ["decline", t`It goes back to the author`, t`only to a proved address`],
    ["pass", t`It goes out`, t`without any other rule, also by who is no member`],
  ],
})}
${field({ name: "why", label: t`What the author is told`, value: typed.why, help: t`A sentence that says what to do. Empty for a general one.`, maxLength: 500 })}
<p class="actions"><button class="button quiet" name="do" value="try">${t`Try it on the last ${evidence.TRIED_ON} posts`}</button> <button class="button" name="do" value="add">${t`Add the rule`}</button></p></form>`;
}
