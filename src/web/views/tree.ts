/** A topic's posts as a tree written in lines: each answer below what it answers, in the order they came. */
import type { OutlinePost } from "../../archive/archive.ts";

export type Placed = { post: OutlinePost; depth: number };

/** Depth-first without recursion: a thread may be as deep as it likes. A post whose parent is elsewhere begins a branch. */
export function treeOrder(posts: readonly OutlinePost[]): Placed[] {
  const here = new Set(posts.map((post) => post.id));
  const answers = new Map<string, OutlinePost[]>();
  const roots: OutlinePost[] = [];
  for (const post of posts) {
    if (post.parentId === null || !here.has(post.parentId)) roots.push(post);
    else answers.set(post.parentId, [...(answers.get(post.parentId) ?? []), post]);
  }
  const order: Placed[] = [];
  const stack = roots.toReversed().map((post) => ({ post, depth: 0 }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    order.push(next);
    for (const answer of (answers.get(next.post.id) ?? []).toReversed())
      stack.push({ post: answer, depth: next.depth + 1 });
  }
  return order;
}
