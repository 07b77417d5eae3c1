/**
 * Digests: what was posted since a member's last one, at the hour they chose.
 *
 * One transaction for each group and round writes the mails, plans them for all members who get the same, and moves their
 * places on: killed at any line, either all of it is there or nothing is, and the next round does it. Members of one kind,
 * form and zone who had the same posts share one mail, since only its way out is personal (decision 34). While somebody's
 * mail is stopped their place moves on without a mail, as posts pass by who gets each of them.
 */
import * as archive from "../archive/archive.ts";
import { type Pool, type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import type { Clock } from "../kit/clock.ts";
import { reasonOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { nextHour } from "../kit/zone.ts";
import { unpack } from "../kit/zstd.ts";
import { htmlToText } from "../mail/html.ts";
import { readMail } from "../mail/read.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";

export type Digesting = { pool: Pool; domain: string; url: string; clock: Clock; log: Log };

/** Members in one transaction, and posts in one digest; what is left follows in the next round. */
const MEMBERS = 5000;
const POSTS = 200;
const ROUNDS = 50;
const AT_ONCE = 10;
const LARGEST = 256 * 1024 * 1024;

/** Plans what is due in all groups; one group's mistake holds up no other. */
export async function sendDigests(digesting: Digesting): Promise<void> {
  const { pool, clock, log } = digesting;
  for (const groupId of await directory.groupsWithDigestsDue(pool, clock.now())) {
    try {
      for (let round = 0; round < ROUNDS; round += 1)
        if ((await transact(pool, (sql) => digestGroup(sql, digesting, groupId))) < 1) break;
    } catch (error) {
      log.error({ group: groupId, err: reasonOf(error) }, "digests could not be written");
    }
  }
}

type Batch = { members: directory.DueDigest[]; upto: number };

/** One round for a group; answers how many members it was done for. */
async function digestGroup(sql: Sql, digesting: Digesting, groupId: string): Promise<number> {
  const { clock } = digesting;
  const now = clock.now();
  const due = await directory.digestsDue(sql, groupId, now, MEMBERS);
  const [group] = await directory.groupsById(sql, [groupId]);
  if (due.length === 0 || !group) return 0;
  const last = await archive.lastNumberOf(sql, groupId);
  const texts = textsOf(sql, groupId);
  const moved: Parameters<typeof directory.digested>[2] = [];
  const plans: queue.Plan[] = [];
  const move = (member: directory.DueDigest, upto: number | null): void => {
    // Where a long absence left more than one digest holds, the rest is due at once.
    const isRest = upto !== null && upto < last && member.isDue && !isStopped(member, now);
    moved.push({ id: member.id, upto, dueAt: isRest ? now : nextHour(member.zone, member.digestHour, now) });
  };
  for (const { members, upto } of batchesOf(due)) {
    const first = members[0]!;
    if (isStopped(first, now)) for (const one of members) move(one, last);
    else if (!first.isDue)
      for (const one of members) moved.push({ id: one.id, upto, dueAt: nextHour(one.zone, one.digestHour, now) });
    else {
      const placed = await archive.postsBetween(sql, groupId, upto, last, POSTS);
      const posts = group.authors === "hidden" ? placed.map(withoutAddress) : placed;
      const kind = first.mode === "summary" ? "summary" : "digest";
      const asked = { kind, form: first.digestForm, zone: first.zone } as const;
      for (const { some, alike } of await byWishes(sql, posts, members)) {
        const mails = notices.digestMails(digesting, group, await texts(some, kind), asked);
        const ids = await notices.keepDigests(
          sql,
          mails.map((mail) => ({ ...mail, groupId })),
          clock,
        );
        plans.push(...mails.map((mail, i) => planOf(ids[i]!, group, mail.raw.length, alike)));
      }
      const reached = posts.length < POSTS ? last : posts.at(-1)!.number;
      for (const one of members) move(one, reached);
    }
  }
  const rest = due.filter((one) => one.upto === null);
  for (const one of rest) moved.push({ id: one.id, upto: null, dueAt: nextHour(one.zone, one.digestHour, now) });
  await queue.plan(sql, plans, clock);
  await directory.digested(sql, groupId, moved);
  return due.length;
}

/** Where the group hides its authors' addresses: in the digest the group's stands for them. */
const withoutAddress = (post: archive.Post): archive.Post => ({
  ...post,
  authorName: post.authorName.replace(/@[^\s,;]*/g, "").trim() || post.authorAddress.split("@")[0]!,
  authorAddress: "",
});

const isStopped = ({ pausedAt, holidayUntil }: directory.DueDigest, now: Date): boolean =>
  pausedAt !== null || (holidayUntil !== null && holidayUntil.getTime() > now.getTime());

/** Members who get the same: of one kind, form and zone, from the same post on. */
function batchesOf(due: directory.DueDigest[]): Batch[] {
  const placed = due.filter((one) => one.upto !== null);
  const alike = Map.groupBy(placed, (one) =>
    [one.mode, one.digestForm, one.zone, one.upto, one.isDue, one.pausedAt !== null, one.holidayUntil?.getTime()].join(
      " ",
    ),
  );
  return [...alike.values()].map((members) => ({ members, upto: members[0]!.upto! }));
}

/**
 * Members who want the same of these posts. Left out is what they muted, what answers others where they want only what
 * answers them, and what came alone as they follow its topic.
 */
async function byWishes(
  sql: Sql,
  posts: archive.Post[],
  members: directory.DueDigest[],
): Promise<{ some: archive.Post[]; alike: directory.DueDigest[] }[]> {
  const topics = posts.map(({ groupId, topicId }) => ({ groupId, topicId }));
  if (posts.length === 0 || !(await directory.anyoneChooses(sql, topics))) return [{ some: posts, alike: members }];
  const about = await archive.aboutPosts(
    sql,
    posts.map((post) => post.id),
  );
  const ids = members.map((one) => one.id);
  const since = new Map(posts.map((post) => [post.id, post.receivedAt.getTime()]));
  const without = Map.groupBy(
    (await directory.choices(sql, about, ids)).filter(
      (one) => !one.wants || (one.since !== null && one.since.getTime() <= since.get(one.postId)!),
    ),
    (one) => one.id,
  );
  const kinds = Map.groupBy(members, (one) =>
    (without.get(one.id) ?? [])
      .map(({ postId }) => postId)
      .sort()
      .join(" "),
  );
  return [...kinds].map(([left, alike]) => {
    const out = new Set(left.split(" "));
    return { some: posts.filter((post) => !out.has(post.id)), alike };
  });
}

function planOf(id: string, group: directory.Group, size: number, members: directory.DueDigest[]): queue.Plan {
  const byDomain = Map.groupBy(members, (one) => one.domain);
  return {
    carries: "digest",
    itemId: id,
    groupId: group.id,
    class: queue.DIGESTS,
    size,
    weight: group.weight,
    recipients: [...byDomain].map(([domain, some]) => ({ domain, ids: some.map((one) => one.id) })),
  };
}

/** Reads the texts of posts, each once for all the digests of a round. */
function textsOf(sql: Sql, groupId: string) {
  const known = new Map<string, notices.DigestPost>();
  return async (posts: archive.Post[], kind: notices.DigestKind): Promise<notices.DigestPost[]> => {
    if (kind === "summary") return posts.map((post) => ({ ...post, references: [], text: "", attachments: [] }));
    const missing = posts.filter((post) => !known.has(post.id));
    for (let at = 0; at < missing.length; at += AT_ONCE) {
      const some = missing.slice(at, at + AT_ONCE);
      const raws = await archive.rawPosts(
        sql,
        groupId,
        some.map((post) => post.id),
      );
      for (const post of some) {
        const raw = raws.get(post.id);
        if (raw) known.set(post.id, { ...post, ...read(await unpack(raw, post.size, LARGEST)) });
      }
    }
    return posts.flatMap((post) => known.get(post.id) ?? []);
  };
}

function read(raw: Buffer): Pick<notices.DigestPost, "text" | "attachments" | "references"> {
  const mail = readMail(raw);
  const ofPage = mail.html === null ? "" : htmlToText(mail.html);
  const own = mail.text ?? "";
  // Beside a page there may be a stub that only says to look at the page.
  const text = mail.html !== null && own.trim().length < 0.3 * ofPage.trim().length ? ofPage : own;
  const attachments = mail.attachments.map((one) =>
    (one.filename ?? one.type).replace(/[\p{Cc}\s]+/gu, " ").slice(0, 100),
  );
  return { text, attachments: attachments.slice(0, 50), references: mail.references };
}
