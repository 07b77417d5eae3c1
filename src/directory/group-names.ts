/** What a group can be called: its name is the local part of its address, and those it had before stay its own. */
import { hold } from "../db/lock.ts";
import type { Sql } from "../db/sql.ts";
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";

/** Names no group may have: RFC 2142's mailboxes and the service's own addresses. */
const RESERVED = new Set(
  `postmaster abuse hostmaster webmaster noc security support info marketing sales
   mailer-daemon root bounce leave join back confirm set write request invite noreply no-reply news usenet www uucp ftp`.split(
    /\s+/,
  ),
);

/** The words at the end of a group's address that are not part of its name: `GROUP-owner`, `GROUP+subscribe`. */
const SUFFIX = /-(owner|request|subscribe|unsubscribe|join|leave|bounces|help)$/;

/** Refuses, in a sentence, a name a group can't have. */
export function checkGroupName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,39}$/.test(name))
    throw new Refusal(
      en`"${name.slice(0, 60)}" can't be a group's name: use up to 40 letters a–z, digits, dots and hyphens, beginning with a letter or digit.`,
    );
  if (RESERVED.has(name) || SUFFIX.test(name) || name.includes("..") || name.endsWith("."))
    throw new Refusal(en`"${name}" has a meaning of its own in mail: choose another name for the group.`);
}

/** Until the transaction ends, nobody else gives or takes a name. */
export const holdNames = (sql: Sql): Promise<void> => hold(sql, "group names");

/** Was this another group's name? It stays theirs: letters and links with it are followed to them. */
export const isFormerName = async (sql: Sql, name: string, except?: string): Promise<boolean> =>
  (await sql`select from group_names where name = ${name} and group_id is distinct from ${except ?? null}::uuid`)
    .length > 0;

/** Refuses, in a sentence, a name that a group can't have, or that is another's. */
export async function checkNewName(sql: Sql, name: string, groupId?: string): Promise<void> {
  checkGroupName(name);
  const used = await sql`select from groups where name = ${name} and id is distinct from ${groupId ?? null}::uuid`;
  if (used.length > 0 || (await isFormerName(sql, name, groupId))) throw taken(name);
}

/** The names a group had before, the latest first. */
export async function formerNames(sql: Sql, groupId: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from group_names where group_id = ${groupId} order by left_at desc, name`;
  return rows.map((row) => row.name);
}

export const taken = (name: string): Refusal =>
  new Refusal(en`There is already a group called ${name}: choose another name.`);
