/** A group in a list: what it is called, what it is about, how lively it is. */
import { html } from "hono/html";
import type { Group } from "../../directory/directory.ts";
import { catalogues, languageNow, t, tn } from "../../language/language.ts";
import type { Html } from "./layout.ts";
import { withoutAddresses } from "./names.ts";

export type GroupFacts = {
  group: Group;
  members: number;
  /** On average; undefined where it is nobody's business. */
  postsAMonth: number | undefined;
  isMine: boolean;
  /** The groups that belong to it and may be named. */
  below?: Group[];
};

const LONGEST = 240;

export function groupRow({ group, members, postsAMonth, isMine, below = [] }: GroupFacts, domain: string): Html {
  const about = withoutAddresses(group.description.split("\n\n")[0]!.slice(0, 2 * LONGEST));
  const facts = [
    tn(members, "{0} member", "{0} members"),
    ...(postsAMonth === undefined ? [] : [rateInWords(postsAMonth)]),
    ...(group.language === languageNow() ? [] : [catalogues().get(group.language)?.name ?? group.language]),
    ...(group.visibility !== "public" ? [t`posts are for members`] : []),
    ...(group.closedAt ? [t`closed`] : []),
    ...(isMine ? [t`you are in it`] : []),
  ];
  return html`<li class="group">
  <a class="group-link" href="/g/${group.name}"><bdi>${group.title}</bdi></a>
  <span class="group-address">${group.name}@${domain}</span>
  ${about ? html`<p class="group-about" dir="auto">${about.length > LONGEST ? `${about.slice(0, LONGEST).trimEnd()}…` : about}</p>` : ""}
  <p class="group-facts">${facts.join(" · ")}</p>
  ${below.length ? html`<ul class="group-below" aria-label="${t`Groups that belong to it`}">${below.map((one) => html`<li><a href="/g/${one.name}"><bdi>${one.title}</bdi></a></li>`)}</ul>` : ""}
</li>`;
}

/** Roughly: nobody chooses a group by the last post. */
function rateInWords(posts: number): string {
  if (posts < 0.5) return t`hardly any posts`;
  const about = posts < 20 ? Math.round(posts) : Number(posts.toPrecision(posts < 100 ? 1 : 2));
  return tn(about, "about {0} post a month", "about {0} posts a month");
}
