/**
 * Rights, asked where the row is fetched: who holds a `Seen` group may do what was asked for.
 *
 * A group whose archive is for members, and a group that does not exist, are one and the same to strangers.
 */
import * as directory from "../directory/directory.ts";
import type { Page, Visitor } from "./house.ts";

export type Right = "reader" | "poster" | "moderator" | "owner";

export type Seen = {
  group: directory.Group;
  visitor: Visitor | undefined;
  membership: directory.Membership | undefined;
  /** Strangers don't get to see addresses. */
  hidesAddresses: boolean;
};

/** Nothing here for this visitor. */
export class NotHere extends Error {}
/** Here, but not for this visitor. */
export class NotAllowed extends Error {}
/** Somebody has to be signed in. */
export class SignInFirst extends Error {}

/** The group named in the address, if the visitor has the right; throws what errors.ts answers otherwise. */
export async function groupFor(c: Page, right: Right): Promise<Seen> {
  const { pool } = c.var.house;
  const name = (c.req.param("name") ?? "").toLowerCase();
  const [group, visitor] = await Promise.all([directory.groupNamed(pool, name), c.var.visitor()]);
  const membership = group && visitor ? await directory.membershipOf(pool, group.id, visitor.address) : undefined;
  if (right !== "reader" && !visitor) throw new SignInFirst();
  if (!group || (group.archive === "members" && !membership)) throw new NotHere();
  const role = membership?.role ?? "stranger";
  if (right === "owner" && role !== "owner") throw new NotAllowed("Only the owners of a group see this.");
  if (right === "moderator" && role !== "owner" && role !== "moderator")
    throw new NotAllowed("Only moderators and owners of a group see this.");
  return { group, visitor, membership, hidesAddresses: !membership };
}

export const isModerator = (seen: Seen): boolean =>
  seen.membership?.role === "owner" || seen.membership?.role === "moderator";
