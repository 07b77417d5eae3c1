/**
 * Placing posts: each gets its number, its parent and its topic, in the order its group's lock gives.
 *
 * Threading is JWZ's, done as posts arrive instead of over a whole mailbox: the parent is the nearest ancestor named in
 * References or In-Reply-To that is here. Nearer ones that are named but missing are `awaited`: whichever of them comes
 * adopts the post, and two topics that turn out to be one are joined. Only a reply that names nobody is placed
 * by its subject, and only beside a topic that was alive within SUBJECT_DAYS. Nothing here recurses: headers are foreign.
 */
import type { Sql } from "../db/sql.ts";
import { DAY } from "../kit/clock.ts";
import { countIntoMonths } from "./months.ts";
import { addTags } from "./tags.ts";

export type Source = "mail" | "web" | "import";

/** One MIME part in the index: where its bytes are in the raw post. */
export type PartEntry = {
  path: string;
  type: string;
  filename?: string;
  disposition?: string;
  contentId?: string;
  size: number;
};

export type NewPost = {
  id: string;
  groupId: string;
  /** Without angle brackets; made up by the caller when the mail had none. */
  messageId: string;
  /** Ancestors, oldest first, without angle brackets. */
  references: string[];
  authorName: string;
  authorAddress: string;
  subject: string;
  /** RFC 5256 2.1. */
  baseSubject: string;
  isReplySubject: boolean;
  sentAt: Date;
  receivedAt: Date;
  /** The first words of its text, for lists. */
  words: string;
  size: number;
  parts: PartEntry[];
  /** What SPF, DKIM, DMARC and ARC said on arrival. */
  auth: unknown;
  /** Hash of sender and body: the same post sent again under another Message-ID has the same. */
  fingerprint: Buffer;
  source: Source;
  /** zstd of the bytes as they came. */
  raw: Buffer;
};

export type Placed =
  | { kind: "placed"; id: string; groupId: string; number: number; topicId: string }
  | { kind: "duplicate"; id: string; of: string };

const SUBJECT_DAYS = 14 * DAY;
/** Missing ancestors that a post waits for: a header may name two hundred. */
const MOST_AWAITED = 20;

type Here = { id: string; topicId: string; messageId: string };

/**
 * Waits until nobody else places posts with these Message-IDs, in any group, and keeps it so to the transaction's end:
 * the same mail sent to two groups must find itself in the first when it comes to the second.
 */
export async function lockMessages(sql: Sql, messageIds: string[]): Promise<void> {
  const inOrder = [...new Set(messageIds)].sort();
  await sql`
    select pg_advisory_xact_lock(hashtextextended(id, 1))
    from unnest(${inOrder}::text[]) with ordinality as wanted(id, place) order by place`;
}

/** Places posts of any groups. Answers one result a post, in order. Runs inside the caller's transaction. */
export async function place(sql: Sql, posts: NewPost[]): Promise<Placed[]> {
  const results = new Map<NewPost, Placed>();
  const groupIds = [...new Set(posts.map((post) => post.groupId))].sort();
  for (const groupId of groupIds) {
    const ours = posts.filter((post) => post.groupId === groupId);
    for (const [post, placed] of await placeInGroup(sql, groupId, ours)) results.set(post, placed);
  }
  return posts.map((post) => results.get(post)!);
}

async function placeInGroup(sql: Sql, groupId: string, posts: NewPost[]): Promise<Map<NewPost, Placed>> {
  let number = await lockArchive(sql, groupId);
  const here = await find(
    sql,
    groupId,
    posts.flatMap((post) => [post.messageId, ...post.references]),
  );
  const results = new Map<NewPost, Placed>();
  const rows: PostRow[] = [];
  const fresh = new Map<string, NewPost[]>();
  for (const post of posts) {
    const known = here.get(post.messageId);
    if (known) {
      results.set(post, { kind: "duplicate", id: post.id, of: known.id });
      continue;
    }
    number += 1;
    const ancestors = [...post.references].reverse().filter((id) => id !== post.messageId);
    const nearest = ancestors.find((id) => here.has(id));
    const parent = nearest ? here.get(nearest)! : await bySubject(sql, groupId, post);
    const topicId = parent?.topicId ?? post.id;
    const missing = nearest === undefined ? ancestors : ancestors.slice(0, ancestors.indexOf(nearest));
    rows.push(toRow(post, number, topicId, parent?.id ?? null, missing.slice(0, MOST_AWAITED)));
    here.set(post.messageId, { id: post.id, topicId, messageId: post.messageId });
    fresh.set(topicId, [...(fresh.get(topicId) ?? []), post]);
    results.set(post, { kind: "placed", id: post.id, groupId, number, topicId });
  }
  if (rows.length === 0) return results;
  await sql`insert into posts ${sql(rows as never)}`;
  await enterTopics(sql, groupId, fresh, results);
  const tagged = rows.map(({ topic_id, subject }) => ({ topicId: topic_id, subject }));
  await addTags(sql, groupId, tagged);
  await adopt(sql, groupId, rows);
  await countIntoMonths(
    sql,
    groupId,
    rows.map((row) => row.sent_at),
  );
  const last = new Date(Math.max(...rows.map((row) => row.received_at.getTime())));
  await sql`
    update archives set last_number = ${number}, post_count = post_count + ${rows.length}, last_at = greatest(last_at, ${last})
    where group_id = ${groupId}`;
  return results;
}

/** The group's lock; answers its last number. */
export async function lockArchive(sql: Sql, groupId: string): Promise<number> {
  await sql`insert into archives (group_id) values (${groupId}) on conflict (group_id) do nothing`;
  const [row] = await sql<{ last: number }[]>`
    select last_number as last from archives where group_id = ${groupId} for update`;
  return row!.last;
}

async function find(sql: Sql, groupId: string, messageIds: string[]): Promise<Map<string, Here>> {
  const rows = await sql<Here[]>`
    select id, topic_id as "topicId", message_id as "messageId" from posts
    where group_id = ${groupId} and message_id = any(${[...new Set(messageIds)]})`;
  return new Map(rows.map((row) => [row.messageId, row]));
}

/** The first post of the topic a headerless reply most likely belongs to. */
async function bySubject(sql: Sql, groupId: string, post: NewPost): Promise<Here | undefined> {
  if (post.references.length > 0 || !post.isReplySubject || post.baseSubject === "") return undefined;
  const since = new Date(post.receivedAt.getTime() - SUBJECT_DAYS);
  const [row] = await sql<Here[]>`
    select p.id, p.topic_id as "topicId", p.message_id as "messageId"
    from topics t join posts p on p.group_id = t.group_id and p.id = t.id
    where t.group_id = ${groupId} and t.base_subject = ${post.baseSubject}
      and t.locked_at is null and t.last_at between ${since} and ${new Date(post.receivedAt.getTime() + DAY)}
    order by t.last_at desc limit 1`;
  return row;
}

type PostRow = ReturnType<typeof toRow>;

function toRow(post: NewPost, number: number, topicId: string, parentId: string | null, awaited: string[]) {
  return {
    group_id: post.groupId,
    id: post.id,
    number,
    topic_id: topicId,
    parent_id: parentId,
    awaited,
    message_id: post.messageId,
    author_name: post.authorName,
    author_address: post.authorAddress,
    subject: post.subject,
    sent_at: post.sentAt,
    received_at: post.receivedAt,
    words: post.words,
    size: post.size,
    parts: post.parts,
    auth: post.auth,
    fingerprint: post.fingerprint,
    source: post.source,
    raw: post.raw,
  };
}

/** Makes the topics that begin with these posts and moves on those that go on. */
async function enterTopics(
  sql: Sql,
  groupId: string,
  fresh: Map<string, NewPost[]>,
  results: Map<NewPost, Placed>,
): Promise<void> {
  const rows = [...fresh].map(([topicId, posts]) => {
    const first = posts[0]!;
    const last = posts.reduce((a, b) => (b.receivedAt >= a.receivedAt ? b : a));
    const placed = results.get(last)!;
    return {
      group_id: groupId,
      id: topicId,
      subject: first.subject,
      base_subject: first.baseSubject,
      started_at: first.receivedAt,
      last_at: last.receivedAt,
      post_count: posts.length,
      last_number: placed.kind === "placed" ? placed.number : 0,
      last_author: last.authorName || last.authorAddress,
      last_words: last.words,
      authors: [...new Set(posts.map((post) => post.authorName || post.authorAddress))].slice(0, 6),
    };
  });
  await sql`
    insert into topics ${sql(rows)}
    on conflict (group_id, id) do update set
      started_at = least(topics.started_at, excluded.started_at),
      last_at = greatest(topics.last_at, excluded.last_at),
      post_count = topics.post_count + excluded.post_count,
      last_number = greatest(topics.last_number, excluded.last_number),
      last_author = case when excluded.last_at >= topics.last_at then excluded.last_author else topics.last_author end,
      last_words = case when excluded.last_at >= topics.last_at then excluded.last_words else topics.last_words end,
      authors = case when cardinality(topics.authors) >= 6 then topics.authors
        else (select array_agg(a order by place) from (
          select a, min(place) as place from unnest(topics.authors || excluded.authors) with ordinality as u(a, place)
          group by a order by min(place) limit 6) as first_ones) end`;
}

/** Posts that awaited one of these go under the nearest, unless they are above it; their topics are joined. */
async function adopt(sql: Sql, groupId: string, rows: PostRow[]): Promise<void> {
  const byMessage = new Map(rows.map((row) => [row.message_id, row]));
  const orphans = await sql<{ id: string; awaited: string[] }[]>`
    select id, awaited from posts
    where group_id = ${groupId} and awaited && ${[...byMessage.keys()]}::text[] and awaited <> '{}' order by number`;
  for (const orphan of orphans) {
    const place = orphan.awaited.findIndex((id) => byMessage.has(id));
    const parent = byMessage.get(orphan.awaited[place]!)!;
    if (orphan.id === parent.id || (await isAbove(sql, groupId, orphan.id, parent.id))) continue;
    const nearer = orphan.awaited.slice(0, place);
    const [joined] = await sql<{ from: string; into: string }[]>`
      with adopted as (
        update posts set parent_id = ${parent.id}, awaited = ${nearer}::text[]
        where group_id = ${groupId} and id = ${orphan.id}
        returning topic_id
      )
      select a.topic_id as "from", p.topic_id as "into" from adopted a, posts p
      where p.group_id = ${groupId} and p.id = ${parent.id}`;
    if (joined && joined.from !== joined.into) await joinTopics(sql, groupId, joined.from, joined.into);
  }
}

/** Is `upper` an ancestor of `lower`? Walks parents in one statement; a loop could only come from a bug, and ends too. */
async function isAbove(sql: Sql, groupId: string, upper: string, lower: string): Promise<boolean> {
  const [row] = await sql<{ above: boolean }[]>`
    with recursive up as (
      select id, parent_id from posts where group_id = ${groupId} and id = ${lower}
      union
      select p.id, p.parent_id from posts p join up on p.id = up.parent_id where p.group_id = ${groupId}
    )
    select exists (select from up where id = ${upper}) as above`;
  return row!.above;
}

/** Two topics are one: the later found moves into the other, and its row is counted anew. */
export async function joinTopics(sql: Sql, groupId: string, from: string, into: string): Promise<void> {
  await sql`update posts set topic_id = ${into} where group_id = ${groupId} and topic_id = ${from}`;
  await sql`
    update topics t set
      started_at = least(t.started_at, o.started_at),
      last_at = greatest(t.last_at, o.last_at),
      post_count = t.post_count + o.post_count,
      last_number = greatest(t.last_number, o.last_number),
      last_author = case when o.last_at >= t.last_at then o.last_author else t.last_author end,
      last_words = case when o.last_at >= t.last_at then o.last_words else t.last_words end
    from topics o
    where t.group_id = ${groupId} and t.id = ${into} and o.group_id = ${groupId} and o.id = ${from}`;
  await sql`
    insert into topic_tags (group_id, tag, topic_id)
    select group_id, tag, ${into} from topic_tags where group_id = ${groupId} and topic_id = ${from} on conflict do nothing`;
  await sql`delete from topic_tags where group_id = ${groupId} and topic_id = ${from}`;
  await sql`delete from topics where group_id = ${groupId} and id = ${from}`;
}
