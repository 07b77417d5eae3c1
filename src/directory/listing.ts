/** The directory of groups that everybody may know of: by title, the newest first, or by a word. */
import type { Sql } from "../db/sql.ts";
import { GROUP, type Group } from "./groups.ts";

/** Named to everybody. A group on its way out is not: nobody should join it. */
const isListed = (sql: Sql) =>
  sql`visibility in ('public', 'listed') and not (visibility = 'public' and archive = 'members') and erase_at is null`;

/** By title; `after` is the name of the listed group that the page before ended with: any other leads nowhere, there or not. */
export const listedByTitle = (sql: Sql, after: string | null, limit: number): Promise<Group[]> =>
  sql<Group[]>`
    select ${sql.unsafe(GROUP)} from groups
    where ${isListed(sql)} and (${after}::text is null
      or (lower(title), name) > (select lower(title), name from groups where name = ${after} and ${isListed(sql)}))
    order by lower(title), name limit ${limit}`;

/** The newest first; `after` as above. */
export const listedByAge = (sql: Sql, after: string | null, limit: number): Promise<Group[]> =>
  sql<Group[]>`
    select ${sql.unsafe(GROUP)} from groups
    where ${isListed(sql)} and (${after}::text is null
      or (created_at, id) < (select created_at, id from groups where name = ${after} and ${isListed(sql)}))
    order by created_at desc, id desc limit ${limit}`;

/** Those that may be named among these, in no order. */
export const listedAmong = (sql: Sql, ids: string[]): Promise<Group[]> =>
  sql<Group[]>`select ${sql.unsafe(GROUP)} from groups where id = any(${ids}::uuid[]) and ${isListed(sql)}`;

/** Those with all these words in name, title or description, in no order; no more than `most`. */
export const listedWith = (sql: Sql, words: string[], most: number): Promise<Group[]> =>
  sql<Group[]>`
    select ${sql.unsafe(GROUP)} from groups
    where ${isListed(sql)} and not exists (
      select from unnest(${words.map((word) => word.toLowerCase())}::text[]) as w(word)
      where position(w.word in lower(name || ' ' || title || ' ' || description)) = 0)
    limit ${most}`;
