/**
 * Asking to join, from the asker's side and the moderators'. Whoever asked has shown that the address is theirs before
 * anything here happens: by signing in, or by an answer to our letter.
 */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { en } from "../language/language.ts";
import { ruleFor } from "../mail/disposable.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import { gateFor } from "./gate.ts";
import { leaveToken, type Means, requestToken, send } from "./step.ts";

/** What came of asking. `no`: with the reason, kept in English. */
export type Entered =
  | { is: "joined"; membership: directory.Membership }
  | { is: "member" }
  | { is: "waits" }
  | { is: "no"; why: string };

/** `cause` stands in the member's history, `consent` says how we know that they want it. */
export type Way = { cause: string; consent: directory.Consent; personId?: string | undefined; isWelcomed?: boolean };

/** A request whose address is shown to be the asker's: they come in, or wait for a moderator, or hear why not. */
export async function enter(
  sql: Sql,
  means: Means,
  group: directory.Group,
  request: directory.JoinRequest,
  { cause, consent, personId, isWelcomed = true }: Way,
): Promise<Entered> {
  const { address, name } = request;
  if (await directory.membershipOf(sql, group.id, address)) return { is: "member" };
  const gate = await gateFor(sql, group, { address, personId });
  if (gate.is === "no") return gate;
  // A throwaway address may have to wait in an open group too; who was invited is known to somebody.
  const mustWait =
    (await ruleFor(address, means.disposable)) === "hold" && !(await directory.invitedAmong(sql, group.id, [address]));
  if (gate.is === "ask" || mustWait) {
    if (request.state !== "asked" && request.state !== "waiting")
      return { is: "no", why: en`This request was decided.` };
    if (await directory.letWait(sql, request, means.clock.now(), consent.how === "web" ? "web" : "mail"))
      await send(sql, means, [
        notices.requestWaitsLetter(means, { to: address, group, name }),
        ...(await lettersToDeciders(sql, means, group, request)),
      ]);
    return { is: "waits" };
  }
  const membership = await admit(sql, means, group, { address, name }, { cause, consent, isWelcomed });
  return membership ? { is: "joined", membership } : { is: "member" };
}

/** Puts an address into the group, ends what waited for that, and welcomes. */
export async function admit(
  sql: Sql,
  means: Means,
  group: directory.Group,
  who: { address: string; name: string },
  { cause, consent, isWelcomed = true }: Way,
): Promise<directory.Membership | undefined> {
  const now = means.clock.now();
  const added = await directory.addMembers(sql, group.id, [who], cause, means.clock, consent);
  const membership = await directory.membershipOf(sql, group.id, who.address);
  if (!membership) return undefined;
  await directory.invitationsDone(sql, group.id, who.address, now);
  const waiting = await directory.waitingRequestOf(sql, group.id, who.address);
  if (waiting) await directory.endRequest(sql, waiting, { state: "joined", by: "" }, now);
  if (added.length === 0) return undefined;
  if (isWelcomed)
    await send(sql, means, [
      notices.welcomeLetter(means, { to: who.address, group, name: who.name }, leaveToken(means, membership.id)),
    ]);
  return membership;
}

export type Decision = "approve" | "decline";

/** A moderator decides. Answers whether the request still waited: who is second changes nothing. */
export async function decide(
  sql: Sql,
  means: Means,
  group: directory.Group,
  requestId: string,
  { decision, reason, by }: { decision: Decision; reason: string; by: moderation.Doer },
): Promise<directory.JoinRequest | undefined> {
  const now = means.clock.now();
  const state = decision === "approve" ? "joined" : "declined";
  const which = { groupId: group.id, id: requestId };
  const request = await directory.endRequest(sql, which, { state, by: by.name, reason }, now);
  if (!request) return undefined;
  const { address, name } = request;
  if (decision === "approve") {
    await admit(sql, means, group, request, {
      cause: en`let in by ${by.name}`,
      consent: { how: request.shownBy, byWhom: by.name, source: en`asked to join, and was let in by ${by.name}` },
    });
  } else {
    await send(sql, means, [notices.notAdmittedLetter(means, { to: address, group, name }, reason)]);
  }
  const what = decision === "approve" ? en`let ${address} join` : en`declined that ${address} joins`;
  await moderation.record(
    sql,
    { groupId: group.id, by, kind: "members", what, words: reason, link: "requests" },
    means.clock,
  );
  return request;
}

/** Who looks after members is asked, each with a letter that can be answered. */
export async function lettersToDeciders(
  sql: Sql,
  means: Means,
  group: directory.Group,
  request: directory.JoinRequest,
): Promise<notices.Letter[]> {
  const deciders = (await directory.deciders(sql, group.id)).filter((one) => directory.may(one, "members"));
  return deciders.map((one) =>
    notices.askToAdmitLetter(
      means,
      { to: one.address, group, name: one.name },
      { ...request, question: group.joinQuestion },
      requestToken(means, request.id, one.id),
    ),
  );
}
