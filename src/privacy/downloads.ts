/**
 * Downloads: everything about a person as files, each written in pieces. A piece is committed together with the place
 * it reaches, so that who goes on after a kill -9 leaves nothing out and has nothing twice.
 */
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";

/** How long a download that is ready can be fetched. */
export const DOWNLOAD_LIVES = DAY;

export type Download = {
  id: string;
  personId: string;
  address: string;
  language: string;
  askedAt: Date;
  /** What is written next: a step, and a place within it. */
  step: string;
  place: string;
  pieces: number;
  size: number;
  posts: number;
  /** Posts there was no room for. */
  leftOut: number;
  readyAt: Date | null;
};

const COLUMNS = `id, person_id as "personId", address, language, asked_at as "askedAt", step, place, pieces,
  size::float8 as size, posts, left_out as "leftOut", ready_at as "readyAt"`;

/** Asks for a download, or finds the one that was asked for within the day. */
export async function askForDownload(
  sql: Sql,
  who: { personId: string; address: string; language: string },
  first: string,
  clock: Clock,
): Promise<Download> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${who.personId}, 70))`;
  const present = await downloadOf(sql, who.personId, clock.now());
  if (present) return present;
  const [made] = await sql<Download[]>`
    insert into downloads (id, person_id, address, language, asked_at, step)
    values (${newId(clock)}, ${who.personId}, ${who.address}, ${who.language}, ${clock.now()}, ${first})
    returning ${sql.unsafe(COLUMNS)}`;
  return made!;
}

/** A person's newest download: being written, or ready and not past its day. */
export async function downloadOf(sql: Sql, personId: string, now: Date): Promise<Download | undefined> {
  const [found] = await sql<Download[]>`
    select ${sql.unsafe(COLUMNS)} from downloads
    where person_id = ${personId} and (ready_at is null or ready_at > ${new Date(now.getTime() - DOWNLOAD_LIVES)})
    order by asked_at desc limit 1`;
  return found;
}

/** The oldest that is being written; nobody else gets it until the transaction ends. */
export async function takeDownload(sql: Sql): Promise<Download | undefined> {
  const [found] = await sql<Download[]>`
    select ${sql.unsafe(COLUMNS)} from downloads where ready_at is null order by asked_at limit 1 for update skip locked`;
  return found;
}

/** Keeps what was written, and where to go on. */
export async function keepPieces(
  sql: Sql,
  download: Download,
  pieces: { name: string; bytes: Buffer }[],
  next: { step: string; place: string; posts?: number; leftOut?: number; readyAt?: Date },
): Promise<void> {
  const rows = pieces.map(({ name, bytes }, i) => ({
    download_id: download.id,
    index: download.pieces + i,
    name,
    piece: bytes,
  }));
  if (rows.length > 0) await sql`insert into download_pieces ${sql(rows)}`;
  const size = pieces.reduce((sum, one) => sum + one.bytes.length, 0);
  await sql`
    update downloads set step = ${next.step}, place = ${next.place}, pieces = pieces + ${rows.length},
      size = size + ${size}, posts = posts + ${next.posts ?? 0}, left_out = left_out + ${next.leftOut ?? 0},
      ready_at = ${next.readyAt ?? null}
    where id = ${download.id}`;
}

/** A piece of a download; pieces of one file follow each other. */
export async function pieceOf(
  sql: Sql,
  id: string,
  index: number,
): Promise<{ name: string; piece: Buffer } | undefined> {
  const [found] = await sql<{ name: string; piece: Buffer }[]>`
    select name, piece from download_pieces where download_id = ${id} and index = ${index}`;
  return found;
}

/** Forgets what is past its day, and everything of a person when one is named. */
export async function forgetDownloads(sql: Sql, now: Date, personId: string | null = null): Promise<void> {
  // One that is being written is waited for: the pieces of a transaction under way are seen only when it has ended.
  const gone = await sql<{ id: string }[]>`
    select id from downloads
    where person_id = ${personId} or ready_at < ${new Date(now.getTime() - DOWNLOAD_LIVES)}
    order by id for update`;
  const ids = gone.map((row) => row.id);
  await sql`delete from download_pieces where download_id = any(${ids}::uuid[])`;
  await sql`delete from downloads where id = any(${ids}::uuid[])`;
}
