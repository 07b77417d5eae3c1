/** Held posts, as `held list` and `held show` print them, and deciding about them; for who may decide. */
import { isId } from "../../kit/id.ts";
import * as moderation from "../../moderation/moderation.ts";
import { besideOf, deskFor, heldFor } from "../desk.ts";
import type { Page } from "../house.ts";
import { doerOf } from "../rights.ts";
import { BadRequest, HERE, limitFrom, linkNext, pairsFrom } from "./answer.ts";

/** GET groups/:name/held : the oldest first. */
export async function list(c: Page): Promise<Response> {
  const limit = limitFrom(c, 50);
  const after = c.req.query("after");
  if (after !== undefined && !isId(after)) throw new BadRequest("after must be the id of a held post.");
  const { group } = await deskFor(c);
  const posts = await moderation.waitingPosts(c.var.house.pool, group.id, { after, limit: limit + 1 });
  const some = posts.slice(0, limit);
  if (posts.length > limit) linkNext(c, { limit, after: some.at(-1)!.mailId });
  c.header("cache-control", "no-store");
  return c.json(some.map(moderation.heldAsJson));
}

/** GET groups/:name/held/:id : with its text, and what its author did here before. */
export async function one(c: Page): Promise<Response> {
  const { seen, post } = await heldFor(c);
  return tell(c, seen.group.name, post.mailId);
}

/** POST groups/:name/held/:id : `{"do": "decline", "answer": "Not about books."}`. It takes effect at once. */
export async function decide(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const { seen, post } = await heldFor(c);
  const such = '{"do": "approve"}';
  const { do: wanted, answer = "", silent = "no", ...rest } = await pairsFrom(c, such);
  const decision = moderation.DECISIONS.find((one) => one === wanted);
  const foreign = Object.keys(rest)[0];
  if (foreign !== undefined) throw new BadRequest(`"${foreign.slice(0, 40)}" is not known here: send ${such}.`);
  if (!decision) throw new BadRequest(`do must be one of ${moderation.DECISIONS.join(", ")}.`);
  const by = doerOf(seen, "api");
  const one = { groupId: seen.group.id, mailIds: [post.mailId], decision, by, isSilent: silent === "yes" };
  const done = await moderation.decide(pool, { ...one, answer: answer.trim(), dueAt: clock.now() }, clock);
  if (done.length === 0)
    throw new BadRequest(moderation.decidedBefore(await moderation.heldPost(pool, seen.group.id, post.mailId)));
  return tell(c, seen.group.name, post.mailId);
}

async function tell(c: Page, name: string, mailId: string): Promise<Response> {
  const { config } = c.var.house;
  const { seen, post } = await heldFor(c);
  const { reading, member, posts, record, isBanned } = await besideOf(c.var.house, seen.group, post);
  c.header("cache-control", "no-store");
  return c.json({
    ...moderation.heldAsJson(post),
    text: post.editedText ?? reading?.text ?? "",
    files: (reading?.attachments ?? []).map(({ filename, type, size }) => ({ filename, type, size })),
    member: member ? { role: member.role, since: member.joinedAt } : null,
    before: { posts, ...record },
    isBanned,
    url: `${config.url}/g/${name}/held/${mailId}`,
    raw: `${HERE}/groups/${name}/held/${mailId}/raw`,
  });
}
