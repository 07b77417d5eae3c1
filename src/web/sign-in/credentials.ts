/** What a person signs in with, in the library's tables: written by us, so that the letter that tells of it is written with it. */
import type { Sql } from "../../db/sql.ts";
import type { Clock } from "../../kit/clock.ts";
import { newId } from "../../kit/id.ts";
import { mailOf } from "./library.ts";

/** The library's user of a person, made when they first come. */
export async function makeUser(sql: Sql, personId: string, now: Date): Promise<void> {
  await sql`
    insert into sign_in_users (id, name, email, email_verified, created_at, updated_at)
    values (${personId}, '', ${mailOf(personId)}, true, ${now}, ${now}) on conflict do nothing`;
}

export async function hasPassword(sql: Sql, personId: string): Promise<boolean> {
  const rows = await sql`
    select from sign_in_accounts where user_id = ${personId} and provider_id = 'credential' limit 1`;
  return rows.length > 0;
}

export async function keepPassword(sql: Sql, personId: string, hash: string, clock: Clock): Promise<void> {
  const now = clock.now();
  await makeUser(sql, personId, now);
  await removePassword(sql, personId);
  await sql`
    insert into sign_in_accounts (id, user_id, account_id, provider_id, password, created_at, updated_at)
    values (${newId(clock)}, ${personId}, ${personId}, 'credential', ${hash}, ${now}, ${now})`;
}

export async function removePassword(sql: Sql, personId: string): Promise<boolean> {
  const rows = await sql`
    delete from sign_in_accounts where user_id = ${personId} and provider_id = 'credential' returning id`;
  return rows.length > 0;
}
