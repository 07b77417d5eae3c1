/** Operators: people who look after the service itself. The first is made on the set-up page, others by a command. */
import { hold } from "../db/lock.ts";
import type { Sql } from "../db/sql.ts";

export type Operator = { name: string; addresses: string[] };

export const operators = (sql: Sql): Promise<Operator[]> =>
  sql<Operator[]>`
    select p.name, coalesce(array_agg(a.address order by a.address_key) filter (where a.address is not null), '{}') as addresses
    from people p left join addresses a on a.person_id = p.id
    where p.is_operator group by p.id, p.name order by p.id`;

export async function hasOperator(sql: Sql): Promise<boolean> {
  return (await sql`select from people where is_operator limit 1`).length > 0;
}

/** Makes the first operator, in a transaction: whoever is second, by the same link too, is answered false. */
export async function makeFirstOperator(sql: Sql, personId: string): Promise<boolean> {
  await hold(sql, "first operator");
  if (await hasOperator(sql)) return false;
  await setOperator(sql, personId, true);
  return true;
}

/** Answers whether that changed anything. */
export async function setOperator(sql: Sql, personId: string, isOperator: boolean): Promise<boolean> {
  const rows = await sql`
    update people set is_operator = ${isOperator} where id = ${personId} and is_operator <> ${isOperator} returning id`;
  return rows.length > 0;
}
