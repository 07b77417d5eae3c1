/** Asking, on the web, for a letter to an address that may be a stranger's: counted by the rule of notices/strangers.ts. */
import { type Pool, transact } from "../../db/sql.ts";
import * as notices from "../../notices/notices.ts";
import { isKnownHere } from "./attempts.ts";

export type Verdict = notices.Verdict;
export const clientKey = notices.clientKey;

/** Counts one request if it may be made; answers what speaks against it. `personId`: for whose account it is asked. */
export async function request(
  pool: Pool,
  address: string,
  client: string,
  now: Date,
  personId: string | null = null,
): Promise<Verdict> {
  const isKnown = personId === null && (await isKnownHere(pool, address, client, now));
  return transact(pool, (sql) => notices.mayWrite(sql, { address, client, personId, isKnown }, now));
}
