/** Where a post is, in words first: who has it, who is being waited for (as a provider, never a name), and a thin bar. */

import { html } from "hono/html";
import { t, tn } from "../../language/language.ts";
import type { Progress } from "../../queue/queue.ts";
import { figure } from "./figures.ts";
import type { Html } from "./layout.ts";
import { nextTry, type Reader } from "./time.ts";

export type State = "delivered" | "on its way" | "waiting" | "stopped";

/** One word for all of it: the worst that a person would want to know. */
export function stateOf(progress: Progress): State {
  const left = progress.planned - progress.sent - progress.givenUp;
  if (left <= 0) return progress.givenUp > 0 && progress.sent === 0 ? "stopped" : "delivered";
  if (progress.waiting.some((one) => one.state === "held")) return "stopped";
  const refused = progress.waiting.reduce((sum, one) => sum + (one.problem ? one.recipients : 0), 0);
  return refused >= left ? "waiting" : "on its way";
}

export type ProgressPart = { words: string; state: State };

/** The parts of the line, each with its state: `412 of 430 have it`, `3 waiting for outlook.com, next try at 10:31`. */
export function progressParts(progress: Progress, reader: Reader): ProgressPart[] {
  const { planned, sent, givenUp, again, waiting } = progress;
  if (planned === 0) return [{ words: t`nobody gets this by mail`, state: "delivered" }];
  const all = tn(planned, "{0} member has it", "all {0} have it");
  const some = tn(sent, "{0} of {1} has it", "{0} of {1} have it", figure(planned));
  const tried = waiting.filter((one) => one.problem && one.state !== "held");
  const fresh = sum(waiting.filter((one) => !one.problem && one.state !== "held"));
  const slow = waiting.reduce((total, one) => total + one.slow, 0);
  const held = sum(waiting.filter((one) => one.state === "held"));
  const others = tried.slice(NAMED);
  const parts: (ProgressPart | false)[] = [
    { words: sent === planned ? all : some, state: sent === 0 && givenUp < planned ? "on its way" : "delivered" },
    fresh > 0 && { words: tn(fresh, "{0} on its way", "{0} on their way"), state: "on its way" },
    slow > 0 && {
      words: tn(
        slow,
        "{0} of these waits for a part of this service that is slow just now",
        "{0} of these wait for a part of this service that is slow just now",
      ),
      state: "waiting",
    },
    ...tried.slice(0, NAMED).map((one): ProgressPart => {
      const words = t`${figure(one.recipients)} waiting for ${one.provider}, ${nextTry(one.nextDue, reader)}`;
      return { words, state: "waiting" };
    }),
    others.length > 0 && {
      words: tn(
        others.length,
        "{1} waiting for {0} other provider",
        "{1} waiting for {0} other providers",
        figure(sum(others)),
      ),
      state: "waiting",
    },
    held > 0 && { words: t`${figure(held)} stopped by the operator of this service`, state: "stopped" },
    again > 0 && {
      words: tn(
        again,
        "{0} copy came a second time, as a part of this service was cut off while it sent",
        "{0} copies came a second time, as a part of this service was cut off while it sent",
      ),
      state: "delivered",
    },
    givenUp > 0 && { words: t`${figure(givenUp)} could not be reached, or had left`, state: "stopped" },
  ];
  return parts.filter((part) => part !== false);
}

/** Providers named in the line before the rest is summed up. */
const NAMED = 4;

const sum = (list: Progress["waiting"]): number => list.reduce((total, one) => total + one.recipients, 0);

export const progressInWords = (progress: Progress, reader: Reader): string[] =>
  progressParts(progress, reader).map((part) => part.words);

/** A state, or `done` for a stage that is behind us. */
export const stateMark = (state: State | "done"): Html =>
  html`<span class="state state-${state.replaceAll(" ", "-")}">${WORDS[state]()}</span>`;

const WORDS: Record<State | "done", () => string> = {
  delivered: () => t`delivered`,
  "on its way": () => t`on its way`,
  waiting: () => t`waiting`,
  stopped: () => t`stopped`,
  done: () => t`done`,
};

/** A thin bar; the words beside it say the same. */
export function bar({ planned, sent, givenUp }: Progress): Html {
  const share = (count: number): string => ((100 * count) / Math.max(1, planned)).toFixed(2);
  return html`<svg class="meter" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true"><rect class="meter-all" width="100" height="2"/><rect class="meter-sent" width="${share(sent)}" height="2"/><rect class="meter-lost" x="${share(planned - givenUp)}" width="${share(givenUp)}" height="2"/></svg>`;
}
