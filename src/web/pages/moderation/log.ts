/** The log of a group: what owners, moderators and operators did, for all who run it; by kind and by person. */
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import type { Pool } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { isId } from "../../../kit/id.ts";
import { t, told } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import type { Page } from "../../house.ts";
import { groupFor } from "../../rights.ts";
import { selectField } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { type Reader, timeOfPost } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const LOGGED = 100;

type Line = Omit<moderation.Recorded, "kind" | "how"> & { how?: moderation.Doer["how"] };
type Asked = moderation.ActivityFilter & { below: string | null };

/** GET /g/:name/log?kind=WORD&by=MEMBERSHIP&before=ID */
export async function page(c: Page): Promise<Response> {
  const seen = await groupFor(c, "moderator");
  const { pool } = c.var.house;
  const { group } = seen;
  const idIn = (name: string): string | null => {
    const text = c.req.query(name) ?? "";
    return isId(text) ? text : null;
  };
  const kind = moderation.ACTIVITY_KINDS.find((one) => one === c.req.query("kind")) ?? null;
  const asked: Asked = { kind, membershipId: idIn("by"), below: idIn("before") };
  const [found, people] = await Promise.all([linesOf(pool, group.id, asked), directory.deciders(pool, group.id)]);
  const title = t`Log of moderation`;
  return answer(c, { title, group, isPrivate: true }, logView(group, found, asked, people, readerOf(c)));
}

/** The archive keeps its own trace of what was done to it; both lists go by ids, which are made in the order of time. */
async function linesOf(pool: Pool, groupId: string, asked: Asked): Promise<Line[]> {
  const { kind, membershipId, below } = asked;
  const hasArchive = kind === null || kind === "posts";
  const [recorded, changes] = await Promise.all([
    moderation.activity(pool, groupId, asked, below, LOGGED + 1),
    hasArchive ? archive.changes(pool, groupId, below, LOGGED + 1, membershipId) : [],
  ]);
  const traced = changes.map(
    ({ what, topicId, number, reason, ...one }): Line => ({
      ...one,
      what: number === null ? done(what) : `${done(what)} #${number}`,
      link: number === null ? `topic/${topicId}` : String(number),
      words: reason,
    }),
  );
  return [...recorded, ...traced].sort((a, b) => (a.id < b.id ? 1 : -1));
}

const done = (what: archive.ChangeWord): string =>
  ({
    pin: t`pinned a topic`,
    unpin: t`unpinned a topic`,
    lock: t`locked a topic`,
    unlock: t`unlocked a topic`,
    split: t`made a post and its answers a topic of their own`,
    merge: t`merged another topic into this one`,
    delete: t`deleted a post`,
  })[what];

const KINDS: Record<moderation.ActivityKind, () => string> = {
  held: () => t`Held posts`,
  posts: () => t`Topics and posts`,
  members: () => t`Members`,
  settings: () => t`Settings`,
  reports: () => t`Reports`,
};

function logView(
  group: directory.Group,
  found: Line[],
  asked: Asked,
  people: directory.Membership[],
  reader: Reader,
): Html {
  const some = found.slice(0, LOGGED);
  const here = (query: Record<string, string | null>): string => {
    const all = { kind: asked.kind, by: asked.membershipId, ...query };
    const said = Object.entries(all).flatMap(([name, value]) => (value ? [`${name}=${value}`] : []));
    return `/g/${group.name}/log${said.length > 0 ? `?${said.join("&")}` : ""}`;
  };
  const isNarrow = asked.kind !== null || asked.membershipId !== null;
  const chosen = people.some((one) => one.id === asked.membershipId) ? asked.membershipId! : "";
  return html`<h1 class="page-title">${t`Log of moderation`}</h1>
<form class="form beside" action="/g/${group.name}/log">${selectField({
    name: "kind",
    label: t`What`,
    value: asked.kind ?? "",
    options: [["", t`Everything`], ...moderation.ACTIVITY_KINDS.map((kind) => [kind, KINDS[kind]()] as const)],
  })}${selectField({
    name: "by",
    label: t`Who`,
    value: chosen,
    options: [["", t`Everybody`], ...people.map((one) => [one.id, shown(one.name) || one.address] as const)],
  })}<p class="actions"><button class="button quiet">${t`Show`}</button></p></form>
${
  some.length === 0
    ? html`<div class="empty"><p>${isNarrow ? t`Nothing of this kind has been done.` : t`What moderators and owners do will be here.`}</p>${isNarrow ? html`<p><a href="/g/${group.name}/log">${t`Show everything`}</a></p>` : ""}</div>`
    : ""
}
<ol class="log">${some.map((one) => line(group.name, one, here, reader))}</ol>
${found.length > LOGGED ? html`<nav class="pages" aria-label="${t`Log of moderation`}"><a rel="next" href="${here({ before: some.at(-1)!.id })}">${t`Earlier`}</a></nav>` : ""}`;
}

function line(group: string, one: Line, here: (query: Record<string, string | null>) => string, reader: Reader): Html {
  const who = html`<bdi>${shown(told(one.byName)) || t`an operator`}</bdi>`;
  const what = shown(told(one.what));
  const way = HOW[one.how ?? "web"]();
  return html`<li><p>${one.membershipId ? html`<a class="log-who" href="${here({ by: one.membershipId })}">${who}</a>` : who} ${one.link ? html`<a href="/g/${group}/${one.link}">${what}</a>` : html`<bdi>${what}</bdi>`}${way ? `, ${way}` : ""}, ${timeOfPost(one.at, reader)}</p>${one.words ? html`<p class="small"><bdi>${shown(one.words)}</bdi></p>` : ""}</li>`;
}

const HOW: Record<moderation.Doer["how"], () => string> = {
  web: () => "",
  mail: () => t`by mail`,
  command: () => t`by a command`,
  api: () => t`by the API`,
  rule: () => t`by a rule of the group`,
};
