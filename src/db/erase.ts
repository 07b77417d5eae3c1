/**
 * Erasing what belongs to a group, in every table that says so by a column group_id: the catalogue of the database is
 * asked, so that a room's new table is not forgotten. Split tables are left alone: they are logs, dropped by the day.
 */
import type { Sql } from "./sql.ts";

/** Tables whose rows belong to groups, those that others refer to last. */
export async function tablesOfGroups(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'group_id' and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and not c.relispartition
      and not exists (select from pg_inherits i where i.inhrelid = c.oid)
    order by (select count(*) from pg_constraint k where k.contype = 'f' and k.confrelid = c.oid), c.relname`;
  return rows.map((row) => row.name);
}

/** Those of these tables in which a group has rows. Asked in one statement: mostly there are none left. */
export async function tablesWith(sql: Sql, tables: string[], groupId: string): Promise<string[]> {
  const asked = tables.map(
    (table) => `select '${table}' as name where exists (select from ${table} where group_id = $1)`,
  );
  const rows = await sql.unsafe<{ name: string }[]>(asked.join(" union all "), [groupId]);
  const found = new Set(rows.map((row) => row.name));
  return tables.filter((table) => found.has(table));
}

/** Takes up to `count` of a group's rows out of a table; answers how many there were. */
export async function eraseRows(sql: Sql, table: string, groupId: string, count: number): Promise<number> {
  const result = await sql`
    delete from ${sql(table)} where ctid = any(array(
      select ctid from ${sql(table)} where group_id = ${groupId} limit ${count}))`;
  return result.count;
}
