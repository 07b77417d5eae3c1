/** Keeping drafts: each saving says which version it changes, so that of two tabs neither overwrites the other. */
import type { Sql } from "../db/sql.ts";
import { DAY } from "../kit/clock.ts";

export type Draft = {
  groupId: string;
  id: string;
  /** The address key of who writes it. */
  authorKey: string;
  /** What it will be from. */
  address: string;
  /** The number of the post it answers. */
  answers: number | null;
  name: string;
  subject: string;
  body: string;
  isSpecial: boolean;
  isPlain: boolean;
  version: number;
  savedAt: Date;
  sendAt: Date | null;
  client: string;
  problem: string | null;
};

export type Typed = Omit<Draft, "version" | "savedAt" | "sendAt" | "client" | "problem">;

export const DRAFTS_KEPT = 90 * DAY;
/** What one author may keep: enough for anybody, and no store for strangers. */
export const MOST_DRAFTS = 100;

export const DRAFT = `group_id as "groupId", id, author_key as "authorKey", address, answers, name, subject, body,
  is_special as "isSpecial", is_plain as "isPlain", version, saved_at as "savedAt", send_at as "sendAt", client, problem`;

/**
 * Saves what was typed on top of `version` (0 for a first time); answers the new version, or undefined where the draft is
 * another one meanwhile, or gone. What is changed is off the schedule. Run again after a lost answer, it is saved once.
 */
export async function save(sql: Sql, typed: Typed, version: number, now: Date): Promise<number | undefined> {
  const row = {
    ...{ group_id: typed.groupId, id: typed.id, author_key: typed.authorKey, address: typed.address },
    ...{ answers: typed.answers, name: typed.name, subject: typed.subject, body: typed.body },
    ...{ is_special: typed.isSpecial, is_plain: typed.isPlain, created_at: now, saved_at: now },
  };
  const saved =
    version === 0
      ? await sql<{ version: number }[]>`insert into drafts ${sql(row)} on conflict do nothing returning version`
      : await sql<{ version: number }[]>`
          update drafts set address = ${typed.address}, name = ${typed.name}, subject = ${typed.subject}, body = ${typed.body},
            is_special = ${typed.isSpecial}, is_plain = ${typed.isPlain}, version = version + 1, saved_at = ${now},
            send_at = null, problem = null
          where group_id = ${typed.groupId} and id = ${typed.id} and author_key = ${typed.authorKey} and version = ${version}
            and (name, subject, body, is_special, is_plain) is distinct from
              (${typed.name}, ${typed.subject}, ${typed.body}, ${typed.isSpecial}, ${typed.isPlain})
          returning version`;
  if (saved[0]) return saved[0].version;
  const [same] = await sql<{ version: number }[]>`
    select version from drafts
    where group_id = ${typed.groupId} and id = ${typed.id} and author_key = ${typed.authorKey}
      and (name, subject, body, is_special, is_plain) =
        (${typed.name}, ${typed.subject}, ${typed.body}, ${typed.isSpecial}, ${typed.isPlain})`;
  return same?.version;
}

/** A draft of one of these authors, held until the transaction ends when `lock` says so. */
export async function draftOf(
  sql: Sql,
  authorKeys: readonly string[],
  id: string,
  lock: "lock" | "look" = "look",
): Promise<Draft | undefined> {
  const [found] = await sql<Draft[]>`
    select ${sql.unsafe(DRAFT)} from drafts where id = ${id} and author_key = any(${[...authorKeys]})
    ${lock === "lock" ? sql`for update` : sql``}`;
  return found;
}

export type ListedDraft = Omit<Draft, "body"> & { words: string; files: number };

/** Everything these authors are writing: what will be sent by itself first, then the newest. In one group where it is named. */
export const draftsOf = (
  sql: Sql,
  authorKeys: readonly string[],
  groupId: string | null = null,
): Promise<ListedDraft[]> =>
  sql<ListedDraft[]>`
    select ${sql.unsafe(DRAFT.replace("subject, body,", "subject, left(body, 300) as words,"))},
      (select count(*)::int from draft_files f where f.group_id = d.group_id and f.draft_id = d.id) as files
    from drafts d
    where author_key = any(${[...authorKeys]}) and (${groupId}::uuid is null or group_id = ${groupId})
    order by send_at nulls last, saved_at desc limit ${2 * MOST_DRAFTS}`;

export async function countOf(sql: Sql, authorKeys: readonly string[]): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from drafts where author_key = any(${[...authorKeys]})`;
  return row?.count ?? 0;
}

/** Throws drafts away, their files with them. Answers how many were there. */
export async function discard(sql: Sql, authorKeys: readonly string[], ids: readonly string[]): Promise<number> {
  const rows = await sql`
    delete from drafts where id = any(${[...ids]}::uuid[]) and author_key = any(${[...authorKeys]}) returning id`;
  return rows.length;
}

/** Everything of an author who erases themselves. */
export async function eraseDrafts(sql: Sql, authorKeys: readonly string[]): Promise<number> {
  const rows = await sql`delete from drafts where author_key = any(${[...authorKeys]}) returning id`;
  return rows.length;
}

/** Forgets what nobody has touched since `before` and what waits for no time of its own. */
export async function forgetDrafts(sql: Sql, before: Date): Promise<number> {
  const rows = await sql`delete from drafts where saved_at < ${before} and send_at is null returning id`;
  return rows.length;
}
