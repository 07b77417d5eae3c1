/** Letters and digests of who is erased. */
import type { Sql } from "../db/sql.ts";
import { en } from "../language/language.ts";

/** Letters to these addresses (lower-case), and those that name one, after a place: at most `limit` are looked at. */
export async function lettersNaming(
  sql: Sql,
  addresses: string[],
  after: string,
  limit: number,
): Promise<{ ids: string[]; last: string | undefined }> {
  const rows = await sql<{ id: string; isTheirs: boolean }[]>`
    select id, lower(recipient) = any(${addresses}) or exists (
      select from unnest(${addresses}::text[]) as a(address)
      where position(a.address in lower(subject)) > 0
        or position(a.address in lower(encode(raw, 'escape'))) > 0) as "isTheirs"
    from letters where id > ${after} order by id limit ${limit}`;
  return { ids: rows.filter((row) => row.isTheirs).map((row) => row.id), last: rows.at(-1)?.id };
}

export async function forgetLetters(sql: Sql, ids: string[]): Promise<void> {
  await sql`delete from letters where id = any(${ids}::uuid[])`;
}

export async function forgetDigestsById(sql: Sql, ids: string[]): Promise<void> {
  await sql`delete from digests where id = any(${ids}::uuid[])`;
}

export type OwnLetter = { id: string; kind: string; subject: string; createdAt: Date; raw: Buffer };

/** Letters to these addresses (lower-case), after a place. */
export const lettersOf = (sql: Sql, addresses: string[], after: string, limit: number): Promise<OwnLetter[]> =>
  sql<OwnLetter[]>`
    select id, kind, subject, created_at as "createdAt", raw from letters
    where lower(recipient) = any(${addresses}) and id > ${after} order by id limit ${limit}`;

/** Letters in a group's own words stay; who wrote them is forgotten. */
export async function forgetWriter(sql: Sql, groupId: string, names: string[]): Promise<void> {
  await sql`
    update letter_wordings set written_by = ${en`a former member`}
    where group_id = ${groupId} and written_by = any(${names})`;
}
