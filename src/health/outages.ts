/**
 * Outages: providers that fail for many at once. While one is open nothing that fails there counts against anybody, and
 * what had been counted since it began is taken back. Judged in outage.ts; written and shown here.
 */
import type { Sql } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { FEWEST, USUAL_WITHIN, WINDOW } from "./outage.ts";

export type Outage = {
  id: string;
  provider: string;
  sense: string;
  beganAt: Date;
  seenAt: Date;
  endedAt: Date | null;
  /** over: it passed; lasting: it stayed so for days, and counts as the truth since. */
  ending: "" | "over" | "lasting";
  recipients: number;
  tried: number;
  said: string;
};

const COLUMNS = `id, provider, sense, began_at as "beganAt", seen_at as "seenAt", ended_at as "endedAt", ending,
  recipients, tried, said`;

export type Alike = {
  provider: string;
  sense: string;
  failing: number;
  usual: number;
  firstAt: Date;
  lastAt: Date;
  said: string;
};

/** Where many addresses of one of these providers failed alike just now, and how many usually do in as long a time. */
export async function failingAlike(sql: Sql, providers: string[], now: Date): Promise<Alike[]> {
  const since = new Date(now.getTime() - WINDOW);
  return sql<Alike[]>`
    with alike as (
      select provider, sense, count(distinct address)::int as failing, max(last_at) as last_at,
        coalesce(min(at) filter (where at > ${since}), ${since}) as first_at, max(said) as said
      from troubles where provider = any(${providers}) and last_at > ${since}
      group by provider, sense
      having count(distinct address) >= ${FEWEST}
    )
    select a.provider, a.sense, a.failing, a.first_at as "firstAt", a.last_at as "lastAt", a.said, coalesce((
      select count(distinct (t.address, floor(extract(epoch from t.at) * 1000 / ${WINDOW})))::float8
        / nullif(count(distinct floor(extract(epoch from t.at) * 1000 / ${WINDOW})), 0)
      from troubles t
      where t.provider = a.provider and t.sense = a.sense and t.outage_id is null
        and t.at between ${new Date(now.getTime() - USUAL_WITHIN)} and ${since}), 0) as usual
    from alike a order by a.failing desc`;
}

/** What fails so often in 30 days, or has turned out to last, is how it is there. */
const OFTEN = 3;
const LATELY = 30 * DAY;

/** Opens an outage, unless the provider has one, or has had too many to believe it. Answers its id. */
export async function openOutage(sql: Sql, found: Alike, tried: number, clock: Clock): Promise<string | undefined> {
  const id = newId(clock);
  const recently = new Date(clock.now().getTime() - LATELY);
  const rows = await sql`
    insert into outages (id, provider, sense, began_at, seen_at, recipients, tried, said)
    select ${id}, ${found.provider}, ${found.sense}, ${found.firstAt}, ${found.lastAt}, ${found.failing}, ${tried}, ${found.said}
    where (select count(*) filter (where ending = 'lasting') = 0 and count(*) < ${OFTEN} from outages
      where provider = ${found.provider} and began_at > ${recently})
    on conflict (provider) where ended_at is null do nothing
    returning id`;
  return rows.length > 0 ? id : undefined;
}

/** An open outage goes on. Answers false when the provider has none. */
export async function extendOutage(sql: Sql, found: Alike): Promise<boolean> {
  const rows = await sql`
    update outages set seen_at = greatest(seen_at, ${found.lastAt}), recipients = greatest(recipients, ${found.failing})
    where provider = ${found.provider} and ended_at is null
    returning id`;
  return rows.length > 0;
}

/** Takes back what was counted since an outage began. Answers whose it was. */
export const takeBack = (sql: Sql, outageId: string): Promise<{ groupId: string; membershipId: string }[]> =>
  sql<{ groupId: string; membershipId: string }[]>`
    with taken as (
      update troubles t set outage_id = o.id from outages o
      where o.id = ${outageId} and t.provider = o.provider and t.at >= o.began_at and t.outage_id is null
        and t.forgotten_at is null
      returning t.group_id, t.membership_id
    )
    select distinct group_id as "groupId", membership_id as "membershipId" from taken`;

/** Members who were paused for what came back from the provider since its outage began. */
export const pausedBy = (sql: Sql, outageId: string): Promise<{ groupId: string; membershipId: string }[]> =>
  sql<{ groupId: string; membershipId: string }[]>`
    select p.group_id as "groupId", p.membership_id as "membershipId" from pauses p join outages o on o.provider = p.provider
    where o.id = ${outageId} and p.why = 'returned' and p.ended_at is null and p.at >= o.began_at`;

export const openOutages = (sql: Sql): Promise<Outage[]> =>
  sql<Outage[]>`select ${sql.unsafe(COLUMNS)} from outages where ended_at is null order by began_at`;

/** Outages of these providers that were open since `since`, newest first; of all of them when none is named. */
export const outagesSince = (sql: Sql, providers: string[], since: Date, limit: number): Promise<Outage[]> =>
  sql<Outage[]>`
    select ${sql.unsafe(COLUMNS)} from outages
    where coalesce(ended_at, ${since}) >= ${since} and (cardinality(${providers}::text[]) = 0 or provider = any(${providers}))
    order by began_at desc limit ${limit}`;

/** Ends an outage that has not gone on since it was read. Answers whether it is ended by this. */
export async function endOutage(
  sql: Sql,
  { id, seenAt }: Pick<Outage, "id" | "seenAt">,
  ending: "over" | "lasting",
  now: Date,
): Promise<boolean> {
  const rows = await sql`
    update outages set ended_at = ${now}, ending = ${ending}
    where id = ${id} and ended_at is null and seen_at < ${new Date(seenAt.getTime() + 1)} returning id`;
  return rows.length > 0;
}
