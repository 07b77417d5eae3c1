/**
 * What of a group's posts a member wants. A topic may be followed (each post of it comes, whatever the mode) or muted;
 * hashtags may be muted, or be all that is wanted; and a member may want only new topics and what answers them.
 *
 * A wish about a topic goes before the others. Almost nobody has any: whether anybody does is asked first, over an index
 * that has only those who do.
 */
import type { Sql } from "../db/sql.ts";

export type TopicWish = "follow" | "mute";

/** What is asked of a post; `answered` are the address keys of those it answers, up to the topic's first, and its author. */
export type AboutPost = {
  postId: string;
  groupId: string;
  topicId: string;
  isReply: boolean;
  tags: string[];
  answered: string[];
};

export type PostChoice = {
  postId: string;
  id: string;
  domain: string;
  mode: string;
  /** Does it come, against what the mode says? */
  wants: boolean;
  /** Is it for its topic's sake? That counts for special notices too. */
  byTopic: boolean;
  /** Since when, for a topic. */
  since: Date | null;
};

/** Does anybody in these groups choose among posts, or follow or mute one of these topics? */
export async function anyoneChooses(sql: Sql, topics: { groupId: string; topicId: string }[]): Promise<boolean> {
  const [row] = await sql<{ any: boolean }[]>`
    select exists (
      select from memberships
      where group_id = any(${topics.map((one) => one.groupId)}::uuid[]) and ended_at is null
        and (replies <> 'all' or muted_tags <> '{}' or only_tags <> '{}')
    ) or exists (
      select from topic_follows f
      join unnest(${topics.map((one) => one.groupId)}::uuid[], ${topics.map((one) => one.topicId)}::uuid[]) as t(group_id, topic_id)
        on f.group_id = t.group_id and f.topic_id = t.topic_id
    ) as any`;
  return row!.any;
}

/** What members chose about these posts, of those who chose at all: only `ids` where they are given. */
export const choices = (sql: Sql, posts: AboutPost[], ids: string[] | null = null): Promise<PostChoice[]> =>
  sql<PostChoice[]>`
    with p as (
      select * from jsonb_to_recordset(${sql.json(posts)})
        as p("postId" uuid, "groupId" uuid, "topicId" uuid, "isReply" boolean, tags text[], answered text[])
    ), by_topic as (
      select p."postId", m.id, m.domain, m.mode, f.wish = 'follow' as wants, true as "byTopic", f.at as since
      from p join topic_follows f on f.group_id = p."groupId" and f.topic_id = p."topicId"
      join memberships m on m.group_id = f.group_id and m.id = f.membership_id and m.ended_at is null
      where ${ids}::uuid[] is null or m.id = any(${ids}::uuid[])
    ), by_choice as (
      select p."postId", m.id, m.domain, m.mode, false as wants, false as "byTopic", null::timestamptz as since
      from p join memberships m on m.group_id = p."groupId" and m.ended_at is null
        and (m.replies <> 'all' or m.muted_tags <> '{}' or m.only_tags <> '{}')
      where (${ids}::uuid[] is null or m.id = any(${ids}::uuid[])) and (
        m.muted_tags && p.tags or (m.only_tags <> '{}' and not m.only_tags && p.tags)
        or (m.replies = 'own' and p."isReply" and not m.address_key = any(p.answered) and not exists (
          select from addresses a where a.person_id = m.person_id and a.address_key = any(p.answered))))
    )
    select * from by_topic
    union all
    select * from by_choice c where not exists (select from by_topic t where t."postId" = c."postId" and t.id = c.id)`;

/** Sets, or takes back with null, what a member wants of a topic; `number` is the topic's first post. */
export async function followTopic(
  sql: Sql,
  { groupId, id }: { groupId: string; id: string },
  topic: { id: string; number: number },
  wish: TopicWish | null,
  cause: string,
  now: Date,
): Promise<boolean> {
  const had = (await topicWishes(sql, { groupId, id }, [topic.id])).get(topic.id) ?? null;
  if (had === wish) return false;
  if (wish === null)
    await sql`
      delete from topic_follows where group_id = ${groupId} and topic_id = ${topic.id} and membership_id = ${id}`;
  else
    await sql`
      insert into topic_follows (group_id, topic_id, membership_id, wish, at)
      values (${groupId}, ${topic.id}, ${id}, ${wish}, ${now})
      on conflict (group_id, topic_id, membership_id) do update set wish = excluded.wish, at = excluded.at`;
  await sql`
    insert into membership_events (group_id, membership_id, at, what, cause)
    values (${groupId}, ${id}, ${now}, ${`topic ${topic.number} ${had ?? "none"} → ${wish ?? "none"}`}, ${cause})`;
  return true;
}

/** What a member wants of these topics, where they said so. */
export async function topicWishes(
  sql: Sql,
  { groupId, id }: { groupId: string; id: string },
  topicIds: string[],
): Promise<Map<string, TopicWish>> {
  const rows = await sql<{ topicId: string; wish: TopicWish }[]>`
    select topic_id as "topicId", wish from topic_follows
    where group_id = ${groupId} and membership_id = ${id} and topic_id = any(${topicIds}::uuid[])`;
  return new Map(rows.map((row) => [row.topicId, row.wish]));
}

/** The topics a member follows or has muted, the latest first. */
export const topicsChosen = (
  sql: Sql,
  { groupId, id }: { groupId: string; id: string },
  limit: number,
): Promise<{ topicId: string; wish: TopicWish; at: Date }[]> =>
  sql<{ topicId: string; wish: TopicWish; at: Date }[]>`
    select topic_id as "topicId", wish, at from topic_follows
    where group_id = ${groupId} and membership_id = ${id} order by at desc limit ${limit}`;

/** Topics that became one: what was wanted of the one is wanted of the other, where nothing was said about it. */
export async function mergeFollows(sql: Sql, groupId: string, from: string, into: string): Promise<void> {
  await sql`
    insert into topic_follows (group_id, topic_id, membership_id, wish, at)
    select group_id, ${into}, membership_id, wish, at from topic_follows where group_id = ${groupId} and topic_id = ${from}
    on conflict do nothing`;
  await sql`delete from topic_follows where group_id = ${groupId} and topic_id = ${from}`;
}
