/** Who asks to join and who is invited, in the words of `member requests` and `member invite`; for who looks after members. */
import { transact } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import * as joining from "../../joining/joining.ts";
import { isId } from "../../kit/id.ts";
import type { Page } from "../house.ts";
import { meansOf } from "../joining.ts";
import { inviteFor, inviterFor, revoke } from "../pages/joining/invitations.ts";
import { doerOf, groupFor, NotHere } from "../rights.ts";
import { BadRequest, limitFrom, linkNext, pairsFrom } from "./answer.ts";

/** GET groups/:name/requests : the oldest first. */
export async function requests(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "members");
  const all = await directory.waitingRequests(c.var.house.pool, group.id);
  return tell(c, all.map(requestAsJson));
}

/** POST groups/:name/requests/:id : `{"do": "decline", "reason": "We are full."}` */
export async function decide(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "members");
  const { group } = seen;
  const id = c.req.param("id")!.toLowerCase();
  const found = await directory.joinRequest(pool, id);
  if (found?.groupId !== group.id || found.state === "asked") throw new NotHere();
  const such = '{"do": "approve"}';
  const { do: decision, reason = "", ...rest } = await pairsFrom(c, such);
  onlyThese(rest, such);
  if (decision !== "approve" && decision !== "decline") throw new BadRequest("do must be approve or decline.");
  const means = await meansOf(c.var.house);
  const how = { decision, reason: directory.lineOf(reason, 500), by: doerOf(seen, "api") } as const;
  const decided = await transact(pool, (sql) => joining.decide(sql, means, group, id, how));
  if (!decided) throw new BadRequest("This request was decided before.");
  return tell(c, requestAsJson(decided));
}

/** GET groups/:name/invitations : the newest first; who may not change members has their own. */
export async function invitations(c: Page): Promise<Response> {
  const limit = limitFrom(c, 100);
  const below = c.req.query("before");
  if (below !== undefined && !isId(below)) throw new BadRequest("before must be the id of an invitation.");
  const { group, sees } = await inviterFor(c);
  const all = await directory.invitations(c.var.house.pool, group.id, {
    by: sees,
    below: below ?? null,
    limit: limit + 1,
  });
  const some = all.slice(0, limit);
  if (all.length > limit) linkNext(c, { limit, before: some.at(-1)!.id });
  return tell(c, some.map(invitationAsJson));
}

/** POST groups/:name/invitations : `{"addresses": "ana@example.org, ben@example.org", "words": "Come and read."}` */
export async function invite(c: Page): Promise<Response> {
  const seen = await inviterFor(c);
  const such = '{"addresses": "ana@example.org, ben@example.org"}';
  const { addresses = "", words = "", ...rest } = await pairsFrom(c, such);
  onlyThese(rest, such);
  const pasted = joining.pastedAddresses(addresses);
  if (pasted.length === 0) throw new BadRequest(`addresses must name at least one: send ${such}.`);
  if (pasted.length > joining.MOST_AT_ONCE)
    throw new BadRequest(`addresses may name at most ${joining.MOST_AT_ONCE} at once.`);
  return tell(c, await inviteFor(c, seen, pasted, words, "api"));
}

/** DELETE groups/:name/invitations/:id : takes it back. */
export async function takeBack(c: Page): Promise<Response> {
  const seen = await inviterFor(c);
  const revoked = await revoke(c, seen, c.req.param("id")!.toLowerCase(), "api");
  if (!revoked) throw new NotHere();
  return tell(c, invitationAsJson(revoked));
}

function onlyThese(rest: Record<string, string>, such: string): void {
  const foreign = Object.keys(rest)[0];
  if (foreign !== undefined) throw new BadRequest(`"${foreign.slice(0, 40)}" is not known here: send ${such}.`);
}

function tell(c: Page, value: object): Response {
  c.header("cache-control", "no-store");
  return c.json(value);
}

const requestAsJson = ({ id, address, name, state, words, answer, confirmedAt }: directory.JoinRequest) => ({
  ...{ id, address, name, state, words, answer },
  since: confirmedAt,
});

const invitationAsJson = ({ id, address, state, byName, words, ...times }: directory.Invitation) => ({
  ...{ id, address, state, by: byName, words },
  madeAt: times.madeAt,
  remindedAt: times.remindedAt,
  decidedAt: times.decidedAt,
});
