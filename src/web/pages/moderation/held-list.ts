/** All that is held, as a list: choose some, or all of one author, and decide about them at once. */
import { html } from "hono/html";
import { isId } from "../../../kit/id.ts";
import { t, tn, told } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import { type AtDesk, deskFor } from "../../desk.ts";
import type { Page } from "../../house.ts";
import { doerOf } from "../../rights.ts";
import { field, selectField, textOf, tick } from "../../views/forms.ts";
import { undoBar } from "../../views/held.ts";
import { answer, type Html } from "../../views/layout.ts";
import { personName, shown } from "../../views/names.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";
import { answerIn, withEmergency } from "./held.ts";

const ROWS = 100;
const MOST_CHOSEN = 500;

type Typed = { problem?: string; chosen?: string[]; words?: string };

/** GET /g/:name/held/list?author=ADDRESS&after=ID */
export const list = async (c: Page): Promise<Response> => show(c, await deskFor(c), {});

/** POST /g/:name/held/list: `do` is approve, decline or trust; `id` several times, or `author` with `all=yes`. */
export async function decide(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const seen = await deskFor(c);
  const { group } = seen;
  const typed = await c.req.parseBody({ all: true });
  const author = textOf(typed, "author").slice(0, 400);
  const decision = moderation.DECISIONS.find((one) => one === textOf(typed, "do"));
  const isAll = author !== "" && textOf(typed, "all") === "yes";
  const ids = [typed["id"] ?? []].flat().filter((one): one is string => typeof one === "string" && isId(one));
  const mailIds = isAll
    ? (await moderation.waitingPosts(pool, group.id, { author, limit: MOST_CHOSEN })).map((one) => one.mailId)
    : ids.slice(0, MOST_CHOSEN);
  if (!decision || mailIds.length === 0)
    return show(c, seen, { problem: t`Choose at least one post.`, words: textOf(typed, "answer") });
  await moderation.decide(
    pool,
    {
      ...{ groupId: group.id, mailIds, decision, by: doerOf(seen) },
      answer: decision === "decline" ? answerIn(typed, await moderation.answers(pool, group.id)) : "",
      isSilent: decision === "decline" && textOf(typed, "silent") === "yes",
      dueAt: new Date(clock.now().getTime() + moderation.UNDO),
    },
    clock,
  );
  return c.redirect(`/g/${group.name}/held/list`, 303);
}

async function show(c: Page, seen: AtDesk, typed: Typed): Promise<Response> {
  const { pool, clock } = c.var.house;
  const { group, membership } = seen;
  const author = (c.req.query("author") ?? "").slice(0, 400) || undefined;
  const after = isId(c.req.query("after") ?? "") ? c.req.query("after") : undefined;
  const [posts, count, ready, undo] = await Promise.all([
    moderation.waitingPosts(pool, group.id, { author, after, limit: ROWS + 1 }),
    moderation.countWaiting(pool, group.id),
    moderation.answers(pool, group.id),
    moderation.undoable(pool, group.id, membership.id, clock.now()),
  ]);
  if (typed.problem) c.status(400);
  const byDecision = [...Map.groupBy(undo, (one) => one.decisionId!).values()].slice(0, 3);
  const undoable = byDecision.map((some) => ({ first: some[0]!, count: some.length }));
  const reader = readerOf(c);
  const here = `/g/${group.name}/held`;
  const some = posts.slice(0, ROWS);
  const authors = Map.groupBy(some, (one) => one.authorAddress.toLowerCase());
  const content = html`${undoBar(group, undoable, undefined, reader)}<h1 class="page-title">${count === 0 ? t`Held posts` : tn(count, "{0} post to decide", "{0} posts to decide")}</h1>
<nav class="desk-bar" aria-label="${t`Held posts`}">${count > 0 ? html`<a href="${here}" data-key="u">${t`One at a time`}</a>` : ""} <a href="/g/${group.name}/answers">${t`Ready answers`}</a> <a href="/g/${group.name}/log?kind=held">${t`What was decided`}</a></nav>
${author ? html`<p class="lead">${t`From ${author} only.`} <a href="${here}/list">${t`Show all`}</a></p>` : ""}
${typed.problem ? html`<p class="field-problem" role="alert">${typed.problem}</p>` : ""}
${
  some.length === 0
    ? html`<div class="empty"><p>${t`Nothing is waiting. Posts that need a moderator will be here.`}</p></div>`
    : html`<form method="post" action="${here}/list" class="desk-list">
<ul class="desk-rows" data-keys>${some.map((post) => row(here, post, membership.id, authors.get(post.authorAddress.toLowerCase())!.length, author, reader))}</ul>
${author ? html`<input type="hidden" name="author" value="${author}">${tick({ name: "all", label: t`All that wait from ${author}`, isOn: false })}` : ""}
<div class="desk-choices"><button class="button choice" name="do" value="approve">${t`Approve those chosen`}</button> <button class="button quiet choice" name="do" value="decline">${t`Decline those chosen`}</button></div>
<details class="desk-more"><summary>${t`Decline with words`}</summary>
${ready.length > 0 ? selectField({ name: "ready", label: t`Ready answer`, value: "", options: [["", t`Choose a ready answer`], ...ready.map(({ id, title }) => [id, title] as const)] }) : ""}
${field({ name: "answer", label: t`In your own words`, value: typed.words ?? "", rows: 3, maxLength: moderation.LONGEST_ANSWER, help: t`Each author whose address is proved gets this by mail, with your name.` })}
${tick({ name: "silent", label: t`Don’t tell the authors`, isOn: false })}</details></form>`
}
${posts.length > ROWS ? html`<nav class="pages" aria-label="${t`Held posts`}"><a rel="next" href="${here}/list?${author ? `author=${encodeURIComponent(author)}&` : ""}after=${some.at(-1)!.mailId}">${t`Later`}</a></nav>` : ""}`;
  const frame = { title: t`Held mail in ${group.title}`, group, isPrivate: true, scripts: ["desk.js"] };
  return answer(c, frame, await withEmergency(c, group, content));
}

function row(
  here: string,
  post: moderation.HeldPost,
  membershipId: string,
  ofAuthor: number,
  author: string | undefined,
  reader: Reader,
): Html {
  const name = personName(post.authorName, post.authorAddress, false);
  const subject = shown(post.editedSubject ?? post.subject) || t`(no subject)`;
  const isClaimed = moderation.isClaimed(post, membershipId, reader.now);
  return html`<li class="desk-row" id="m${post.mailId}"><label class="desk-tick"><input type="checkbox" name="id" value="${post.mailId}"><span class="unseen">${t`Choose “${subject}” by ${name}`}</span></label>
<p class="desk-row-subject"><a href="${here}/${post.mailId}"><bdi>${subject}</bdi></a></p>
<p class="desk-row-words"><bdi>${shown(post.words)}</bdi></p>
<p class="desk-row-facts"><b><bdi>${name}</bdi></b>${name === post.authorAddress ? "" : html` ${post.authorAddress}`} · ${timeInWords(post.receivedAt, reader)} · ${told(post.reason)}${post.attachments > 0 ? html` · ${tn(post.attachments, "{0} attachment", "{0} attachments")}` : ""}${isClaimed ? html` · ${t`${shown(post.claimedName ?? "")} is looking at it`}` : ""}${!author && ofAuthor > 1 ? html` · <a href="${here}/list?author=${encodeURIComponent(post.authorAddress)}">${t`the same from this author`}</a>` : ""}</p></li>`;
}
