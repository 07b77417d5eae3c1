/**
 * Where a mail is, stage by stage, for whoever holds its id: what `trace` prints, without senders, recipients of
 * deliveries, and what the far sides said.
 */
import * as archive from "../../archive/archive.ts";
import * as directory from "../../directory/directory.ts";
import { isId } from "../../kit/id.ts";
import * as queue from "../../queue/queue.ts";
import type { House, Page } from "../house.ts";
import { NotHere } from "../rights.ts";
import { progressOf } from "./progress.ts";

/** GET mails/:id */
export async function one(c: Page): Promise<Response> {
  const { house } = c.var;
  const id = c.req.param("id")!.toLowerCase();
  if (!isId(id)) throw new NotHere();
  const [waiting, outcomes] = await Promise.all([queue.waitingMail(house.pool, id), queue.outcomesOf(house.pool, id)]);
  const known = waiting ?? outcomes[0];
  if (!known) throw new NotHere();
  return c.json({
    id,
    receivedAt: known.receivedAt,
    state: waiting?.state ?? "filed",
    waiting: waiting
      ? { recipients: waiting.recipients, attempts: waiting.attempts, dueAt: waiting.dueAt, problem: saidOf(waiting) }
      : null,
    outcomes: outcomes.map(({ recipient, at, outcome, detail, postId }) => ({
      recipient,
      at,
      outcome,
      detail: TOLD.has(outcome) ? detail : "",
      postId,
    })),
    posts: await postsOf(house, outcomes),
  });
}

/** Whose details the tracker's page shows too. */
const TOLD = new Set<queue.Outcome["outcome"]>(["held", "declined", "obeyed", "quiet"]);

/** A held mail says why; what went wrong while reading another is for the operator. */
const saidOf = ({ state, problem }: queue.WaitingMail): string => (state === "held" ? problem : "");

async function postsOf({ pool, config }: House, outcomes: queue.Outcome[]) {
  const ids = [...new Set(outcomes.flatMap((one) => one.postId ?? []))].slice(0, 100);
  const posts = (await Promise.all(ids.map((id) => archive.postById(pool, id)))).filter((post) => post !== undefined);
  const groups = await directory.groupsById(pool, [...new Set(posts.map((post) => post.groupId))]);
  const names = new Map(groups.map((group) => [group.id, group.name]));
  return Promise.all(
    posts.map(async ({ id, groupId, number }) => {
      const group = names.get(groupId) ?? groupId;
      const progress = await queue.progressOf(pool, id);
      const url = `${config.url}/g/${group}/${number}`;
      return { id, group, number, url, progress: progress ? progressOf(progress) : null };
    }),
  );
}
