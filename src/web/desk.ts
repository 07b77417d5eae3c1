/** The moderators' desk: a held post with what is needed beside it, for the page, the API and the letters alike. */
import * as archive from "../archive/archive.ts";
import * as directory from "../directory/directory.ts";
import { isId } from "../kit/id.ts";
import { addressKey } from "../mail/address.ts";
import { canRevise } from "../mail/revise.ts";
import * as moderation from "../moderation/moderation.ts";
import * as pipeline from "../pipeline/pipeline.ts";
import * as queue from "../queue/queue.ts";
import { unpack } from "./bytes.ts";
import type { House, Page } from "./house.ts";
import { groupFor, NotHere, type Seen } from "./rights.ts";
import { type Reading, read } from "./views/reading.ts";

export type AtDesk = Seen & { membership: directory.Membership };

/** The group, for who may decide about its held posts. What waits without being on the desk is put there. */
export async function deskFor(c: Page): Promise<AtDesk> {
  const seen = await groupFor(c, "approve");
  const { pool, config } = c.var.house;
  await pipeline.adoptHeld(pool, seen.group, config.domain);
  return seen as AtDesk;
}

/** The held post named in the address, of this group. */
export async function heldFor(c: Page): Promise<{ seen: AtDesk; post: moderation.HeldPost }> {
  const seen = await deskFor(c);
  const id = c.req.param("id") ?? "";
  const post = isId(id) ? await moderation.heldPost(c.var.house.pool, seen.group.id, id) : undefined;
  if (!post) throw new NotHere();
  return { seen, post };
}

/** The bytes of a mail that still waits. */
export async function rawOf({ pool }: House, post: moderation.HeldPost): Promise<Buffer | undefined> {
  const packed = await queue.rawOf(pool, post.mailId);
  return packed && unpack(packed);
}

const MOST_COUNTED = 1000;

export type Beside = {
  post: moderation.HeldPost;
  reading: Reading | undefined;
  canEdit: boolean;
  member: directory.Membership | undefined;
  notes: string;
  posts: number;
  record: moderation.AuthorRecord;
  isBanned: boolean;
  /** The topic it would be placed in. */
  topic: archive.Topic | undefined;
  parent: archive.Post | undefined;
};

/** Everything needed to decide. */
export async function besideOf(house: House, group: directory.Group, post: moderation.HeldPost): Promise<Beside> {
  const { pool } = house;
  const author = addressKey(post.authorAddress);
  const [raw, member, counts, record, isBanned, parent] = await Promise.all([
    rawOf(house, post),
    directory.membershipOf(pool, group.id, post.authorAddress),
    archive.postsBy(pool, [{ groupId: group.id, author }], MOST_COUNTED),
    moderation.recordOf(pool, group.id, post.authorAddress, post.mailId),
    directory.isBanned(pool, group.id, post.authorAddress),
    parentOf(house, group.id, post),
  ]);
  const [notes, topic] = await Promise.all([
    member ? directory.notesAbout(pool, member.id) : "",
    parent ? archive.topic(pool, group.id, parent.topicId) : undefined,
  ]);
  const here = `/g/${group.name}/held/${post.mailId}`;
  return {
    post,
    reading: raw && read(raw, (index) => `${here}/part/${index}`),
    canEdit: raw !== undefined && canRevise(raw),
    ...{ member, notes, record, isBanned, topic, parent },
    posts: counts.get(`${group.id} ${author}`)?.count ?? 0,
  };
}

/** The nearest of the posts it answers that is here. */
async function parentOf(
  { pool }: House,
  groupId: string,
  post: moderation.HeldPost,
): Promise<archive.Post | undefined> {
  for (const id of post.answers.slice(-5).reverse()) {
    const found = await archive.postWithMessageId(pool, groupId, id);
    if (found) return found;
  }
  return undefined;
}

export type Around = { count: number; place: number; previous: string | undefined; next: string | undefined };

/** How many wait, which of them this is, and its neighbours; what others are looking at is passed over while there is more. */
export async function aroundOf({ pool, clock }: House, { group, membership }: AtDesk, mailId: string): Promise<Around> {
  const near = { after: mailId, limit: 20 };
  const [count, before, after, earlier] = await Promise.all([
    moderation.countWaiting(pool, group.id),
    moderation.waitingPosts(pool, group.id, { ...near, backwards: true }),
    moderation.waitingPosts(pool, group.id, near),
    moderation.countWaiting(pool, group.id, mailId),
  ]);
  const now = clock.now();
  const free = (posts: moderation.HeldPost[]): string | undefined =>
    (posts.find((one) => !moderation.isClaimed(one, membership.id, now)) ?? posts[0])?.mailId;
  return { count, place: earlier + 1, previous: free(before), next: free(after) };
}

/** The one to begin with: the oldest that nobody is looking at. */
export async function firstOf({ pool, clock }: House, { group, membership }: AtDesk): Promise<string | undefined> {
  const some = await moderation.waitingPosts(pool, group.id, { limit: 20 });
  const free = some.find((one) => !moderation.isClaimed(one, membership.id, clock.now()));
  return (free ?? some[0])?.mailId;
}
