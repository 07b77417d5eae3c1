/** The front page: for who is signed in their groups with what is new in them, for others the liveliest of the directory. */

import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import { t, tn } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { lively } from "../../lively.ts";
import { mayMakeGroups } from "../../making.ts";
import { type GroupFacts, groupRow } from "../../views/group-row.ts";
import { answer, type Html } from "../../views/layout.ts";
import { subjectIn } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";
import { factsOf } from "./directory.ts";

const ROWS = 12;

type Mine = { group: directory.Group; fresh: number; topic: archive.Topic | undefined };
type View = {
  mine: Mine[];
  others: GroupFacts[];
  isSignedIn: boolean;
  mayMake: boolean;
  domain: string;
  reader: Reader;
};

/** GET / */
export async function list(c: Page): Promise<Response> {
  const { house } = c.var;
  const { pool, config } = house;
  const visitor = await c.var.visitor();
  const memberships = visitor?.personId ? await directory.membershipsOfPerson(pool, visitor.personId) : [];
  const ids = memberships.map((one) => one.groupId);
  const wanted = (await lively(house)).filter((id) => !ids.includes(id)).slice(0, ROWS);
  const [groups, topics, fresh, others] = await Promise.all([
    directory.groupsById(pool, ids),
    archive.newestTopics(pool, ids),
    archive.newTopics(pool, readersOf(memberships)),
    directory.listedAmong(pool, wanted),
  ]);
  // Where little was posted yet, groups without a post are shown too.
  if (others.length < ROWS) {
    const known = new Set([...ids, ...others.map((one) => one.id)]);
    const quiet = await directory.listedByTitle(pool, null, ROWS + known.size);
    others.push(...quiet.filter((one) => !known.has(one.id)).slice(0, ROWS - others.length));
  }
  const place = (id: string): number => (wanted.includes(id) ? wanted.indexOf(id) : wanted.length);
  others.sort((a, b) => place(a.id) - place(b.id));
  const mine = groups.map((group) => ({ group, fresh: fresh.get(group.id) ?? 0, topic: topics.get(group.id) }));
  const age = ({ topic }: Mine): number => topic?.lastAt.getTime() ?? 0;
  mine.sort((a, b) => age(b) - age(a) || a.group.title.localeCompare(b.group.title));
  const view: View = {
    mine,
    others: await factsOf(house, others, new Set()),
    isSignedIn: visitor !== undefined,
    mayMake: (await mayMakeGroups(c, visitor)) !== undefined,
    domain: config.domain,
    reader: readerOf(c),
  };
  return answer(c, { title: "Smartgroups" }, homeView(view));
}

/** Whose marks say what is new. */
export const readersOf = (memberships: directory.Membership[]): archive.ReaderId[] =>
  memberships.map(({ groupId, id }) => ({ groupId, membershipId: id }));

function homeView({ mine, others, isSignedIn, mayMake, domain, reader }: View): Html {
  const make = mayMake
    ? html`<p class="actions"><a class="button quiet" href="/groups/new">${t`Make a group`}</a></p>`
    : "";
  return html`<div class="bar"><h1 class="page-title">${mine.length ? t`My groups` : t`Groups`}</h1>${make}</div>
${mine.length ? html`<ul class="groups">${mine.map((one) => mineRow(one, domain, reader))}</ul>` : ""}
${others.length ? html`${mine.length ? html`<h2 class="list-head">${t`Other groups`}</h2>` : ""}<ul class="groups">${others.map((one) => groupRow(one, domain))}</ul><p class="small"><a href="/groups">${t`All groups, by title or by a word`}</a></p>` : ""}
${mine.length + others.length === 0 ? empty(mayMake) : ""}
${
  isSignedIn
    ? ""
    : html`<aside class="hint"><p>${th`<b>A group is an address.</b> What a member writes to it, by mail or here, reaches every member and is kept to be read again.`}</p><p>${th`<a href="/sign-in">Sign in</a> to see groups that are for their members only.`}</p></aside>`
}`;
}

const empty = (mayMake: boolean): Html =>
  mayMake
    ? html`<div class="empty"><p>${t`The groups of this service will be listed here.`}</p><p><a class="button" href="/groups/new">${t`Make the first one`}</a></p></div>`
    : html`<div class="empty"><p>${t`The groups of this service will be listed here.`}</p>
<p>${th`Who looks after this service makes the first one: <a href="/sign-in">signed in</a>, or on its machine by <code>${'npx smartgroups group add readers --title "Readers"'}</code>`}</p></div>`;

function mineRow({ group, fresh, topic }: Mine, domain: string, reader: Reader): Html {
  return html`<li class="group">
  <a class="group-link${fresh ? " is-new" : ""}" href="/g/${group.name}"><bdi>${group.title}</bdi></a>
  <span class="group-address">${group.name}@${domain}</span>
  <p class="group-facts">${fresh ? html`<b class="group-new">${freshWords(fresh)}</b> · ` : ""}${topic ? html`<bdi>${subjectIn(group, topic.subject)}</bdi> · ${timeInWords(topic.lastAt, reader)}` : t`Nothing has been posted yet.`}${group.visibility !== "public" ? html` · <span class="word">${t`members only`}</span>` : ""}</p>
</li>`;
}

/** As many as are looked through may be more. */
export const freshWords = (fresh: number): string =>
  fresh >= archive.MOST_NEW
    ? tn(fresh, "{0} or more topics with something new", "{0} or more topics with something new")
    : tn(fresh, "{0} topic with something new", "{0} topics with something new");
