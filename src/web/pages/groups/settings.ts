/**
 * The settings of a group: a page that lists them by section, and a form for each section.
 *
 * The fields come from the list in the directory. A form that is refused comes back with everything typed, and the
 * sentence beside the field that it is about; what others changed meanwhile and this form left alone stays.
 */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { t, told } from "../../../language/language.ts";
import * as life from "../../../life/life.ts";
import * as moderation from "../../../moderation/moderation.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor, NotHere } from "../../rights.ts";
import { emergencySwitch } from "../../views/emergency.ts";
import { textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { sectionWords, settingField, settingLines } from "../../views/settings.ts";
import { readerOf } from "../../visitors.ts";

/** Pages of their own that belong to a section: further things an owner looks after. */
type Link = {
  section: directory.Section;
  path: string;
  label: () => string;
  /** Of owners alone. */
  isOwners?: true;
};
const LINKS: readonly Link[] = [
  { section: "about", path: "rename", label: () => t`Change the address`, isOwners: true },
  { section: "mail", path: "letters", label: () => t`Letters and their words` },
  { section: "joining", path: "bans", label: () => t`Who is kept out` },
  { section: "posts", path: "rules", label: () => t`Rules on header and text` },
  { section: "keeping", path: "end", label: () => t`Close or remove the group`, isOwners: true },
];

/** GET /g/:name/settings */
export async function overview(c: Page): Promise<Response> {
  const { group, membership } = await groupFor(c, "settings");
  const isOwner = membership?.role === "owner";
  const content = html`<h1 class="page-title">${t`Settings`}</h1>
${saved(c)}
${directory.SECTIONS.map((section) => sectionView(group, section, isOwner))}
<h2 class="list-head">${t`In an emergency`}</h2>
${emergencySwitch(group, await moderation.emergencyOf(c.var.house.pool, group.id), "settings", readerOf(c))}`;
  return answer(c, { title: t`Settings of ${group.title}`, group, isPrivate: true }, content);
}

function sectionView(group: directory.Group, section: directory.Section, isOwner: boolean): Html {
  const settings = directory.settingsIn(section);
  const links = LINKS.filter((one) => one.section === section && (isOwner || !one.isOwners));
  if (settings.length + links.length === 0) return html``;
  const { title, about } = sectionWords(section);
  const at = `/g/${group.name}/settings/${section}`;
  return html`<section class="setting"><h2 class="list-head">${title}</h2>
<p class="setting-about">${about}</p>
${settingLines(settings.map((one) => [one, directory.settingValue(group, one.key)] as const))}
<p class="actions">${settings.length > 0 ? html`<a class="button quiet" href="${at}">${t`Change: ${title}`}</a>` : ""}${links.map((one) => html` <a class="button bare" href="/g/${group.name}/${one.path}">${one.label()}</a>`)}</p></section>`;
}

/** GET /g/:name/settings/:section */
export const section = (c: Page): Promise<Response> => form(c, {}, {});

/** POST /g/:name/settings/:section */
export async function save(c: Page): Promise<Response> {
  const seen = await groupFor(c, "settings");
  const { group } = seen;
  const { pool, clock } = c.var.house;
  const typed = typedOf(await c.req.parseBody(), directory.settingsIn(sectionOf(c)));
  const problems: Record<string, string> = {};
  const changed: Record<string, string> = {};
  for (const [key, value] of Object.entries(typed)) {
    const setting = directory.settingOf(key)!;
    if (value === directory.settingValue(group, setting.key)) continue;
    const problem = directory.problemWith(setting, value);
    if (problem !== undefined) problems[key] = told(problem);
    else changed[key] = value;
  }
  if (Object.keys(problems).length > 0) return form(c, typed, problems);
  await transact(pool, (sql) => life.set(sql, clock, group, changed, doerOf(seen)));
  return c.redirect(`/g/${group.name}/settings?saved=1`, 303);
}

/** What the form carried: a field that is missing is left as it is, but a switch that is missing is off. */
function typedOf(typed: Record<string, unknown>, settings: directory.Setting[]): Record<string, string> {
  const pairs = settings.flatMap((one): [string, string][] => {
    if (one.kind === "switch") return [[one.key, textOf(typed, one.key) === "yes" ? "yes" : "no"]];
    if (typeof typed[one.key] !== "string") return [];
    const text = textOf(typed, one.key).replaceAll("\r\n", "\n");
    return [[one.key, one.kind === "text" ? text.trimEnd() : text.trim()]];
  });
  return Object.fromEntries(pairs);
}

function sectionOf(c: Page): directory.Section {
  const wanted = c.req.param("section");
  const found = directory.SECTIONS.find((one) => one === wanted);
  if (!found || directory.settingsIn(found).length === 0) throw new NotHere();
  return found;
}

async function form(c: Page, typed: Record<string, string>, problems: Record<string, string>): Promise<Response> {
  const { group } = await groupFor(c, "settings");
  const here = sectionOf(c);
  const { title, about } = sectionWords(here);
  const count = Object.keys(problems).length;
  if (count > 0) c.status(400);
  const content = html`<p class="small"><a href="/g/${group.name}/settings">${t`All settings`}</a></p>
<h1 class="page-title">${title}</h1><p class="lead">${about}</p>
${count > 0 ? html`<p class="field-problem" role="alert">${t`Nothing is saved yet: see the words beside the fields.`}</p>` : ""}
<form method="post" class="form">${directory
    .settingsIn(here)
    .map((one) => settingField(one, typed[one.key] ?? directory.settingValue(group, one.key), problems[one.key]))}
<p class="actions"><button class="button">${t`Save`}</button> <a class="button bare" href="/g/${group.name}/settings">${t`Cancel`}</a></p></form>`;
  return answer(c, { title: t`Settings of ${group.title}`, group, isPrivate: true }, content);
}

const saved = (c: Page): Html =>
  c.req.query("saved") === "1" ? html`<p class="notice" role="status">${t`Saved.`}</p>` : html``;
