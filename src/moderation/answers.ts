/** Answers that a group's moderators have ready: a title to find it by, and the words the author is told. */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";

export type Answer = { id: string; title: string; words: string };

const MOST = 50;
export const LONGEST_ANSWER_TITLE = 80;
export const LONGEST_ANSWER_WORDS = 2000;

export const answers = (sql: Sql, groupId: string): Promise<Answer[]> =>
  sql<Answer[]>`
    select id, title, words from answers where group_id = ${groupId} order by lower(title), id limit ${MOST}`;

/** Keeps an answer: a new one, or the one with this id changed. Refuses in a sentence what can't be kept. */
export async function keepAnswer(
  sql: Sql,
  groupId: string,
  answer: { id?: string; title: string; words: string },
  clock: Clock,
): Promise<void> {
  const title = answer.title.replace(/\s+/g, " ").trim();
  const words = answer.words.replace(/\r\n?/g, "\n").trim();
  if (title === "") throw new Refusal(en`Give the answer a title to find it by.`);
  if (words === "") throw new Refusal(en`Write what the author shall be told.`);
  if (title.length > LONGEST_ANSWER_TITLE || words.length > LONGEST_ANSWER_WORDS)
    throw new Refusal(
      en`Keep the title to ${LONGEST_ANSWER_TITLE} characters and the answer to ${LONGEST_ANSWER_WORDS}.`,
    );
  const present = await answers(sql, groupId);
  if (answer.id === undefined && present.length >= MOST)
    throw new Refusal(en`A group has at most ${MOST} answers ready: remove one that is not needed any more.`);
  if (answer.id !== undefined) {
    await sql`update answers set title = ${title}, words = ${words} where group_id = ${groupId} and id = ${answer.id}`;
    return;
  }
  await sql`insert into answers ${sql({ group_id: groupId, id: newId(clock), title, words })}`;
}

/** Answers whether it was there. */
export async function removeAnswer(sql: Sql, groupId: string, id: string): Promise<boolean> {
  const rows = await sql`delete from answers where group_id = ${groupId} and id = ${id} returning id`;
  return rows.length > 0;
}
