/** MTA-STS policies as they are kept: one row a domain, the newest fetch wins. */
import type { Sql } from "../db/sql.ts";
import type { StsPolicy } from "./sts.ts";

export type KeptPolicy = StsPolicy & { recordId: string; fetchedAt: Date; expiresAt: Date };

/** The policy of a domain, if it has not expired. */
export async function keptPolicy(sql: Sql, domain: string, now: Date): Promise<KeptPolicy | undefined> {
  const [row] = await sql<KeptPolicy[]>`
    select mode, mx, max_age_s::float8 as "maxAgeS", lines, record_id as "recordId", fetched_at as "fetchedAt",
      expires_at as "expiresAt"
    from sts_policies where domain = ${domain} and expires_at > ${now}`;
  return row;
}

/** Keeps what was fetched; of two nodes that fetched, the later one's. */
export async function keepPolicy(sql: Sql, domain: string, policy: KeptPolicy): Promise<void> {
  await sql`
    insert into sts_policies (domain, record_id, mode, mx, max_age_s, lines, fetched_at, expires_at)
    values (${domain}, ${policy.recordId}, ${policy.mode}, ${policy.mx}, ${policy.maxAgeS}, ${policy.lines},
      ${policy.fetchedAt}, ${policy.expiresAt})
    on conflict (domain) do update set record_id = excluded.record_id, mode = excluded.mode, mx = excluded.mx,
      max_age_s = excluded.max_age_s, lines = excluded.lines, fetched_at = excluded.fetched_at,
      expires_at = excluded.expires_at
    where sts_policies.fetched_at <= excluded.fetched_at`;
}

export async function forgetPolicies(sql: Sql, now: Date): Promise<void> {
  await sql`delete from sts_policies where expires_at < ${now}`;
}
