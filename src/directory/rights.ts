/** What a member may do beyond reading and writing, by their role. */
import type { Membership } from "./members.ts";

/**
 * `approve`: decide about held mail. `posts`: lock, pin, delete, split and merge. `members`: see and change members.
 * `settings`: the group's settings and notices.
 */
export type Permission = "approve" | "posts" | "members" | "settings";

const OF_ROLE: Record<Membership["role"], readonly Permission[]> = {
  owner: ["approve", "posts", "members", "settings"],
  moderator: ["approve", "posts", "members"],
  member: [],
};

export const may = (membership: Pick<Membership, "role"> | undefined, permission: Permission): boolean =>
  membership !== undefined && OF_ROLE[membership.role].includes(permission);
