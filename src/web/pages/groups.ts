/** The front page: my groups, and the groups whose archive is open to everybody. */

import { html } from "hono/html";
import * as archive from "../../archive/archive.ts";
import * as directory from "../../directory/directory.ts";
import { t, tn } from "../../language/language.ts";
import type { Page } from "../house.ts";
import { answer, type Html } from "../views/layout.ts";
import { th } from "../views/say.ts";
import { type Reader, timeInWords } from "../views/time.ts";
import { readerOf } from "../visitors.ts";

type Entry = { group: directory.Group; posts: number; lastAt: Date | null; members: number; isMine: boolean };

/** GET / */
export async function list(c: Page): Promise<Response> {
  const { pool, config } = c.var.house;
  const visitor = await c.var.visitor();
  const mine = visitor?.personId ? await directory.membershipsOfPerson(pool, visitor.personId) : [];
  const mineIds = new Set(mine.map((one) => one.groupId));
  const groups = (await directory.groups(pool)).filter((one) => directory.isListed(one) || mineIds.has(one.id));
  const ids = groups.map((one) => one.id);
  const [summaries, counts] = await Promise.all([archive.summaries(pool, ids), directory.countMembers(pool, ids)]);
  const entries = groups.map((group) => ({
    group,
    posts: summaries.get(group.id)?.postCount ?? 0,
    lastAt: summaries.get(group.id)?.lastAt ?? null,
    members: counts.get(group.id) ?? 0,
    isMine: mineIds.has(group.id),
  }));
  entries.sort(
    (a, b) => (b.lastAt?.getTime() ?? 0) - (a.lastAt?.getTime() ?? 0) || a.group.title.localeCompare(b.group.title),
  );
  return answer(c, { title: "Smartgroups" }, view(entries, visitor !== undefined, config.domain, readerOf(c)));
}

function view(entries: Entry[], isSignedIn: boolean, domain: string, reader: Reader): Html {
  const mine = entries.filter((entry) => entry.isMine);
  const others = entries.filter((entry) => !entry.isMine);
  const row = (entry: Entry): Html => groupRow(entry, domain, reader);
  return html`<h1 class="page-title">${t`Groups`}</h1>
${mine.length ? html`<h2 class="list-head">${t`My groups`}</h2><ul class="groups">${mine.map(row)}</ul>` : ""}
${others.length ? html`${mine.length ? html`<h2 class="list-head">${t`Other groups`}</h2>` : ""}<ul class="groups">${others.map(row)}</ul>` : ""}
${entries.length === 0 ? empty() : ""}
${
  isSignedIn
    ? ""
    : html`<aside class="hint"><p>${th`<b>A group is an address.</b> What a member writes to it, by mail or here, reaches every member and is kept to be read again.`}</p><p>${th`<a href="/sign-in">Sign in</a> to see groups that are for their members only.`}</p></aside>`
}`;
}

const empty = (): Html => html`<div class="empty"><p>${t`The groups of this service will be listed here.`}</p>
<p>${th`Make the first one on the machine that runs it: <code>${'npx smartgroups group add readers --title "Readers"'}</code>`}</p></div>`;

function groupRow({ group, posts, lastAt, members, isMine }: Entry, domain: string, reader: Reader): Html {
  return html`<li class="group">
  <a class="group-link" href="/g/${group.name}"><bdi>${group.title}</bdi></a>
  <span class="group-address">${group.name}@${domain}</span>
  ${group.description ? html`<p class="group-about" dir="auto">${group.description}</p>` : ""}
  <p class="group-facts">${isMine || group.archive === "public" ? html`${tn(posts, "{0} post", "{0} posts")} · ` : ""}${tn(members, "{0} member", "{0} members")}${lastAt && (isMine || group.archive === "public") ? html` · ${th`last post ${timeInWords(lastAt, reader)}`}` : ""}${group.archive === "members" ? html` · <span class="word">${t`members only`}</span>` : ""}</p>
</li>`;
}
