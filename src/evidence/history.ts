/**
 * A member's delivery history: the group's last posts and what became of each copy, or why there was none.
 *
 * The log is read by post, so a page of the history takes no more posts than have some hundred thousand copies together:
 * in a group of twenty that is a full page, in one of a hundred thousand it is four posts.
 */
import * as archive from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { unpack } from "../kit/zstd.ts";
import { addressKey } from "../mail/address.ts";
import { namedIn } from "../mail/addressed.ts";
import { readHeader, splitMessage } from "../mail/header.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import { type MemberFacts, type PostFacts, whyNot } from "./why.ts";

const COPIES = 400_000;
const LETTERS = 20;
const EVENTS = 500;
const READ_AGAIN = 20;
const LARGEST = 256 * 1024 * 1024;

export type HistoryPost = {
  id: string;
  number: number;
  subject: string;
  receivedAt: Date;
  /** What became of the copy; null when there was none. */
  copy: queue.ItemRecipient | null;
  /** Why there was none; "" when there was. */
  why: string;
  isImported: boolean;
};

export type HistoryLetter = notices.SentLetter & { copy: queue.ItemRecipient | null };

export type History = { posts: HistoryPost[]; isEnd: boolean };

/** Posts of the member's group from the newest, or from below `before`. */
export async function historyOf(
  sql: Sql,
  membership: directory.AnyMembership,
  asked: { before: number | null; limit: number },
  keptSince: Date,
): Promise<History> {
  const found = await archive.newestPosts(sql, membership.groupId, asked.before, asked.limit + 1);
  const progress = await queue.progressOfItems(
    sql,
    found.map((post) => post.id),
  );
  const some = affordable(found.slice(0, asked.limit), (post) => progress.get(post.id)?.planned ?? 0);
  const posts = await answers(sql, some, progress, membership, keptSince);
  return { posts, isEnd: some.length === found.length };
}

/** As many from the front as stay within the copies one page may read, and at least one. */
export function affordable<T>(list: readonly T[], copiesOf: (one: T) => number): T[] {
  let copies = 0;
  const end = list.findIndex((one, i) => {
    copies += copiesOf(one);
    return i > 0 && copies > COPIES;
  });
  return end < 0 ? [...list] : list.slice(0, end);
}

async function answers(
  sql: Sql,
  posts: archive.Post[],
  progress: Map<string, queue.Progress>,
  membership: directory.AnyMembership,
  keptSince: Date,
): Promise<HistoryPost[]> {
  const ids = posts.map((post) => post.id);
  const copies = new Map((await queue.itemsFor(sql, ids, [membership.id])).map((one) => [one.itemId, one]));
  const missing = posts.filter((post) => !copies.has(post.id));
  const [events, elsewhere, named, digests, topics] = await Promise.all([
    missing.length > 0 ? directory.eventsOf(sql, membership.groupId, membership.id, EVENTS) : [],
    hadElsewhere(sql, missing, membership),
    namedDirectly(sql, missing, membership),
    inDigests(sql, missing, membership),
    topicsOf(sql, missing, membership),
  ]);
  const member: MemberFacts = { ...membership, events };
  return posts.map((post) => {
    const { id, number, subject, receivedAt } = post;
    const copy = copies.get(id) ?? null;
    const plannedAt = progress.get(id)?.plannedAt ?? null;
    const facts = {
      isImported: post.source === "import",
      plannedAt,
      isLogKept: plannedAt !== null && plannedAt.getTime() >= keptSince.getTime(),
      hadElsewhere: elsewhere.has(post.messageId),
      ...(topics.get(id) ?? { topic: { number: 0, wish: null }, tags: [], answersOthers: false }),
      isOwn: addressKey(post.authorAddress) === addressKey(membership.address),
      isNamed: named.has(id),
      digest: digests.get(number) ?? null,
    };
    const { isImported } = facts;
    return { id, number, subject, receivedAt, copy, isImported, why: copy ? "" : whyNot(member, facts) };
  });
}

/** Message-IDs of posts that went to this person through another group. Which group that is stays untold: it may be secret. */
async function hadElsewhere(
  sql: Sql,
  posts: archive.Post[],
  { personId, groupId }: directory.Membership,
): Promise<Set<string>> {
  if (posts.length === 0) return new Set();
  const siblings = (
    await archive.postsEverywhere(
      sql,
      posts.map((post) => post.messageId),
    )
  ).filter((one) => one.groupId !== groupId);
  if (siblings.length === 0) return new Set();
  const others = (await directory.membershipsOfPerson(sql, personId)).filter((one) => one.groupId !== groupId);
  const planned = await queue.itemsFor(
    sql,
    siblings.map((one) => one.id),
    others.map((one) => one.id),
  );
  const items = new Set(planned.map((one) => one.itemId));
  return new Set(siblings.filter((one) => items.has(one.id)).map((one) => one.messageId));
}

/** Ids of posts whose To or Cc names this address. It stands in the post alone, so only the heads of some are read again. */
async function namedDirectly(sql: Sql, posts: archive.Post[], member: directory.Membership): Promise<Set<string>> {
  const some = posts.filter((post) => post.source !== "import").slice(0, READ_AGAIN);
  const raws = await archive.rawPosts(
    sql,
    member.groupId,
    some.map((post) => post.id),
  );
  const key = addressKey(member.address);
  const found = await Promise.all(
    some.map(async ({ id, size }) => {
      const raw = raws.get(id);
      if (!raw) return [];
      const { head } = splitMessage(await unpack(raw, size, LARGEST));
      return namedIn(readHeader(head)).includes(key) ? [id] : [];
    }),
  );
  return new Set(found.flat());
}

/** By number, what became of posts in this member's digests. */
async function inDigests(
  sql: Sql,
  posts: archive.Post[],
  member: directory.AnyMembership,
): Promise<Map<number, NonNullable<PostFacts["digest"]>>> {
  const numbers = posts.map((post) => post.number);
  if (numbers.length === 0) return new Map();
  const digests = await notices.digestsWith(sql, member.groupId, Math.min(...numbers), Math.max(...numbers));
  const copies = await queue.itemsFor(
    sql,
    digests.map((one) => one.id),
    [member.id],
  );
  const stateOf = new Map(copies.map((copy) => [copy.itemId, copy.state]));
  const isDue = (member.mode === "digest" || member.mode === "summary") && member.digestUpto !== null;
  return new Map(
    numbers.flatMap((number): [number, NonNullable<PostFacts["digest"]>][] => {
      const one = digests.find(
        (some) => some.firstNumber <= number && number <= some.lastNumber && stateOf.has(some.id),
      );
      if (one) return [[number, { kind: "written", state: stateOf.get(one.id)! }]];
      return isDue && number > member.digestUpto! ? [[number, { kind: "due", at: member.digestDueAt }]] : [];
    }),
  );
}

/** What became of one post for one address that is, or was, in its group. */
export type Answer = {
  membership: directory.AnyMembership;
  copy: queue.ItemRecipient | null;
  why: string;
  attempts: queue.RecipientAttempt[];
};

/** Did this address get this post, and why (not)? One answer for each membership it has had, those with a copy first. */
export async function answersFor(sql: Sql, post: archive.Post, address: string, keptSince: Date): Promise<Answer[]> {
  const memberships = await directory.membershipsEver(sql, post.groupId, address);
  return answersOf(sql, post, memberships, keptSince);
}

/** The same for memberships of the post's group. */
export async function answersOf(
  sql: Sql,
  post: archive.Post,
  memberships: directory.AnyMembership[],
  keptSince: Date,
): Promise<Answer[]> {
  const progress = await queue.progressOfItems(sql, [post.id]);
  const found = await Promise.all(
    memberships.map(async (membership): Promise<Answer> => {
      const [one] = await answers(sql, [post], progress, membership, keptSince);
      const attempts = one!.copy ? await queue.attemptsFor(sql, post.id, membership.id, 50) : [];
      return { membership, copy: one!.copy, why: one!.why, attempts };
    }),
  );
  return found.sort((a, b) => Number(b.copy !== null) - Number(a.copy !== null));
}

/** The last letters of a group to an address, and what became of them. */
export async function lettersTo(sql: Sql, groupId: string, address: string): Promise<HistoryLetter[]> {
  const letters = await notices.lettersTo(sql, groupId, address, LETTERS);
  const ids = letters.map((one) => one.id);
  const copies = new Map((await queue.itemsFor(sql, ids, ids)).map((one) => [one.itemId, one]));
  return letters.map((letter) => ({ ...letter, copy: copies.get(letter.id) ?? null }));
}

/** By post, what a member's wishes ask of it. */
async function topicsOf(
  sql: Sql,
  posts: archive.Post[],
  member: directory.AnyMembership,
): Promise<Map<string, Pick<PostFacts, "topic" | "tags" | "answersOthers">>> {
  if (posts.length === 0) return new Map();
  const topicIds = [...new Set(posts.map((post) => post.topicId))];
  const [about, starts, wishes, own] = await Promise.all([
    archive.aboutPosts(
      sql,
      posts.map((post) => post.id),
    ),
    archive.topicStarts(sql, member.groupId, topicIds),
    directory.topicWishes(sql, member, topicIds),
    directory.addressesOf(sql, member.personId),
  ]);
  const numbers = new Map(starts.map((one) => [one.id, one.number]));
  const keys = new Set([member.address, ...own.map((one) => one.address)].map(addressKey));
  return new Map(
    about.map(({ postId, topicId, isReply, tags, answered }) => [
      postId,
      {
        topic: { number: numbers.get(topicId) ?? 0, wish: wishes.get(topicId) ?? null },
        tags,
        answersOthers: isReply && !answered.some((one) => keys.has(one)),
      },
    ]),
  );
}
