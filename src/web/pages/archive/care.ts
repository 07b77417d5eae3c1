/** What moderators do to topics and posts. Each is a POST with a reason, and leaves a trace, which pages/log.ts shows. */
import * as archive from "../../../archive/archive.ts";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { isId, newId } from "../../../kit/id.ts";
import { t } from "../../../language/language.ts";
import * as moderation from "../../../moderation/moderation.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { textOf } from "../../views/forms.ts";
import { shown } from "../../views/names.ts";
import { showThread } from "./topic.ts";

/** Who does it, and why: the trace's id is made before, so that a transaction run again leaves one. */
function doingOf(c: Page, { group, membership, visitor }: Seen, reason: string): archive.Doing {
  const { clock } = c.var.house;
  return {
    id: newId(clock),
    groupId: group.id,
    at: clock.now(),
    membershipId: membership!.id,
    byName: membership!.name || visitor!.address,
    reason: shown(reason.toWellFormed()).slice(0, 500),
  };
}

/** POST /g/:name/topic/:id/care: `do` is pin, unpin, lock, unlock or merge. */
export async function topic(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "posts");
  const id = c.req.param("id") ?? "";
  if (!isId(id) || !(await archive.topic(pool, seen.group.id, id))) throw new NotHere();
  const typed = await c.req.parseBody();
  const doing = doingOf(c, seen, textOf(typed, "reason"));
  const here = (topicId: string): Response => c.redirect(`/g/${seen.group.name}/topic/${topicId}`, 303);
  const wanted = textOf(typed, "do");
  if (wanted === "pin" || wanted === "unpin")
    await transact(pool, (sql) => archive.pin(sql, doing, id, wanted === "pin"));
  if (wanted === "lock" || wanted === "unlock")
    await transact(pool, (sql) => archive.lock(sql, doing, id, wanted === "lock"));
  if (wanted !== "merge") return here(id);
  const number = textOf(typed, "into").trim().replace(/^#/, "");
  const post = /^[1-9]\d{0,8}$/.test(number)
    ? await archive.postNumbered(pool, seen.group.id, Number(number))
    : undefined;
  if (!post || post.topicId === id) {
    c.status(400);
    const problem = t`Give the number of a post in another topic of this group: it stands beside the post’s time.`;
    return showThread(c, seen, id, { typed: textOf(typed, "into"), problem });
  }
  await transact(pool, async (sql) => {
    if (await archive.merge(sql, doing, id, post.topicId))
      await directory.mergeFollows(sql, seen.group.id, id, post.topicId);
  });
  return here(post.topicId);
}

/** POST /g/:name/:number/care: `do` is delete or split. */
export async function post(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "posts");
  const found = await archive.postNumbered(pool, seen.group.id, Number(c.req.param("number")));
  if (!found) throw new NotHere();
  const typed = await c.req.parseBody();
  const doing = doingOf(c, seen, textOf(typed, "reason"));
  const wanted = textOf(typed, "do");
  if (wanted === "delete")
    await transact(pool, async (sql) => {
      await archive.deletePost(sql, doing, found.number);
      await moderation.forgetOriginal(sql, seen.group.id, found.id);
    });
  const topicId =
    wanted === "split" ? await transact(pool, (sql) => archive.split(sql, doing, found.number)) : undefined;
  return c.redirect(`/g/${seen.group.name}/${topicId ? `topic/${topicId}` : found.number}`, 303);
}
