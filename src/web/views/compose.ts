/** The page on which a post is written: a sheet of paper, and beside it the letter it becomes. */
import { html, raw } from "hono/html";
import type { DraftFile, ListedDraft } from "../../drafts/drafts.ts";
import { DAY } from "../../kit/clock.ts";
import { clockIn } from "../../kit/zone.ts";
import { t, tn, told } from "../../language/language.ts";
import { flowed } from "../../mail/flowed.ts";
import { markdownToHtml } from "../../mail/markdown.ts";
import { textToHtml } from "../../mail/text.ts";
import { attribution } from "../quoting.ts";
import type { Seen } from "../rights.ts";
import { type Draft, LONGEST_SUBJECT, maySendSpecial, nameOf, type Parent, type Problems } from "../writing.ts";
import { sizeInWords } from "./figures.ts";
import { field, tick } from "./forms.ts";
import type { Html } from "./layout.ts";
import { face, shown } from "./names.ts";
import { quotesTold } from "./reading.ts";
import { reflow } from "./reflow.ts";
import { th } from "./say.ts";
import { ago, exact, type Reader } from "./time.ts";

export type View = Seen & {
  draft: Draft;
  problems: Problems;
  parent: Parent | undefined;
  files: DraftFile[];
  /** Other drafts at the same place. */
  others: ListedDraft[];
  members: number;
  /** A moderator will read it first. */
  isLookedAt: boolean;
  mostBytes: number;
  domain: string;
  isPreview: boolean;
  said: "saved" | "other" | "full" | "problem" | undefined;
  problem?: string | undefined;
  sendAt: Date | null;
  typedTime: { date: string; time: string };
  reader: Reader;
};

export function composeView(view: View): Html {
  const { draft, parent, group, problems, isPreview } = view;
  const here = parent ? `/g/${group.name}/${parent.post.number}/reply` : `/g/${group.name}/new`;
  const back = parent ? `/g/${group.name}/topic/${parent.post.topicId}#p${parent.post.number}` : `/g/${group.name}`;
  const rows = Math.min(26, Math.max(12, draft.text.split("\n").length + 4));
  return html`<h1 class="page-title">${parent ? t`Reply` : t`New post`}</h1>
${notes(view)}
<div class="desk">
<form method="post" action="${here}" class="form write" enctype="multipart/form-data"${parent ? html` data-quote="${attribution(parent, view, view.reader)}"` : ""} data-most="${view.mostBytes}" data-large="${t`Too large: all files of a post together may have ${sizeInWords(view.mostBytes)}.`}" data-lost="${t`Not saved: the server can’t be reached. What you type is kept in this window, and saved as soon as it can be.`}">
  <input type="hidden" name="id" value="${draft.id}"><input type="hidden" name="version" value="${draft.version}">
  <button class="unseen" name="do" value="save" tabindex="-1" aria-hidden="true"></button>
  <div class="sheet">
  ${toLine(view)}
  ${nameOf(view) && !problems.name ? html`<input type="hidden" name="name" value="${draft.name}">` : field({ name: "name", label: t`Your name, as others will see it`, value: draft.name, autocomplete: "name", maxLength: 100 })}
  ${field({ name: "subject", label: t`Subject`, value: draft.subject, problem: problems.subject, maxLength: LONGEST_SUBJECT, autocomplete: "off" })}
  ${field({ name: "text", label: t`Text`, value: draft.text, rows, problem: problems.text })}
  ${group.footer ? html`<div class="sheet-footer signature">${group.footer}</div>` : ""}
  <div class="sheet-files" id="files">${fileList(view)}</div>
  ${attachField(view)}
  </div>
  ${moreChoices(view)}
  <p class="actions"><button class="button" name="do" value="post">${t`Post`}</button>
  <button class="button quiet" name="do" value="preview" formaction="${here}#preview">${t`Preview`}</button>
  <button class="button quiet" name="do" value="save">${t`Save draft`}</button>
  <a class="button bare" href="${back}">${t`Cancel`}</a>
  <span class="write-status" role="status">${view.said === "saved" ? t`Saved as a draft.` : ""}</span></p>
  <p class="small">${th`<b>**bold**</b>, <em>*italic*</em>, <code>${"`code`"}</code>, “- ” for a list, “> ” for a quote, “# ” for a heading, three ${"```"} around lines whose columns matter. It goes out as text and as HTML.`} ${th`What you write is kept as a draft for ${90} days: <a href="/drafts">my drafts</a>.`}</p>
</form>
<div class="preview-pane" id="preview">${isPreview ? preview(view) : ""}</div>
</div>
${parent ? parentView(view, parent, here) : ""}`;
}

/** What has become of the draft, where that is news. */
export const saidWords = ({ said, problem }: Pick<View, "said" | "problem">): string =>
  said === "other"
    ? t`This draft was changed, sent or thrown away in another tab. What you have typed here is kept as a draft of its own; the other one is as it was.`
    : said === "full"
      ? t`This could not be kept as a draft: you have as many as one may have. Throw away one you need no more.`
      : said === "problem"
        ? told(problem ?? "")
        : "";

function notes(view: View): Html {
  const { others, group, parent, sendAt, reader } = view;
  const words = saidWords(view);
  const path = parent ? `/g/${group.name}/${parent.post.number}/reply` : `/g/${group.name}/new`;
  return html`${words ? html`<p class="notice" role="alert">${words} <a href="/drafts">${t`My drafts`}</a></p>` : ""}
${sendAt ? html`<p class="notice">${th`It is sent by itself on <b>${exact(sendAt, reader)}</b>. If you change anything, it waits for you to say when again.`}</p>` : ""}
${
  others.length > 0
    ? html`<p class="notice">${t`You began to write here before:`} ${others.slice(0, 3).map((one) => html`<a href="${path}?draft=${one.id}"><bdi>${shown(one.subject) || shown(one.words).slice(0, 60) || t`(no subject)`}</bdi></a> (${ago(one.savedAt, reader)}) `)}</p>`
    : ""
}`;
}

/** To whom it goes, from whom, and how many get it. */
export function toLine({ group, members, domain, membership, visitor, draft, isLookedAt }: View): Html {
  const held = !isLookedAt
    ? ""
    : html` <b>${membership ? t`A moderator will look at it first.` : t`You are not a member: a moderator will look at it first.`}</b>`;
  const address = membership?.address ?? visitor!.address;
  return html`<p class="to-line">${th`To <b>${`${group.name}@${domain}`}</b>: ${members === 0 ? t`nobody is in it yet` : tn(members, "{0} member gets it", "{0} members get it")}`}${group.archive === "public" ? t`, and everybody can read it in the archive` : ""}.${held}</p>
<p class="to-line">${th`From <b>${draft.name ? `${draft.name}, ${address}` : address}</b>`}</p>`;
}

export function fileList({ files, draft }: Pick<View, "files" | "draft">): Html {
  if (files.length === 0 || draft.version === 0) return html``;
  const total = files.reduce((sum, one) => sum + one.size, 0);
  return html`<ul class="files" aria-label="${t`Attached files`}">${files.map(
    (one) =>
      html`<li><bdi class="file-name">${one.name}</bdi> <small>${sizeInWords(one.size)}</small>${isPicture(one) ? html` <button type="button" class="button bare" data-place="${one.name}" hidden>${t`Put into the text`}</button>` : ""} <button class="button bare" name="do" value="remove ${one.id}">${t`Remove`}<span class="unseen"> ${one.name}</span></button></li>`,
  )}</ul>${files.length > 1 ? html`<p class="small">${tn(files.length, "{0} file, {1}", "{0} files, {1}", sizeInWords(total))}</p>` : ""}`;
}

const isPicture = ({ type }: DraftFile): boolean => /^image\/(?:png|jpeg|gif|webp)$/.test(type);

const attachField = ({ problems, mostBytes, group }: View): Html =>
  group.attachments === "refused"
    ? html`<p class="field-help">${t`${group.title} takes nothing attached: send a link in its place.`}</p>`
    : html`<div class="field attach${problems.files ? " is-wrong" : ""}"><label for="field-file">${t`Attach files`}</label>
<input id="field-file" type="file" name="file" multiple aria-describedby="field-file-help"> <button class="button quiet" name="do" value="attach">${t`Attach`}</button>
<p class="field-help" id="field-file-help">${t`Up to ${sizeInWords(mostBytes)} together.`} ${group.attachments === "linked" ? t`Members get a link to them.` : ""} <span data-scripted hidden>${t`You can drop them here, or paste a picture into the text.`}</span></p>
<p class="field-problem" id="files-problem" role="alert">${problems.files ?? ""}</p></div>`;

/** A special notice, plain text, and when. */
function moreChoices(view: View): Html {
  const { draft, problems, sendAt, reader, typedTime } = view;
  const shownAt = sendAt ? clockIn(reader.zone, sendAt) : undefined;
  const today = clockIn(reader.zone, reader.now).day;
  const date = typedTime.date || shownAt?.day || clockIn(reader.zone, new Date(reader.now.getTime() + DAY)).day;
  const time = typedTime.time || shownAt?.time || "09:00";
  return html`${
    maySendSpecial(view)
      ? tick({
          name: "special",
          label: t`Special notice`,
          help: t`It goes at once to everybody who gets mail from the group, also to members who want special notices only.`,
          isOn: draft.isSpecial,
        })
      : ""
  }
${tick({ name: "plain", label: t`Plain text only, line by line as I typed it`, help: t`For patches, tables and logs: no Markdown, no HTML.`, isOn: draft.isPlain })}
<details class="later"${problems.sendAt || sendAt ? html` open` : ""}><summary>${t`Send later`}</summary>
<p class="field-row"><label for="field-date">${t`Day`}</label> <input id="field-date" type="date" name="date" value="${date}" min="${today}"${problems.sendAt ? html` aria-invalid="true" aria-describedby="field-later-problem"` : ""}>
<label for="field-time">${t`Time`}</label> <input id="field-time" type="time" name="time" value="${time}">
<button class="button quiet" name="do" value="later">${t`Send it then`}</button>
${sendAt ? html`<button class="button bare" name="do" value="unschedule">${t`Don’t send it by itself`}</button>` : ""}</p>
${problems.sendAt ? html`<p class="field-problem" id="field-later-problem">${problems.sendAt}</p>` : ""}
<p class="field-help">${t`In your time zone, ${reader.zone}. Whether you may post is asked again then.`}</p></details>`;
}

/** The mail as it will be read: as HTML, and as the text that goes with it. */
export function preview({ draft, group, membership, visitor, files }: View): Html {
  const address = membership?.address ?? visitor!.address;
  const name = draft.name || address;
  const page = draft.isPlain ? undefined : markdownToHtml(draft.text, "page");
  const body = page ?? textToHtml(draft.isPlain ? draft.text : reflow(draft.text));
  const text = draft.isPlain ? draft.text : flowed(draft.text);
  return html`<section class="preview" aria-label="${t`As it will be read`}"><h2 class="list-head">${t`As it will be read`}</h2>
<input type="radio" name="preview-as" id="preview-html" class="tab-choice" checked><label for="preview-html" class="tab">${t`Formatted`}</label>
<input type="radio" name="preview-as" id="preview-text" class="tab-choice"><label for="preview-text" class="tab">${t`Text`}</label>
<article class="letter tab-page"><header class="letter-head"><h3 class="subject"><bdi>${group.tag ? `[${group.tag}] ` : ""}${draft.subject || t`(no subject)`}</bdi></h3>
<div class="post-head">${face(name)}<p class="post-author"><bdi>${name}</bdi>${name === address ? "" : html` <span class="post-address">${address}</span>`}</p></div></header>
<div class="post-body${draft.isPlain ? " is-fixed" : ""}">${raw(quotesTold(body))}</div>
${group.footer ? html`<div class="post-body signature">${group.footer}</div>` : ""}
${files.length > 0 ? html`<p class="small">${t`With it:`} ${files.map(({ name: file }) => file).join(", ")}</p>` : ""}</article>
<pre class="source tab-page" tabindex="0">${text}${group.footer ? `\n\n-- \n${group.footer}` : ""}</pre>
${!draft.isPlain && page === undefined ? html`<p class="small">${t`This is too long or too deeply nested for HTML: it goes out as text alone.`}</p>` : ""}</section>`;
}

const parentView = (view: View, parent: Parent, here: string): Html =>
  html`<section class="answered"><p class="actions"><a class="button quiet" href="${here}?quote=all">${t`Quote all of it`}</a> <button type="button" class="button quiet" data-quote-selection hidden>${t`Quote what is selected`}</button></p>
<details class="quote"${view.draft.text === "" ? html` open` : ""}><summary>${t`The post you reply to`}</summary><div class="post-body">${raw(quotesTold(textToHtml(reflow(parent.text))))}</div></details></section>`;
