/** What the database consists of, asked from its catalogue: tables with their columns, and the days they are split by. */
import type { Sql } from "../db/sql.ts";
import type { Header, TableStart } from "./backup-form.ts";

/** All tables but the list of migrations; one that refers to another comes after it. */
export async function tablesOf(sql: Sql): Promise<TableStart[]> {
  const tables = await sql<TableStart[]>`
    select c.relname as table, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'migrations' and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    group by c.relname order by c.relname`;
  const references = await sql<{ from: string; to: string }[]>`
    select f.relname as "from", t.relname as "to"
    from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    where k.contype = 'f' and f.oid <> t.oid`;
  return inOrder(tables, references);
}

function inOrder(tables: TableStart[], references: { from: string; to: string }[]): TableStart[] {
  const ordered: TableStart[] = [];
  let left = [...tables];
  while (left.length > 0) {
    const names = new Set(left.map((one) => one.table));
    const free = left.filter(
      (one) => !references.some((reference) => reference.from === one.table && names.has(reference.to)),
    );
    if (free.length === 0) return [...ordered, ...left];
    ordered.push(...free);
    left = left.filter((one) => !free.includes(one));
  }
  return ordered;
}

export const partitionsOf = (sql: Sql): Promise<Header["partitions"]> =>
  sql<Header["partitions"]>`
    select p.relname as parent, c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
    where c.relispartition and c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
    order by c.relname`;

export async function migrationsOf(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`select name from migrations order by name`;
  return rows.map((row) => row.name);
}
