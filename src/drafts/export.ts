/** What somebody is writing, for who takes everything about them along. */
import type { Sql } from "../db/sql.ts";
import { DRAFT, type Draft } from "./keep.ts";

export const draftsFrom = (sql: Sql, authorKeys: readonly string[], after: string, limit: number): Promise<Draft[]> =>
  sql<Draft[]>`
    select ${sql.unsafe(DRAFT)} from drafts
    where author_key = any(${[...authorKeys]}) and id > ${after} order by id limit ${limit}`;
