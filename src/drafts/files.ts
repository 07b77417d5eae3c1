/** The files of a draft: added whole or not at all, and counted against what an author may keep. */
import type { Sql } from "../db/sql.ts";

export type DraftFile = { id: string; name: string; type: string; size: number };
export type Place = { groupId: string; draftId: string };

export const MOST_FILES = 30;
/** Bytes of files in all drafts of one author. */
export const MOST_KEPT = 120 * 1000 * 1000;

export const filesOf = (sql: Sql, { groupId, draftId }: Place): Promise<DraftFile[]> =>
  sql<DraftFile[]>`
    select id, name, type, size from draft_files where group_id = ${groupId} and draft_id = ${draftId} order by added_at, id`;

export const contentsOf = (sql: Sql, { groupId, draftId }: Place): Promise<(DraftFile & { content: Buffer })[]> =>
  sql<(DraftFile & { content: Buffer })[]>`
    select id, name, type, size, content from draft_files
    where group_id = ${groupId} and draft_id = ${draftId} order by added_at, id`;

/** Bytes that an author keeps in files. */
export async function keptBy(sql: Sql, authorKeys: readonly string[]): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select coalesce(sum(f.size), 0)::float8 as bytes from draft_files f
    join drafts d on d.group_id = f.group_id and d.id = f.draft_id where d.author_key = any(${[...authorKeys]})`;
  return row?.bytes ?? 0;
}

/** Adds a file to a draft that is there; two of one name are told apart. What was to be sent by itself is off the schedule. */
export async function addFile(
  sql: Sql,
  { groupId, draftId }: Place,
  file: DraftFile & { content: Buffer },
  now: Date,
): Promise<void> {
  const present = await filesOf(sql, { groupId, draftId });
  const row = {
    ...{ group_id: groupId, draft_id: draftId, id: file.id, type: file.type, size: file.size },
    ...{ name: freeName(file.name, present), content: file.content, added_at: now },
  };
  await sql`insert into draft_files ${sql(row)} on conflict do nothing`;
  await sql`update drafts set saved_at = ${now}, send_at = null where group_id = ${groupId} and id = ${draftId}`;
}

export async function removeFile(sql: Sql, { groupId, draftId }: Place, id: string): Promise<void> {
  await sql`delete from draft_files where group_id = ${groupId} and draft_id = ${draftId} and id = ${id}`;
}

function freeName(name: string, present: readonly DraftFile[]): string {
  const taken = new Set(present.map((one) => one.name.toLowerCase()));
  if (!taken.has(name.toLowerCase())) return name;
  const [, stem, ending] = /^(.*?)(\.[^.]{1,10})?$/s.exec(name)!;
  for (let i = 2; ; i += 1) {
    const free = `${stem} (${i})${ending ?? ""}`;
    if (!taken.has(free.toLowerCase())) return free;
  }
}
