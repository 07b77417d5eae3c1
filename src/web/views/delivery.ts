/** Where a post is, in words first: who has it, who is being waited for (as a provider, never a name), and a thin bar. */
import { html } from "hono/html";
import type { Progress } from "../../queue/queue.ts";
import { counted, figure } from "./figures.ts";
import type { Html } from "./layout.ts";
import { due, type Reader } from "./time.ts";

export type State = "delivered" | "on its way" | "waiting" | "stopped";

/** One word for all of it: the worst that a person would want to know. */
export function stateOf(progress: Progress): State {
  const left = progress.planned - progress.sent - progress.givenUp;
  if (left <= 0) return progress.givenUp > 0 && progress.sent === 0 ? "stopped" : "delivered";
  if (progress.waiting.some((one) => one.state === "held")) return "stopped";
  const refused = progress.waiting.reduce((sum, one) => sum + (one.problem ? one.recipients : 0), 0);
  return refused >= left ? "waiting" : "on its way";
}

/** The parts of the line: `412 of 430 have it`, `3 waiting for outlook.com, next try at 10:31`. */
export function progressInWords(progress: Progress, reader: Reader): string[] {
  const { planned, sent, givenUp, waiting } = progress;
  if (planned === 0) return ["nobody gets this by mail"];
  const words = [
    sent === planned
      ? planned === 1
        ? "1 member has it"
        : `all ${figure(planned)} have it`
      : `${figure(sent)} of ${figure(planned)} ${sent === 1 ? "has" : "have"} it`,
  ];
  const tried = waiting.filter((one) => one.problem && one.state !== "held");
  const fresh = waiting.filter((one) => !one.problem && one.state !== "held");
  const held = waiting.filter((one) => one.state === "held");
  const sum = (list: Progress["waiting"]): number => list.reduce((total, one) => total + one.recipients, 0);
  if (fresh.length) words.push(`${figure(sum(fresh))} on ${sum(fresh) === 1 ? "its" : "their"} way`);
  for (const one of tried.slice(0, 4))
    words.push(`${figure(one.recipients)} waiting for ${one.provider}, next try ${due(one.nextDue, reader)}`);
  if (tried.length > 4) words.push(`${figure(sum(tried.slice(4)))} waiting for ${figure(tried.length - 4)} others`);
  if (held.length) words.push(`${figure(sum(held))} stopped by the operator of this service`);
  if (givenUp > 0) words.push(`${counted(givenUp, "address", "addresses")} could not be reached`);
  return words;
}

export const stateMark = (state: State): Html =>
  html`<span class="state state-${state.replaceAll(" ", "-")}">${state}</span>`;

/** A thin bar; the words beside it say the same. */
export function bar({ planned, sent, givenUp }: Progress): Html {
  const share = (count: number): string => ((100 * count) / Math.max(1, planned)).toFixed(2);
  return html`<svg class="meter" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true"><rect class="meter-all" width="100" height="2"/><rect class="meter-sent" width="${share(sent)}" height="2"/><rect class="meter-lost" x="${share(planned - givenUp)}" width="${share(givenUp)}" height="2"/></svg>`;
}
