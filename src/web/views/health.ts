/** How health is shown: a word with its shape, the far side's own words, what can be done, and a provider's trouble. */

import { html } from "hono/html";
import type { HealthWord, Outage, Pause } from "../../health/health.ts";
import { plainly } from "../../health/health.ts";
import { t, told } from "../../language/language.ts";
import type { MemberHealth } from "../../returns/returns.ts";
import { figure } from "./figures.ts";
import type { Html } from "./layout.ts";
import { shown } from "./names.ts";
import { th } from "./say.ts";
import { type Reader, timeInWords } from "./time.ts";

const SHAPES: Record<HealthWord, string> = {
  well: "delivered",
  "in trouble": "waiting",
  asked: "on-its-way",
  paused: "stopped",
};

const WORDS: Record<HealthWord, () => string> = {
  well: () => t`well`,
  "in trouble": () => t`in trouble`,
  asked: () => t`asked`,
  paused: () => t`paused`,
};

export const healthState = (word: HealthWord): Html =>
  html`<span class="state state-${SHAPES[word]}">${WORDS[word]()}</span>`;

export const saidByFarSide = (said: string): Html | "" =>
  said ? html`<blockquote class="said" dir="auto">${shown(said)}</blockquote>` : "";

/** After a complaint, and where they wished it themselves, only the member can have their mail again. */
export const mayResume = (pause: Pick<Pause, "why"> | undefined, isOwn: boolean): boolean =>
  isOwn || (pause?.why !== "complaint" && pause?.why !== "wish");

export function healthActions(group: string, one: MemberHealth, { isOwn }: { isOwn: boolean }): Html | "" {
  const buttons: Html[] = [];
  if (one.word === "paused" && mayResume(one.pause, isOwn))
    buttons.push(button("resume", isOwn ? t`Send me mail again` : t`Send mail again`, isOwn ? "" : "quiet"));
  if (!isOwn && one.word !== "asked" && one.pause?.why !== "complaint" && one.pause?.why !== "wish")
    buttons.push(button("ask", t`Ask by letter`, "quiet"));
  if (one.word === "in trouble" || one.word === "asked")
    buttons.push(button("forget", isOwn ? t`My mail arrives` : t`Forget it`, "quiet"));
  if (buttons.length === 0) return "";
  return html`<form method="post" action="/g/${group}/health/${one.member.id}"><p class="actions">${buttons}</p></form>`;
}

const button = (what: string, label: string, look: string): Html =>
  html`<button class="${look}" name="do" value="${what}">${label}</button> `;

/** For the member: their mail is stopped, why, and the one button. */
export const pausedBanner = (
  group: { name: string; title: string },
  member: { id: string; address: string },
  pause: Pause,
): Html => html`<section class="banner" aria-label="${t`Your mail is stopped`}">
<p><b>${th`Your mail from <bdi>${group.title}</bdi> is stopped.`}</b> ${whyForMember(pause, member.address)}</p>${pause.why === "complaint" ? "" : saidByFarSide(pause.said)}
<form method="post" action="/g/${group.name}/health/${member.id}"><p class="actions"><button name="do" value="resume">${t`Send me mail again`}</button> <a class="button bare" href="/g/${group.name}/health/${member.id}">${t`What happened`}</a>${pause.why === "complaint" ? html` <a class="button bare" href="/g/${group.name}/leave">${t`Leave the group`}</a>` : ""}</p></form></section>`;

function whyForMember({ why, sense }: Pause, address: string): string {
  switch (why) {
    case "returned":
      return t`Mail to ${address} came back, and so did the letter that asked: ${told(plainly(sense))}.`;
    case "complaint":
      return t`Your mail provider told us that you marked a mail of the group as spam.`;
    case "wish":
      return t`You asked for that.`;
    case "hand":
      return t`An owner or moderator of the group stopped it.`;
  }
}

export const outageItem = (one: Outage, reader: Reader): Html => html`<div class="trouble">
<p>${healthState(one.endedAt ? "well" : "in trouble")} ${one.endedAt ? th`<b>${one.provider}</b> refused mail for many at once, ${figure(one.recipients)} addresses in all: it says of each that ${told(plainly(one.sense))}.` : th`<b>${one.provider}</b> refuses mail for many at once, ${figure(one.recipients)} addresses so far: it says of each that ${told(plainly(one.sense))}.`}</p>
<p class="small">${one.endedAt ? th`From ${timeInWords(one.beganAt, reader)} until ${timeInWords(one.endedAt, reader)}.` : th`Since ${timeInWords(one.beganAt, reader)}.`} ${
  one.ending === "lasting"
    ? t`It went on for days, so what comes back from there counts again.`
    : t`What came back from there in that time counts against nobody.`
}</p>${saidByFarSide(one.said)}</div>`;
