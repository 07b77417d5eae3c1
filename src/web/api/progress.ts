/** How far a post's delivery is: numbers and providers. What the far sides said stays with us, for it may name a recipient. */
import type { Progress } from "../../queue/queue.ts";

export const progressOf = ({ planned, sent, givenUp, again, plannedAt, lastAt, waiting }: Progress) => ({
  planned,
  sent,
  givenUp,
  again,
  plannedAt,
  lastAt,
  waiting: waiting.map(({ provider, state, recipients, slow, nextDue, attempts }) => ({
    provider,
    state,
    recipients,
    slow,
    nextDue,
    attempts,
  })),
});
