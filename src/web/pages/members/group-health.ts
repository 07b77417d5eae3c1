/** The mail to the members of a group, for its moderators: whose comes back, who was asked, whose is stopped, and why. */

import { html } from "hono/html";
import * as health from "../../../health/health.ts";
import { DAY } from "../../../kit/clock.ts";
import { t, tn, told } from "../../../language/language.ts";
import * as returns from "../../../returns/returns.ts";
import type { Page } from "../../house.ts";
import { groupFor } from "../../rights.ts";
import { figure } from "../../views/figures.ts";
import { healthActions, healthState, outageItem, saidByFarSide } from "../../views/health.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const MOST = 500;
const OUTAGES_SHOWN_FOR = 30 * DAY;

type View = { group: { name: string; title: string }; reader: Reader };

/** GET /g/:name/health */
export async function list(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "members");
  const { pool, clock } = c.var.house;
  const now = clock.now();
  const since = new Date(now.getTime() - OUTAGES_SHOWN_FOR);
  const [members, providers] = await Promise.all([
    returns.groupHealth(pool, group.id, now),
    health.providersConcerned(pool, group.id, since),
  ]);
  const outages = providers.length > 0 ? await health.outagesSince(pool, providers, since, 20) : [];
  const content = view({ group, reader: readerOf(c) }, members, outages);
  return answer(c, { title: t`Mail to the members of ${group.title}`, group, isPrivate: true }, content);
}

function view(at: View, members: returns.MemberHealth[], outages: health.Outage[]): Html {
  const paused = members.filter((one) => one.word === "paused");
  const others = members.filter((one) => one.word !== "paused");
  return html`<h1 class="page-title">${t`Mail to the members`}</h1>
<p class="lead">${t`Whose mail comes back, and whose was stopped for it. Nobody is removed: they stay members, are told, and are back with one press of a button.`}</p>
${outages.length ? html`<h2 class="list-head">${t`Trouble of providers`}</h2>${outages.map((one) => outageItem(one, at.reader))}` : ""}
${members.length === 0 ? html`<div class="empty"><p>${t`Every member's mail arrives.`}</p><p>${t`Members whose mail comes back will be here, with the reason.`}</p></div>` : ""}
${paused.length ? html`<h2 class="list-head">${tn(paused.length, "{0} member whose mail is stopped", "{0} members whose mail is stopped")}</h2>${items(at, paused)}` : ""}
${others.length ? html`<h2 class="list-head">${tn(others.length, "{0} member whose mail comes back", "{0} members whose mail comes back")}</h2>${items(at, others)}` : ""}`;
}

const items = (at: View, members: returns.MemberHealth[]): Html => html`<ul class="troubles">${members
  .slice(0, MOST)
  .map((one) => item(at, one))}</ul>
${members.length > MOST ? html`<p class="small">${t`The first ${figure(MOST)} of ${figure(members.length)} are shown.`}</p>` : ""}`;

const item = ({ group, reader }: View, one: returns.MemberHealth): Html => html`<li class="trouble">
<p class="trouble-who"><a href="/g/${group.name}/health/${one.member.id}"><bdi>${shown(one.member.name) || one.member.address}</bdi></a>${one.member.name ? html` <span class="post-address">${one.member.address}</span>` : ""}</p>
<details class="trouble-why"><summary data-open="${t`why`}" data-close="${t`hide`}">${healthState(one.word)} ${one.since ? html`<span class="small">${th`since ${timeInWords(one.since, reader)}`}</span>` : ""}</summary>
<p>${sentence(told(one.reason))}${one.enquiry ? html` ${th`We asked them by letter ${timeInWords(one.enquiry.askedAt, reader)}.`}` : ""}</p>${saidByFarSide(one.said)}</details>
${healthActions(group.name, one, { isOwn: false })}</li>`;

const sentence = (words: string): string => (words ? `${words[0]!.toUpperCase()}${words.slice(1)}.` : "");
