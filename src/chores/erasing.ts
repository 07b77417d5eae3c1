/**
 * Erasing a person, step by step: each batch is one transaction with the place it reaches, so that who goes on after a
 * kill -9 begins where the last commit ended, and every step may be done again.
 *
 * The order matters: first they leave, so that nothing more goes out; then everything that is found by their addresses;
 * the addresses themselves go last, as what is left to do is found by them. What is kept, and why: docs/privacy.md.
 */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import * as archive from "../archive/archive.ts";
import { type Pool, type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as drafts from "../drafts/drafts.ts";
import * as health from "../health/health.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { inLanguage } from "../language/language.ts";
import { addressKey } from "../mail/address.ts";
import { anonymised } from "../mail/anonymous.ts";
import { summarise } from "../mail/summary.ts";
import * as mailbox from "../mailbox/mailbox.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as privacy from "../privacy/privacy.ts";
import * as queue from "../queue/queue.ts";

export type Erasing = {
  pool: Pool;
  domain: string;
  url: string;
  clock: Clock;
  /** Sessions, passwords and the like are the web's. */
  forgetSignIn: (sql: Sql, addresses: string[], personId: string) => Promise<void>;
};

const POSTS = 20;
const ROWS = 20_000;
const LETTERS = 2000;
const LARGEST = 256 * 1024 * 1024;
const LOWEST = "00000000-0000-0000-0000-000000000000";

type Who = {
  personId: string;
  /** Lower-case. */
  addresses: string[];
  names: string[];
  memberships: { id: string; groupId: string }[];
};
type Next = { step: string; place?: string; state?: privacy.ErasureState; dueAt?: Date; letterId?: string };
type Done = { next: Next | "end"; counted?: { memberships?: number; posts?: number } };
type Step = (sql: Sql, erasing: Erasing, erasure: privacy.Erasure, who: Who) => Promise<Done>;

/** Does one batch of what is due. Answers whether there was any. */
export const eraseSome = (erasing: Erasing): Promise<boolean> =>
  transact(erasing.pool, async (sql) => {
    const now = erasing.clock.now();
    const erasure = await privacy.takeErasure(sql, now);
    if (!erasure) return false;
    const who = await whoIs(sql, erasure);
    const { next, counted } = await STEPS[erasure.step || "leave"]!(sql, erasing, erasure, who);
    if (next === "end") await privacy.endErasure(sql, erasure.id, now);
    else await privacy.goOnErasing(sql, erasure.id, next, counted);
    return true;
  });

async function whoIs(sql: Sql, { personId, address }: privacy.Erasure): Promise<Who> {
  const [person, addresses, memberships] = await Promise.all([
    directory.personById(sql, personId),
    directory.addressesOf(sql, personId),
    directory.membershipsEverOf(sql, personId),
  ]);
  const all = [address, ...addresses.map((one) => one.address), ...memberships.map((one) => one.address)];
  const names = [person?.name ?? "", ...memberships.map((one) => one.name)];
  return {
    personId,
    addresses: [...new Set(all.map(addressKey))].filter(Boolean),
    names: [...new Set(names)].filter(Boolean),
    memberships: memberships.map(({ id, groupId }) => ({ id, groupId })),
  };
}

const STEPS: Record<string, Step> = {
  leave: async (sql, erasing, erasure, who) => {
    const now = erasing.clock.now();
    // Two owners of one group who are erased at the same moment meet here, and one of them is the last.
    await directory.lockOwned(sql, who.personId);
    const owned = await directory.onlyOwnerOf(sql, who.personId);
    if (owned.length > 0) {
      if (erasure.state !== "stopped")
        await tell(sql, erasing, erasure, (writer) =>
          notices.erasureStoppedLetter(writer, erasure.address, owned.map((one) => one.title).join(", ")),
        );
      return { next: { step: "", state: "stopped", dueAt: new Date(now.getTime() + DAY) } };
    }
    await directory.setOperator(sql, who.personId, false);
    const memberships = await directory.leaveEverywhere(sql, who.personId, now);
    return { next: { step: "posts" }, counted: { memberships } };
  },
  posts: async (sql, { clock }, erasure, who) => {
    const [groupId = LOWEST, number = "0"] = erasure.place.split(" ").filter(Boolean);
    const posts = await archive.authoredPosts(sql, who.addresses, { groupId, number: Number(number) }, POSTS);
    const groups = await directory.groupsById(sql, [...new Set(posts.map((one) => one.groupId))]);
    for (const post of posts) {
      const rule = groups.find((group) => group.id === post.groupId)?.erasure ?? "anonymise";
      await forgetAuthor(sql, post, rule, who, clock);
      const digests = await notices.digestsWith(sql, post.groupId, post.number, post.number);
      const moving = await queue.underWay(
        sql,
        digests.map((one) => one.id),
      );
      await notices.forgetDigestsById(
        sql,
        digests.flatMap((one) => (moving.has(one.id) ? [] : [one.id])),
      );
    }
    const last = posts.at(-1);
    if (!last) return { next: { step: "mails" } };
    return { next: { step: "posts", place: `${last.groupId} ${last.number}` }, counted: { posts: posts.length } };
  },
  mails: async (sql, _, __, who) => {
    await queue.dropAsideFrom(sql, who.addresses);
    await moderation.forgetHeldFrom(sql, who.addresses);
    await drafts.eraseDrafts(sql, who.addresses);
    await mailbox.forgetAddresses(sql, who.addresses);
    return { next: { step: "letters" } };
  },
  letters: async (sql, _, erasure, who) => {
    const { ids, last } = await notices.lettersNaming(sql, who.addresses, erasure.place || LOWEST, LETTERS);
    await queue.forgetItems(sql, ids);
    await notices.forgetLetters(sql, ids);
    return { next: last ? { step: "letters", place: last } : { step: "outcomes" } };
  },
  outcomes: async (sql, _, erasure, who) => {
    const at = erasure.place.indexOf(" ");
    const after = at < 0 ? undefined : { mailId: erasure.place.slice(0, at), recipient: erasure.place.slice(at + 1) };
    const reached = await queue.forgetInOutcomes(sql, who.addresses, after, ROWS);
    return { next: reached ? { step: "outcomes", place: `${reached.mailId} ${reached.recipient}` } : { step: "log" } };
  },
  log: async (sql, _, erasure, who) => {
    const day = (await queue.logDays(sql)).find((one) => one > erasure.place);
    if (day) await queue.forgetInLog(sql, who.addresses, day);
    return { next: day ? { step: "log", place: day } : { step: "groups" } };
  },
  groups: async (sql, _, erasure, who) => {
    const groupIds = [...new Set(who.memberships.map((one) => one.groupId))].sort();
    const groupId = groupIds.find((one) => one > erasure.place);
    if (!groupId) return { next: { step: "person" } };
    const ids = who.memberships.filter((one) => one.groupId === groupId).map((one) => one.id);
    await forgetInGroup(sql, groupId, ids, who);
    return { next: { step: "groups", place: groupId } };
  },
  person: async (sql, erasing, erasure, who) => {
    const { clock, domain, url } = erasing;
    const done = await privacy.erasureCounts(sql, erasure.id);
    const letter = inLanguage(erasure.language, () =>
      notices.erasedLetter({ domain, url, clock }, erasure.address, done.memberships, done.posts),
    );
    const plans = await notices.write(sql, [letter], clock);
    await queue.plan(sql, plans, clock);
    await privacy.forgetDownloads(sql, clock.now(), who.personId);
    await privacy.forgetWishes(sql, who.personId, erasure.id);
    await erasing.forgetSignIn(sql, who.addresses, who.personId);
    await directory.forgetPerson(sql, who.personId, privacy.NOBODY, clock.now());
    return { next: { step: "last", place: String(clock.now().getTime()), letterId: plans[0]!.itemId } };
  },
  /** The last letter is waited for, two days at most; then the address it went to goes too. */
  last: async (sql, { clock }, erasure, who) => {
    const { letterId } = erasure;
    const now = clock.now();
    const isWaiting = letterId !== null && (await queue.underWay(sql, [letterId])).has(letterId);
    if (isWaiting && now.getTime() < Number(erasure.place) + 2 * DAY)
      return { next: { step: "last", place: erasure.place, dueAt: new Date(now.getTime() + 60_000) } };
    if (letterId) {
      await queue.forgetItems(sql, [letterId]);
      await notices.forgetLetters(sql, [letterId]);
    }
    for (const day of (await queue.logDays(sql)).slice(-4)) await queue.forgetInLog(sql, who.addresses, day);
    return { next: "end" };
  },
};

async function forgetAuthor(
  sql: Sql,
  post: archive.AuthoredPost,
  rule: directory.Group["erasure"],
  who: Who,
  clock: Clock,
): Promise<void> {
  // Others' posts name this id; only one that says who wrote it has to become another.
  const names = who.addresses.some((one) => post.messageId.toLowerCase().includes(one));
  const messageId = names ? `${post.id}@anonymous.invalid` : post.messageId;
  const membershipId = who.memberships.find((one) => one.groupId === post.groupId)?.id ?? LOWEST;
  if (rule === "remove" || post.isDeleted) {
    const trace = { id: newId(clock), at: clock.now(), membershipId };
    return archive.removeAuthored(sql, post, messageId, trace);
  }
  const raw = anonymised(zstdDecompressSync(post.raw, { maxOutputLength: LARGEST }), who, archive.FORMER);
  const { subject, words, parts } = summarise(raw, post.sentAt);
  const packed = zstdCompressSync(raw);
  await archive.disownPost(sql, post, { messageId, subject, words, parts, size: raw.length, raw: packed });
}

async function forgetInGroup(sql: Sql, groupId: string, ids: string[], who: Who): Promise<void> {
  await archive.forgetReader(sql, groupId, ids);
  await health.forgetHealth(sql, groupId, ids, who.addresses);
  await directory.forgetInHistory(sql, groupId, ids);
  await moderation.forgetModerator(sql, groupId, ids, [...who.names, ...who.addresses]);
  await notices.forgetWriter(sql, groupId, [...who.names, ...who.addresses]);
  await directory.forgetName(sql, groupId, [...who.names, ...who.addresses]);
}

async function tell(
  sql: Sql,
  { domain, url, clock }: Erasing,
  { language }: privacy.Erasure,
  say: (writer: { domain: string; url: string; clock: Clock }) => notices.Letter,
): Promise<void> {
  const letter = inLanguage(language, () => say({ domain, url, clock }));
  await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
}
