/**
 * Whose Message-ID it is. A Message-ID is its author's: what somebody else posts under it is another post.
 *
 * Otherwise whoever sees an id before the group does, as the other receivers of a mail may, could keep it from the group by
 * posting first. The same author under the same id is the same post: senders who got no answer send again.
 */
import * as archive from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";

/** Gives posts whose Message-ID is somebody else's in their group an id of our making. */
export async function disown(sql: Sql, domain: string, posts: archive.NewPost[]): Promise<void> {
  const known = await archive.postsEverywhere(
    sql,
    posts.map((post) => post.messageId),
  );
  const authors = new Map(known.map((post) => [keyOf(post), authorOf(post)]));
  for (const post of posts) {
    const author = authors.get(keyOf(post));
    if (author === undefined) authors.set(keyOf(post), authorOf(post));
    else if (author !== authorOf(post)) post.messageId = madeUpId(post.fingerprint, domain);
  }
}

/** An id for a mail that has none of its own: its resending gets the same one. */
export const madeUpId = (fingerprint: Buffer, domain: string): string =>
  `${fingerprint.toString("hex").slice(0, 40)}@made-here.${domain}`;

/** Are they the same mail, in two groups? */
export const isSame = (one: Post, other: Post): boolean =>
  one.messageId === other.messageId && authorOf(one) === authorOf(other);

type Post = archive.Known | archive.NewPost;
const keyOf = (post: Post): string => `${post.groupId} ${post.messageId}`;
const authorOf = (post: Post): string => post.authorAddress.toLowerCase();
