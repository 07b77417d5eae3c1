/** A topic: its posts as a quiet column, as a tree or in the order they came, fifty to a page. */

import { getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import { isId } from "../../../kit/id.ts";
import { t, tn } from "../../../language/language.ts";
import * as queue from "../../../queue/queue.ts";
import { unpack } from "../../bytes.ts";
import type { House, Page } from "../../house.ts";
import { publicPage } from "../../kept.ts";
import { markedReader, noteShown } from "../../reading-marks.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { topicCare, topicWords } from "../../views/care.ts";
import { figure } from "../../views/figures.ts";
import { followForm } from "../../views/follow.ts";
import { framed, type Html } from "../../views/layout.ts";
import { faces, shown, subjectIn } from "../../views/names.ts";
import { authorOf, type PostView, postArticle } from "../../views/post.ts";
import { type Reading, read } from "../../views/reading.ts";
import type { Reader } from "../../views/time.ts";
import { type Placed, treeOrder } from "../../views/tree.ts";
import { readerOf } from "../../visitors.ts";

const PER_PAGE = 50;
const LONGEST = 20_000;

type View = Seen & {
  topic: archive.Topic;
  posts: PostView[];
  view: "tree" | "flat";
  isFixed: boolean;
  page: number;
  pages: number;
  /** What is new since the last visit; undefined for who is not a member. */
  news: News | undefined;
  tags: string[];
  /** What this member wants of the topic. */
  wish: directory.TopicWish | undefined;
  into: { typed: string; problem?: string };
  reader: Reader;
};

type News = {
  posts: number;
  first: string | undefined;
  /** On a later page of this topic. */
  next: string | undefined;
  /** Another topic with something new. */
  topic: string | undefined;
};

/** GET /g/:name/topic/:id?view=tree|flat&page=N&fixed=0|1 */
export const thread = async (c: Page): Promise<Response> =>
  showThread(c, await groupFor(c, "reader"), c.req.param("id") ?? "", { typed: "" });

/** `into` is what a moderator typed to merge it, and what is wrong with that. */
export async function showThread(
  c: Page,
  seen: Seen,
  id: string,
  into: { typed: string; problem?: string },
): Promise<Response> {
  const { house } = c.var;
  const topic = isId(id) ? await archive.topic(house.pool, seen.group.id, id) : undefined;
  if (!topic) return movedTo(c, seen, id);
  const view = remembered(c, "view", VIEWS);
  const isFixed = remembered(c, "fixed", ["0", "1"] as const) === "1";
  const reader = markedReader(seen);
  const [order, tags, wishes, visit] = await Promise.all([
    orderOf(c, seen, topic.id),
    archive.tagsOf(house.pool, seen.group.id, topic.id),
    seen.membership ? directory.topicWishes(house.pool, seen.membership, [topic.id]) : undefined,
    reader && archive.visitTo(house.pool, reader, topic.id, house.clock.now()),
  ]);
  const pages = Math.max(1, Math.ceil(order.length / PER_PAGE));
  const page = Math.min(pages, Math.max(1, Math.trunc(Number(c.req.query("page") ?? 1)) || 1));
  const some = order.slice((page - 1) * PER_PAGE, page * PER_PAGE);
  const contents = await withContents(house, seen, some, order);
  const here = `/g/${seen.group.name}/topic/${topic.id}`;
  const isNew = ({ post }: Placed): boolean => visit !== undefined && isNewTo(visit, post);
  const nextNew = (from: number): string | undefined => {
    const at = order.findIndex((one, i) => i >= from && isNew(one));
    return at < 0 ? undefined : placeOf(here, order, at);
  };
  const begins = (page - 1) * PER_PAGE;
  const posts = contents.map((one) => {
    const at = order.findIndex(({ post }) => post.id === one.post.id);
    const open = { ...one, isLocked: topic.lockedAt !== null };
    return isNew(order[at]!) ? { ...open, isNew: true, nextNew: nextNew(at + 1) } : open;
  });
  const news: News | undefined = reader &&
    visit && {
      posts: order.filter(isNew).length,
      first: nextNew(0),
      next: nextNew(begins + PER_PAGE),
      topic: await archive.nextNewTopic(house.pool, reader, topic.id),
    };
  const content = threadView({
    ...seen,
    topic,
    posts,
    view,
    isFixed,
    page,
    pages,
    news,
    tags,
    wish: wishes?.get(topic.id),
    into,
    reader: readerOf(c),
  });
  const frame = {
    title: shown(topic.subject) || t`(no subject)`,
    group: seen.group,
    isPrivate: seen.group.archive === "members",
    isForReading: true,
    scripts: ["keys.js", "quote.js"],
    ...(seen.group.archive === "public" && { feed: `/g/${seen.group.name}/topic/${topic.id}/feed.atom` }),
  };
  const answer = await publicPage(c, seen, await framed(c, frame, content));
  if (reader && visit) {
    const shownNow = new Set(some.map(({ post }) => post.number));
    const all = order.map(({ post }) => post);
    await noteShown(c, reader, topic.id, visit, archive.readUpTo(visit, all, shownNow));
  }
  return answer;
}

/** Came since the visit before; nobody has to read what was deleted. */
export const isNewTo = ({ newAbove }: archive.TopicVisit, { number, deletedAt }: archive.OutlinePost): boolean =>
  number > newAbove && deletedAt === null;

/** A topic that was joined to another is followed there by the post that began it. */
async function movedTo(c: Page, { group }: Seen, id: string): Promise<Response> {
  const now = isId(id) ? await archive.topicOfPost(c.var.house.pool, group.id, id) : undefined;
  if (!now || now === id) throw new NotHere();
  return c.redirect(`/g/${group.name}/topic/${now}`, 302);
}

const VIEWS = ["tree", "flat"] as const;

/** The posts of a topic in the order this reader has them; none when there is no such topic. */
export async function orderOf(c: Page, { group }: Seen, topicId: string): Promise<Placed[]> {
  const outline = await archive.outlineOfTopic(c.var.house.pool, group.id, topicId, LONGEST);
  return remembered(c, "view", VIEWS) === "tree" ? treeOrder(outline) : outline.map((post) => ({ post, depth: 0 }));
}

/** The address of a post on its page of the topic. */
export const placeOf = (here: string, order: readonly Placed[], at: number): string =>
  `${here}${at < PER_PAGE ? "" : `?page=${Math.floor(at / PER_PAGE) + 1}`}#p${order[at]!.post.number}`;

/** A choice from the address, kept in a cookie for the next page. */
export function remembered<T extends string>(c: Page, name: string, choices: readonly [T, ...T[]]): T {
  const asked = choices.find((one) => one === c.req.query(name));
  if (asked) {
    setCookie(c, name, asked, {
      path: "/",
      maxAge: 365 * 86_400,
      sameSite: "Lax",
      httpOnly: true,
      secure: c.var.house.config.url.startsWith("https:"),
    });
    return asked;
  }
  return choices.find((one) => one === getCookie(c, name)) ?? choices[0];
}

async function withContents(house: House, seen: Seen, some: Placed[], order: Placed[]): Promise<PostView[]> {
  const ids = some.map(({ post }) => post.id);
  const [rows, readings, progress] = await Promise.all([
    archive.postsOf(house.pool, seen.group.id, ids),
    readingsOf(
      house,
      seen.group,
      some.map(({ post }) => post),
    ),
    queue.progressOfItems(house.pool, ids),
  ]);
  const posts = new Map(rows.map((row) => [row.id, row]));
  const gone = rows.flatMap((row) => (row.deletedAt ? [row.number] : []));
  const deletions = await archive.deletionsOf(house.pool, seen.group.id, gone);
  const parents = new Map(order.map(({ post }) => [post.id, post]));
  return some.flatMap(({ post: { id, parentId }, depth }, i) => {
    const post = posts.get(id);
    const reading = post?.deletedAt ? NO_READING : readings.get(id);
    if (!post || !reading) return [];
    const parent = parentId === null ? undefined : parents.get(parentId);
    const isAbove = some[i - 1]?.post.id === parentId;
    const answers = parent && !isAbove ? { number: parent.number, name: authorOf(parent, seen) } : undefined;
    const deletion = deletions.get(post.number);
    return [{ post, reading, depth, answers, progress: progress.get(id), ...(deletion && { deletion }) }];
  });
}

/** What a deleted post says. */
const NO_READING: Reading = { body: "", fixed: "", text: "", hasPage: false, attachments: [], defects: [] };

const keyOf = ({ id, edition }: { id: string; edition: number }): string => `${id} ${edition}`;

/** What posts say, from memory or read anew. */
export async function readingsOf(
  { pool, readings }: House,
  group: { id: string; name: string },
  posts: { id: string; number: number; edition: number }[],
): Promise<Map<string, Reading>> {
  const found = new Map(posts.map((post) => [post.id, readings.get(keyOf(post))]));
  const missing = posts.filter((post) => !found.get(post.id));
  const raws = missing.length
    ? await archive.rawPosts(
        pool,
        group.id,
        missing.map((post) => post.id),
      )
    : new Map<string, Buffer>();
  for (const post of missing) {
    const packed = raws.get(post.id);
    if (!packed) continue;
    const reading = read(unpack(packed), (index) => `/g/${group.name}/${post.number}/part/${index}`);
    readings.set(keyOf(post), reading, 2 * (reading.body.length + reading.fixed.length + reading.text.length) + 1000);
    found.set(post.id, reading);
  }
  return found as Map<string, Reading>;
}

function threadView(all: View): Html {
  const { topic, group, posts, view, isFixed, page, pages } = all;
  const here = `/g/${group.name}/topic/${topic.id}`;
  const last = posts.at(-1)?.post.number ?? topic.lastNumber;
  return html`<header class="topic-head">
  <h1 class="subject" dir="auto">${subjectIn(group, topic.subject)}</h1>
  ${topic.pinnedAt || topic.lockedAt || all.tags.length ? html`<p class="topic-marks">${topicWords(topic)}${all.tags.map((tag) => html` <a href="/g/${group.name}/tag/${encodeURIComponent(tag)}"><bdi>#${tag}</bdi></a>`)}</p>` : ""}
  <div class="bar">
    <p class="bar-facts">${faces(topic.authors)} ${tn(topic.postCount, "{0} post", "{0} posts")}${pages > 1 ? ` · ${t`page ${figure(page)} of ${figure(pages)}`}` : ""}${all.news?.first ? html` · <a class="new-word" href="${all.news.first}">${tn(all.news.posts, "{0} new", "{0} new")}</a>` : ""}</p>
    <p class="choices"><span class="choice">${choice(here, "view", "tree", t`Tree`, view === "tree")}${choice(here, "view", "flat", t`Flat`, view === "flat")}</span>
    <span class="choice">${choice(here, "fixed", "0", t`Text`, !isFixed)}${choice(here, "fixed", "1", t`Fixed width`, isFixed)}</span></p>
  </div>
</header>
<div class="posts is-${view}" data-keys>${posts.map((post) => postArticle(post, all, all.reader, isFixed))}</div>
${
  pages > 1
    ? html`<nav class="pages" aria-label="${t`Pages of this topic`}">${page > 1 ? html`<a rel="prev" href="${here}?page=${page - 1}">${t`Earlier posts`}</a>` : html`<span></span>`}
  ${page < pages ? html`<a rel="next" href="${here}?page=${page + 1}">${t`Later posts`}</a>` : ""}</nav>`
    : ""
}
${all.news ? newsLine(all.news, group.name) : ""}
<p class="topic-end">${topic.lockedAt ? html`<span class="topic-closed">${t`This topic is locked: it takes no more replies.`}</span>` : html`<a class="button" href="/g/${group.name}/${last}/reply">${t`Reply to the topic`}</a>`} <a class="button bare" href="${here}/mbox" download>${t`Save as mbox file`}</a></p>
${all.membership ? followForm(topic, group.name, all.wish) : ""}
${directory.may(all.membership, "posts") ? topicCare(topic, group.name, all.into) : ""}`;
}

/** On to what else is new. */
function newsLine({ next, topic }: News, group: string): Html {
  if (next) return html`<p class="news"><a data-key="n" href="${next}">${t`Next new post`}</a></p>`;
  return topic
    ? html`<p class="news"><a data-key="n" href="/g/${group}/topic/${topic}/new">${t`Next topic with something new`}</a></p>`
    : html`<p class="news">${t`Nothing else is new in this group.`}</p>`;
}

const choice = (here: string, name: string, value: string, label: string, isChosen: boolean): Html =>
  html`<a href="${here}?${name}=${value}"${isChosen ? html` aria-current="true"` : ""}>${label}</a>`;
