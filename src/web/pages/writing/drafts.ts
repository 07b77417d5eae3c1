/** What I am writing, in all groups: drafts, and posts that will be sent by themselves. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as drafts from "../../../drafts/drafts.ts";
import { isId } from "../../../kit/id.ts";
import { t, tn, told } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { SignInFirst } from "../../rights.ts";
import { textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { dayInWords, exact, type Reader, timeInWords } from "../../views/time.ts";
import { clientAddress, readerOf } from "../../visitors.ts";
import { authorKeysOf } from "../../writing.ts";

/** GET /drafts?scheduled=1&done=WORD */
export async function list(c: Page): Promise<Response> {
  const visitor = await c.var.visitor();
  if (!visitor) throw new SignInFirst();
  const { pool } = c.var.house;
  const found = await drafts.draftsOf(pool, await authorKeysOf(pool, visitor));
  const groups = await directory.groupsById(pool, [...new Set(found.map((one) => one.groupId))]);
  const byId = new Map(groups.map((group) => [group.id, group]));
  const here = found.flatMap((one) => {
    const group = byId.get(one.groupId);
    return group ? [{ one, group }] : [];
  });
  const reader = readerOf(c);
  const scheduled = here.filter(({ one }) => one.sendAt);
  const others = here.filter(({ one }) => !one.sendAt);
  const done = c.req.query("done");
  const content = html`<h1 class="page-title">${t`Drafts`}</h1>
${c.req.query("scheduled") ? html`<p class="notice" role="status">${t`It will be sent by itself. Until then you can change it or call it off here.`}</p>` : ""}
${done ? html`<p class="notice" role="status">${done === "called-off" ? t`It is not sent by itself any more: it is a draft again.` : t`The draft is thrown away.`}</p>` : ""}
${scheduled.length > 0 ? html`<section><h2 class="list-head">${t`To be sent`}</h2><ul class="drafts">${scheduled.map(({ one, group }) => row(one, group, reader))}</ul></section>` : ""}
${
  others.length > 0
    ? html`<section>${scheduled.length > 0 ? html`<h2 class="list-head">${t`Drafts`}</h2>` : ""}<ul class="drafts">${others.map(({ one, group }) => row(one, group, reader))}</ul></section>`
    : scheduled.length === 0
      ? html`<p>${t`What you begin to write in a group is kept here until you post it or throw it away.`}</p>`
      : ""
}
<p class="small">${t`A draft that nobody has touched for ${90} days is thrown away.`}</p>`;
  return answer(c, { title: t`Drafts`, isPrivate: true, sheets: ["write.css"] }, content);
}

function row(one: drafts.ListedDraft, group: directory.Group, reader: Reader): Html {
  const path = one.answers === null ? `/g/${group.name}/new` : `/g/${group.name}/${one.answers}/reply`;
  const subject = shown(one.subject) || t`(no subject)`;
  return html`<li class="draft"><p><a class="draft-subject" href="${path}?draft=${one.id}" dir="auto">${subject}</a> <span class="draft-group"><bdi>${group.title}</bdi></span></p>
<p class="draft-words" dir="auto">${shown(one.words).slice(0, 160)}</p>
${one.problem ? html`<p class="why">${told(one.problem)}</p>` : ""}
<p class="small">${
    one.sendAt
      ? th`◔ Will be sent on <b>${exact(one.sendAt, reader)}</b>`
      : th`Saved ${timeInWords(one.savedAt, reader)}, kept until ${dayInWords(new Date(one.savedAt.getTime() + drafts.DRAFTS_KEPT), reader.zone)}`
  }${one.files > 0 ? html` · ${tn(one.files, "{0} file", "{0} files")}` : ""}</p>
<form method="post" action="/drafts" class="draft-acts"><input type="hidden" name="id" value="${one.id}"><input type="hidden" name="version" value="${one.version}">
<a class="button quiet" href="${path}?draft=${one.id}">${one.sendAt ? t`Change it` : t`Go on writing`}<span class="unseen">: ${subject}</span></a>
${one.sendAt ? html`<button class="button bare" name="do" value="unschedule">${t`Call it off`}<span class="unseen">: ${subject}</span></button>` : ""}
<button class="button bare" name="do" value="discard">${t`Throw away`}<span class="unseen">: ${subject}</span></button></form></li>`;
}

/** POST /drafts {id, do: discard | unschedule} */
export async function change(c: Page): Promise<Response> {
  const visitor = await c.var.visitor();
  if (!visitor) throw new SignInFirst();
  const { pool } = c.var.house;
  const typed = await c.req.parseBody();
  const id = textOf(typed, "id");
  if (!isId(id)) return c.redirect("/drafts", 303);
  const keys = await authorKeysOf(pool, visitor);
  if (textOf(typed, "do") === "discard") {
    await drafts.discard(pool, keys, [id]);
    return c.redirect("/drafts?done=thrown-away", 303);
  }
  await transact(pool, async (sql) => {
    const kept = await drafts.draftOf(sql, keys, id, "lock");
    if (kept) await drafts.schedule(sql, keys, { id, version: kept.version, sendAt: null, client: clientAddress(c) });
  });
  return c.redirect("/drafts?done=called-off", 303);
}
