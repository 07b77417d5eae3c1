/** One post, at its permanent address, with what belongs to it in the margin: who has it, its place in the topic, how it came. */

import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import { t, tn, told } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import * as queue from "../../../queue/queue.ts";
import type { Page } from "../../house.ts";
import { publicPage } from "../../kept.ts";
import { markedReader, noteShown } from "../../reading-marks.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { type Proof, proofsOf } from "../../views/auth.ts";
import { deletedNote, postCare } from "../../views/care.ts";
import { bar, progressInWords, stateMark, stateOf } from "../../views/delivery.ts";
import { sizeInWords } from "../../views/figures.ts";
import { answer, framed, type Html } from "../../views/layout.ts";
import { face, shown, subjectIn } from "../../views/names.ts";
import { attachments, authorOf, bodyOf, editedNote, isEdited, mayReport, mayWriteTo } from "../../views/post.ts";
import type { Reading } from "../../views/reading.ts";
import { th } from "../../views/say.ts";
import { exact, monthName, type Reader, timeOfDay, timeOfPost } from "../../views/time.ts";
import { type Placed, treeOrder } from "../../views/tree.ts";
import { readerOf } from "../../visitors.ts";
import { mayEdit } from "./edit.ts";
import { readingsOf, remembered } from "./topic.ts";

const MAP_ROWS = 30;

type View = Seen & {
  post: archive.Post;
  reading: Reading;
  progress: queue.Progress | undefined;
  /** How a moderator edited it before it went out. */
  edit: moderation.HeldPost | undefined;
  order: Placed[];
  neighbours: archive.Neighbours;
  isFixed: boolean;
  canEdit: boolean;
  asSent: boolean;
  images: boolean;
  reader: Reader;
};

/** GET /g/:name/:number?as=sent&images=shown&fixed=0|1 */
export async function one(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await groupFor(c, "reader");
  const post = await archive.postNumbered(house.pool, seen.group.id, Number(c.req.param("number")));
  if (!post) throw new NotHere();
  if (post.deletedAt) return deletedPage(c, seen, post);
  const [readings, progress, outline, neighbours] = await Promise.all([
    readingsOf(house, seen.group, [post]),
    queue.progressOf(house.pool, post.id),
    archive.outlineOfTopic(house.pool, seen.group.id, post.topicId, 2000),
    archive.neighboursOf(house.pool, seen.group.id, post),
  ]);
  const own = seen.membership ? await directory.verifiedAddresses(house.pool, seen.membership.personId) : [];
  const reading = readings.get(post.id)!;
  const edit = isEdited(post) ? (await moderation.editedPosts(house.pool, [post.id])).get(post.id) : undefined;
  const view: View = {
    ...seen,
    post,
    reading,
    progress,
    edit,
    order: treeOrder(outline),
    neighbours,
    canEdit: mayEdit(seen, post, own, house.clock.now()) !== undefined,
    isFixed: remembered(c, "fixed", ["0", "1"] as const) === "1",
    asSent: reading.hasPage && c.req.query("as") === "sent",
    images: c.req.query("images") === "shown",
    reader: readerOf(c),
  };
  const title = `${shown(post.subject) || t`(no subject)`} (#${post.number})`;
  const frame = {
    title,
    group: seen.group,
    isPrivate: seen.group.archive === "members",
    isForReading: true,
    scripts: ["keys.js", "quote.js"],
    margin: margin(view),
  };
  const page = await publicPage(c, seen, await framed(c, frame, messageView(view)));
  const reader = markedReader(seen);
  if (reader) {
    const visit = await archive.visitTo(house.pool, reader, post.topicId, house.clock.now());
    const upTo = archive.readUpTo(visit, outline, new Set([post.number]));
    await noteShown(c, reader, post.topicId, visit, upTo);
  }
  return page;
}

/** What is left of a deleted post: that it was here, and who took it out. */
async function deletedPage(c: Page, seen: Seen, post: archive.Post): Promise<Response> {
  const { group } = seen;
  const deletions = await archive.deletionsOf(c.var.house.pool, group.id, [post.number]);
  const frame = { title: `${t`Deleted post`} (#${post.number})`, group, isPrivate: true };
  c.status(410);
  return answer(
    c,
    frame,
    html`<h1 class="page-title">${t`Deleted post`} <span class="post-number">#${post.number}</span></h1>
${deletedNote(deletions.get(post.number), readerOf(c))}
<p><a href="/g/${group.name}/topic/${post.topicId}">${t`The whole topic`}</a></p>`,
  );
}

function messageView(view: View): Html {
  const { post, reading, group, reader } = view;
  const here = `/g/${group.name}/${post.number}`;
  const name = authorOf(post, view);
  return html`<article class="letter">
<header class="letter-head">
  <h1 class="subject" dir="auto">${subjectIn(group, post.subject)}</h1>
  <div class="post-head">
    ${face(name)}
    <p class="post-author"><bdi>${name}</bdi>${view.hidesAddresses || !post.authorAddress || name === post.authorAddress ? "" : html` <a class="post-address" href="mailto:${post.authorAddress}">${post.authorAddress}</a>`}</p>
    <p class="post-when">${timeOfPost(post.sentAt, reader)} <span class="post-number">#${post.number}</span></p>
  </div>
  <p class="choices">
    <span class="choice"><a href="${here}?fixed=0"${!view.isFixed && !view.asSent ? html` aria-current="true"` : ""}>${t`Text`}</a><a href="${here}?fixed=1"${view.isFixed && !view.asSent ? html` aria-current="true"` : ""}>${t`Fixed width`}</a>${reading.hasPage ? html`<a href="${here}?as=sent"${view.asSent ? html` aria-current="true"` : ""}>${t`Formatted`}</a>` : ""}</span>
    <a href="${here}/raw">${t`Source`}</a>
  </p>
  ${view.edit ? editedBefore(view, view.edit, here) : ""}
</header>
${view.asSent ? asSent(view, here) : bodyOf(reading, view.isFixed, view.hidesAddresses)}
${attachments(reading.attachments, here)}
${post.editedAt ? html`<p class="small">${editedNote(post, here, reader)}</p>` : ""}
<footer class="letter-foot"><a class="button" data-key="r" href="${here}/reply">${t`Reply`}</a>${mayWriteTo(post, view) ? html` <a class="button quiet" href="${here}/write">${t`To the author alone`}</a>` : ""} <a class="button quiet" data-key="u" href="/g/${group.name}/topic/${post.topicId}#p${post.number}">${t`The whole topic`}</a>${mayReport(post, view) ? html` <a class="button bare" href="${here}/report">${t`Report`}</a>` : ""}${view.canEdit ? html` <a class="button bare" href="${here}/edit">${t`Edit`}</a>` : ""}</footer>
${directory.may(view.membership, "posts") ? postCare(view, here) : ""}
${ways(view)}
</article>`;
}

/** A moderator changed its words before it went out: who, and for its author and the moderators what was there before. */
function editedBefore({ post, membership, visitor, reader }: View, edit: moderation.HeldPost, here: string): Html {
  const isOwn = visitor?.address.toLowerCase() === post.authorAddress.toLowerCase();
  const mayCompare = isOwn || (membership?.role ?? "member") !== "member";
  return html`<p class="desk-edited">${th`Edited by <bdi>${shown(edit.editedName ?? "")}</bdi>, who moderates, before it went out, ${timeOfPost(edit.editedAt!, reader)}.`}${mayCompare ? html` <a href="${here}/original">${t`What the author had written`}</a>` : ""}</p>`;
}

/** On to the posts around it: in its topic, and by date. */
function ways({ order, post, group, neighbours }: View): Html {
  const at = order.findIndex((one) => one.post.id === post.id);
  const to = (other: archive.OutlinePost | undefined, key: string, rel: string, label: string): Html =>
    other
      ? html`<a ${rel ? html`rel="${rel}"` : ""} data-key="${key}" href="/g/${group.name}/${other.number}">${label}</a>`
      : html`<span></span>`;
  return html`<nav class="ways" aria-label="${t`Other posts`}">
  ${order.length > 1 ? html`<p><span class="ways-by">${t`In this topic`}</span> ${to(order[at - 1]?.post, "k", "prev", t`Previous post`)} ${to(order[at + 1]?.post, "j", "next", t`Next post`)}</p>` : ""}
  <p><span class="ways-by">${t`By date`}</span> ${to(neighbours.earlier, "h", "", t`Earlier`)} <a href="/g/${group.name}/${post.sentAt.toISOString().slice(0, 7)}">${monthName(post.sentAt.toISOString().slice(0, 7))}</a> ${to(neighbours.later, "l", "", t`Later`)}</p>
</nav>`;
}

const asSent = ({ images }: View, here: string): Html => html`<div class="as-sent">
<p class="as-sent-bar">${t`As its author formatted it.`} ${images ? th`Pictures from elsewhere are shown: their servers learn that you read this. <a href="${`${here}?as=sent`}">Hide them</a>` : th`Pictures from elsewhere are left out. <a href="${`${here}?as=sent&images=shown`}">Show pictures</a>`} · <a href="${here}/html${images ? "?images=shown" : ""}">${t`Open by itself`}</a></p>
<iframe class="as-sent-frame" src="${here}/html${images ? "?images=shown" : ""}" title="${t`The post as it was formatted`}" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></div>`;

function margin(view: View): Html {
  const { post, reading, reader, order, group } = view;
  return html`<section class="slip"><h2>${t`Who has it`}</h2>${delivery(view)}</section>
${order.length > 1 ? html`<section class="slip"><h2>${t`In this topic`}</h2>${threadMap(view)}<p class="small"><a href="/g/${group.name}/topic/${post.topicId}">${tn(order.length, "{0} post", "{0} posts")}</a></p></section>` : ""}
<section class="slip"><h2>${t`How it came`}</h2><ul class="proofs">${proofsOf(post.auth, post.source).map(proof)}</ul>
<p class="small">${t`Written ${exact(post.sentAt, reader)}, ${sizeInWords(post.size)}.`}</p>
${reading.defects.length ? html`<p class="small">${t`Odd about it: ${reading.defects.slice(0, 6).map(told).join("; ")}.`}</p>` : ""}</section>`;
}

const proof = ({ word, isGood, says }: Proof): Html =>
  html`<li><span class="proof proof-${isGood === undefined ? "none" : isGood ? "good" : "bad"}">${word}</span> ${says}</li>`;

function delivery({ post, progress, reader, group, membership }: View): Html {
  const here = `/g/${group.name}/${post.number}`;
  if (!progress)
    return html`<p>${post.source === "import" ? t`It came from an imported archive and was not sent out again.` : t`It was not sent by mail.`}</p>`;
  return html`<p>${stateMark(stateOf(progress))}</p><ul class="facts"><li>${th`accepted ${timeOfDay(post.receivedAt, reader)}`}</li>${progressInWords(progress, reader).map((words) => html`<li>${words}</li>`)}</ul>${bar(progress)}
<p class="small"><a href="${here}/delivery">${t`Its delivery in full`}</a>${membership ? html` · <a href="${here}/why">${t`Why did I get this post, or not?`}</a>` : ""}</p>`;
}

/** The posts around this one, as a list indented like the tree. */
function threadMap(view: View): Html {
  const { order, post, group } = view;
  const at = order.findIndex((one) => one.post.id === post.id);
  const from = Math.max(0, Math.min(at - Math.floor(MAP_ROWS / 3), order.length - MAP_ROWS));
  const some = order.slice(from, from + MAP_ROWS);
  return html`<ol class="map">${some.map(
    (one) =>
      html`<li class="map-${Math.min(one.depth, 8)}"><a href="/g/${group.name}/${one.post.number}"${one.post.id === post.id ? html` aria-current="page"` : ""}><bdi>${authorOf(one.post, view)}</bdi></a></li>`,
  )}</ol>`;
}
