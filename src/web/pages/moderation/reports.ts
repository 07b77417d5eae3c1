/** Reported posts, for who decides about posts: each with its reports, and what can be done about it. */
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import { type Sql, transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { newId } from "../../../kit/id.ts";
import { en, t, tn } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor, NotAllowed, NotHere, type Seen } from "../../rights.ts";
import { textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { face, shown } from "../../views/names.ts";
import { type Reader, timeInWords, timeOfPost } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const MOST = 200;
const DECISIONS = ["leave", "delete", "moderate", "ban"] as const;
type Decision = (typeof DECISIONS)[number];

/** What each decision takes beside deciding about posts. */
const TAKES: Record<Decision, readonly directory.Permission[]> = {
  ...{ leave: ["approve"], delete: ["posts"], moderate: ["members"], ban: ["members", "posts"] },
};
const mayDo = (membership: Seen["membership"], decision: Decision): boolean =>
  TAKES[decision].every((one) => directory.may(membership, one));

/** GET /g/:name/reports */
export async function list(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "approve");
  const byPost = Map.groupBy(await moderation.openReports(pool, seen.group.id, MOST), (one) => one.postId);
  const posts = new Map(
    (await archive.postsOf(pool, seen.group.id, [...byPost.keys()])).map((post) => [post.id, post]),
  );
  const reader = readerOf(c);
  const content = html`<h1 class="page-title">${byPost.size === 0 ? t`Reported posts` : tn(byPost.size, "{0} reported post", "{0} reported posts")}</h1>
${c.req.query("done") ? html`<p class="told" role="status">${t`Decided. It stands in the log.`}</p>` : ""}
${
  byPost.size === 0
    ? html`<div class="empty"><p>${t`Nothing is reported. Posts that members ask you to look at will be here.`}</p><p><a href="/g/${seen.group.name}">${t`Back to the topics`}</a></p></div>`
    : [...byPost].map(([id, reports]) => caseView(seen, posts.get(id), reports, reader))
}`;
  return answer(c, { title: t`Reported posts in ${seen.group.title}`, group: seen.group, isPrivate: true }, content);
}

/** POST /g/:name/reports/:number: `do` is leave, delete, moderate or ban. */
export async function decide(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "approve");
  const post = await archive.postNumbered(pool, seen.group.id, Number(c.req.param("number")));
  const form = await c.req.parseBody();
  const decision = DECISIONS.find((one) => one === textOf(form, "do"));
  if (!post || !decision) throw new NotHere();
  if (!mayDo(seen.membership, decision))
    throw new NotAllowed(t`Only moderators and owners of the group who are allowed to may do this.`);
  await transact(pool, (sql) => carryOut(sql, c, seen, post, decision));
  return c.redirect(`/g/${seen.group.name}/reports?done=1`, 303);
}

async function carryOut(sql: Sql, c: Page, seen: Seen, post: archive.Post, decision: Decision): Promise<void> {
  const { clock } = c.var.house;
  const { group, visitor } = seen;
  const now = clock.now();
  if (!(await moderation.decideReports(sql, group.id, post.number, now))) return;
  const by = doerOf(seen);
  const author = await directory.membershipOf(sql, group.id, post.authorAddress);
  const why = en`reported: post ${post.number}`;
  if (decision === "moderate" && author)
    await directory.setModeration(
      sql,
      { groupId: group.id, membershipId: author.id, to: "moderated", by: en`${by.name}, on the web`, why },
      now,
    );
  if (decision === "ban") await ban(sql, seen, post.authorAddress, author, why, now);
  if (decision === "delete" || decision === "ban") {
    const doing = { id: newId(clock), groupId: group.id, at: now, membershipId: seen.membership!.id };
    await archive.deletePost(
      sql,
      { ...doing, byName: by.name || visitor!.address, reason: en`It was reported.` },
      post.number,
    );
    await moderation.forgetOriginal(sql, group.id, post.id);
  }
  const link = `${post.number}`;
  await moderation.record(sql, { groupId: group.id, by, kind: "reports", what: DID[decision](post), link }, clock);
}

const DID: Record<Decision, (post: archive.Post) => string> = {
  leave: ({ number }) => en`left the reported post ${number} as it is`,
  delete: ({ number }) => en`deleted the reported post ${number}`,
  moderate: ({ number, authorAddress }) => en`has posts of ${authorAddress} held since the reported post ${number}`,
  ban: ({ number, authorAddress }) => en`banned ${authorAddress} and deleted the reported post ${number}`,
};

/** Who runs the group is for its owners to remove. */
async function ban(
  sql: Sql,
  { group, membership, visitor }: Seen,
  address: string,
  author: directory.Membership | undefined,
  why: string,
  now: Date,
): Promise<void> {
  if (author && author.role !== "member")
    throw new NotAllowed(t`Only the owners of a group remove its owners and moderators.`);
  const setBy = membership?.name || visitor!.name || visitor!.address;
  await directory.ban(sql, group.id, { pattern: directory.banPattern(address), why, setBy }, now);
  if (author) await directory.endMemberships(sql, [author.id], en`${setBy}, on the web`, now);
}

function caseView(
  { group, membership }: Seen,
  post: archive.Post | undefined,
  reports: moderation.Report[],
  reader: Reader,
): Html {
  const number = reports[0]!.number;
  const name = post ? shown(post.authorName) || post.authorAddress : "";
  const button = (decision: Decision, label: string, isMain = false): Html | "" =>
    mayDo(membership, decision)
      ? html`<button class="button${isMain ? "" : " quiet"}" name="do" value="${decision}">${label}</button> `
      : "";
  return html`<article class="letter report" aria-label="${t`Reported post ${number}`}">
<header class="letter-head"><h2 class="subject"><a href="/g/${group.name}/${number}"><bdi>${shown(post?.subject ?? "") || t`(no subject)`}</bdi></a></h2>
${post ? html`<div class="post-head">${face(name)}<p class="post-author"><bdi>${name}</bdi>${name === post.authorAddress ? "" : html` <span class="post-address">${post.authorAddress}</span>`}</p><p class="post-when">${timeOfPost(post.sentAt, reader)}</p></div>` : ""}</header>
${post?.deletedAt ? html`<p>${t`It has been deleted meanwhile.`}</p>` : html`<p class="report-words">${shown(post?.words ?? "")}</p>`}
<ul class="report-reasons">${reports.map((one) => html`<li><q><bdi>${shown(one.reason)}</bdi></q> <span class="event-why"><bdi>${one.byName}</bdi>, ${timeInWords(one.at, reader)}</span></li>`)}</ul>
<form method="post" action="/g/${group.name}/reports/${number}" class="form"><p class="actions">${button("leave", t`Leave it`, true)}${post?.deletedAt ? "" : button("delete", t`Delete the post`)}${button("moderate", t`Hold the author's posts from now on`)}${button("ban", t`Delete it and ban the author`)}</p></form></article>`;
}
