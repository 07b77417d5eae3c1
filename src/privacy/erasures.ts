/**
 * Erasures: asked for on the web, confirmed by the letter, begun after a week in which one word takes them back.
 *
 * What is to be done is done by chores, step by step; the row says how far it is. In the end the row says that somebody
 * was erased, when, and of how much, and no longer who.
 */
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";

/** How long the letter is good for. */
export const ERASURE_ASKED = 2 * DAY;
/** How long it can be taken back. */
export const GRACE = 7 * DAY;
/** What is not a person any more. */
export const NOBODY = "00000000-0000-0000-0000-000000000000";

export type ErasureState = "asked" | "due" | "under way" | "stopped" | "taken back" | "done";
export type Erasure = {
  id: string;
  personId: string;
  address: string;
  language: string;
  askedAt: Date;
  state: ErasureState;
  dueAt: Date | null;
  step: string;
  place: string;
  letterId: string | null;
};

const COLUMNS = `id, person_id as "personId", address, language, asked_at as "askedAt", state, due_at as "dueAt", step, place,
  letter_id as "letterId"`;

/** Keeps the wish; one that was asked before and not confirmed holds no longer. Answers the id for the letter's token. */
export async function askForErasure(
  sql: Sql,
  who: { personId: string; address: string; language: string },
  clock: Clock,
): Promise<string> {
  const id = newId(clock);
  await sql`delete from erasures where person_id = ${who.personId} and state = 'asked'`;
  await sql`
    insert into erasures (id, person_id, address, language, asked_at, state)
    values (${id}, ${who.personId}, ${who.address}, ${who.language}, ${clock.now()}, 'asked')`;
  return id;
}

export async function erasureById(sql: Sql, id: string, now: Date): Promise<Erasure | undefined> {
  const [found] = await sql<Erasure[]>`
    select ${sql.unsafe(COLUMNS)} from erasures
    where id = ${id} and (state <> 'asked' or asked_at > ${new Date(now.getTime() - ERASURE_ASKED)})`;
  return found;
}

/** A person's erasure that is confirmed and not done. */
export async function erasureOf(sql: Sql, personId: string): Promise<Erasure | undefined> {
  const [found] = await sql<Erasure[]>`
    select ${sql.unsafe(COLUMNS)} from erasures
    where person_id = ${personId} and state in ('due', 'under way', 'stopped') order by asked_at desc limit 1`;
  return found;
}

/** Answers when it will be; undefined when there was nothing to confirm. Said twice, it answers the same. */
export async function confirmErasure(sql: Sql, id: string, now: Date): Promise<Date | undefined> {
  const dueAt = new Date(now.getTime() + GRACE);
  const rows = await sql`
    update erasures e set state = 'due', confirmed_at = ${now}, due_at = ${dueAt}
    where id = ${id} and state = 'asked' and asked_at > ${new Date(now.getTime() - ERASURE_ASKED)}
      and not exists (select from erasures o where o.person_id = e.person_id and o.state in ('due', 'under way', 'stopped'))
    returning id`;
  return rows.length > 0 ? dueAt : undefined;
}

/** Takes it back while nothing has been done. */
export async function takeErasureBack(sql: Sql, id: string): Promise<boolean> {
  const rows = await sql`
    update erasures set state = 'taken back' where id = ${id} and (state = 'due' or (state = 'stopped' and step = ''))
    returning id`;
  return rows.length > 0;
}

/** One that is due; nobody else gets it until the transaction ends. */
export async function takeErasure(sql: Sql, now: Date): Promise<Erasure | undefined> {
  const [found] = await sql<Erasure[]>`
    select ${sql.unsafe(COLUMNS)} from erasures
    where state in ('due', 'under way', 'stopped') and due_at <= ${now} order by due_at limit 1 for update skip locked`;
  return found;
}

/** How far it is; counted are what was done since. */
export async function goOnErasing(
  sql: Sql,
  id: string,
  next: { step: string; place?: string; state?: ErasureState; dueAt?: Date; letterId?: string },
  counted: { memberships?: number; posts?: number } = {},
): Promise<void> {
  await sql`
    update erasures set step = ${next.step}, place = ${next.place ?? ""}, state = ${next.state ?? "under way"},
      due_at = coalesce(${next.dueAt ?? null}, due_at), letter_id = coalesce(${next.letterId ?? null}, letter_id),
      memberships = memberships + ${counted.memberships ?? 0}, posts = posts + ${counted.posts ?? 0}
    where id = ${id}`;
}

/** How much has been done. */
export async function erasureCounts(sql: Sql, id: string): Promise<{ memberships: number; posts: number }> {
  const [row] = await sql<{ memberships: number; posts: number }[]>`
    select memberships, posts from erasures where id = ${id}`;
  return row ?? { memberships: 0, posts: 0 };
}

/** It is done: what is left says when, and of how much. */
export async function endErasure(sql: Sql, id: string, now: Date): Promise<void> {
  await sql`
    update erasures set state = 'done', done_at = ${now}, person_id = ${NOBODY}, address = '', place = '', letter_id = null
    where id = ${id}`;
}

/** Forgets the wishes of a person but this one. */
export async function forgetWishes(sql: Sql, personId: string, but: string): Promise<void> {
  await sql`delete from erasures where person_id = ${personId} and id <> ${but}`;
}

/** Forgets what was never confirmed, and what was taken back. */
export async function forgetErasures(sql: Sql, now: Date): Promise<void> {
  await sql`
    delete from erasures
    where state in ('asked', 'taken back') and asked_at < ${new Date(now.getTime() - ERASURE_ASKED)}`;
}
