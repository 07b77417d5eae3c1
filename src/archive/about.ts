/** What members' wishes ask of posts: their topic, its hashtags, and whom they answer. */
import type { Sql } from "../db/sql.ts";

export type About = {
  postId: string;
  groupId: string;
  topicId: string;
  isReply: boolean;
  tags: string[];
  answered: string[];
};

/** How many posts up a topic's branch its authors are answered. */
const UP = 100;

export const aboutPosts = (sql: Sql, ids: string[]): Promise<About[]> =>
  sql<About[]>`
    with recursive up as (
      select id as post_id, group_id, parent_id, lower(author_address) as author, 0 as steps
      from posts where id = any(${ids}::uuid[])
      union all
      select u.post_id, p.group_id, p.parent_id, lower(p.author_address), u.steps + 1
      from up u join posts p on p.group_id = u.group_id and p.id = u.parent_id where u.steps < ${UP}
    )
    select p.id as "postId", p.group_id as "groupId", p.topic_id as "topicId", p.parent_id is not null as "isReply",
      coalesce((select array_agg(t.tag) from topic_tags t where t.group_id = p.group_id and t.topic_id = p.topic_id), '{}') as tags,
      (select array_agg(distinct u.author) from up u where u.post_id = p.id) as answered
    from posts p where p.id = any(${ids}::uuid[])`;

/** The number and subject of the post that began each topic: what a topic is called in a member's history. */
export const topicStarts = (
  sql: Sql,
  groupId: string,
  topicIds: string[],
): Promise<{ id: string; number: number; subject: string }[]> =>
  sql<{ id: string; number: number; subject: string }[]>`
    select t.id, p.number, t.subject from topics t join posts p on p.group_id = t.group_id and p.id = t.id
    where t.group_id = ${groupId} and t.id = any(${topicIds}::uuid[])`;

/** The topic that one of these Message-IDs is in: the nearest is the last. */
export async function topicAnswered(sql: Sql, groupId: string, references: string[]): Promise<string | undefined> {
  const rows = await sql<{ messageId: string; topicId: string }[]>`
    select message_id as "messageId", topic_id as "topicId" from posts
    where group_id = ${groupId} and message_id = any(${references})`;
  const known = new Map(rows.map((row) => [row.messageId, row.topicId]));
  const nearest = references.toReversed().find((id) => known.has(id));
  return nearest === undefined ? undefined : known.get(nearest);
}
