/** Who may come in, and who only after somebody's yes. */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { en } from "../language/language.ts";

/** `open`: at once. `ask`: a moderator decides. `no`: with the reason, kept in English. */
export type Gate = { is: "open" } | { is: "ask" } | { is: "no"; why: string };

type Who = { address: string; personId?: string | undefined };

/** Why somebody may not come in whatever they were told, invited or not: kept in English; undefined when they may. */
export async function againstEntering(
  sql: Sql,
  group: directory.Group,
  { address, personId }: Who,
): Promise<string | undefined> {
  if (directory.isClosed(group)) return en`${group.title} is closed and takes no more members.`;
  if (await directory.isBanned(sql, group.id, address))
    return en`The owners of ${group.title} do not let ${address} join.`;
  const parent = group.parentId ? (await directory.groupsById(sql, [group.parentId]))[0] : undefined;
  if (!parent || group.admits !== "parent") return undefined;
  const person = personId ?? (await directory.personWith(sql, address))?.id;
  if (await directory.membershipFor(sql, parent.id, { address, personId: person })) return undefined;
  // Where the parent is in no directory, its name is not for strangers.
  return directory.isListed(parent)
    ? en`${group.title} belongs to ${parent.title}: join that group first.`
    : en`${group.title} takes only members of the group that it belongs to.`;
}

/** May this address join the group? An invitation opens every gate that `againstEntering` leaves. */
export async function gateFor(sql: Sql, group: directory.Group, who: Who): Promise<Gate> {
  const against = await againstEntering(sql, group, who);
  if (against) return no(against);
  if (group.joining === "open" || (await directory.invitedAmong(sql, group.id, [who.address]))) return { is: "open" };
  if (group.joining === "approval") return { is: "ask" };
  return no(
    group.joining === "invitation"
      ? en`To join ${group.title} one has to be invited by somebody who is in it.`
      : en`${group.title} is closed: its owners add members.`,
  );
}

const no = (why: string): Gate => ({ is: "no", why });

/** May this member invite others? */
export const mayInvite = (group: directory.Group, membership: directory.Membership | undefined): boolean =>
  membership !== undefined &&
  !directory.isClosed(group) &&
  (directory.may(membership, "members") || (group.inviting === "members" && group.joining !== "closed"));
