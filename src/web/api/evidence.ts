/** What became of a post's copies and of a member's: the evidence of the pages, with their rights. */
import * as archive from "../../archive/archive.ts";
import * as directory from "../../directory/directory.ts";
import * as evidence from "../../evidence/evidence.ts";
import { isId } from "../../kit/id.ts";
import * as queue from "../../queue/queue.ts";
import { keptSince } from "../evidence-kept.ts";
import type { Page } from "../house.ts";
import { groupFor, isModerator, NotHere, type Right, type Seen, SignInFirst } from "../rights.ts";
import { shown } from "../views/names.ts";
import { BadRequest, limitFrom, linkNext, numberBefore } from "./answer.ts";

/** GET groups/:name/posts/:number/delivery */
export async function report(c: Page): Promise<Response> {
  const { house } = c.var;
  const { seen, post } = await postFor(c, "reader");
  const full = await evidence.reportOf(house.pool, post.id, keptSince(house));
  const { progress, counts, providers, isLogKept } = isModerator(seen) ? full : evidence.withoutSmall(full);
  return own(c, {
    planned: progress?.planned ?? 0,
    plannedAt: progress?.plannedAt ?? null,
    lastAt: progress?.lastAt ?? null,
    sent: progress?.sent ?? 0,
    givenUp: progress?.givenUp ?? 0,
    isLogKept,
    counts,
    providers: providers.map(({ provider, recipients, counts: some, nextDue, lastAt }) => ({
      provider,
      recipients,
      counts: some,
      nextDue,
      lastAt,
    })),
  });
}

/** GET groups/:name/posts/:number/recipients?state=&find=&after=ID&limit= */
export async function recipients(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const { post } = await postFor(c, "members");
  const limit = limitFrom(c, 100);
  const state = stateFrom(c);
  const after = c.req.query("after")?.toLowerCase();
  if (after !== undefined && !isId(after)) throw new BadRequest("after must be the id in the Link header.");
  const find = (c.req.query("find") ?? "").replaceAll("\0", "").slice(0, 100);
  const found = await evidence.recipientsOf(pool, post, { state, after, find, limit: limit + 1 });
  const some = found.slice(0, limit);
  if (found.length > limit)
    linkNext(c, { ...(state && { state }), ...(find && { find }), after: some.at(-1)!.id, limit });
  return own(
    c,
    some.map((one) => ({ address: one.address, name: one.name, ...copyOf(one) })),
  );
}

/** GET groups/:name/members/:address/deliveries?before=NUMBER&limit= : for the member, and for the group's moderators. */
export async function history(c: Page): Promise<Response> {
  const { house } = c.var;
  const member = await memberAt(c, c.req.param("address") ?? "");
  const limit = limitFrom(c, 20);
  const before = numberBefore(c) ?? null;
  const { posts, isEnd } = await evidence.historyOf(house.pool, member, { before, limit }, keptSince(house));
  if (!isEnd) linkNext(c, { before: posts.at(-1)!.number, limit });
  return own(
    c,
    posts.map(({ number, subject, receivedAt, copy, why }) => ({
      number,
      subject: shown(subject),
      receivedAt,
      why,
      copy: copy ? copyOf(copy) : null,
    })),
  );
}

async function memberAt(c: Page, address: string): Promise<directory.AnyMembership> {
  const { pool } = c.var.house;
  const visitor = await c.var.visitor();
  if (!visitor) throw new SignInFirst();
  const group = await directory.groupNamed(pool, (c.req.param("name") ?? "").toLowerCase());
  const [member] = group ? await directory.membershipsEver(pool, group.id, address) : [];
  const isOwn = member?.endedAt === null && member.personId === visitor.personId;
  // Whoever else asks hears the same, whether there is such a member or not.
  if (!isOwn) await groupFor(c, "members");
  if (!member) throw new NotHere();
  return member;
}

const copyOf = (one: queue.ItemRecipient) => ({
  state: one.state,
  at: one.at,
  dueAt: one.dueAt,
  provider: one.provider,
  host: one.host,
  source: one.source,
  tls: one.tls,
  tries: one.tries,
  copies: one.copies,
  code: one.code,
  status: one.status,
  reply: one.reply,
});

async function postFor(c: Page, right: Right): Promise<{ seen: Seen; post: archive.Post }> {
  const seen = await groupFor(c, right);
  const post = await archive.postNumbered(c.var.house.pool, seen.group.id, Number(c.req.param("number")));
  if (!post) throw new NotHere();
  return { seen, post };
}

function stateFrom(c: Page): queue.RecipientState | undefined {
  const text = c.req.query("state");
  if (text === undefined) return undefined;
  const state = queue.RECIPIENT_STATES.find((one) => one === text);
  if (!state) throw new BadRequest(`state must be one of ${queue.RECIPIENT_STATES.join(", ")}.`);
  return state;
}

/** It differs by who asks and by the minute, so nothing on the way keeps it. */
function own(c: Page, value: unknown): Response {
  c.header("cache-control", "private, no-store");
  return c.json(value);
}
