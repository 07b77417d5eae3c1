/** What a rule would have done: tried on a group's newest posts, before it is trusted with the next ones. */
import * as archive from "../archive/archive.ts";
import type { Pool } from "../db/sql.ts";
import { unpack } from "../kit/zstd.ts";
import { summarise } from "../mail/summary.ts";
import * as moderation from "../moderation/moderation.ts";

/** How many posts a rule is tried on. */
export const TRIED_ON = 100;
/** Larger posts are looked at up to their beginning alone, so that a trial stays quick: they count as not fitting. */
const LARGEST = 4 * 1024 * 1024;
const AT_ONCE = 20;

export type Trial = { tried: number; fitting: archive.Post[] };

/** The newest posts, and those of them that the rule fits, the newest first. */
export async function tryRule(
  pool: Pool,
  groupId: string,
  rule: Pick<moderation.NewRule, "field" | "how" | "pattern">,
): Promise<Trial> {
  const posts = await archive.newestPosts(pool, groupId, null, TRIED_ON);
  const small = posts.filter((post) => post.size <= LARGEST);
  const fitting: archive.Post[] = [];
  for (let from = 0; from < small.length; from += AT_ONCE) {
    const some = small.slice(from, from + AT_ONCE);
    const raws = await archive.rawPosts(
      pool,
      groupId,
      some.map((post) => post.id),
    );
    for (const post of some) {
      const packed = raws.get(post.id);
      if (!packed) continue;
      const raw = await unpack(packed, post.size, LARGEST * 2);
      const mail = { raw, summary: summarise(raw, post.receivedAt) };
      if (moderation.doesFit(rule, moderation.judgedBy(mail))) fitting.push(post);
    }
  }
  return { tried: small.length, fitting };
}
