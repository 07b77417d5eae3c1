/** Hashtags: `#word` in the subject of a post belongs to its topic. A number is none: "#12" is an issue elsewhere. */
import type { Sql } from "../db/sql.ts";
import { TOPIC, type Topic } from "./read.ts";

const TAG = /(?:^|\s)#(\p{L}[\p{L}\p{N}_-]{1,39})(?![\p{L}\p{N}_-])/gu;
const MOST = 5;

/** The tags of a subject, lower-case. */
export const tagsIn = (subject: string): string[] =>
  [...new Set([...subject.matchAll(TAG)].map((found) => found[1]!.toLowerCase()))].slice(0, MOST);

/** Gives topics the tags in these subjects. */
export async function addTags(
  sql: Sql,
  groupId: string,
  posts: readonly { topicId: string; subject: string }[],
): Promise<void> {
  const found = posts.flatMap(({ topicId, subject }) => tagsIn(subject).map((tag) => ({ tag, topicId })));
  if (found.length === 0) return;
  await sql`
    insert into topic_tags (group_id, tag, topic_id)
    select distinct ${groupId}::uuid, tag, topic_id
    from unnest(${found.map(({ tag }) => tag)}::text[], ${found.map(({ topicId }) => topicId)}::uuid[]) as u(tag, topic_id)
    on conflict do nothing`;
}

export async function tagsOf(sql: Sql, groupId: string, topicId: string): Promise<string[]> {
  const rows = await sql<{ tag: string }[]>`
    select tag from topic_tags where group_id = ${groupId} and topic_id = ${topicId} order by tag`;
  return rows.map(({ tag }) => tag);
}

/** The topics with a tag, those that began last first; `below` is the id of the last one seen. */
export const topicsTagged = (
  sql: Sql,
  groupId: string,
  tag: string,
  below: string | null,
  limit: number,
): Promise<Topic[]> =>
  sql<Topic[]>`
    select ${sql.unsafe(TOPIC)} from topics
    where group_id = ${groupId} and post_count > 0 and id in (
      select topic_id from topic_tags
      where group_id = ${groupId} and tag = ${tag} and topic_id < ${below ?? "ffffffff-ffff-ffff-ffff-ffffffffffff"}
      order by topic_id desc limit ${limit})
    order by id desc`;
