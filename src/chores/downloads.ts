/**
 * Writing downloads: everything about a person, some of it in each transaction (privacy/downloads.ts). What the files
 * hold is told in the README they come with, and in docs/privacy.md.
 */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import * as archive from "../archive/archive.ts";
import { type Pool, type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as drafts from "../drafts/drafts.ts";
import * as health from "../health/health.ts";
import type { Clock } from "../kit/clock.ts";
import { inLanguage, t } from "../language/language.ts";
import { addressKey } from "../mail/address.ts";
import { mboxEntry } from "../mail/mbox-write.ts";
import * as notices from "../notices/notices.ts";
import * as privacy from "../privacy/privacy.ts";
import * as queue from "../queue/queue.ts";

export type Downloading = {
  pool: Pool;
  domain: string;
  url: string;
  clock: Clock;
  /** Sessions and the like are the web's. */
  signInRows: (sql: Sql, addresses: string[], personId: string) => Promise<Record<string, unknown>>;
};

/** All pieces together: beyond that posts are left out, and counted. */
const LARGEST = 2 * 1024 * 1024 * 1024;
const LARGEST_POST = 256 * 1024 * 1024;
/** A piece is begun with what a post needs, and closed at this size. */
const PIECE = 4 * 1024 * 1024;
const POSTS = 50;
const LETTERS = 100;
const EVENTS = 5000;
const LOWEST = "00000000-0000-0000-0000-000000000000";

type Piece = { name: string; bytes: Buffer };
type Written = {
  pieces: Piece[];
  next: { step: string; place: string; posts?: number; leftOut?: number; readyAt?: Date };
};
type Who = { addresses: string[]; memberships: (directory.Membership & { endedAt: Date | null })[] };

/** Writes one batch of a download that was asked for. Answers whether there was any. */
export const writeSomeDownload = (downloading: Downloading): Promise<boolean> =>
  transact(downloading.pool, async (sql) => {
    const download = await privacy.takeDownload(sql);
    if (!download) return false;
    const [addresses, memberships] = await Promise.all([
      directory.addressesOf(sql, download.personId),
      directory.membershipsEverOf(sql, download.personId),
    ]);
    const all = [download.address, ...addresses.map((one) => one.address), ...memberships.map((one) => one.address)];
    const who = { addresses: [...new Set(all.map(addressKey))].filter(Boolean), memberships };
    const { pieces, next } = await STEPS[download.step]!(sql, downloading, download, who);
    const packed = pieces.map(({ name, bytes }) => ({ name, bytes: zstdCompressSync(bytes) }));
    await privacy.keepPieces(sql, download, packed, next);
    return true;
  });

const json = (name: string, value: unknown): Piece => ({
  name,
  bytes: Buffer.from(`${JSON.stringify(value, null, 2)}\n`),
});

const STEPS: Record<
  string,
  (sql: Sql, downloading: Downloading, download: privacy.Download, who: Who) => Promise<Written>
> = {
  person: async (sql, { url, clock, signInRows }, download, who) => {
    const { personId } = download;
    const person = await directory.personById(sql, personId);
    const erasure = await privacy.erasureOf(sql, personId);
    return {
      pieces: [
        { name: "README.txt", bytes: Buffer.from(inLanguage(download.language, () => readme(new URL(url).host))) },
        json("person.json", {
          madeAt: clock.now(),
          id: personId,
          name: person?.name ?? "",
          isOperator: person?.isOperator ?? false,
          addresses: await directory.addressesOf(sql, personId),
          erasure: erasure ? { askedAt: erasure.askedAt, state: erasure.state, dueAt: erasure.dueAt } : null,
        }),
        json("requests.json", await directory.requestsOf(sql, personId, who.addresses)),
        json("sign-in.json", await signInRows(sql, who.addresses, personId)),
      ],
      next: { step: "memberships", place: "" },
    };
  },
  memberships: async (sql, _, __, who) => {
    const groups = await groupsOf(
      sql,
      who.memberships.map((one) => one.groupId),
    );
    const pieces: Piece[] = [];
    const all: unknown[] = [];
    for (const { personId: _, groupId, ...one } of who.memberships) {
      const group = groups.get(groupId);
      all.push({
        group: group?.name ?? "",
        ...one,
        cameBy: (await directory.consentOf(sql, groupId, one.id)) ?? null,
        notesOfModerators: await directory.notesAbout(sql, one.id),
        history: await directory.eventsOf(sql, groupId, one.id, EVENTS),
        topics: await directory.topicsChosen(sql, { groupId, id: one.id }, EVENTS),
        read: await archive.readMarksOf(sql, groupId, one.id),
      });
      pieces.push(
        json(`health/${group?.name ?? groupId}-${one.id}.json`, await health.healthRowsOf(sql, groupId, one.id)),
      );
    }
    return { pieces: [json("memberships.json", all), ...pieces], next: { step: "drafts", place: LOWEST } };
  },
  drafts: async (sql, _, { place }, who) => {
    const some = await drafts.draftsFrom(sql, who.addresses, place, 1);
    const draft = some[0];
    if (!draft) return { pieces: [], next: { step: "letters", place: LOWEST } };
    const { groupId, id, authorKey: _key, ...typed } = draft;
    const files = await drafts.contentsOf(sql, { groupId, draftId: id });
    const group = (await groupsOf(sql, [groupId])).get(groupId)?.name ?? "";
    const names = files.map((one) => one.name);
    const fileName = (name: string): string => name.replace(/[/\\\p{Cc}]/gu, "_").slice(0, 150);
    return {
      pieces: [
        json(`drafts/${id}/draft.json`, { group, ...typed, files: names }),
        ...files.map((one) => ({ name: `drafts/${id}/${one.id}-${fileName(one.name)}`, bytes: one.content })),
      ],
      next: { step: "drafts", place: id },
    };
  },
  letters: async (sql, _, { place }, who) => {
    const letters = await notices.lettersOf(sql, who.addresses, place, LETTERS);
    const last = letters.at(-1);
    return {
      pieces: letters.map((one) => ({
        name: `letters/${one.createdAt.toISOString().slice(0, 10)}-${one.kind}-${one.id}.eml`,
        bytes: one.raw,
      })),
      next: last ? { step: "letters", place: last.id } : { step: "deliveries", place: "" },
    };
  },
  deliveries: async (sql, _, { place }, who) => {
    const day = (await queue.logDays(sql)).find((one) => one > place);
    if (!day) return { pieces: [], next: { step: "posts", place: "" } };
    const tries = await queue.triesOfDay(
      sql,
      who.memberships.map((one) => one.id),
      day,
    );
    const lines = tries.map((one) => `${JSON.stringify(one)}\n`).join("");
    return {
      pieces: lines === "" ? [] : [{ name: `deliveries/${day}.jsonl`, bytes: Buffer.from(lines) }],
      next: { step: "deliveries", place: day },
    };
  },
  posts: async (sql, downloading, download, who) => {
    const [groupId = LOWEST, number = "0"] = download.place.split(" ").filter(Boolean);
    const posts = await archive.authoredPosts(sql, who.addresses, { groupId, number: Number(number) }, POSTS);
    if (posts.length === 0) return finish(sql, downloading, download);
    const groups = await groupsOf(
      sql,
      posts.map((one) => one.groupId),
    );
    const pieces: Piece[] = [];
    let size = 0;
    let reached = 0;
    let leftOut = 0;
    for (const post of posts) {
      if (size > PIECE) break;
      reached += 1;
      if (post.isDeleted) continue;
      if (download.size + size + post.raw.length > LARGEST) {
        leftOut += 1;
        continue;
      }
      const bytes = mboxEntry(zstdDecompressSync(post.raw, { maxOutputLength: LARGEST_POST }), post.sentAt);
      size += bytes.length;
      pieces.push({ name: `posts/${groups.get(post.groupId)?.name ?? post.groupId}.mbox`, bytes });
    }
    const last = posts[reached - 1]!;
    const place = `${last.groupId} ${last.number}`;
    return { pieces: joined(pieces), next: { step: "posts", place, posts: reached - leftOut, leftOut } };
  },
};

/** Neighbours of one file become one piece. */
function joined(pieces: Piece[]): Piece[] {
  return [...Map.groupBy(pieces, (one) => one.name)].map(([name, some]) => ({
    name,
    bytes: Buffer.concat(some.map((one) => one.bytes)),
  }));
}

async function finish(sql: Sql, { domain, url, clock }: Downloading, download: privacy.Download): Promise<Written> {
  const letter = inLanguage(download.language, () =>
    notices.downloadReadyLetter({ domain, url, clock }, download.address, download.leftOut),
  );
  await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
  return { pieces: [], next: { step: "", place: "", readyAt: clock.now() } };
}

async function groupsOf(sql: Sql, ids: string[]): Promise<Map<string, directory.Group>> {
  const groups = await directory.groupsById(sql, [...new Set(ids)]);
  return new Map(groups.map((group) => [group.id, group]));
}

const readme = (host: string): string => `${t`Everything that ${host} has about you.`}

person.json         ${t`your name and addresses, and whether you asked to be erased`}
memberships.json    ${t`each group you are or were in: how you get its mail, how you came, what was changed and why, what its moderators noted about you, what you have read`}
health/             ${t`what came back from your address, and what we did about it, one file for each membership`}
requests.json       ${t`what you asked for and have not confirmed`}
sign-in.json        ${t`where you are signed in, and how`}
drafts/             ${t`what you are writing, with the files beside it`}
letters/            ${t`our letters to you, as far as they are kept (30 days)`}
deliveries/         ${t`every try to send you a mail, as far as it is logged: one line of JSON for each, by day`}
posts/              ${t`what you posted, one mbox file for each group (RFC 4155, mboxrd)`}

${t`Times are in UTC (ISO 8601). The format is described in docs/privacy.md of Smartgroups.`}
`;
