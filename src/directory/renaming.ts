/**
 * Renaming a group. The old name stays the group's own for good: mail to it arrives, links with it lead on, and no other
 * group can take it. Going back to it, or on to a third, is the same step again.
 */
import type { Sql } from "../db/sql.ts";
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";
import { checkGroupName, holdNames, isFormerName, taken } from "./group-names.ts";
import { GROUP, type Group, groupNamed } from "./groups.ts";

/** The group under its new name, and the name it had; undefined when it has that name already. */
export async function renameGroup(
  sql: Sql,
  groupId: string,
  wanted: string,
  now: Date,
): Promise<{ group: Group; from: string } | undefined> {
  const to = wanted.trim().toLowerCase();
  checkGroupName(to);
  await holdNames(sql);
  const [before] = await sql<{ name: string }[]>`select name from groups where id = ${groupId} for update`;
  if (!before) throw new Refusal(en`This group is gone: it may have been removed meanwhile.`);
  if (before.name === to) return undefined;
  if ((await isFormerName(sql, to, groupId)) || (await groupNamed(sql, to))) throw taken(to);
  await sql`delete from group_names where name = ${to}`;
  await sql`
    insert into group_names (name, group_id, left_at) values (${before.name}, ${groupId}, ${now})
    on conflict (name) do update set left_at = excluded.left_at`;
  const [group] = await sql<Group[]>`
    update groups set name = ${to}, list_id = coalesce(list_id, ${before.name}) where id = ${groupId}
    returning ${sql.unsafe(GROUP)}`;
  return { group: group!, from: before.name };
}

/** The names that groups have left since then, and what they are called now and until the transaction ends. */
export const renamedSince = (sql: Sql, since: Date): Promise<{ from: string; to: string }[]> =>
  sql<{ from: string; to: string }[]>`
    select f.name as "from", g.name as "to" from group_names f join groups g on g.id = f.group_id
    where f.left_at > ${since} order by f.left_at for key share of g`;

/** The groups of these names (lower-case), by the name asked for: the name they have, or one they had. */
export async function groupsCalled(sql: Sql, names: string[]): Promise<Map<string, Group>> {
  const rows = await sql<(Group & { asked: string })[]>`
    select w.asked, g.* from unnest(${names}::text[]) as w(asked)
    left join group_names f on f.name = w.asked
    join lateral (
      select ${sql.unsafe(GROUP)} from groups where name = w.asked or id = f.group_id
    ) g on true`;
  return new Map(rows.map(({ asked, ...group }) => [asked, group]));
}

/** By the name it has or one it had. */
export const groupCalled = async (sql: Sql, name: string): Promise<Group | undefined> =>
  (await groupsCalled(sql, [name.toLowerCase()])).get(name.toLowerCase());
