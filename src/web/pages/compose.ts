/**
 * Writing a post or an answer. It looks like the letter it becomes, and says to whom and how many before it goes.
 *
 * Sending is in writing.ts. The form carries the id the mail will have, so that pressing the button twice sends it once.
 */

import { html, raw } from "hono/html";
import * as archive from "../../archive/archive.ts";
import { isId, newId } from "../../kit/id.ts";
import { t, tn } from "../../language/language.ts";
import { textToHtml } from "../../mail/text.ts";
import type { Page } from "../house.ts";
import { memberCount } from "../member-counts.ts";
import type { Seen } from "../rights.ts";
import { field, textOf } from "../views/forms.ts";
import { answer, type Html } from "../views/layout.ts";
import { face, shown } from "../views/names.ts";
import { authorOf } from "../views/post.ts";
import { quotesTold } from "../views/reading.ts";
import { reflow } from "../views/reflow.ts";
import { th } from "../views/say.ts";
import { exact, type Reader } from "../views/time.ts";
import { clientAddress, readerOf } from "../visitors.ts";
import {
  type Draft,
  LONGEST_SUBJECT,
  mayWrite,
  nameOf,
  type Parent,
  type Problems,
  parentFrom,
  post,
  problemsOf,
} from "../writing.ts";

type View = Seen & {
  draft: Draft;
  problems: Problems;
  parent: Parent | undefined;
  members: number;
  domain: string;
  isPreview: boolean;
  reader: Reader;
};

/** GET /g/:name/new */
export async function fresh(c: Page): Promise<Response> {
  const seen = await mayWrite(c);
  return show(c, seen, undefined, { id: newId(c.var.house.clock), name: nameOf(seen), subject: "", text: "" });
}

/** GET /g/:name/:number/reply */
export async function reply(c: Page): Promise<Response> {
  const seen = await mayWrite(c);
  const parent = (await parentOf(c, seen))!;
  const subject = shown(parent.post.subject);
  const draft = {
    id: newId(c.var.house.clock),
    name: nameOf(seen),
    subject: /^(?:re|aw|sv|antw|回复|答复)\s?:/i.test(subject) ? subject : `Re: ${subject}`,
    text: quoted(parent, seen, readerOf(c)),
  };
  return show(c, seen, parent, draft, parent.isLocked ? { problems: problemsOf({ ...draft, text: "-" }, parent) } : {});
}

/** POST /g/:name/new, POST /g/:name/:number/reply: `do` is `preview`, `edit` or `post`. */
export async function send(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await mayWrite(c);
  const parent = await parentOf(c, seen);
  const typed = await c.req.parseBody();
  const id = textOf(typed, "id");
  const draft: Draft = {
    id: isId(id) ? id : newId(house.clock),
    name: shown(textOf(typed, "name")).slice(0, 100) || nameOf(seen),
    subject: shown(textOf(typed, "subject")),
    text: textOf(typed, "text").replace(/\r\n?/g, "\n"),
  };
  const problems = problemsOf(draft, parent);
  if (Object.keys(problems).length > 0) return show(c, seen, parent, draft, { problems, status: 400 });
  if (textOf(typed, "do") !== "post")
    return show(c, seen, parent, draft, { isPreview: textOf(typed, "do") === "preview" });
  await post(house, seen, parent, draft, clientAddress(c));
  return c.redirect(`/mail/${draft.id}`, 303);
}

async function parentOf(c: Page, seen: Seen): Promise<Parent | undefined> {
  const number = c.req.param("number");
  if (number === undefined) return undefined;
  const { pool } = c.var.house;
  return parentFrom(pool, seen, await archive.postNumbered(pool, seen.group.id, Number(number)));
}

/** The parent, marked as quotes are. */
function quoted({ post, text }: Parent, seen: Seen, reader: Reader): string {
  const lines = text.trimEnd().split("\n");
  const signature = lines.findIndex((line) => /^-- ?$/.test(line.trimEnd()) && !line.startsWith(">"));
  const own = (signature < 0 ? lines : lines.slice(0, signature)).slice(0, 2000);
  const marked = reflow(own.join("\n"))
    .split("\n")
    .flatMap((line) => wrapped(line));
  return `${t`On ${exact(post.sentAt, reader)}, ${authorOf(post, seen)} wrote:`}\n${marked.join("\n")}\n\n`;
}

const WIDTH = 72;

/** One line, quoted once more, cut at spaces so that it fits the width of a mail. */
function wrapped(line: string): string[] {
  const mark = `>${/^(?:> ?){0,20}/.exec(line)![0].replaceAll(" ", "")}`;
  const words = line.replace(/^(?:> ?){0,20}/, "").trimEnd();
  if (words.length <= WIDTH) return [`${mark} ${words}`.trimEnd()];
  const lines: string[] = [];
  let now = "";
  for (const word of words.split(" ")) {
    if (now !== "" && now.length + word.length >= WIDTH) {
      lines.push(now);
      now = word;
    } else now = now === "" ? word : `${now} ${word}`;
  }
  return [...lines, now].map((one) => `${mark} ${one}`);
}

type Extra = { problems?: Problems; isPreview?: boolean; status?: 400 };

async function show(
  c: Page,
  seen: Seen,
  parent: Parent | undefined,
  draft: Draft,
  extra: Extra = {},
): Promise<Response> {
  const { config } = c.var.house;
  const { group } = seen;
  const members = await memberCount(c.var.house, group.id);
  const view: View = {
    ...seen,
    draft,
    parent,
    members,
    domain: config.domain,
    problems: extra.problems ?? {},
    isPreview: extra.isPreview ?? false,
    reader: readerOf(c),
  };
  if (extra.status) c.status(extra.status);
  const title = parent ? t`Reply to ${shown(parent.post.subject)}` : t`New post to ${group.title}`;
  return answer(c, { title, group, isPrivate: true, scripts: ["write.js"] }, composeView(view));
}

function composeView(view: View): Html {
  const { draft, parent, group, problems, isPreview } = view;
  const here = parent ? `/g/${group.name}/${parent.post.number}/reply` : `/g/${group.name}/new`;
  const back = parent ? `/g/${group.name}/topic/${parent.post.topicId}#p${parent.post.number}` : `/g/${group.name}`;
  const rows = Math.min(24, Math.max(12, draft.text.split("\n").length + 4));
  return html`<h1 class="page-title">${isPreview ? t`As it will be read` : parent ? t`Reply` : t`New post`}</h1>
${toLine(view)}
${isPreview ? preview(view) : ""}
<form method="post" action="${here}" class="form write">
  <input type="hidden" name="id" value="${draft.id}">
  ${
    isPreview
      ? html`<input type="hidden" name="name" value="${draft.name}"><input type="hidden" name="subject" value="${draft.subject}"><textarea name="text" hidden aria-label="${t`Text`}">
${draft.text}</textarea>`
      : html`${nameOf(view) && !problems.name ? html`<input type="hidden" name="name" value="${draft.name}">` : field({ name: "name", label: t`Your name, as others will see it`, value: draft.name, autocomplete: "name", maxLength: 100 })}
  ${field({ name: "subject", label: t`Subject`, value: draft.subject, problem: problems.subject, isRequired: true, maxLength: LONGEST_SUBJECT, autocomplete: "off" })}
  ${field({ name: "text", label: t`Text`, value: draft.text, rows, problem: problems.text, isRequired: true })}`
  }
  <p class="actions"><button class="button" name="do" value="post">${t`Post`}</button>
  ${isPreview ? html`<button class="button quiet" name="do" value="edit">${t`Change it`}</button>` : html`<button class="button quiet" name="do" value="preview">${t`Preview`}</button>`}
  <a class="button bare" href="${back}">${t`Cancel`}</a></p>
</form>
${parent && !isPreview ? html`<details class="quote"><summary>${t`The post you reply to`}</summary><div class="post-body">${raw(quotesTold(textToHtml(reflow(parent.text))))}</div></details>` : ""}`;
}

function toLine({ group, members, domain, membership }: View): Html {
  const held = membership ? "" : html` <b>${t`You are not a member: a moderator will look at it first.`}</b>`;
  return html`<p class="to-line">${th`To <b>${`${group.name}@${domain}`}</b>: ${members === 0 ? t`nobody is in it yet` : tn(members, "{0} member gets it", "{0} members get it")}`}${group.archive === "public" ? t`, and everybody can read it in the archive` : ""}.${held}</p>`;
}

function preview({ draft, group, membership, visitor }: View): Html {
  const address = membership?.address ?? visitor!.address;
  const name = draft.name || address;
  return html`<article class="letter preview"><header class="letter-head"><h2 class="subject"><bdi>${group.tag ? `[${group.tag}] ` : ""}${draft.subject}</bdi></h2>
<div class="post-head">${face(name)}<p class="post-author"><bdi>${name}</bdi>${name === address ? "" : html` <span class="post-address">${address}</span>`}</p></div></header>
<div class="post-body">${raw(quotesTold(textToHtml(reflow(draft.text))))}</div>
${group.footer ? html`<div class="post-body signature">${group.footer}</div>` : ""}</article>`;
}
