/** What members chose about posts that are being filed: who gets one for its topic's sake, and who does not want it. */
import * as archive from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";

export type Chosen = {
  /** A special notice comes in spite of hashtags and the like; not where its topic is muted. */
  isUnwanted(id: string, isForAll: boolean): boolean;
  /** Who follows the topic, and would not get the post otherwise. */
  more(isForAll: boolean): { id: string; domain: string }[];
};

const NOBODY: Chosen = { isUnwanted: () => false, more: () => [] };

/** `siblings` are the same mails in other groups: who did not want one there may have it here. */
export async function wishesAbout(
  sql: Sql,
  now: Date,
  here: { id: string; groupId: string; topicId: string }[],
  siblings: archive.Known[],
): Promise<{ of(postId: string): Chosen; without(groupIds: string[]): string[] }> {
  const others = siblings.filter((one) => !here.some(({ id }) => id === one.id));
  const isAny = others.length > 0 || (await directory.anyoneChooses(sql, here));
  if (!isAny) return { of: () => NOBODY, without: () => [] };
  const about = await archive.aboutPosts(
    sql,
    [...here, ...others].map((one) => one.id),
  );
  const choices = await directory.choices(sql, about);
  const wanted = choices.filter((one) => one.wants && one.mode !== "each");
  const mailable = await directory.mailable(sql, [...new Set(wanted.map((one) => one.id))], now);
  const groupOf = new Map(about.map((one) => [one.postId, one.groupId]));
  return {
    of: (postId) => {
      const some = choices.filter((one) => one.postId === postId);
      const no = new Map(some.filter((one) => !one.wants).map((one) => [one.id, one.byTopic]));
      return {
        isUnwanted: (id, isForAll) => no.has(id) && (!isForAll || no.get(id)!),
        more: (isForAll) =>
          wanted.filter(
            ({ id, mode, ...one }) => one.postId === postId && mailable.has(id) && !(isForAll && mode === "notices"), // has it as a notice
          ),
      };
    },
    without: (groupIds) =>
      choices.flatMap((one) => (!one.wants && groupIds.includes(groupOf.get(one.postId)!) ? [one.id] : [])),
  };
}
