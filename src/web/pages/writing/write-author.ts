/**
 * Writing to the author of a post alone. It takes the way of a mail to the post's alias (pipeline/private.ts), so what
 * the author allows and how much is passed on are the same by mail and here.
 */
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as drafts from "../../../drafts/drafts.ts";
import { isId, newId } from "../../../kit/id.ts";
import { t, told } from "../../../language/language.ts";
import { authorAlias } from "../../../mail/private.ts";
import * as notices from "../../../notices/notices.ts";
import * as queue from "../../../queue/queue.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { field, textOf, tick } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { authorOf } from "../../views/post.ts";
import { th } from "../../views/say.ts";
import { clientAddress } from "../../visitors.ts";
import { LONGEST_SUBJECT, nameOf, problemsOf } from "../../writing.ts";

type Writing = Seen & { post: archive.Post; membership: directory.Membership; against: string | undefined };
type Typed = { id: string; subject: string; text: string; copy: boolean };

/** GET /g/:name/:number/write */
export async function form(c: Page): Promise<Response> {
  const writing = await writingTo(c);
  const subject = shown(writing.post.subject);
  const typed = {
    ...{ id: newId(c.var.house.clock), text: "", copy: true },
    subject: /^re:/i.test(subject) ? subject : `Re: ${subject}`,
  };
  return show(c, writing, typed, {});
}

/** POST /g/:name/:number/write {subject, text, copy} */
export async function send(c: Page): Promise<Response> {
  const writing = await writingTo(c);
  const form = await c.req.parseBody();
  const id = textOf(form, "id");
  const typed: Typed = {
    id: isId(id) ? id : newId(c.var.house.clock),
    subject: shown(textOf(form, "subject")),
    text: textOf(form, "text").replace(/\r\n?/g, "\n"),
    copy: textOf(form, "copy") === "yes",
  };
  const draft = { ...typed, version: 0, name: "", isSpecial: false, isPlain: false };
  const problems = problemsOf(draft);
  if (writing.against !== undefined || Object.keys(problems).length > 0) return show(c, writing, typed, problems, 400);
  await put(c, writing, typed);
  return c.redirect(`/g/${writing.group.name}/${writing.post.number}/write?sent=1`, 303);
}

async function writingTo(c: Page): Promise<Writing> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "member");
  const post = await archive.postNumbered(pool, seen.group.id, Number(c.req.param("number")));
  if (!post || post.deletedAt) throw new NotHere();
  const membership = seen.membership!;
  const author = await directory.membershipOf(pool, seen.group.id, post.authorAddress);
  return { ...seen, post, membership, against: directory.againstWriting(author, membership) };
}

/** The mail and the copy of who wrote it are kept together, and once. */
async function put(c: Page, { group, membership, post, ...seen }: Writing, typed: Typed): Promise<void> {
  const { pool, clock, config, tokenSecret } = c.var.house;
  const alias = authorAlias(await tokenSecret(), group.id, post.number, config.domain);
  const mail = await drafts.mailOf({
    draft: {
      ...{ id: typed.id, address: membership.address, name: nameOf({ ...seen, group, membership }) },
      ...{ subject: typed.subject, body: typed.text, isSpecial: false, isPlain: false, client: clientAddress(c) },
    },
    files: [],
    group,
    to: alias,
    parent: { messageId: post.messageId, references: [] },
    domain: config.domain,
    now: clock.now(),
  });
  await transact(pool, async (sql) => {
    if ((await queue.waitingMail(sql, typed.id)) || (await queue.outcomesOf(sql, typed.id)).length > 0) return;
    await queue.put(sql, [mail]);
    if (!typed.copy) return;
    const writer = { domain: config.domain, url: config.url, clock };
    const to = { to: membership.address, group, about: { messageId: null, subject: typed.subject } };
    const copy = notices.privateCopyLetter(writer, to, { number: post.number, text: typed.text });
    await queue.plan(sql, await notices.write(sql, [copy], clock), clock);
  });
}

type Problems = { subject?: string; text?: string };

async function show(c: Page, writing: Writing, typed: Typed, problems: Problems, status?: 400): Promise<Response> {
  const { group, post, against } = writing;
  const back = `/g/${group.name}/topic/${post.topicId}#p${post.number}`;
  const author = authorOf(post, writing);
  const isSent = c.req.query("sent") === "1" && status === undefined;
  if (status) c.status(status);
  const content = html`<h1 class="page-title">${t`To the author alone`}</h1>
${
  isSent
    ? html`<p class="notice" role="status">${th`It is on its way to <bdi>${author}</bdi>.`}</p><p class="actions"><a class="button quiet" href="${back}">${t`Back to the topic`}</a></p>`
    : against
      ? html`<p class="notice" role="alert">${told(against)}</p><p class="actions"><a class="button quiet" href="${back}">${t`Back to the topic`}</a></p>`
      : letterForm(writing, typed, problems, author, back)
}`;
  return answer(c, { title: t`To the author alone`, group, isPrivate: true, sheets: ["write.css"] }, content);
}

function letterForm(writing: Writing, typed: Typed, problems: Problems, author: string, back: string): Html {
  const { group, post, membership } = writing;
  return html`<form method="post" action="/g/${group.name}/${post.number}/write" class="form write-author"><input type="hidden" name="id" value="${typed.id}">
<div class="sheet">
<p class="to-line">${th`To <b><bdi>${author}</bdi></b> alone: nobody else in the group gets it.`}</p>
<p class="to-line">${group.authors === "hidden" ? th`From <b>${nameOf(writing) || membership.address.split("@")[0]!}</b>; neither of you learns the other’s address.` : th`From <b>${membership.address}</b>: the author sees your address, so that you can go on by mail.`}</p>
${field({ name: "subject", label: t`Subject`, value: typed.subject, problem: problems.subject, maxLength: LONGEST_SUBJECT, autocomplete: "off" })}
${field({ name: "text", label: t`Text`, value: typed.text, rows: 12, problem: problems.text })}
</div>
${tick({ name: "copy", label: t`Send me a copy`, isOn: typed.copy })}
<p class="actions"><button class="button">${t`Send`}</button> <a class="button bare" href="${back}">${t`Cancel`}</a></p></form>`;
}
