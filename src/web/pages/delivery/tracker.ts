/**
 * Where a mail is, stage by stage, for whoever holds its id: the id is unguessable, so it opens its own page.
 *
 * Recipients appear as numbers and providers, never as names or addresses.
 */

import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import { MINUTE } from "../../../kit/clock.ts";
import { isId } from "../../../kit/id.ts";
import { t, tn, told } from "../../../language/language.ts";
import * as queue from "../../../queue/queue.ts";
import type { Page } from "../../house.ts";
import { NotHere } from "../../rights.ts";
import { dueTime } from "../../views/copies.ts";
import { bar, progressParts, type State, stateMark } from "../../views/delivery.ts";
import { answer, type Html, nothing } from "../../views/layout.ts";
import { shown } from "../../views/names.ts";
import { th } from "../../views/say.ts";
import { due, exact, type Reader, timeOfDay } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

type Step = { at: Date | undefined; words: Html | string; state: State | "done" };
type Way = {
  address: string;
  group: directory.Group | undefined;
  steps: Step[];
  progress: queue.Progress | undefined;
  isUnderWay: boolean;
};

/** GET /mail/:id */
export async function page(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const id = (c.req.param("id") ?? "").toLowerCase();
  if (!isId(id)) throw new NotHere();
  const [waiting, outcomes] = await Promise.all([queue.waitingMail(pool, id), queue.outcomesOf(pool, id)]);
  const receivedAt = waiting?.receivedAt ?? outcomes[0]?.receivedAt;
  if (!receivedAt) throw new NotHere();
  const reader = readerOf(c);
  const ways = [
    ...(await Promise.all(outcomes.map((outcome) => settledWay(c, outcome, reader)))),
    ...(waiting
      ? waiting.recipients
          .filter((one) => !outcomes.some((outcome) => outcome.recipient === one && outcome.outcome !== "held"))
          .map((one) => waitingWay(one, waiting, reader))
      : []),
  ];
  const newest = waiting
    ? ways.filter((way, i) => ways.findLastIndex((one) => one.address === way.address) === i)
    : ways;
  const isUnderWay = newest.some((way) => way.isUnderWay);
  const age = clock.now().getTime() - receivedAt.getTime();
  const isStill = c.req.query("still") === "1";
  if (isUnderWay && !isStill) c.header("refresh", age < MINUTE ? "3" : "20");
  const frame = { title: t`Where this mail is`, isPrivate: true };
  return answer(c, frame, view(id, receivedAt, newest, isUnderWay, isStill, reader));
}

function waitingWay(address: string, mail: queue.WaitingMail, reader: Reader): Way {
  const way = (words: string, state: State, isUnderWay: boolean): Way => ({
    address,
    group: undefined,
    progress: undefined,
    isUnderWay,
    steps: [
      { at: mail.receivedAt, words: t`accepted and kept`, state: "done" },
      { at: undefined, words, state },
    ],
  });
  switch (mail.state) {
    case "held":
      return way(t`held for a moderator of the group. ${told(mail.problem)}`, "waiting", false);
    case "unreadable":
      return way(
        t`set aside: it could not be read, and a person will look at it. Nothing of it is lost`,
        "stopped",
        false,
      );
    default:
      return way(
        mail.attempts === 0 && mail.problem
          ? told(mail.problem)
          : mail.attempts > 1
            ? t`being looked at again ${due(mail.dueAt, reader)}`
            : t`about to be looked at`,
        "on its way",
        true,
      );
  }
}

async function settledWay(c: Page, outcome: queue.Outcome, reader: Reader): Promise<Way> {
  const { pool } = c.var.house;
  const [[group], post, progress] = await Promise.all([
    outcome.groupId ? directory.groupsById(pool, [outcome.groupId]) : [undefined],
    outcome.postId ? archive.postById(pool, outcome.postId) : undefined,
    outcome.postId ? queue.progressOf(pool, outcome.postId) : undefined,
  ]);
  const link =
    group && post ? html`<a href="/g/${group.name}/${post.number}">${t`post ${post.number}`}</a>` : html`${t`a post`}`;
  const steps: Step[] = [
    { at: outcome.receivedAt, words: t`accepted and kept`, state: "done" },
    { at: outcome.at, ...outcomeInWords(outcome, link) },
  ];
  const follows = outcome.outcome === "posted" || outcome.outcome === "duplicate";
  if (follows && progress) {
    for (const part of progressParts(progress, reader)) steps.push({ at: undefined, ...part });
    if (progress.lastAt && steps[2]) steps[2].at = progress.lastAt;
  }
  const isUnderWay = follows && progress !== undefined && progress.sent + progress.givenUp < progress.planned;
  return { address: outcome.recipient, group, steps, progress: follows ? progress : undefined, isUnderWay };
}

function outcomeInWords(
  { outcome, detail }: queue.Outcome,
  link: Html,
): { words: Html | string; state: Step["state"] } {
  switch (outcome) {
    case "posted":
      return { words: th`archived as ${link}`, state: "done" };
    case "duplicate":
      return { words: th`the group had this already, as ${link}: it is not sent twice`, state: "done" };
    case "held":
      return { words: t`held for a moderator of the group. ${told(detail)}`, state: "waiting" };
    case "declined":
      return { words: detail ? t`declined: ${told(detail)}` : t`declined`, state: "stopped" };
    case "obeyed":
      return { words: told(detail), state: "done" };
    case "forwarded":
      return { words: t`passed on to the owners of the group`, state: "done" };
    case "quiet":
      return {
        words: detail ? t`ended without an answer: ${told(detail)}` : t`ended without an answer`,
        state: "stopped",
      };
    case "returned":
      return { words: t`read as a report about undelivered mail`, state: "done" };
  }
}

const view = (
  id: string,
  receivedAt: Date,
  ways: Way[],
  isUnderWay: boolean,
  isStill: boolean,
  reader: Reader,
): Html => html`<h1 class="page-title">${t`Where this mail is`}</h1>
<p class="lead">${isUnderWay ? (isStill ? th`It is on its way. <a href="${`/mail/${id}`}">Renew this page by itself</a>` : th`It is on its way. This page renews itself until everybody has it. <a href="${`/mail/${id}?still=1`}">Stop that</a>`) : restingWords(ways)}</p>
${ways.map((way) => wayView(way, reader))}
<p class="small">${th`Accepted ${exact(receivedAt, reader)}. Tracking id <code>${id}</code>: whoever has this address can see this page, and nobody's name is on it.`}</p>`;

/** The page in one sentence, when nothing moves any more. */
function restingWords(ways: readonly Way[]): string {
  const last = ways.map((way) => way.steps.at(-1)?.state);
  if (last.includes("waiting")) return t`It is kept, and waits for somebody to decide.`;
  if (last.includes("stopped")) return t`It goes no further; the reason stands below.`;
  return t`All is done: nothing more will happen to it.`;
}

const wayView = (
  { address, group, steps, progress }: Way,
  reader: Reader,
): Html => html`<section class="way" aria-label="${t`To ${address}`}">
<h2 class="way-head">${th`To ${group ? html`<a href="/g/${group.name}">${address}</a>` : address}`}</h2>
<ol class="steps">${steps.map((step) => html`<li class="step">${stateMark(step.state)}<span class="step-words">${step.words}</span>${step.at ? html`<span class="step-time">${timeOfDay(step.at, reader)}</span>` : ""}</li>`)}</ol>
${progress ? html`${bar(progress)}${waitingFor(progress, reader)}` : ""}</section>`;

/** Everybody who is waited for, as providers: the steps above name only the first few. */
function waitingFor({ waiting }: queue.Progress, reader: Reader): Html {
  if (waiting.length === 0) return nothing;
  return html`<details class="waiting-for"><summary>${t`Whom it waits for, and what comes next`}</summary>
<div class="table-frame" tabindex="0" role="region" aria-label="${t`Whom it waits for`}"><table class="table" role="table">
<thead role="rowgroup"><tr role="row">${[t`Provider`, t`Members`, t`Next`].map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${waiting.map((one) => html`<tr role="row"><th scope="row" role="rowheader"><bdi>${shown(one.provider)}</bdi></th><td role="cell">${tn(one.recipients, "{0} member", "{0} members")}</td><td role="cell">${nextAt(one, reader)}</td></tr>`)}</tbody></table></div></details>`;
}

function nextAt({ state, problem, nextDue, attempts }: queue.Progress["waiting"][number], reader: Reader): Html {
  if (state === "held") return html`${t`stopped by the operator of this service`}`;
  if (problem === "") return html`${t`its turn comes`}`;
  return html`${dueTime(nextDue, reader)}, ${tn(attempts, "after {0} try", "after {0} tries")}`;
}
