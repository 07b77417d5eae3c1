/** Making a group on the web, for who may: its address, what it is about, and of what kind it is. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { Refusal } from "../../../kit/errors.ts";
import { catalogues, languageNow, t, told } from "../../../language/language.ts";
import * as life from "../../../life/life.ts";
import type { Page, Visitor } from "../../house.ts";
import { mayMakeGroups } from "../../making.ts";
import { NotAllowed, SignInFirst } from "../../rights.ts";
import { field, selectField, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { settingLines } from "../../views/settings.ts";

type Typed = { name: string; title: string; description: string; language: string; template: string };
type Problem = { at: "name" | "title" | "description" | "form"; words: string };

/** GET /groups/new */
export async function form(c: Page): Promise<Response> {
  await makerOf(c);
  return show(c, { name: "", title: "", description: "", language: languageNow(), template: "" }, undefined);
}

/** POST /groups/new: makes it, and leads to it. */
export async function make(c: Page): Promise<Response> {
  const { pool, config, clock } = c.var.house;
  const visitor = await makerOf(c);
  const body = await c.req.parseBody();
  const word = (name: string): string => textOf(body, name).replace(/\r\n?/g, "\n").trim();
  const typed: Typed = {
    ...{ name: word("name").toLowerCase(), title: word("title"), description: word("description") },
    ...{ language: word("language") || languageNow(), template: word("template") },
  };
  const problem = problemIn(typed);
  if (problem) return show(c, typed, problem);
  const { name, template, ...settings } = typed;
  const wish: life.Wish = { name, template, settings: { ...settings, title: typed.title || name } };
  const by = { membershipId: null, name: visitor.name || visitor.address, how: "web" as const };
  const means = { domain: config.domain, url: config.url, clock };
  const owner = { address: visitor.address, name: visitor.name };
  const maker = await mayMakeGroups(c, visitor);
  try {
    await directory.checkNewName(pool, name);
    const group = await transact(pool, (sql) => life.found(sql, means, wish, [owner], by, maker || undefined));
    return c.redirect(`/g/${group.name}/about?made=1`, 303);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const isName = await directory
      .checkNewName(pool, name)
      .then(() => false)
      .catch(() => true);
    return show(c, typed, { at: isName ? "name" : "form", words: told(error.message) });
  }
}

/** Who may make one; throws what errors.ts answers otherwise. */
async function makerOf(c: Page): Promise<Visitor> {
  const visitor = await c.var.visitor();
  if (!visitor) throw new SignInFirst();
  if (!(await mayMakeGroups(c, visitor)))
    throw new NotAllowed(t`New groups are made by the operators of this service: ask them for one.`);
  return visitor;
}

function problemIn(typed: Typed): Problem | undefined {
  if (typed.name === "") return { at: "name", words: t`The group needs a name for its address.` };
  if (typed.template !== "" && !directory.TEMPLATES.some((one) => one.name === typed.template))
    return { at: "form", words: t`Choose what kind of group it is.` };
  for (const at of ["title", "description"] as const) {
    const problem = typed[at] ? directory.problemWith(directory.settingOf(at)!, typed[at]) : undefined;
    if (problem) return { at, words: told(problem) };
  }
  return undefined;
}

function show(c: Page, typed: Typed, problem: Problem | undefined): Promise<Response> {
  const { domain } = c.var.house.config;
  const at = (name: Problem["at"]): string | undefined => (problem?.at === name ? problem.words : undefined);
  if (problem) c.status(400);
  c.header("cache-control", "no-store");
  const content = html`<h1 class="page-title">${t`Make a group`}</h1>
<p class="lead">${t`A group is an address: what a member writes to it reaches every member. You will own it, and can change everything later.`}</p>
${problem?.at === "form" ? html`<p class="field-problem" role="alert">${problem.words}</p>` : ""}
<form method="post" class="form">
${field({ name: "name", label: t`Its address`, value: typed.name, problem: at("name"), help: t`Small letters, digits, dots and hyphens, such as readers.`, isRequired: true, autocomplete: "off", maxLength: 40, after: `@${domain}` })}
${field({ name: "title", label: t`Its title`, value: typed.title, problem: at("title"), help: t`As people call it, such as The readers.`, autocomplete: "off", maxLength: 200 })}
${field({ name: "description", label: t`Description`, value: typed.description, problem: at("description"), help: t`What the group is about, in a few sentences.`, rows: 3, maxLength: 4000 })}
${selectField({ name: "language", label: t`Language`, value: typed.language, options: [...catalogues()].map(([tag, { name }]) => [tag, name] as const) })}
${kinds(typed.template)}
<p class="actions"><button class="button">${t`Make the group`}</button> <a class="button bare" href="/">${t`Cancel`}</a></p></form>`;
  return answer(c, { title: t`Make a group`, isPrivate: true }, content);
}

/** The templates, each with what it sets; without one a group is open to all, as `group add` makes it. */
const kinds = (
  chosen: string,
): Html => html`<fieldset class="field options"><legend>${t`What kind of group is it?`}</legend>
${directory.TEMPLATES.map((one) => kind(one.name, one.title(), one.about(), one.name === chosen, setBy(one)))}
${kind("", t`Something else`, t`Everybody may read it and join, and members post.`, chosen === "", html``)}</fieldset>`;

const kind = (value: string, title: string, about: string, isChosen: boolean, more: Html): Html =>
  html`<div class="kind"><label class="option"><input type="radio" name="template" value="${value}"${isChosen ? html` checked` : ""}><span><b>${title}</b><span class="option-help">${about}</span></span></label>${more}</div>`;

function setBy(template: directory.Template): Html {
  const lines = Object.entries(template.settings).flatMap(([key, value]) => {
    const setting = directory.settingOf(key);
    return setting && value !== "" ? [[setting, value] as const] : [];
  });
  return html`<details class="kind-more"><summary>${t`What this sets`}</summary>${settingLines(lines)}</details>`;
}
