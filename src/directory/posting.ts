/** Whether somebody may write a post at all, asked before they do: on the web, and when a post for a time goes out. */
import { en } from "../language/language.ts";
import { isClosed } from "./ending.ts";
import type { Group } from "./groups.ts";
import type { Membership } from "./members.ts";
import { sightOf } from "./visibility.ts";

/** Why not, in a sentence that is kept in English; undefined when they may. What becomes of the post is the pipeline's to say. */
export function againstPosting(group: Group, membership: Pick<Membership, "role"> | undefined): string | undefined {
  const { posting, others, nonmembers, title } = group;
  if (isClosed(group)) return en`${title} is closed and takes no more posts.`;
  if (posting === "moderators" && others === "decline" && (membership?.role ?? "member") === "member")
    return en`Only moderators post to ${title}.`;
  if (
    !membership &&
    ((posting === "members" && nonmembers === "refuse") || sightOf(group, { isMember: false }) !== "archive")
  )
    return en`${title} takes posts from its members only: join it first.`;
  return undefined;
}

/** Will a moderator read it first, as far as that can be known before it is sent? */
export function waitsForModerator(
  group: Group,
  membership: Pick<Membership, "role" | "moderation"> | undefined,
): boolean {
  if (membership && membership.role !== "member") return false;
  if (group.emergency === "on" || group.posting === "moderators") return true;
  if (!membership) return group.posting !== "everyone" || group.moderate !== "nobody";
  return (
    membership.moderation === "moderated" || (group.moderate === "everyone" && membership.moderation !== "trusted")
  );
}
