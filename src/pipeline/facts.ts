/**
 * What is known of the posts of a batch beside their bytes: a question a subject for the whole batch, at the same time,
 * and only about groups whose settings want the answer.
 */
import * as archive from "../archive/archive.ts";
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { MINUTE } from "../kit/clock.ts";
import { addressKey } from "../mail/address.ts";
import * as moderation from "../moderation/moderation.ts";
import * as queue from "../queue/queue.ts";
import type { Errand, Opened } from "./recognise.ts";
import type { PostErrand, PostFacts } from "./verdict.ts";

type Post = { opened: Opened; errand: PostErrand; author: string; key: string };

export async function factsOf(
  pool: Pool,
  opened: Opened[],
  errands: Errand[][],
  now: Date,
): Promise<Map<Errand, PostFacts>> {
  const posts = opened.flatMap((one, i) => {
    const author = addressKey(one.summary.authorAddress);
    return errands[i]!.flatMap((errand): Post[] =>
      errand.kind === "post" ? [{ opened: one, errand, author, key: `${errand.group.id} ${author}` }] : [],
    );
  });
  if (posts.length === 0) return new Map();
  const groupIds = [...new Set(posts.map(({ errand }) => errand.group.id))];
  const [locked, banned, invited, rules, before, waiting] = await Promise.all([
    archive.answersToLocked(
      pool,
      posts.map(({ errand, opened: { summary } }) => ({ groupId: errand.group.id, references: summary.references })),
    ),
    directory.bannedAmong(
      pool,
      posts.map(({ errand, author }) => ({ groupId: errand.group.id, address: author })),
    ),
    invitedOf(pool, posts),
    moderation.rulesOf(pool, groupIds),
    postsBefore(pool, posts),
    waitingOf(pool, posts),
  ]);
  const own = Map.groupBy(rules, (rule) => rule.groupId);
  const inBatch = new Map<string, "goes out" | "waits">();
  return new Map(
    posts.map((post, i) => {
      const { errand, opened: one, key } = post;
      const had = before.get(key);
      const next = had?.lastAt && new Date(had.lastAt.getTime() + errand.group.slow * MINUTE);
      // Two posts of one author in one batch: the second is judged as if the first were placed.
      const slowUntil = inBatch.has(key) ? new Date(now.getTime() + errand.group.slow * MINUTE) : next;
      const isSlow = errand.group.slow > 0 && slowUntil && slowUntil.getTime() > now.getTime();
      const isAnotherWaiting = waiting.has(key) || inBatch.get(key) === "waits";
      if (errand.group.slow > 0) inBatch.set(key, isSlow ? "waits" : "goes out");
      const facts: PostFacts = {
        isLocked: locked[i]!,
        isBanned: banned.has(key),
        isInvited: invited.has(key),
        fit: moderation.firstFit(own.get(errand.group.id) ?? [], moderation.judgedBy(one)),
        postsBefore: had?.count ?? 0,
        slowUntil: isSlow ? slowUntil : undefined,
        isAnotherWaiting,
      };
      return [errand, facts];
    }),
  );
}

/** Who writes to a secret group and is invited to it: for anybody else there is none. */
async function invitedOf(pool: Pool, posts: Post[]): Promise<Set<string>> {
  const secret = posts.filter(({ errand }) => errand.group.visibility === "secret");
  const found = await Promise.all(
    secret.map(({ errand, author, key }) =>
      directory.invitedAmong(pool, errand.group.id, [author]).then((one) => (one ? [key] : [])),
    ),
  );
  return new Set(found.flat());
}

/** Of groups that look after newcomers, or are in slow mode. */
function postsBefore(pool: Pool, posts: Post[]): ReturnType<typeof archive.postsBy> {
  const wanted = posts.filter(({ errand: { group } }) => group.slow > 0 || group.moderate === "newcomers");
  const most = Math.max(0, ...wanted.map(({ errand }) => errand.group.newcomers));
  return archive.postsBy(
    pool,
    wanted.map(({ errand, author }) => ({ groupId: errand.group.id, author })),
    most,
  );
}

function waitingOf(pool: Pool, posts: Post[]): Promise<Set<string>> {
  const slow = posts.filter(({ errand }) => errand.group.slow > 0);
  return queue.waitingOf(
    pool,
    slow.map(({ errand, author }) => ({ groupId: errand.group.id, author })),
    slow.map(({ opened }) => opened.mail.id),
  );
}
