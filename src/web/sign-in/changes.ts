/** What somebody signs in with has changed: every address of theirs hears of it, so that a stranger's change is seen. */
import type { Sql } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import * as notices from "../../notices/notices.ts";
import * as queue from "../../queue/queue.ts";
import type { House } from "../house.ts";

/** Plans a letter to each address that is shown to be theirs. */
export async function planChange(
  sql: Sql,
  { config, clock }: Pick<House, "config" | "clock">,
  personId: string,
  what: notices.AccountChange,
): Promise<void> {
  const addresses = await directory.verifiedAddresses(sql, personId);
  const writer = { domain: config.domain, url: config.url, clock };
  const letters = addresses.slice(0, 10).map((to) => notices.accountChangedLetter(writer, to, what));
  if (letters.length > 0) await queue.plan(sql, await notices.write(sql, letters, clock), clock);
}
