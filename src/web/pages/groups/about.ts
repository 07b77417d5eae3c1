/** About a group: what it is for, its guidelines, how one joins and writes, and what becomes of posts. */
import { html } from "hono/html";
import * as directory from "../../../directory/directory.ts";
import { catalogues, figureOf, t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { memberCount } from "../../member-counts.ts";
import { groupFor, type Seen } from "../../rights.ts";
import { endingBanner } from "../../views/ending.ts";
import { answer, type Html } from "../../views/layout.ts";
import { withoutAddresses } from "../../views/names.ts";
import { paragraphs } from "../../views/paragraphs.ts";
import { th } from "../../views/say.ts";
import { dayInWords } from "../../views/time.ts";

/** GET /g/:name/about?made=1 */
export async function page(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await groupFor(c, "front");
  const { group } = seen;
  const [members, former] = await Promise.all([
    memberCount(house, group.id),
    seen.membership ? directory.formerNames(house.pool, group.id) : [],
  ]);
  const isMade = c.req.query("made") === "1" && seen.membership?.role === "owner";
  const content = html`${isMade ? madeView(group) : ""}${seen.membership ? "" : (endingBanner(group, c.var.zone, false) ?? "")}
${aboutView(seen, { members, former, domain: house.config.domain, zone: c.var.zone })}`;
  return answer(c, { title: t`About ${group.title}`, group, isPrivate: !directory.isListed(group) }, content);
}

const madeView = (
  group: directory.Group,
): Html => html`<section class="notice" role="status"><p><b>${t`Your group is made.`}</b> ${t`What next?`}</p>
<ul class="next"><li><a href="/g/${group.name}/new">${t`Write the first post`}</a></li><li><a href="/g/${group.name}/invitations">${t`Invite people`}</a></li><li><a href="/g/${group.name}/settings">${t`Look through its settings`}</a></li></ul></section>`;

type Facts = { members: number; former: string[]; domain: string; zone: string };

function aboutView(seen: Seen, { members, former, domain, zone }: Facts): Html {
  const { group, membership } = seen;
  const say = (text: string): string => (seen.hidesAddresses ? withoutAddresses(text) : text);
  const address = `${group.name}@${domain}`;
  const rows: (readonly [string, Html | string])[] = [
    [t`Address`, membership || seen.visitor ? html`<a href="mailto:${address}">${address}</a>` : address],
    ...(former.length > 0
      ? [[t`Earlier addresses, which still work`, former.map((name) => `${name}@${domain}`).join(", ")] as const]
      : []),
    ...(seen.sight === "archive" ? [[t`Members`, figureOf(members)] as const] : []),
    [t`Who may read`, group.visibility === "public" ? t`Everybody` : t`Members only`],
    [t`Language`, catalogues().get(group.language)?.name ?? group.language],
    [t`Posts stay`, directory.keepWords(group.keep)],
    ...(group.sizeMax > 0 ? [[t`Largest post`, t`${group.sizeMax} KB`] as const] : []),
    [t`What is attached`, attachedWords(group)],
    [t`There since`, dayInWords(group.createdAt, zone)],
  ];
  return html`<h1 class="page-title">${th`About <bdi>${say(group.title)}</bdi>`}</h1>
${group.description ? html`<div class="lead">${paragraphs(say(group.description))}</div>` : ""}
${group.guidelines ? html`<h2 class="list-head">${t`Guidelines`}</h2><div class="plain-text">${paragraphs(say(group.guidelines))}</div>` : ""}
<h2 class="list-head">${t`How to write`}</h2>
<p>${howToWrite(group, address)}</p>
${membership ? "" : html`<h2 class="list-head">${t`How to join`}</h2><p>${howToJoin(group, domain)}</p>`}
<h2 class="list-head">${t`In short`}</h2>
<dl class="set">${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
<p class="small">${th`To its owners: <a href="mailto:${`${group.name}-owner@${domain}`}">${`${group.name}-owner@${domain}`}</a>`}</p>`;
}

function attachedWords({ attachments }: directory.Group): string {
  switch (attachments) {
    case "sent":
      return t`Goes to everybody with the post`;
    case "linked":
      return t`Stays in the archive; members get a link to it`;
    case "refused":
      return t`Is not taken`;
  }
}

function howToWrite(group: directory.Group, address: string): Html {
  if (directory.isClosed(group)) return html`${t`The group is closed and takes no more posts.`}`;
  if (group.posting === "moderators") return html`${t`Only its moderators and owners write here.`}`;
  const open = group.posting === "everyone";
  return th`Send a mail to <b>${address}</b>, or <a href="/g/${group.name}/new">write here</a>. ${open ? t`Everybody may.` : t`Members may.`}`;
}

function howToJoin(group: directory.Group, domain: string): Html {
  if (directory.isClosed(group)) return html`${t`The group is closed and takes no more members.`}`;
  if (group.joining === "closed") return html`${t`Its owners add members: write to them.`}`;
  if (group.joining === "invitation") return html`${t`One has to be invited.`}`;
  const way = th`<a href="/g/${group.name}/join">Join here</a>, or send a mail to <b>${`${group.name}+subscribe@${domain}`}</b>.`;
  return group.joining === "approval" ? html`${way} ${t`A moderator lets you in.`}` : way;
}
