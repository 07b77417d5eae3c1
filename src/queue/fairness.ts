/**
 * Fairness: the order in which one provider's deliveries are taken (start-time fair queueing, Goyal and others, 1996).
 *
 * Each delivery gets a tag. It begins where its group's last waiting one ends, or at the provider's virtual time (the
 * largest tag begun there so far), whichever is later; and the group's next one begins its cost behind it. So a post to
 * twenty does not stand behind a post to a hundred thousand, and a group that was silent has saved nothing up.
 * A class goes ahead of the next one whole. Letters need no tags: they go in the order in which they came.
 */
import type { Sql } from "../db/sql.ts";

/** Hundredths of a recipient. */
const RECIPIENT = 100;

/** What sending to so many costs a group of this weight. */
export const costOf = (recipients: number, weight: number): number =>
  Math.min(1_000_000_000, Math.max(1, Math.ceil((RECIPIENT * recipients) / weight)));

/**
 * An SQL expression: the tags of a set of new rows. `rows` names a table expression with provider, class, group_id, cost
 * and id; the answer is a select of id and tag.
 */
export const tagsOf = (sql: Sql, rows: ReturnType<Sql>) => sql`
  with flows as (
    select distinct provider, class, group_id from ${rows} r where class > 0
  ), begins as (
    select f.provider, f.class, f.group_id, greatest(
      coalesce((select max(virtual) from lanes l where l.provider = f.provider), 0),
      coalesce((select d.tag + d.cost from deliveries d
        where d.provider = f.provider and d.class = f.class and d.group_id is not distinct from f.group_id
          and d.state = 'waiting'
        order by d.tag desc limit 1), 0)
    ) as tag
    from flows f
  )
  select r.id, case when r.class = 0 then 0 else b.tag + coalesce(sum(r.cost) over (
      partition by r.provider, r.class, r.group_id order by r.id rows between unbounded preceding and 1 preceding), 0)
    end as tag
  from ${rows} r left join begins b
    on b.provider = r.provider and b.class = r.class and b.group_id is not distinct from r.group_id`;
