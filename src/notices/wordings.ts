/** The wordings that owners wrote for their group's letters, each version of them. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import type { Letter } from "./notices.ts";
import type { Wording } from "./wording.ts";

/** One version; without a wording it went back to the default. */
export type Version = {
  /** 1 is the first of its letter and language. */
  number: number;
  name: string;
  language: string;
  wording: Wording | null;
  writtenBy: string;
  writtenAt: Date;
};

/** Versions kept of one letter in one language. */
const VERSIONS = 50;

type Which = { groupId: string; name: string; language: string };

/** Keeps a version; without a wording, the letter is the default one again. In a transaction. */
export async function keepWording(
  sql: Sql,
  { groupId, name, language }: Which,
  wording: Wording | null,
  by: string,
  clock: Clock,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`wording ${groupId} ${name} ${language}`}, 4))`;
  await sql`
    insert into letter_wordings (group_id, name, language, number, subject, text, written_by, written_at)
    select ${groupId}, ${name}, ${language}, coalesce(max(number), 0) + 1, ${wording?.subject ?? null},
      ${wording?.text ?? null}, ${by}, ${clock.now()}
    from letter_wordings where group_id = ${groupId} and name = ${name} and language = ${language}`;
  await sql`
    delete from letter_wordings where group_id = ${groupId} and name = ${name} and language = ${language}
      and number <= (
        select max(number) - ${VERSIONS} from letter_wordings
        where group_id = ${groupId} and name = ${name} and language = ${language})`;
}

/** The versions of one letter, the newest first. */
export async function versions(sql: Sql, { groupId, name, language }: Which): Promise<Version[]> {
  const rows = await sql<Row[]>`
    select number, name, language, subject, text, written_by as "writtenBy", written_at as "writtenAt" from letter_wordings
    where group_id = ${groupId} and name = ${name} and language = ${language}
    order by number desc limit ${VERSIONS}`;
  return rows.map(versionOf);
}

/** What counts now in a group: the newest version of each letter and language that has one. */
export async function newestVersions(sql: Sql, groupId: string): Promise<Version[]> {
  const rows = await sql<Row[]>`
    select distinct on (name, language) number, name, language, subject, text, written_by as "writtenBy",
      written_at as "writtenAt"
    from letter_wordings where group_id = ${groupId}
    order by name, language, number desc`;
  return rows.map(versionOf);
}

/** The letters in the words of their groups, where these have words of their own. */
export async function worded(sql: Sql, letters: Letter[]): Promise<Letter[]> {
  const groupIds = [...new Set(letters.flatMap((letter) => (letter.worded && letter.groupId ? [letter.groupId] : [])))];
  if (groupIds.length === 0) return letters;
  const names = [...new Set(letters.map((letter) => letter.kind))];
  const rows = await sql<(Row & { groupId: string })[]>`
    select distinct on (group_id, name, language) group_id as "groupId", number, name, language, subject, text,
      written_by as "writtenBy", written_at as "writtenAt"
    from letter_wordings where group_id = any(${groupIds}::uuid[]) and name = any(${names})
    order by group_id, name, language, number desc`;
  if (rows.length === 0) return letters;
  const keyOf = (...parts: (string | null | undefined)[]): string => parts.join(" ");
  const known = new Map(rows.map((row) => [keyOf(row.groupId, row.name, row.language), versionOf(row).wording]));
  return letters.map((letter) => {
    const wording = known.get(keyOf(letter.groupId, letter.kind, letter.language));
    return wording && letter.worded ? letter.worded(wording) : letter;
  });
}

type Row = Omit<Version, "wording"> & { subject: string | null; text: string | null };

const versionOf = ({ subject, text, ...row }: Row): Version => ({
  ...row,
  wording: subject === null || text === null ? null : { subject, text },
});
