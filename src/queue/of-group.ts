/** What of the queue concerns a group as a whole: its new address, its end, and whether others' mail waits meanwhile. */

import type { Sql } from "../db/sql.ts";
import { SECOND } from "../kit/clock.ts";

/** A group has another address: what is held for it, or let through for it, is so under the new one. */
export async function readdress(sql: Sql, from: string, to: string): Promise<void> {
  await sql`
    update mails set recipients = array_replace(recipients, ${from}, ${to}),
      approved_for = case when approved_for = ${from} then ${to} else approved_for end
    where state in ('held', 'waiting') and ${from} = any(recipients) and (state = 'held' or approved_for = ${from})`;
}

/** Drops what is held for addresses of a group that is gone, and what of its posts has not been sent. */
export async function dropGroup(sql: Sql, groupId: string, addresses: string[]): Promise<void> {
  await sql`
    with gone as (
      delete from mails where state = 'held' and recipients <@ ${addresses}::text[] returning id
    )
    delete from mail_pieces where mail_id in (select id from gone)`;
  await sql`
    update mails set recipients = (select array_agg(one) from unnest(recipients) as one where not one = any(${addresses}::text[]))
    where state = 'held' and recipients && ${addresses}::text[]`;
  await sql`delete from deliveries where group_id = ${groupId} and state <> 'taken'`;
  await sql`delete from holds where scope = 'group' and key = ${groupId}`;
}

/** Does mail wait to be filed? What is not urgent stands back then. */
export const isBusy = async (sql: Sql, now: Date): Promise<boolean> =>
  (await sql`select from mails where state = 'waiting' and due_at <= ${new Date(now.getTime() - SECOND)} limit 1`)
    .length > 0;
