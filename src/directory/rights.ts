/** What a member may do beyond reading and writing: by their role, or as an owner has set for them. */
import type { Membership } from "./members.ts";

/**
 * `approve`: decide about held mail. `posts`: lock, pin, delete, split and merge. `members`: see and change members.
 * `settings`: the group's settings and notices.
 */
export type Permission = "approve" | "posts" | "members" | "settings";
export const PERMISSIONS: readonly Permission[] = ["approve", "posts", "members", "settings"];

const OF_ROLE: Record<Membership["role"], readonly Permission[]> = {
  owner: ["approve", "posts", "members", "settings"],
  moderator: ["approve", "posts", "members"],
  member: [],
};

/** Owners have all; of a moderator an owner may choose; a plain member has none, whatever was chosen before. */
export const permissionsOf = ({
  role,
  permissions,
}: Pick<Membership, "role" | "permissions">): readonly Permission[] =>
  role === "moderator" ? (permissions ?? OF_ROLE[role]) : OF_ROLE[role];

export const may = (
  membership: Pick<Membership, "role" | "permissions"> | undefined,
  permission: Permission,
): boolean => membership !== undefined && permissionsOf(membership).includes(permission);
