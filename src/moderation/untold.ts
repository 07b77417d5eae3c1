/**
 * Held posts whose authors still have to hear so. Who gets several letters about held posts within an hour gets no further
 * one at once: the rest is told in one letter, so that nobody is flooded by what they, or a broken program, sent.
 */
import type { Sql } from "../db/sql.ts";

export type Untold = { groupId: string; mailId: string; address: string; subject: string; reason: string };

/** Remembers them, in the transaction that holds the posts. */
export async function tellLater(sql: Sql, untold: Untold[], now: Date): Promise<void> {
  if (untold.length === 0) return;
  const rows = untold.map((one) => ({
    group_id: one.groupId,
    mail_id: one.mailId,
    address: one.address,
    subject: one.subject.slice(0, 200),
    reason: one.reason.slice(0, 500),
    at: now,
  }));
  await sql`insert into held_untold ${sql(rows)} on conflict (group_id, mail_id) do nothing`;
}

/** Takes out what is to be told now: of groups and authors whose oldest waits since before `before`, some at a time. */
export const takeUntold = (sql: Sql, before: Date): Promise<Untold[]> =>
  sql<Untold[]>`
    with due as (
      select distinct group_id, address from held_untold where at <= ${before} limit 200
    ), free as (
      select group_id, mail_id from held_untold join due using (group_id, address) for update of held_untold skip locked
    )
    delete from held_untold u using free
    where u.group_id = free.group_id and u.mail_id = free.mail_id
    returning u.group_id as "groupId", u.mail_id as "mailId", u.address, u.subject, u.reason`;
