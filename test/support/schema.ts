/**
 * The tables as the database has them, written down in a stable order: for comparing with docs/tables.sql.
 *
 * Made from the catalogue by our own question, so that it needs no programs of PostgreSQL's and looks the same for
 * every server version. Partitions come and go by the day and are left out, but for the one that takes what has none.
 */
import type { Sql } from "../../src/db/sql.ts";

const HEADING = `-- The tables after all migrations. Made from the database; do not edit.
-- To refresh: UPDATE=1 npm test -- test/tables.test.ts
`;

type Table = { name: string; columns: string[]; constraints: string[]; indexes: string[]; options: string };

export async function schemaOf(sql: Sql): Promise<string> {
  const tables = await sql<Table[]>`
    select c.relname as name,
      coalesce((select array_agg(
          quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
          || case when a.attnotnull then ' not null' else '' end
          || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
          || case when a.attstorage <> t.typstorage then ' storage ' || a.attstorage::text else '' end
          order by a.attnum)
        from pg_attribute a join pg_type t on t.oid = a.atttypid
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '{}') as columns,
      coalesce((select array_agg(pg_get_constraintdef(k.oid) order by k.conname)
        from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n'), '{}') as constraints,
      coalesce((select array_agg(pg_get_indexdef(i.indexrelid) order by i.indexrelid::regclass::text)
        from pg_index i where i.indrelid = c.oid
          and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = c.oid)), '{}') as indexes,
      case when c.relkind = 'p' then ' partition by ' || pg_get_partkeydef(c.oid) else '' end
        || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') as options
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and (not c.relispartition or pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT')
    order by c.relname`;
  return [HEADING, ...tables.map(written)].join("\n");
}

function written({ name, columns, constraints, indexes, options }: Table): string {
  const lines = [...columns, ...constraints].map((line) => `  ${line}`).join(",\n");
  const below = indexes.map(
    (index) => `${index.replace(" public.", " ").replace("ON public.", "ON ").replace("ONLY public.", "ONLY ")};\n`,
  );
  return `create table ${name} (\n${lines}\n)${options};\n${below.join("")}`;
}
