/** What is done for a mail that asks for something, and who hears of it. */
import type { Sql } from "../db/sql.ts";
import type * as notices from "../notices/notices.ts";
import type { OutcomeKind } from "../queue/queue.ts";
import type { Filing, Judged } from "./file.ts";
import { isCalm, mayAnswer, mayBeTold } from "./letters.ts";

export type Done = { outcome: OutcomeKind; detail: string; letters: notices.Letter[] };

export const nothing = (detail: string): Done => ({ outcome: "declined", detail, letters: [] });

/** A no is told only to a proved sender, as everywhere: for a forger's it would be our mail to a stranger. */
export async function decline(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  detail: string,
  letter: () => notices.Letter,
): Promise<Done> {
  if (!mayBeTold(filing, judged)) return { outcome: "obeyed", detail, letters: [] };
  return answer(sql, filing, "declined", judged.opened.summary.authorAddress, detail, letter);
}

/** An answer to whoever asked by mail: proved, or a stranger by name. */
export async function answerAsked(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  kind: string,
  address: string,
  detail: string,
  letter: () => notices.Letter,
): Promise<Done> {
  const letters = (await mayAnswer(sql, filing, judged, kind, address)) ? [letter()] : [];
  return { outcome: "obeyed", detail, letters };
}

export async function answer(
  sql: Sql,
  filing: Filing,
  kind: string,
  address: string,
  detail: string,
  letter: () => notices.Letter,
): Promise<Done> {
  const letters = (await isCalm(sql, filing, kind, address)) ? [letter()] : [];
  return { outcome: "obeyed", detail, letters };
}
