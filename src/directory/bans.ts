/**
 * Bans: addresses a group keeps out, alone (`ana@far.test`), by domain (`far.test`) or by a pattern with "*"
 * (`*@*.far.test`). Who is banned can't join in any way and can't post; who runs the group is not touched by them.
 */
import type { Sql } from "../db/sql.ts";
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";
import { addressKey } from "../mail/address.ts";

export type Ban = { pattern: string; why: string; setBy: string; setAt: Date };

/** Stands where a group would: who is kept out of all of them. */
export const SERVICE = "00000000-0000-0000-0000-000000000000";

const MOST = 1000;
/** More would make comparing slow, and say nothing that fewer can't. */
const MOST_STARS = 3;

/** The pattern as it is kept: lower-case, and with an "@". Refuses in a sentence what is none. */
export function banPattern(written: string): string {
  const text = written.trim().toLowerCase();
  const pattern = text.includes("@") ? text : `*@${text}`;
  if (!/^[^\s@,;<>"\u0000-\u001f]{1,64}@[^\s@,;<>"\u0000-\u001f]{1,180}$/u.test(pattern))
    throw new Refusal(
      en`"${written.slice(0, 80)}" is no address, domain or pattern: write ana@far.test, far.test or *@*.far.test.`,
    );
  if (pattern.split("*").length - 1 > MOST_STARS) throw new Refusal(en`A pattern has at most ${MOST_STARS} stars.`);
  if (/^[*]+@[*.]+$/.test(pattern))
    throw new Refusal(en`This pattern would keep out everybody: close the group instead.`);
  return pattern;
}

/** Keeps out who fits the pattern; setting it again changes its reason. */
export async function ban(
  sql: Sql,
  groupId: string,
  { pattern, why, setBy }: { pattern: string; why: string; setBy: string },
  now: Date,
): Promise<void> {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from bans where group_id = ${groupId}`;
  if (row!.count >= MOST) throw new Refusal(en`A group has at most ${MOST} bans: lift some, or ban a domain instead.`);
  const matches = pattern.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
  const one = { group_id: groupId, pattern, matches, why: why.slice(0, 500), set_by: setBy, set_at: now };
  await sql`insert into bans ${sql(one)} on conflict (group_id, pattern) do update set why = excluded.why`;
}

/** Answers whether there was one. */
export async function liftBan(sql: Sql, groupId: string, pattern: string): Promise<boolean> {
  const rows = await sql`delete from bans where group_id = ${groupId} and pattern = ${pattern} returning pattern`;
  return rows.length > 0;
}

export const bans = (sql: Sql, groupId: string): Promise<Ban[]> =>
  sql<Ban[]>`
    select pattern, why, set_by as "setBy", set_at as "setAt" from bans where group_id = ${groupId}
    order by set_at desc, pattern limit ${MOST}`;

/** Which of these pairs of group and address are banned, as `GROUP-ID KEY`. */
export async function bannedAmong(sql: Sql, pairs: { groupId: string; address: string }[]): Promise<Set<string>> {
  if (pairs.length === 0) return new Set();
  const rows = await sql<{ groupId: string; key: string }[]>`
    select distinct p.group_id as "groupId", p.key
    from unnest(${pairs.map((one) => one.groupId)}::uuid[], ${pairs.map((one) => addressKey(one.address))}::text[])
      as p(group_id, key)
    join bans b on b.group_id in (p.group_id, ${SERVICE}::uuid) and p.key like b.matches`;
  return new Set(rows.map((row) => `${row.groupId} ${row.key}`));
}

export const isBanned = async (sql: Sql, groupId: string, address: string): Promise<boolean> =>
  (await bannedAmong(sql, [{ groupId, address }])).size > 0;
