/** Inviting, and what the invited answer. Their answer shows that the address is theirs: only they have its letter. */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";
import { parseAddress } from "../mail/address.ts";
import { mailboxes } from "../mail/words.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import { againstEntering } from "./gate.ts";
import { admit } from "./requests.ts";
import { invitationToken, type Means, send } from "./step.ts";

/** At once, from a page or the API. */
export const MOST_AT_ONCE = 100;

export type Invited = { address: string; state: "invited" | "wrong" | directory.NotInvited };

/** Addresses as people paste them: lines, commas, semicolons, with names or without. */
export function pastedAddresses(text: string): string[] {
  const pieces = text.slice(0, 40_000).split(/[\r\n,;]+/);
  const found = pieces.map((one) => one.trim()).filter((one) => one !== "");
  return [...new Set(found.map((one) => (one.includes("<") ? (mailboxes(one)[0]?.address ?? one) : one)))];
}

/** Invites these addresses; what can't be is answered with its reason, and changes nothing. */
export async function inviteAll(
  sql: Sql,
  means: Means,
  group: directory.Group,
  wanted: { addresses: string[]; words: string },
  by: directory.Inviter,
  doer: moderation.Doer,
): Promise<Invited[]> {
  const words = directory.lineOf(wanted.words, 500);
  const own = `${group.name}@${means.domain}`;
  const letters: notices.Letter[] = [];
  const all: Invited[] = [];
  for (const address of wanted.addresses) {
    if (!parseAddress(address) || address.length > 254 || address.toLowerCase() === own) {
      all.push({ address: address.slice(0, 254), state: "wrong" });
      continue;
    }
    if (await directory.isBanned(sql, group.id, address)) {
      all.push({ address, state: "banned" });
      continue;
    }
    const letterId = newId(means.clock);
    const made = await directory.invite(sql, group.id, { address, words, letterId, by }, means.clock);
    if (typeof made === "string") all.push({ address, state: made });
    else {
      letters.push({ ...letterFor(means, group, { id: made.id, address, words, byName: by.name }), id: letterId });
      all.push({ address, state: "invited" });
    }
  }
  await send(sql, means, letters);
  if (letters.length > 0)
    await moderation.record(
      sql,
      {
        groupId: group.id,
        by: doer,
        kind: "members",
        what:
          letters.length === 1 ? en`invited ${letters[0]!.recipient}` : en`invited ${String(letters.length)} people`,
        link: "invitations",
      },
      means.clock,
    );
  return all;
}

export const letterFor = (
  means: Means,
  group: directory.Group,
  one: { id: string; address: string; words: string; byName: string },
): notices.Letter =>
  notices.invitationLetter(
    means,
    { to: one.address, group },
    { inviter: one.byName || group.title, words: one.words },
    invitationToken(means, one.id),
  );

export type Accepted =
  | { is: "joined" | "member"; membership: directory.Membership | undefined }
  | { is: "no"; why: string };

/** The invited say yes. Said twice, the second time they are a member already; taken back, it is too late. */
export async function accept(
  sql: Sql,
  means: Means,
  group: directory.Group,
  invitation: directory.Invitation,
  name: string,
): Promise<Accepted> {
  const { address } = invitation;
  const present = await directory.membershipOf(sql, group.id, address);
  if (present) return { is: "member", membership: present };
  const against = await againstEntering(sql, group, { address });
  if (against) return { is: "no", why: against };
  const ended = await directory.endInvitation(sql, invitation, "joined", means.clock.now());
  if (!ended)
    return { is: "no", why: en`This invitation is over: it was taken back, declined, or its time has passed.` };
  const membership = await admit(
    sql,
    means,
    group,
    { address, name },
    {
      cause: en`invited by ${invitation.byName || "an operator"}`,
      consent: {
        how: "invited",
        byWhom: invitation.byName,
        source: en`answered the letter that invited ${address}`,
      },
    },
  );
  return { is: "joined", membership };
}
