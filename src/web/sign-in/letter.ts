/** The letter with the sign-in link: as short as a good secretary's, in the language of who asks. */
import { transact } from "../../db/sql.ts";
import * as notices from "../../notices/notices.ts";
import * as queue from "../../queue/queue.ts";
import type { House } from "../house.ts";

/** Writes the letter and plans its delivery, together. */
export async function mailLink(
  { pool, config, clock }: Pick<House, "pool" | "config" | "clock">,
  recipient: string,
  token: string,
  next: string,
): Promise<void> {
  const link = `${config.url}/sign-in/${token}${next === "/" ? "" : `?next=${encodeURIComponent(next)}`}`;
  const letter = notices.signInLetter({ domain: config.domain, url: config.url, clock }, recipient, link);
  await transact(pool, async (sql) => {
    await queue.plan(sql, await notices.write(sql, [letter], clock), clock);
  });
}
