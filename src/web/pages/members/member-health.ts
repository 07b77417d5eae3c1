/** The mail to one member, and its history: for themselves, and for the group's moderators. What was done can be undone here. */

import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as health from "../../../health/health.ts";
import { Refusal } from "../../../kit/errors.ts";
import { en, t, told } from "../../../language/language.ts";
import * as returns from "../../../returns/returns.ts";
import type { House, Page } from "../../house.ts";
import { memberFor, NotAllowed } from "../../rights.ts";
import { whatHappened } from "../../views/events.ts";
import { textOf } from "../../views/forms.ts";
import { healthActions, healthState, mayResume, saidByFarSide } from "../../views/health.ts";
import { answer, type Html } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { type Reader, timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const SHOWN = 100;

type Line = { at: Date; what: string; why: string; said: string };
type View = {
  group: directory.Group;
  isOwn: boolean;
  state: returns.MemberHealth;
  lines: Line[];
  canRecall: boolean;
  reader: Reader;
};

/** GET /g/:name/health/:id */
export async function one(c: Page): Promise<Response> {
  const { group, member, isOwn } = await memberFor(c);
  const { pool, clock } = c.var.house;
  const [state, events, troubles, outages] = await Promise.all([
    returns.memberHealth(pool, member, clock.now()),
    directory.eventsOf(pool, group.id, member.id, SHOWN),
    health.troublesOf(pool, group.id, member.id, SHOWN),
    health.outagesSince(pool, [], new Date(0), 1000),
  ]);
  const lines = [...events.map(eventLine), ...troubles.map((trouble) => troubleLine(trouble, outages))];
  lines.sort((a, b) => b.at.getTime() - a.at.getTime());
  const canRecall = troubles.some((trouble) => trouble.forgottenAt !== null && trouble.outageId === null);
  const content = view({ group, isOwn, state, lines: lines.slice(0, SHOWN), canRecall, reader: readerOf(c) });
  const title = isOwn ? t`Your mail from ${group.title}` : t`Mail to ${member.name || member.address}`;
  return answer(c, { title, group, isPrivate: true }, content);
}

/** POST /g/:name/health/:id: `do` is resume, pause, ask, forget or recall. */
export async function act(c: Page): Promise<Response> {
  const { house } = c.var;
  const { group, member, isOwn, visitor } = await memberFor(c);
  const who = isOwn ? en`the member, on the web` : en`${visitor.name || visitor.address}, on the web`;
  const means = await meansOf(house);
  const [pause] = await health.pausesIn(house.pool, group.id, member.id, 1);
  switch (textOf(await c.req.parseBody(), "do")) {
    case "resume":
    case "forget":
      if (!mayResume(pause, isOwn)) throw new NotAllowed(t`They asked for this themselves, so only they can undo it.`);
      await transact(house.pool, (sql) => returns.bringBack(sql, means, member, who));
      break;
    case "pause":
      await transact(house.pool, (sql) => returns.stopMail(sql, means, member.id, isOwn ? "wish" : "hand", who));
      break;
    case "recall":
      await transact(house.pool, (sql) => recall(sql, house, member, who));
      break;
    case "ask":
      if (isOwn || !mayResume(pause, false)) throw new NotAllowed(t`An owner or moderator of the group may ask.`);
      if (!(await returns.askNow(means, member, en`asked by ${who}`)))
        throw new Refusal(t`They were asked within the last day: wait and see whether that letter comes back.`);
      break;
  }
  return c.redirect(`/g/${group.name}/health/${member.id}`, 303);
}

export const meansOf = async (house: House): Promise<returns.Means> => ({
  pool: house.pool,
  domain: house.config.domain,
  url: house.config.url,
  tokenSecret: await house.tokenSecret(),
  clock: house.clock,
});

async function recall(
  sql: Parameters<typeof directory.noteEvents>[0],
  { clock }: House,
  { id, groupId }: directory.Membership,
  who: string,
): Promise<void> {
  if ((await health.recallTroubles(sql, groupId, id)) === 0) return;
  const event = { groupId, membershipId: id, what: en`trouble counts again`, cause: who };
  await directory.noteEvents(sql, [event], clock.now());
}

const eventLine = ({ at, what, cause }: { at: Date; what: string; cause: string }): Line => ({
  at,
  what: whatHappened(what),
  why: told(cause),
  said: "",
});

function troubleLine(trouble: health.Trouble, outages: health.Outage[]): Line {
  const outage = outages.find((one) => one.id === trouble.outageId);
  const reason = told(health.plainly(trouble.sense));
  const why = outage
    ? t`${reason}; counts for nothing, as ${outage.provider} was in trouble`
    : trouble.forgottenAt
      ? t`${reason}; forgotten`
      : reason;
  return {
    at: trouble.at,
    what: trouble.found === "returned" ? t`mail came back` : t`mail was refused`,
    why,
    said: trouble.said,
  };
}

const view = ({ group, isOwn, state, lines, canRecall, reader }: View): Html => html`
<h1 class="page-title">${isOwn ? th`Your mail from <bdi>${group.title}</bdi>` : th`Mail to <bdi>${shown(state.member.name) || state.member.address}</bdi>`}</h1>
<p class="lead">${healthState(state.word)} ${state.since ? th`since ${timeInWords(state.since, reader)}` : ""}<br>${words(state, isOwn)}</p>
${saidByFarSide(state.said)}
${healthActions(group.name, state, { isOwn })}
<form method="post" class="undo"><p class="actions">${
  state.word === "paused"
    ? ""
    : html`<button class="quiet" name="do" value="pause">${isOwn ? t`Stop my mail for now` : t`Stop the mail`}</button> `
}${canRecall ? html`<button class="quiet" name="do" value="recall">${t`Undo: let what was forgotten count`}</button>` : ""}</p></form>
<h2 class="list-head">${t`What happened`}</h2>
<ol class="way">${lines.map((line, i) => html`<li class="event"><p><b>${line.what}</b>${line.why ? html` <span class="event-why">${line.why}</span>` : ""}</p><p class="step-time">${timeInWords(line.at, reader)}</p>${line.said === spokenBefore(lines, i) ? "" : saidByFarSide(line.said)}</li>`)}</ol>
<p class="small"><a href="/g/${group.name}/members/${state.member.id}/delivery">${isOwn ? t`What was sent to you, post by post` : t`What was sent to them, post by post`}</a>${isOwn ? "" : html` · <a href="/g/${group.name}/health">${t`Mail to the members`}</a>`}</p>`;

/** What the far side said just above this line: a server that says the same each day is quoted once. */
const spokenBefore = (lines: Line[], i: number): string =>
  lines.slice(0, i).findLast((line) => line.said !== "")?.said ?? "";

function words({ word, member, reason, enquiry }: returns.MemberHealth, isOwn: boolean): Html {
  const to = html`<b>${member.address}</b>`;
  switch (word) {
    case "well":
      return isOwn ? th`Your mail to ${to} arrives, as far as we know.` : th`Mail to ${to} arrives, as far as we know.`;
    case "paused":
      return isOwn
        ? th`No mail goes to ${to}: ${told(reason)}. You are still a member.`
        : th`No mail goes to ${to}: ${told(reason)}. They are still a member.`;
    case "asked":
    case "in trouble":
      return html`${th`Mail to ${to} comes back: ${told(reason)}.`}${enquiry ? html` ${t`We have asked by letter whether it arrives. If that comes back too, the mail is stopped.`}` : ""}`;
  }
}
