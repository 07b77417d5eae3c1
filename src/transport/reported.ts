/** Which domains have been told of which day. */
import type { Sql } from "../db/sql.ts";

/** Domains with counts of a day that have not been told of it yet. */
export async function unreported(sql: Sql, day: string, limit: number): Promise<string[]> {
  const rows = await sql<{ domain: string }[]>`
    select distinct domain from tls_results r
    where day = ${day}::date
      and not exists (select 1 from tls_reports t where t.day = r.day and t.domain = r.domain)
    order by domain limit ${limit}`;
  return rows.map((row) => row.domain);
}

/** Notes that a domain is told; false when somebody has told it. */
export async function noteReport(
  sql: Sql,
  report: { day: string; domain: string; recipients: string[] },
  now: Date,
): Promise<boolean> {
  const rows = await sql`
    insert into tls_reports (day, domain, recipients, at)
    values (${report.day}::date, ${report.domain}, ${report.recipients}, ${now})
    on conflict (day, domain) do nothing returning 1`;
  return rows.length > 0;
}

export async function forgetReports(sql: Sql, before: Date): Promise<void> {
  await sql`delete from tls_reports where day < ${before}::date`;
}
