/** The frame of every page: who we are, where you are, your groups, and the content. */

import { html, raw } from "hono/html";
import * as archive from "../../archive/archive.ts";
import * as directory from "../../directory/directory.ts";
import * as health from "../../health/health.ts";
import { catalogues, directionNow, languageNow, localeNow, t, tn } from "../../language/language.ts";
import { assetUrl } from "../assets.ts";
import type { Page, Visitor } from "../house.ts";
import { isOperator } from "../operator.ts";
import { endingBanner } from "./ending.ts";
import { groupNav } from "./group-nav.ts";
import { pausedBanner } from "./health.ts";
import { initialsOf } from "./names.ts";
import { th } from "./say.ts";

export type Html = ReturnType<typeof html>;
export const nothing: Html = html``;

export type Frame = {
  title: string;
  /** The group the page belongs to: always named at the top. */
  group?: { name: string; title: string } | undefined;
  /** Kept out of search engines. */
  isPrivate?: boolean;
  /** The Atom feed that has what is new on it. */
  feed?: string;
  /** A wide page has no reading column: tables, the mailbox. */
  wide?: boolean;
  /** Where the browser goes on to by itself: another service's page, which no form may lead to. */
  leadsTo?: string;
  scripts?: string[];
  /** A page to read: it does without the style sheet of forms and tables. */
  isForReading?: boolean;
  /** Style sheets of its own, beside the one of every page. */
  sheets?: string[];
  /** What belongs to the content, in the slim margin beside it. */
  margin?: Html;
};

type Rail = {
  visitor: Visitor | undefined;
  groups: { id: string; name: string; title: string }[];
  fresh: ReadonlyMap<string, number>;
  hasMailbox: boolean;
  isOperator: boolean;
  here: string;
  /** The pages of the group it belongs to. */
  places: Html | undefined;
};

/** On every page of a group, and on the front page: who gets no mail is told so, and can change it. */
async function pausedBanners(c: Page, memberships: directory.Membership[], groups: directory.Group[]): Promise<Html[]> {
  const here = c.req.path;
  const name = /^\/g\/([^/]+)(?!.*\/health\/)/.exec(here)?.[1]?.toLowerCase();
  const named = /^\/g\/([^/]+)/.exec(here)?.[1]?.toLowerCase();
  const banners: Html[] = [];
  for (const member of memberships) {
    const group = groups.find((one) => one.id === member.groupId);
    const ending = group?.name === named ? endingBanner(group!, c.var.zone, member.role === "owner") : undefined;
    if (ending) banners.push(ending);
    if (!member.pausedAt || !group || (here !== "/" && group.name !== name)) continue;
    const [pause] = await health.pausesIn(c.var.house.pool, group.id, member.id, 1);
    if (pause) banners.push(pausedBanner(group, member, pause));
  }
  return banners;
}

/** A page in its frame. Asks for the visitor's groups; without a database there is a frame all the same. */
export async function framed(c: Page, frame: Frame, content: Html): Promise<Html> {
  const { pool, config } = c.var.house;
  const visitor = await c.var.visitor().catch(() => undefined);
  const memberships = visitor?.personId
    ? await directory.membershipsOfPerson(pool, visitor.personId).catch(() => [])
    : [];
  const groups = memberships.length
    ? await directory
        .groupsById(
          pool,
          memberships.map((one) => one.groupId),
        )
        .catch(() => [])
    : [];
  groups.sort((a, b) => a.title.localeCompare(b.title));
  const banners = await pausedBanners(c, memberships, groups).catch(() => []);
  const at = groups.find((one) => one.name === frame.group?.name);
  const places = await groupNav(
    c,
    at,
    memberships.find((one) => one.groupId === at?.id),
  ).catch(() => undefined);
  const rail = {
    visitor,
    groups,
    hasMailbox: config.outbound.kind === "capture",
    isOperator: await isOperator(c).catch(() => false),
    here: c.req.path,
    fresh: await archive
      .newTopics(
        pool,
        memberships.map(({ groupId, id }) => ({ groupId, membershipId: id })),
      )
      .catch(() => new Map<string, number>()),
    places,
  };
  return layout(c, frame, rail, banners.length > 0 ? html`${banners}${content}` : content);
}

/** A page in its frame, as an answer. */
export const answer = async (c: Page, frame: Frame, content: Html): Promise<Response> =>
  c.html(await framed(c, frame, content));

function layout(c: Page, frame: Frame, rail: Rail, content: Html): Html {
  const { assets, config } = c.var.house;
  const url = (name: string): string => assetUrl(assets, name);
  const scripts = ["page.js", ...(frame.scripts ?? [])];
  return html`<!doctype html>
<html lang="${localeNow()}" dir="${directionNow()}">
<head>
<meta charset="utf-8">
<title>${frame.title}${frame.title === "Smartgroups" ? "" : " · Smartgroups"}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#fbfaf7" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#171615" media="(prefers-color-scheme: dark)">
<meta name="referrer" content="same-origin">
${frame.leadsTo ? html`<meta http-equiv="refresh" content="0;url=${frame.leadsTo}">` : ""}
${frame.isPrivate ? raw('<meta name="robots" content="noindex">') : ""}
${frame.feed ? html`<link rel="alternate" type="application/atom+xml" href="${frame.feed}">` : ""}
<link rel="preload" href="${url("literata-latin-wght-normal.woff2")}" as="font" type="font/woff2" crossorigin>
<link rel="preload" href="${url("source-sans-3-latin-wght-normal.woff2")}" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="${url("type.css")}">
<link rel="stylesheet" href="${url("look.css")}">
${[...(frame.isForReading ? [] : ["tools.css"]), ...(frame.sheets ?? [])].map((name) => html`<link rel="stylesheet" href="${url(name)}">`)}
<link rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials">
<link rel="apple-touch-icon" href="${url("icon-192.png")}">
<link rel="icon" href="${url("stamp.svg")}" type="image/svg+xml">
${scripts.map((name) => html`<script src="${url(name)}" defer></script>`)}
</head>
<body class="${frame.wide ? "is-wide" : frame.margin ? "has-margin" : ""}">
<a class="skip" href="#content">${t`Skip to the content`}</a>
<header class="rail">
  <a class="brand" href="/"><img src="${url("stamp.svg")}" alt="" width="26" height="30"><span>Smartgroups</span></a>
  <nav class="rail-groups" aria-label="${t`Groups`}">
    <a class="rail-link" href="/groups" ${current(rail.here, "/groups")}>${t`All groups`}</a>
    ${
      rail.groups.length
        ? html`<h2 class="rail-head"><a href="/" ${current(rail.here, "/")}>${t`My groups`}</a></h2><ul>${rail.groups.map(
            (group) =>
              html`<li><a class="rail-link" href="/g/${group.name}" ${current(rail.here, `/g/${group.name}`)}><bdi>${group.title}</bdi>${newIn(rail.fresh.get(group.id))}</a></li>`,
          )}</ul>`
        : ""
    }
  </nav>
  <div class="rail-account">
    ${rail.isOperator ? html`<a class="rail-link" href="/operator/people" ${current(rail.here, "/operator/people")}>${t`People`}</a>` : ""}
    ${rail.isOperator ? html`<a class="rail-link" href="/providers" ${current(rail.here, "/providers")}>${t`Providers`}</a>` : ""}
    ${rail.hasMailbox ? html`<a class="rail-link" href="/mailbox" ${current(rail.here, "/mailbox")}>${t`Local mailbox`}</a>` : ""}
    ${account(rail.visitor, rail.here)}
  </div>
</header>
<main id="content" tabindex="-1">
${
  frame.group
    ? html`<nav class="where" aria-label="${t`You are here`}"><a href="/g/${frame.group.name}"><bdi>${frame.group.title}</bdi></a><span class="where-address">${frame.group.name}@${config.domain}</span></nav>${rail.places ?? ""}`
    : ""
}
${content}
</main>
${frame.margin ? html`<aside class="margin" aria-label="${t`About this post`}">${frame.margin}</aside>` : ""}
${languageForm(c)}
</body>
</html>`;
}

/** The choice of a language, below every page: a press of a button, back to the same page. */
const languageForm = (c: Page): Html => {
  const { pathname, search } = new URL(c.req.url);
  return html`<footer class="foot"><form method="post" action="/language" aria-label="${t`Language`}"><input type="hidden" name="next" value="${pathname}${search}"><p class="languages">${[...catalogues()].map(([tag, { name }]) => (tag === languageNow() ? html`<b lang="${tag}" aria-current="true">${name}</b> ` : html`<button class="button bare" name="language" value="${tag}" lang="${tag}">${name}</button> `))}</p></form></footer>`;
};

/** In how many topics something is new: a figure, told in words to who can't see it. */
const newIn = (fresh: number | undefined): Html | "" =>
  fresh
    ? html` <b class="waits" aria-hidden="true">${fresh >= archive.MOST_NEW ? `${fresh}+` : fresh}</b><span class="unseen">, ${tn(fresh, "{0} new", "{0} new")}</span>`
    : "";

const current = (here: string, path: string): Html | "" => (here === path ? html`aria-current="page"` : "");

function account(visitor: Visitor | undefined, here: string): Html {
  if (!visitor) {
    const next = here === "/" || here.startsWith("/sign-in") ? "" : `?next=${encodeURIComponent(here)}`;
    return html`<a class="rail-link" href="/sign-in${next}">${t`Sign in`}</a>`;
  }
  return html`<details class="me">
    <summary><span class="face">${initialsOf(visitor.name || visitor.address)}</span><span class="me-name">${visitor.name || visitor.address}</span></summary>
    <div class="me-menu"><p>${th`Signed in as<br><b>${visitor.address}</b>`}</p>
    <p><a href="/account">${t`My account`}</a></p>
    <p><a href="/drafts">${t`My drafts`}</a></p>
    <form method="post" action="/sign-out"><button class="quiet">${t`Sign out`}</button></form></div>
  </details>`;
}
