/**
 * Databases that are used again: the one of a test that passed is set free under another name, and emptied by the next test
 * that takes it. Whatever still knew it by its old name finds it no more. One whose tables, functions or settings are not as
 * the template's is not used again.
 */
import { randomBytes } from "node:crypto";
import type { Pool, Sql } from "../../src/db/sql.ts";
import { codeOf } from "../../src/kit/errors.ts";

/** Whose rows are more than this is not worth emptying. */
const LARGEST = 24 * 1024 * 1024;

const prefix = (template: string): string => template.replace("template", "free");

/** Gives a free database a new name; false when there is none. */
export async function takeFree(admin: Pool, template: string, name: string): Promise<boolean> {
  const free = await admin<{ name: string }[]>`
    select datname as name from pg_database where starts_with(datname, ${prefix(template)}) and datallowconn
    order by random() limit 4`;
  for (const one of free) {
    const isTaken = await admin.unsafe(`alter database ${one.name} rename to ${name}`).then(
      () => true,
      (error) => {
        // Another test took it: it is gone, or about to be.
        if (["3D000", "55006", "XX000", "40001"].includes(codeOf(error) ?? "")) return false;
        throw error;
      },
    );
    if (isTaken) return true;
  }
  return false;
}

/** Ends its sessions and sets it free, or drops it when it has become large. */
export async function setFree(admin: Pool, template: string, name: string): Promise<void> {
  const [size] = await admin<{ bytes: string }[]>`select pg_database_size(${name}) as bytes`;
  if (Number(size!.bytes) > LARGEST) {
    await admin.unsafe(`drop database if exists ${name} with (force)`);
    return;
  }
  await admin.unsafe(`alter database ${name} with allow_connections false`);
  await admin`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${name}`;
  const free = `${prefix(template)}_${randomBytes(6).toString("hex")}`;
  await admin.unsafe(`alter database ${name} rename to ${free}`);
  await admin.unsafe(`alter database ${free} with allow_connections true`);
}

/** Empties all tables; false when the database is not of the template's shape. */
export async function emptied(pool: Pool, shape: string): Promise<boolean> {
  await pool.unsafe(`
    do $$
    declare one record; full_ones text;
    begin
      perform set_config('session_replication_role', 'replica', true);
      for one in select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^settlements_[0-9]{8}$'
      loop execute format('drop table %I', one.relname); end loop;
      -- Truncated, as rows of one moment must come in the order in which they were written, as in a new database.
      select string_agg(quote_ident(relname), ', ') into full_ones from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not in ('migrations', 'keys')
          and pg_relation_size(oid) > 0;
      if full_ones is not null then execute 'truncate ' || full_ones || ' cascade'; end if;
      -- An RSA key is as good as another, and takes a tenth of a second to make.
      delete from keys where name <> 'dkim rsa';
    end $$`);
  return (await shapeOf(pool)) === shape;
}

/** All that a test could have changed but rows, in one text. */
export async function shapeOf(sql: Sql): Promise<string> {
  const [row] = await sql<{ shape: string }[]>`
    select md5(concat_ws(' ',
    (select string_agg(concat(c.oid, c.relname, c.relkind, c.relnatts, c.relchecks, c.relhastriggers), ' ' order by c.oid)
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname !~ '^settlements_[0-9]{8}(_|$)'),
    (select string_agg(nspname, ' ' order by oid) from pg_namespace where nspname !~ '^pg_(toast_)?temp'),
    (select string_agg(concat(oid, tgname, tgenabled), ' ' order by oid) from pg_trigger where not tgisinternal),
    (select string_agg(concat(oid, proname), ' ' order by oid) from pg_proc where pronamespace = 'public'::regnamespace),
    (select string_agg(setconfig::text, ' ') from pg_db_role_setting s
      join pg_database d on d.oid = s.setdatabase where d.datname = current_database()))) as shape`;
  return row!.shape;
}
