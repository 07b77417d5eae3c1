/** The desk as it is seen: the post as a letter, three large choices below it, and in the margin who wrote it. */
import { html, raw } from "hono/html";
import type * as directory from "../../directory/directory.ts";
import { en, t, tn, told } from "../../language/language.ts";
import * as moderation from "../../moderation/moderation.ts";
import type * as queue from "../../queue/queue.ts";
import type { Around, Beside } from "../desk.ts";
import { proofsOf } from "./auth.ts";
import { sizeInWords } from "./figures.ts";
import { field, selectField, tick } from "./forms.ts";
import type { Html } from "./layout.ts";
import { face, personName, roleWord, shown } from "./names.ts";
import { attachments } from "./post.ts";
import { quotesTold } from "./reading.ts";
import { th } from "./say.ts";
import { clockTime, dayInWords, type Reader, timeInWords, timeOfPost } from "./time.ts";

type Group = Pick<directory.Group, "name" | "title">;
export type Undoable = { first: moderation.HeldPost; count: number };
export type DeskTold = "late" | "undone" | "asked" | "edited" | undefined;

export type DeskView = Beside & {
  group: directory.Group;
  membership: directory.Membership;
  around: Around;
  ready: moderation.Answer[];
  reader: Reader;
  told: DeskTold;
  /** Their address is proved, so that they can be asked and told. */
  isTold: boolean;
  outcome: queue.Outcome | undefined;
  /** Posts that members reported. */
  reports: number;
  /** What was typed and refused. */
  question?: string;
  problem?: string;
};

/** What was just decided, with its way back while there is one. */
export function undoBar(group: Group, undo: Undoable[], what: DeskTold, reader: Reader): Html {
  const words = {
    late: "",
    undone: t`Taken back: it waits again.`,
    asked: t`Asked: the post waits on, and the answer will stand beside it.`,
    edited: t`Saved: it goes out like this when it is approved.`,
  };
  return html`${what && words[what] ? html`<p class="told" role="status">${words[what]}</p>` : ""}${undo.map(
    ({ first, count }) =>
      html`<form method="post" action="/g/${group.name}/held/${first.mailId}" class="undo" data-left="${Math.max(0, first.dueAt!.getTime() - reader.now.getTime())}" data-words="${t`It takes effect in ${"{0}"} s.`}"><p role="status">${doneInWords(first, count)} <span class="undo-until">${t`It takes effect at ${clockTime(first.dueAt!, reader)}.`}</span></p><input type="hidden" name="decision" value="${first.decisionId}"><button class="button quiet" name="do" value="undo" data-press="z">${t`Take it back`} <kbd>z</kbd></button></form>`,
  )}`;
}

function doneInWords(first: moderation.HeldPost, count: number): Html {
  const subject = shown(first.subject) || t`(no subject)`;
  if (count > 1)
    return first.decision === "decline"
      ? html`${tn(count, "Declined {0} post.", "Declined {0} posts.")}`
      : html`${tn(count, "Approved {0} post.", "Approved {0} posts.")}`;
  return first.decision === "decline"
    ? th`Declined: <b><bdi>${subject}</bdi></b>.`
    : th`Approved: <b><bdi>${subject}</bdi></b>.`;
}

export function deskView(view: DeskView): Html {
  const { group, around, post } = view;
  const desk = `/g/${group.name}/held`;
  const isOpen = post.state === "waiting";
  return html`<h1 class="page-title">${around.count === 0 ? t`Held posts` : tn(around.count, "{0} post to decide", "{0} posts to decide")}</h1>
<nav class="desk-bar" aria-label="${t`Held posts`}">${isOpen ? html`<span class="desk-place">${t`${around.place} of ${around.count}`}</span>` : ""}
${around.previous ? html`<a rel="prev" href="${desk}/${around.previous}" data-key="k">${t`Earlier`} <kbd>k</kbd></a>` : ""}${around.next ? html` <a rel="next" href="${desk}/${around.next}" data-key="j">${t`Next`} <kbd>j</kbd></a>` : ""}
<a href="${desk}/list">${t`All in a list`}</a> <a href="/g/${group.name}/answers">${t`Ready answers`}</a> <a href="/g/${group.name}/log?kind=held">${t`What was decided`}</a>${reportsLink(group, view.reports)}</nav>
${letter(view)}
${isOpen ? choices(view) : decided(view)}`;
}

/** What members reported waits at a desk of its own. */
export const reportsLink = (group: Group, count: number): Html =>
  count > 0
    ? html` <a href="/g/${group.name}/reports">${t`Reported posts`}&nbsp;<b class="waits">${count}</b></a>`
    : html``;

function letter(view: DeskView): Html {
  const { post, reading, group, reader } = view;
  const here = `/g/${group.name}/held/${post.mailId}`;
  const name = personName(post.authorName, post.authorAddress, false);
  const subject = shown(post.editedSubject ?? post.subject) || t`(no subject)`;
  const text = post.editedText;
  const body =
    text === null
      ? (reading?.body ?? "")
      : `<p>${text
          .split(/\n{2,}/)
          .map(lineBreaks)
          .join("</p><p>")}</p>`;
  return html`<article class="letter desk-letter" aria-label="${t`Held post by ${name}`}">
<header class="letter-head"><p class="why"><span class="state state-waiting">${t`held`}</span> ${told(post.reason || en`A moderator has to look at it.`)}</p>
<h2 class="subject"><bdi>${subject}</bdi></h2>
<div class="post-head">${face(name)}<p class="post-author"><bdi>${name}</bdi>${name === post.authorAddress ? "" : html` <span class="post-address">${post.authorAddress}</span>`}</p><p class="post-when">${timeOfPost(post.receivedAt, reader)}</p></div>
${view.parent ? html`<p class="desk-topic">${th`In answer to <a href="/g/${group.name}/${view.parent.number}"><bdi>${shown(view.topic?.subject || view.parent.subject)}</bdi></a>`}</p>` : ""}
<p class="desk-digest">${digest(view).join(" · ")}</p>
${post.releaseAt ? html`<p class="desk-topic">${t`Undecided, it goes out by itself at ${clockTime(post.releaseAt, reader)}.`}</p>` : ""}
${post.editedAt ? editedNote(view) : ""}</header>
${claimed(view)}
${reading || text !== null ? html`<div class="post-body">${raw(quotesTold(body) || `<p>${t`It has no text.`}</p>`)}</div>` : html`<p class="post-body">${t`Its text is not here any more: it has left the queue.`}</p>`}
${reading ? attachments(reading.attachments, here) : ""}
${post.askedAt ? asked(view) : ""}
<p class="small desk-source">${sizeInWords(post.size)}${post.attachments > 0 ? html` · ${tn(post.attachments, "{0} attachment", "{0} attachments")}` : ""}${reading ? html` · <a href="${here}/raw">${t`As it came, with its header`}</a>` : ""}${reading?.defects.length ? html` · ${t`Odd about it: ${reading.defects.slice(0, 4).map(told).join("; ")}.`}` : ""}</p>
</article>`;
}

/** Who wrote it, in a line, where there is no margin beside the letter. */
const digest = ({ member, record, posts, isBanned }: DeskView): string[] => [
  member ? roleWord(member.role) : t`not a member`,
  ...(isBanned ? [t`kept out by a ban`] : []),
  posts === 0 ? t`no post here yet` : tn(posts, "{0} post here", "{0} posts here"),
  ...(record.declined > 0 ? [tn(record.declined, "{0} declined before", "{0} declined before")] : []),
  ...(record.waiting > 0 ? [tn(record.waiting, "{0} more waits", "{0} more wait")] : []),
];

const lineBreaks = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replaceAll("\n", "<br>");

const editedNote = ({ post, group, reader }: DeskView): Html =>
  html`<p class="desk-edited">${th`Edited by <bdi>${shown(post.editedName ?? "")}</bdi>, ${timeInWords(post.editedAt!, reader)}: what you see is what would go out.`} <a href="/g/${group.name}/held/${post.mailId}/edit">${t`Compare with what the author wrote`}</a></p>`;

const asked = ({ post, reader }: DeskView): Html => html`<section class="desk-asked"><h3>${t`Asked`}</h3>
<p class="small"><bdi>${shown(post.askedName ?? "")}</bdi>, ${timeInWords(post.askedAt!, reader)}</p><p class="as-typed">${post.question ?? ""}</p>
${post.reply === null ? html`<p class="small">${t`No answer yet.`}</p>` : html`<p class="small">${th`The author answered ${timeInWords(post.repliedAt!, reader)}:`}</p><p class="as-typed desk-reply">${post.reply}</p>`}</section>`;

/** Somebody looks at it already, or a button that says so of oneself. */
function claimed({ post, membership, reader, group }: DeskView): Html {
  if (post.state !== "waiting") return html``;
  const action = `/g/${group.name}/held/${post.mailId}`;
  if (moderation.isClaimed(post, membership.id, reader.now))
    return html`<p class="desk-claimed" role="status">${th`<b><bdi>${shown(post.claimedName ?? "")}</bdi></b> is looking at this, until ${clockTime(post.claimedUntil!, reader)} at most.`}</p>`;
  const isMine = post.claimedBy === membership.id && post.claimedUntil! > reader.now;
  return isMine
    ? html`<form method="post" action="${action}" class="desk-claimed"><p>${t`The others see that you are looking at this, until ${clockTime(post.claimedUntil!, reader)}.`}</p><button class="button bare" name="do" value="release">${t`Leave it to others`}</button></form>`
    : html``;
}

function claimForm({ post, membership, reader, group }: DeskView): Html {
  const isMine = post.claimedBy === membership.id && post.claimedUntil! > reader.now;
  if (isMine || moderation.isClaimed(post, membership.id, reader.now)) return html``;
  return html`<form method="post" action="/g/${group.name}/held/${post.mailId}"><button class="button bare" name="do" value="claim" data-press="c">${t`Tell the others I am looking at this`} <kbd>c</kbd></button></form>`;
}

function choices(view: DeskView): Html {
  const { post, group, ready, member } = view;
  const here = `/g/${group.name}/held/${post.mailId}`;
  const options = [["", t`Choose a ready answer`], ...ready.map(({ id, title }) => [id, title] as const)] as const;
  const isOpen = view.problem !== undefined;
  return html`<form method="post" action="${here}" class="desk-form" aria-label="${t`Decide`}">
<div class="desk-choices">
<button class="button choice" name="do" value="approve" data-press="a"><span class="choice-mark" aria-hidden="true">✓</span> ${t`Approve`} <kbd>a</kbd></button>
<button class="button quiet choice" name="do" value="decline" data-press="d"><span class="choice-mark" aria-hidden="true">■</span> ${t`Decline`} <kbd>d</kbd></button>
<button class="button quiet choice" name="do" value="trust" data-press="t"><span class="choice-mark" aria-hidden="true">✓✓</span> ${t`Approve and trust`} <kbd>t</kbd></button>
</div>
<p class="desk-help">${member ? t`Trusted, this member’s posts are held no more as a newcomer’s, by the group’s rules or for spam.` : t`Trusted, posts from this address are let through like a member’s, although it is none.`}</p>
<details class="desk-more" data-open="w"><summary>${t`Decline with words`} <kbd>w</kbd></summary>
${ready.length > 0 ? selectField({ name: "ready", id: "decline-ready", label: t`Ready answer`, value: "", options }) : ""}
${field({ name: "answer", label: ready.length > 0 ? t`Or in your own words` : t`In your own words`, value: "", rows: 4, maxLength: moderation.LONGEST_ANSWER, help: view.isTold ? t`The author gets this by mail, with your name.` : t`The author’s address is not proved, so this is kept with the decision and not sent.` })}
${view.isTold ? tick({ name: "silent", label: t`Don’t tell the author`, isOn: false }) : ""}
<p class="actions"><button class="button" name="do" value="decline">${t`Decline`}</button></p></details></form>
<div class="desk-also">
${view.canEdit ? html`<a class="button bare" href="${here}/edit" data-key="e">${t`Edit before it goes out`} <kbd>e</kbd></a>` : ""}
${
  view.isTold
    ? html`<details class="desk-more" data-open="q"${isOpen ? html` open` : ""}><summary>${t`Ask the author`} <kbd>q</kbd></summary><form method="post" action="${here}" class="form">
${ready.length > 0 ? selectField({ name: "ready", id: "ask-ready", label: t`Ready answer`, value: "", options }) : ""}
${field({ name: "question", label: t`Your question`, value: view.question ?? "", rows: 4, maxLength: moderation.LONGEST_QUESTION, problem: view.problem, help: t`The post waits on. What they answer stands here beside it.` })}
<p class="actions"><button class="button" name="do" value="ask">${t`Send the question`}</button></p></form></details>`
    : ""
}${claimForm(view)}</div>`;
}

function decided(view: DeskView): Html {
  const { post, group, reader, around, outcome } = view;
  const desk = `/g/${group.name}/held`;
  const who = shown(told(post.decidedName ?? ""));
  const when = post.decidedAt ? timeInWords(post.decidedAt, reader) : "";
  const words =
    post.state === "gone" && !post.decision
      ? html`${t`It does not wait any more: it went on by itself.`}`
      : post.decision === "decline"
        ? th`<b><bdi>${who}</bdi></b> declined it, ${when}.`
        : th`<b><bdi>${who}</bdi></b> approved it, ${when}.`;
  return html`<div class="desk-decided" role="status"><p>${view.told === "late" ? t`Nothing was changed.` : ""} ${words}</p>${post.answer ? html`<p class="as-typed">${post.answer}</p>` : ""}
<p class="actions">${outcome?.postId ? html`<a class="button quiet" href="/g/${group.name}/by-id/${encodeURIComponent(outcome.messageId ?? "")}">${t`Read it in the archive`}</a>` : ""}${around.count > 0 ? html`<a class="button" href="${desk}" data-key="j">${t`Go on with the next`}</a>` : html`<a class="button quiet" href="/g/${group.name}">${t`Back to the topics`}</a>`}</p></div>`;
}

export function deskMargin(view: DeskView): Html {
  const { post, member, group, record, posts, reader, notes } = view;
  return html`<section class="slip"><h2>${t`Who wrote it`}</h2>
<ul class="facts desk-facts"><li>${member ? th`${roleWord(member.role)} since ${dayInWords(member.joinedAt, reader.zone)}` : t`not a member`}</li>
${member?.moderation === "trusted" ? html`<li>${t`trusted`}</li>` : member?.moderation === "moderated" ? html`<li>${t`moderated: each post is read first`}</li>` : ""}
${view.isBanned ? html`<li><b>${t`kept out by a ban`}</b></li>` : ""}
<li>${posts === 0 ? t`no post here yet` : tn(posts, "{0} post here", "{0} posts here")}</li>
${record.approved > 0 ? html`<li>${tn(record.approved, "{0} approved before", "{0} approved before")}</li>` : ""}
${record.declined > 0 ? html`<li><b>${tn(record.declined, "{0} declined before", "{0} declined before")}</b></li>` : ""}
${record.waiting > 0 ? html`<li><a href="/g/${group.name}/held/list?author=${encodeURIComponent(post.authorAddress)}">${tn(record.waiting, "{0} more waits", "{0} more wait")}</a></li>` : ""}</ul>
${notes ? html`<p class="as-typed desk-notes">${notes}</p>` : ""}
${member ? html`<p class="small"><a href="/g/${group.name}/members/${member.id}">${t`Notes and history`}</a></p>` : ""}</section>
<section class="slip"><h2>${t`How it came`}</h2>${Object.keys(post.auth as object).length > 0 ? html`<ul class="proofs">${proofsOf(post.auth, cameByWeb(post.auth) ? "web" : "mail").map(({ word, isGood, says }) => html`<li><span class="proof proof-${isGood === undefined ? "none" : isGood ? "good" : "bad"}">${word}</span> ${says}</li>`)}</ul>` : html`<p>${t`What was found about its author’s address is not kept any more.`}</p>`}
${spamLine(post.spam)}</section>`;
}

/** As `pipeline/verify.ts` says it of a post that was written here: it has no signature, and needs none. */
const cameByWeb = (auth: unknown): boolean =>
  /\(web\)$/.test(String((auth as { results?: unknown } | null)?.results ?? ""));

function spamLine(spam: unknown): Html {
  const found = (typeof spam === "object" && spam !== null ? spam : {}) as {
    score?: unknown;
    action?: unknown;
    symbols?: unknown;
  };
  if (typeof found.score !== "number") return html``;
  const symbols = Array.isArray(found.symbols)
    ? found.symbols.slice(0, 6).map((one) => shown(String(one)).slice(0, 40))
    : [];
  return html`<p>${t`Spam score ${found.score.toFixed(1)}`}</p>${symbols.length > 0 ? html`<p class="small">${symbols.join(", ")}</p>` : ""}`;
}
