/**
 * What somebody sees of a group: one answer for pages, feeds and the API, and for what is said by mail.
 *
 * | visibility | in the directory | who knows its address sees | archive |
 * |---|---|---|---|
 * | public  | yes | everything                     | for everybody |
 * | listed  | yes | name, description, how to join | for members |
 * | private | no  | the same                       | for members |
 * | secret  | no  | nothing: there is no such group, but for its members and who is invited | for members |
 */
import type { Group } from "./groups.ts";

export const VISIBILITIES = ["public", "listed", "private", "secret"] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** `archive`: all there is. `front`: name, description and the way in. `nothing`: as if there were no such group. */
export type Sight = "archive" | "front" | "nothing";

export function sightOf(
  { visibility }: Pick<Group, "visibility">,
  { isMember, isInvited = false }: { isMember: boolean; isInvited?: boolean },
): Sight {
  if (isMember || visibility === "public") return "archive";
  return visibility === "secret" && !isInvited ? "nothing" : "front";
}

/** Does the directory name it to everybody? */
export const isListed = ({ visibility }: Pick<Group, "visibility">): boolean =>
  visibility === "public" || visibility === "listed";
