/**
 * Rights, asked where the row is fetched: who holds a `Seen` group may do what was asked for.
 *
 * What a visitor sees of a group at all is directory/visibility.ts's to say: a secret group, and one that does not exist,
 * are one and the same to strangers.
 */

import * as directory from "../directory/directory.ts";
import { isId } from "../kit/id.ts";
import { t } from "../language/language.ts";
import type { Doer } from "../moderation/moderation.ts";
import type { Page, Visitor } from "./house.ts";
import { isInvited } from "./joining.ts";

export type Right = "front" | "reader" | "poster" | "member" | directory.Permission | "moderator" | "owner";

export type Seen = {
  group: directory.Group;
  visitor: Visitor | undefined;
  membership: directory.Membership | undefined;
  sight: Exclude<directory.Sight, "nothing">;
  /** Strangers don't get to see addresses. */
  hidesAddresses: boolean;
};

/** Nothing here for this visitor. */
export class NotHere extends Error {}
/** A group that may be known, whose archive is for its members: the answer names it, and how to join. */
export class MembersOnly extends NotHere {
  readonly group: directory.Group;
  constructor(group: directory.Group) {
    super();
    this.group = group;
  }
}
/** Here, but not for this visitor. */
export class NotAllowed extends Error {}
/** Somebody has to be signed in. */
export class SignInFirst extends Error {}

/** The group named in the address, if the visitor has the right; throws what errors.ts answers otherwise. */
export async function groupFor(c: Page, right: Right): Promise<Seen> {
  const { pool } = c.var.house;
  const name = (c.req.param("name") ?? "").toLowerCase();
  const [group, visitor] = await Promise.all([directory.groupNamed(pool, name), c.var.visitor()]);
  const membership = group && visitor ? await directory.membershipFor(pool, group.id, visitor) : undefined;
  if (right !== "reader" && right !== "front" && !visitor) throw new SignInFirst();
  const sight = group ? await sightFor(c, group, membership) : "nothing";
  if (!group || sight === "nothing") throw new NotHere();
  if (sight === "front" && right !== "front") throw new MembersOnly(group);
  const role = membership?.role ?? "stranger";
  if (right === "owner" && role !== "owner") throw new NotAllowed(t`Only the owners of a group see this.`);
  if (right === "moderator" && role !== "owner" && role !== "moderator")
    throw new NotAllowed(t`Only moderators and owners of a group see this.`);
  if (right === "member" && !membership) throw new NotAllowed(t`Only members of the group see this.`);
  if (isPermission(right) && !directory.may(membership, right))
    throw new NotAllowed(t`Only moderators and owners of the group who are allowed to may do this.`);
  return { group, visitor, membership, sight, hidesAddresses: hidesAddressesFrom(group, membership) };
}

/** Strangers see no address; where the group hides its authors', plain members see none either. */
export const hidesAddressesFrom = (
  { authors }: Pick<directory.Group, "authors">,
  membership: directory.Membership | undefined,
): boolean => !membership || (authors === "hidden" && membership.role === "member");

/** What this visitor sees of a group. Who is invited to a secret one sees what it is. */
export async function sightFor(
  c: Page,
  group: directory.Group,
  membership: directory.Membership | undefined,
): Promise<directory.Sight> {
  const sight = directory.sightOf(group, { isMember: membership !== undefined });
  if (sight !== "nothing" || !(await isInvited(c.var.house, group.id, await c.var.visitor()))) return sight;
  return directory.sightOf(group, { isMember: false, isInvited: true });
}

const isPermission = (right: Right): right is directory.Permission =>
  right === "approve" || right === "posts" || right === "members" || right === "settings";

/** The path of a group by an earlier name, under the name it has now; for who may know that it is there. */
export async function movedTo(c: Page): Promise<string | undefined> {
  const { pathname, search } = new URL(c.req.url);
  const [, before, name, rest] = /^(\/g\/|\/api\/v1\/groups\/)([A-Za-z0-9._-]{1,40})(?=\/|$)(.*)$/.exec(pathname) ?? [];
  if (name === undefined) return undefined;
  const { pool } = c.var.house;
  const group = await directory.groupCalled(pool, name);
  if (!group || group.name === name.toLowerCase()) return undefined;
  const visitor = await c.var.visitor();
  const membership = visitor ? await directory.membershipFor(pool, group.id, visitor) : undefined;
  const sight = await sightFor(c, group, membership);
  return sight === "nothing" ? undefined : `${before}${group.name}${rest}${search}`;
}

/** The member named in the address, for themselves (by any address of theirs) and for who looks after members. */
export async function memberFor(
  c: Page,
): Promise<{ group: directory.Group; member: directory.Membership; isOwn: boolean; visitor: Visitor }> {
  const { pool } = c.var.house;
  const visitor = await c.var.visitor();
  if (!visitor) throw new SignInFirst();
  const id = c.req.param("id") ?? "";
  const group = await directory.groupNamed(pool, (c.req.param("name") ?? "").toLowerCase());
  const found = isId(id) ? await directory.presentMemberships(pool, [id]) : [];
  const member = found.find((one) => one.groupId === group?.id);
  const isOwn = member !== undefined && member.personId === visitor.personId;
  // Whoever else asks hears the same, whether there is such a member or not.
  if (!isOwn) await groupFor(c, "members");
  if (!group || !member) throw new NotHere();
  return { group, member, isOwn, visitor };
}

export const isModerator = (seen: Seen): boolean =>
  seen.membership?.role === "owner" || seen.membership?.role === "moderator";

/** Who does what the log will name: a membership, and their name as it is now. */
export const doerOf = ({ membership, visitor }: Seen, how: Doer["how"] = "web"): Doer => ({
  membershipId: membership?.id ?? null,
  name: membership?.name || visitor?.name || membership?.address || visitor?.address || "",
  how,
});
