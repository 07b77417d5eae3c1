/** A post as it is read, in a thread or alone. */

import { html, raw } from "hono/html";
import type * as archive from "../../archive/archive.ts";
import { t } from "../../language/language.ts";
import type { Attachment } from "../../mail/read.ts";
import type { Progress } from "../../queue/queue.ts";
import type { Seen } from "../rights.ts";
import { deletedNote } from "./care.ts";
import { progressInWords, stateMark, stateOf } from "./delivery.ts";
import { sizeInWords } from "./figures.ts";
import type { Html } from "./layout.ts";
import { face, maskedHtml, personName, shown } from "./names.ts";
import { quotesTold, type Reading } from "./reading.ts";
import { th } from "./say.ts";
import { type Reader, timeOfPost } from "./time.ts";

export type PostView = {
  post: archive.Post;
  reading: Reading;
  progress: Progress | undefined;
  /** How deep in the tree; 0 in a flat list. */
  depth: number;
  /** The post this one answers, when it does not stand right above. */
  answers: { number: number; name: string } | undefined;
  /** Came since this reader's last visit; and where the next such one is. */
  isNew?: boolean;
  /** Its topic takes no more replies. */
  isLocked?: boolean;
  /** How it was deleted. */
  deletion?: archive.Change;
  nextNew?: string | undefined;
};

const DEEPEST = 6;

export const authorOf = (
  post: Pick<archive.Post, "authorName" | "authorAddress">,
  { hidesAddresses }: Pick<Seen, "hidesAddresses">,
): string => personName(post.authorName, post.authorAddress, hidesAddresses);

export function postArticle(view: PostView, seen: Seen, reader: Reader, isFixed: boolean): Html {
  const { post, reading, answers } = view;
  const here = `/g/${seen.group.name}/${post.number}`;
  const name = authorOf(post, seen);
  return html`<article class="post depth-${Math.min(view.depth, DEEPEST)}${view.isNew ? " is-new" : ""}" id="p${post.number}" aria-label="${t`Post ${post.number} by ${name}`}" tabindex="-1">
<header class="post-head">
  ${face(name)}
  <p class="post-author"><bdi>${name}</bdi>${seen.hidesAddresses || !post.authorAddress || name === post.authorAddress ? "" : html` <a class="post-address" href="mailto:${post.authorAddress}">${post.authorAddress}</a>`}</p>
  <p class="post-when">${timeOfPost(post.sentAt, reader)} <a class="post-number" href="${here}" title="${t`Permanent link`}">#${post.number}</a>${view.isNew ? html` <span class="new-word">${t`new`}</span>` : ""}</p>
  ${answers ? html`<p class="post-answers">${th`in answer to <a href="#p${answers.number}"><bdi>${answers.name}</bdi></a>`}</p>` : ""}
</header>
${post.deletedAt ? deletedNote(view.deletion, reader) : html`${bodyOf(reading, isFixed, seen.hidesAddresses)}${attachments(reading.attachments, here)}`}
${post.deletedAt ? "" : postFoot(view, here, reader, mayWriteTo(post, seen), mayReport(post, seen))}
</article>`;
}

/** Who changed a post last, and when; what it said before is one press away for members. */
export const editedNote = ({ editedAt, editedBy }: archive.Post, here: string, reader: Reader): Html | "" =>
  editedAt
    ? html` <a class="edited" href="${here}/editions">${editedBy ? th`edited by <bdi>${personName(editedBy, "", true)}</bdi> ${timeOfPost(editedAt, reader)}` : th`edited ${timeOfPost(editedAt, reader)}`}</a>`
    : "";

/** Members write to each other's posts' authors alone. */
export const mayWriteTo = ({ authorAddress }: Pick<archive.Post, "authorAddress">, { membership }: Seen): boolean =>
  membership !== undefined && authorAddress !== "" && authorAddress.toLowerCase() !== membership.address.toLowerCase();

/** Members, about each other's posts. */
export const mayReport = ({ authorAddress }: Pick<archive.Post, "authorAddress">, { membership }: Seen): boolean =>
  membership !== undefined && authorAddress.toLowerCase() !== membership.address.toLowerCase();

const postFoot = (
  { post, reading, progress, nextNew, isLocked }: PostView,
  here: string,
  reader: Reader,
  mayWrite: boolean,
  mayReport: boolean,
): Html =>
  html`<footer class="post-foot">
  <p class="post-delivery">${deliveryLine(post, progress, reader)}${isEdited(post) ? html` · <a href="${here}">${t`edited by a moderator`}</a>` : ""}${editedNote(post, here, reader)}</p>
  <p class="post-actions">${nextNew ? html`<a href="${nextNew}">${t`Next new post`}</a> ` : ""}${reading.hasPage ? html`<a href="${here}?as=sent">${t`Formatted`}</a> ` : ""}${mayWrite ? html`<a href="${here}/write">${t`To the author alone`}</a> ` : ""}${mayReport ? html`<a href="${here}/report">${t`Report`}</a> ` : ""}${isLocked ? "" : html`<a class="post-reply" data-key="r" href="${here}/reply">${t`Reply`}</a>`}</p>
</footer>`;

/** A moderator changed its words before it went out. */
export const isEdited = ({ auth }: Pick<archive.Post, "auth">): boolean =>
  typeof auth === "object" && auth !== null && "isEdited" in auth && auth.isEdited === true;

/** The text in the reading face, or line by line in a fixed-width one. */
export function bodyOf(reading: Reading, isFixed: boolean, hidesAddresses: boolean): Html {
  const body = (isFixed ? reading.fixed : reading.body) || `<p>${t`This post has no text.`}</p>`;
  return html`<div class="post-body${isFixed ? " is-fixed" : ""}">${raw(quotesTold(hidesAddresses ? maskedHtml(body) : body))}</div>`;
}

export function deliveryLine(post: archive.Post, progress: Progress | undefined, reader: Reader): Html {
  if (!progress) return post.source === "import" ? html`` : html`${t`not sent by mail`}`;
  return html`${stateMark(stateOf(progress))} ${progressInWords(progress, reader).join(" · ")}`;
}

const PICTURES = /^image\/(?:png|jpeg|gif|webp|avif)$/;
export const isPicture = (type: string): boolean => PICTURES.test(type);
const LARGEST_THUMBNAIL = 3_000_000;

export function attachments(list: readonly Attachment[], here: string): Html | "" {
  if (list.length === 0) return "";
  const isThumbnail = ({ type, size }: Attachment): boolean => isPicture(type) && size < LARGEST_THUMBNAIL;
  const inOrder = [...list.filter((one) => !isThumbnail(one)), ...list.filter(isThumbnail)];
  return html`<ul class="attachments" aria-label="${t`Attachments`}">${inOrder.map((one) => attachment(one, here))}</ul>`;
}

function attachment({ filename, type, size, index }: Attachment, here: string): Html {
  const name = shown(filename ?? "") || (type === "message/rfc822" ? t`forwarded mail` : t`part ${index + 1}`);
  const url = `${here}/part/${index}`;
  if (isPicture(type) && size < LARGEST_THUMBNAIL)
    return html`<li class="attachment is-picture"><a href="${url}"><img src="${url}" alt="${name}" loading="lazy" width="160" height="120"><span class="attachment-name"><bdi>${name}</bdi> <small>${sizeInWords(size)}</small></span></a></li>`;
  return html`<li class="attachment"><a href="${url}"><span class="attachment-kind" aria-hidden="true">${kindOf(name, type)}</span><span class="attachment-name"><bdi>${name}</bdi> <small>${sizeInWords(size)}</small></span></a></li>`;
}

/** Three or four letters for a file's kind. */
function kindOf(name: string, type: string): string {
  const ending = /\.([A-Za-z0-9]{1,4})$/.exec(name)?.[1];
  return (ending ?? (type === "message/rfc822" ? "mail" : (type.split("/")[1] ?? "file").replace(/^x-/, "")))
    .slice(0, 4)
    .toLowerCase();
}
