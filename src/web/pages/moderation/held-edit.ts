/** Editing a held post before it goes out: its subject and its text. The author is told, and what they wrote is kept. */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import { en, t } from "../../../language/language.ts";
import { canRevise } from "../../../mail/revise.ts";
import * as moderation from "../../../moderation/moderation.ts";
import { heldFor, rawOf } from "../../desk.ts";
import type { Page } from "../../house.ts";
import { doerOf, NotHere } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer } from "../../views/layout.ts";
import { read } from "../../views/reading.ts";
import { LONGEST_SUBJECT } from "../../writing.ts";

const LONGEST_TEXT = 500_000;

type Typed = { subject?: string; text?: string; problems?: { subject?: string; text?: string } };

/** GET /g/:name/held/:id/edit */
export const form = (c: Page): Promise<Response> => show(c, {});

/** POST /g/:name/held/:id/edit: `do` is save or undo. */
export async function save(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const { seen, post, own } = await found(c);
  const typed = await c.req.parseBody();
  const isUndo = textOf(typed, "do") === "undo";
  const subject = isUndo ? own.subject : textOf(typed, "subject").replace(/\s+/g, " ").trim();
  const text = isUndo ? own.text : plain(textOf(typed, "text"));
  const problems = {
    ...(!isUndo && subject === "" && { subject: t`Give it a subject, so that others see what it is about.` }),
    ...(!isUndo &&
      subject.length > LONGEST_SUBJECT && { subject: t`Keep the subject to ${LONGEST_SUBJECT} characters.` }),
    ...(!isUndo && text.trim() === "" && { text: t`There is nothing to send yet: write something.` }),
    ...(text.length > LONGEST_TEXT && { text: t`This is longer than a post may be (half a million characters).` }),
  };
  if (Object.keys(problems).length > 0) return show(c, { subject, text, problems });
  const edit = {
    groupId: seen.group.id,
    mailId: post.mailId,
    subject: subject === own.subject.trim() ? null : subject,
    text: text.trim() === own.text.trim() ? null : text,
  };
  const isKept = await transact(pool, async (sql) => {
    if (!(await moderation.editHeld(sql, edit, doerOf(seen), clock.now()))) return false;
    const was = post.subject.slice(0, 200);
    const what =
      edit.subject === null && edit.text === null
        ? en`took the edits of “${was}” back`
        : en`edited “${was}” before it goes out`;
    const words = edit.subject === null ? "" : edit.subject;
    await moderation.record(
      sql,
      { groupId: seen.group.id, by: doerOf(seen), kind: "held", what, link: `held/${post.mailId}`, words },
      clock,
    );
    return true;
  });
  return c.redirect(`/g/${seen.group.name}/held/${post.mailId}?told=${isKept ? "edited" : "late"}`, 303);
}

const plain = (text: string): string => text.replace(/\r\n?/g, "\n").trimEnd();

async function found(c: Page) {
  const { seen, post } = await heldFor(c);
  const raw = await rawOf(c.var.house, post);
  if (!raw || post.state !== "waiting" || !canRevise(raw)) throw new NotHere();
  return { seen, post, own: { subject: post.subject, text: plain(read(raw, () => "").text) } };
}

async function show(c: Page, typed: Typed): Promise<Response> {
  const { seen, post, own } = await found(c);
  const { group } = seen;
  const here = `/g/${group.name}/held/${post.mailId}`;
  if (typed.problems) c.status(400);
  const text = typed.text ?? post.editedText ?? own.text;
  const content = html`<h1 class="page-title">${t`Edit before it goes out`}</h1>
<p class="lead">${t`It stays ${post.authorName || post.authorAddress}’s post. They are told what was changed and by whom, the archive says so too, and what they had written is kept for them and the moderators.`}</p>
<form method="post" class="form">
${field({ name: "subject", label: t`Subject`, value: typed.subject ?? post.editedSubject ?? own.subject, maxLength: LONGEST_SUBJECT, isRequired: true, problem: typed.problems?.subject })}
${field({ name: "text", label: t`Text`, value: text, rows: Math.min(30, Math.max(10, text.split("\n").length + 2)), problem: typed.problems?.text, help: t`Sent as plain text; attachments stay. The signature of the author’s mail provider covers words that change, so it is taken off; where their domain insists on it, the post comes from the group in their name.` })}
<p class="actions"><button class="button" name="do" value="save">${t`Save, and go back to deciding`}</button> ${post.editedAt ? html`<button class="button quiet" name="do" value="undo" formnovalidate>${t`Back to what the author wrote`}</button>` : ""} <a class="button bare" href="${here}">${t`Cancel`}</a></p></form>
${post.editedAt ? html`<h2 class="list-head">${t`What the author wrote`}</h2><p><b><bdi>${own.subject}</bdi></b></p><p class="as-typed">${own.text}</p>` : ""}`;
  return answer(c, { title: t`Edit a held post of ${group.title}`, group, isPrivate: true }, content);
}
