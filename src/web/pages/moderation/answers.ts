/** Answers that a group's moderators have ready, to decline with or to ask with. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import { Refusal } from "../../../kit/errors.ts";
import { isId } from "../../../kit/id.ts";
import { en, t, told } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";

type Typed = { id: string | undefined; title: string; words: string; problem: string };

/** GET /g/:name/answers */
export const list = (c: Page): Promise<Response> => show(c, undefined);

/** POST /g/:name/answers: `do` is keep or remove; `id` names one that is there. */
export async function change(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "approve");
  const form = await c.req.parseBody();
  const id = isId(textOf(form, "id")) ? textOf(form, "id") : undefined;
  const typed = { id, title: textOf(form, "title"), words: textOf(form, "words") };
  const about = { groupId: seen.group.id, by: doerOf(seen), kind: "settings" as const, link: "answers" };
  try {
    await transact(pool, async (sql) => {
      if (textOf(form, "do") === "remove" && id) {
        const gone = (await moderation.answers(sql, seen.group.id)).find((one) => one.id === id);
        if (!gone || !(await moderation.removeAnswer(sql, seen.group.id, id))) return;
        await moderation.record(sql, { ...about, what: en`removed the ready answer “${gone.title}”` }, clock);
        return;
      }
      await moderation.keepAnswer(
        sql,
        seen.group.id,
        { ...(id && { id }), title: typed.title, words: typed.words },
        clock,
      );
      const title = typed.title.trim().slice(0, 80);
      await moderation.record(
        sql,
        { ...about, what: en`wrote the ready answer “${title}”`, words: typed.words },
        clock,
      );
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(c, { ...typed, problem: told(error.message) });
  }
  return c.redirect(`/g/${seen.group.name}/answers`, 303);
}

async function show(c: Page, typed: Typed | undefined): Promise<Response> {
  const { group } = await groupFor(c, "approve");
  const answers = await moderation.answers(c.var.house.pool, group.id);
  if (typed) c.status(400);
  const fresh = typed && !typed.id ? typed : undefined;
  const content = html`<h1 class="page-title">${t`Ready answers`}</h1>
<p class="lead">${t`What moderators say again and again: chosen when a post is declined, or when its author is asked something.`} <a href="/g/${group.name}/held">${t`Held posts`}</a></p>
${answers.length === 0 ? html`<div class="empty"><p>${t`No answer is ready yet. The first could say what the group is not for, and where to go instead.`}</p></div>` : html`<ul class="desk-answers">${answers.map((one) => answerForm(one, typed?.id === one.id ? typed : undefined))}</ul>`}
<h2 class="list-head">${t`A new one`}</h2>
<form method="post" class="form">${fields("new", fresh ?? { title: "", words: "" }, fresh?.problem)}
<p class="actions"><button class="button" name="do" value="keep">${t`Keep it ready`}</button></p></form>`;
  return answer(c, { title: t`Ready answers of ${group.title}`, group, isPrivate: true }, content);
}

function answerForm(one: moderation.Answer, typed: Typed | undefined): Html {
  return html`<li><details${typed ? html` open` : ""}><summary><b><bdi>${one.title}</bdi></b> <span class="small"><bdi>${one.words.slice(0, 120)}</bdi></span></summary>
<form method="post" class="form"><input type="hidden" name="id" value="${one.id}">${fields(one.id, typed ?? one, typed?.problem)}
<p class="actions"><button class="button" name="do" value="keep">${t`Save`}</button> <button class="button quiet" name="do" value="remove" formnovalidate>${t`Remove “${one.title}”`}</button></p></form></details></li>`;
}

const fields = (id: string, { title, words }: { title: string; words: string }, problem: string | undefined): Html =>
  html`${field({ name: "title", id: `title-${id}`, label: t`Title, for moderators`, value: title, problem, maxLength: moderation.LONGEST_ANSWER_TITLE, isRequired: true, autocomplete: "off" })}
${field({ name: "words", id: `words-${id}`, label: t`What the author is told`, value: words, rows: 4, maxLength: moderation.LONGEST_ANSWER_WORDS, isRequired: true })}`;
