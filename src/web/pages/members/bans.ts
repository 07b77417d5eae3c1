/** Who is kept out of a group, for who may change members. */
import { html } from "hono/html";
import { type Sql, transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { Refusal } from "../../../kit/errors.ts";
import { en, t, told } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer } from "../../views/layout.ts";
import { th } from "../../views/say.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

type Typed = { pattern: string; why: string; problem?: string };

/** GET /g/:name/bans */
export const list = (c: Page): Promise<Response> => show(c, { pattern: "", why: "" });

/** POST /g/:name/bans: `do` is `ban` or `lift`. */
export async function change(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "members");
  const { group, visitor } = seen;
  const record = (sql: Sql, what: string, words: string): Promise<void> =>
    moderation.record(sql, { groupId: group.id, by: doerOf(seen), kind: "members", what, link: "bans", words }, clock);
  const form = await c.req.parseBody();
  const typed = { pattern: textOf(form, "pattern"), why: textOf(form, "why").trim() };
  if (textOf(form, "do") === "lift")
    await transact(pool, async (sql) => {
      if (await directory.liftBan(sql, group.id, typed.pattern))
        await record(sql, en`lifted the ban of ${typed.pattern}`, "");
    });
  else {
    try {
      const one = {
        pattern: directory.banPattern(typed.pattern),
        why: typed.why,
        setBy: visitor!.name || visitor!.address,
      };
      await transact(pool, async (sql) => {
        await directory.ban(sql, group.id, one, clock.now());
        await record(sql, en`banned ${one.pattern} from the group`, one.why);
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return show(c, { ...typed, problem: told(error.message) });
    }
  }
  return c.redirect(`/g/${group.name}/bans`, 303);
}

async function show(c: Page, { pattern, why, problem }: Typed): Promise<Response> {
  const { group } = await groupFor(c, "members");
  const bans = await directory.bans(c.var.house.pool, group.id);
  const reader = readerOf(c);
  if (problem) c.status(400);
  const content = html`<h1 class="page-title">${t`Kept out`}</h1>
<p class="lead">${th`Who is here can't join <bdi>${group.title}</bdi> and can't post to it. Owners and moderators are not touched.`}</p>
<form method="post" class="form">${field({ name: "pattern", label: t`Address, domain or pattern`, value: pattern, problem, help: t`Such as ana@far.test, far.test, or *@*.far.test`, isRequired: true, autocomplete: "off", maxLength: 250 })}
${field({ name: "why", label: t`Why, for other owners`, value: why, maxLength: 500 })}
<p class="actions"><button class="button" name="do" value="ban">${t`Keep out`}</button></p></form>
${
  bans.length === 0
    ? html`<div class="empty"><p>${t`Nobody is kept out.`}</p></div>`
    : html`<ol class="way">${bans.map((one) => html`<li class="event"><p><b class="as-is">${one.pattern}</b> <span class="event-why">${one.why ? `${one.why} · ` : ""}${t`by ${one.setBy}`}</span></p><p class="step-time">${timeInWords(one.setAt, reader)}</p><form method="post"><input type="hidden" name="pattern" value="${one.pattern}"><button class="quiet" name="do" value="lift">${t`Let ${one.pattern} in again`}</button></form></li>`)}</ol>`
}`;
  return answer(c, { title: t`Kept out of ${group.title}`, group, isPrivate: true }, content);
}
