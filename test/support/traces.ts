/** Looks for words in every row of every table, in what is packed there too. */
import { zstdDecompressSync } from "node:zlib";
import type { Pool } from "../../src/db/sql.ts";

const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

const textOf = (value: unknown): string => {
  if (Buffer.isBuffer(value))
    return (value.subarray(0, 4).equals(ZSTD) ? zstdDecompressSync(value) : value).toString("latin1");
  return typeof value === "string"
    ? value
    : (JSON.stringify(value instanceof Date ? value.toISOString() : value) ?? "");
};

/** All tables but their partitions. */
export async function tablesOf(pool: Pool): Promise<string[]> {
  const rows = await pool<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migrations'
    order by 1`;
  return rows.map((row) => row.name);
}

/** Where these words stand: `table.column: word`, each once. Base64 of UTF-8 is looked into as well. */
export async function tracesOf(pool: Pool, words: string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const table of await tablesOf(pool)) {
    for (const row of await pool`select * from ${pool(table)}`) {
      for (const [column, value] of Object.entries(row)) {
        const text = textOf(value).toLowerCase();
        const decoded = text.length < 100_000 ? text.replace(/=\r?\n/g, "").replaceAll("=40", "@") : text;
        for (const word of words) if (decoded.includes(word.toLowerCase())) found.add(`${table}.${column}: ${word}`);
      }
    }
  }
  return [...found].sort();
}
