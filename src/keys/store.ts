/**
 * Where keys are kept.
 *
 * Two nodes that start together both make one; the first to commit is everybody's.
 */
import type { Sql } from "../db/sql.ts";

type Key = {
  /** `token`, `dkim rsa`, `dkim ed25519`, `tls` … */
  name: string;
  /** PEM, or base64 for a plain secret. */
  private: string;
  public: string;
  createdAt: Date;
};

/** The key of this name; made by `make` when there is none. */
export async function key(
  sql: Sql,
  name: string,
  make: () => Promise<{ private: string; public: string }>,
  now: Date,
): Promise<Key> {
  const known = await find(sql, name);
  if (known) return known;
  const fresh = await make();
  await sql`
    insert into keys (name, private, public, created_at) values (${name}, ${fresh.private}, ${fresh.public}, ${now})
    on conflict (name) do nothing`;
  return (await find(sql, name))!;
}

async function find(sql: Sql, name: string): Promise<Key | undefined> {
  const [row] = await sql<
    Key[]
  >`select name, private, public, created_at as "createdAt" from keys where name = ${name}`;
  return row;
}
