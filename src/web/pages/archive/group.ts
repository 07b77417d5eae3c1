/** A group: its topics, one row each, the newest first. */

import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import { t, tn } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { publicPage } from "../../kept.ts";
import { memberCount } from "../../member-counts.ts";
import { topicPlace, topicPlaceText } from "../../places.ts";
import { markedReader, noteVisit } from "../../reading-marks.ts";
import { groupFor, type Seen } from "../../rights.ts";
import { endingBanner } from "../../views/ending.ts";
import { groupNav } from "../../views/group-nav.ts";
import { framed, type Html } from "../../views/layout.ts";
import { getsNow } from "../../views/modes.ts";
import { youAre } from "../../views/names.ts";
import type { Reader } from "../../views/time.ts";
import { topicRow } from "../../views/topic-row.ts";
import { readerOf } from "../../visitors.ts";
import { familyOf } from "../groups/family.ts";
import { frontPage, joinButton } from "../groups/front.ts";
import { feedOf } from "./feed.ts";

const ROWS = 25;
/** Pinned topics stand above the others on the first page. */
const PINNED = 10;

type News = {
  /** The topics with something new to this member. */
  fresh: ReadonlySet<string>;
  /** The newest post, up to which all can be marked read. */
  newest: number;
};

type View = Seen & { muted: ReadonlySet<string> } & News & {
    topics: archive.Topic[];
    older: archive.TopicPlace | undefined;
    before: archive.TopicPlace | null;
    posts: number;
    members: number;
    places: Html | undefined;
    domain: string;
    feed: string;
    /** The group it belongs to, and those that belong to it. */
    family: Html;
    reader: Reader;
  };

/** GET /g/:name?before=PLACE */
export async function topics(c: Page): Promise<Response> {
  const { pool, config } = c.var.house;
  const seen = await groupFor(c, "front");
  if (seen.sight === "front") return frontPage(c, seen);
  const { group } = seen;
  const before = topicPlace(c.req.query("before") ?? "") ?? null; // whatever is none begins at the newest
  const [pinned, rows, summaries, members, places] = await Promise.all([
    before ? [] : archive.pinnedTopics(pool, group.id, PINNED),
    archive.topics(pool, group.id, before, ROWS + 1),
    archive.summaries(pool, [group.id]),
    memberCount(c.var.house, group.id),
    groupNav(c, group, seen.membership),
  ]);
  const above = new Set(pinned.map((topic) => topic.id));
  const shown = [...pinned, ...rows.slice(0, ROWS).filter((topic) => !above.has(topic.id))];
  const view: View = {
    ...seen,
    topics: shown,
    ...(await newsOf(c, seen, shown)),
    muted: await mutedAmong(c, seen, shown),
    older: rows.length > ROWS ? rows[ROWS - 1] : undefined,
    before,
    posts: summaries.get(group.id)?.postCount ?? 0,
    members,
    places,
    domain: config.domain,
    feed: await feedOf(c.var.house, seen),
    family: await familyOf(c, seen),
    reader: readerOf(c),
  };
  const frame = {
    title: group.title,
    isPrivate: group.archive === "members",
    wide: true,
    isForReading: true,
    scripts: ["keys.js"],
    feed: view.feed,
  };
  return publicPage(c, seen, await framed(c, frame, groupView(view)));
}

/** What is new to a member among these topics; on their first visit nothing is. */
async function newsOf(c: Page, seen: Seen, shown: archive.Topic[]): Promise<News> {
  const { pool } = c.var.house;
  const reader = markedReader(seen);
  if (!reader) return { fresh: new Set(), newest: 0 };
  const ids = shown.map((topic) => topic.id);
  const [marks, read] = await Promise.all([archive.groupMarks(pool, reader), archive.topicMarks(pool, reader, ids)]);
  const upTo = marks.upTo ?? marks.newest;
  if (marks.upTo === null) await noteVisit(c, reader);
  const fresh = shown.filter(({ id, lastNumber }) => lastNumber > Math.max(upTo, read.get(id) ?? 0));
  return { fresh: new Set(fresh.map((topic) => topic.id)), newest: marks.newest };
}

/** Which of these topics the member has muted: they are folded. */
async function mutedAmong(c: Page, { membership }: Seen, shown: archive.Topic[]): Promise<Set<string>> {
  if (!membership) return new Set();
  const ids = shown.map((topic) => topic.id);
  const wishes = await directory.topicWishes(c.var.house.pool, membership, ids);
  return new Set(ids.filter((id) => wishes.get(id) === "mute"));
}

function groupView(view: View): Html {
  const { group, membership, domain } = view;
  return html`<header class="group-head">
  <div class="group-name"><h1 class="page-title"><bdi>${group.title}</bdi></h1>
  <p class="group-address">${view.hidesAddresses && !view.visitor ? html`${group.name}@${domain}` : html`<a href="mailto:${group.name}@${domain}">${group.name}@${domain}</a>`}</p></div>
  ${membership ? "" : (endingBanner(group, view.reader.zone, false) ?? "")}
  ${group.description ? html`<p class="group-about" dir="auto">${group.description}</p>` : ""}
  <div class="bar">
    <p class="bar-facts">${tn(view.posts, "{0} post", "{0} posts")} · ${tn(view.members, "{0} member", "{0} members")}${view.posts ? html`${membership ? "" : html` · <a href="/g/${group.name}/months">${t`By month`}</a>`} · <a href="${view.feed}">${t`Feed`}</a>` : ""}${membership ? html` · ${youAre(membership.role)} · <a href="/g/${group.name}/membership">${t`you get ${getsNow(membership, view.reader.now)}`}</a>` : ""}</p>
    <p class="actions">
      ${membership ? html`<a class="button bare" href="/g/${group.name}/leave">${t`Leave`}</a>` : joinButton(group, "quiet")}
      <a class="button" data-key="c" href="/g/${group.name}/new">${t`New post`}</a>
    </p>
  </div>
</header>
${view.places ?? ""}
${view.family}
${view.fresh.size > 0 ? readAllForm(view) : ""}
${view.topics.length === 0 ? empty(view) : html`<ol class="topics" data-keys>${view.topics.map((topic) => topicRow(topic, view, view.reader, view.fresh.has(topic.id), view.muted.has(topic.id)))}</ol>`}
<nav class="pages" aria-label="${t`Pages`}">
  ${view.before ? html`<a href="/g/${group.name}">${t`Newest topics`}</a>` : html`<span></span>`}
  ${view.older ? html`<a rel="next" href="/g/${group.name}?before=${topicPlaceText(view.older)}">${t`Older topics`}</a>` : ""}
</nav>`;
}

const readAllForm = ({ group, newest }: View): Html =>
  html`<form class="read-all" method="post" action="/g/${group.name}/read"><input type="hidden" name="upto" value="${newest}"><button class="button bare">${t`Mark all as read`}</button></form>`;

const empty = ({ group, domain, before }: View): Html =>
  before
    ? html`<div class="empty"><p>${t`There are no older topics.`}</p></div>`
    : html`<div class="empty"><p>${t`What is posted to ${`${group.name}@${domain}`} will be here, a row for each topic.`}</p><p><a href="/g/${group.name}/new">${t`Write the first post`}</a></p></div>`;
