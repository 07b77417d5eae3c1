/** Consents: how somebody came into a group. By themselves, on whose word, when, and from what text, letter or file. */
import type { Sql } from "../db/sql.ts";

/**
 * `web`, `mail`: by themselves, shown by signing in or by an answer to our letter. `invited`: they answered an invitation.
 * `file`: from a file of addresses. `owner`, `operator`: put in by hand. `unknown`: from before this was kept.
 */
export type HowCame = "web" | "mail" | "invited" | "file" | "owner" | "operator" | "unknown";
export type Consent = { how: HowCame; byWhom?: string; source?: string };
export type KeptConsent = { at: Date; how: HowCame; byWhom: string; source: string };

/** Keeps how these memberships began, in the transaction that began them. */
export async function noteConsents(
  sql: Sql,
  groupId: string,
  membershipIds: string[],
  { how, byWhom = "", source = "" }: Consent,
  now: Date,
): Promise<void> {
  if (membershipIds.length === 0) return;
  await sql`
    insert into consents (group_id, membership_id, at, how, by_whom, source)
    select ${groupId}, id, ${now}, ${how}, ${byWhom.slice(0, 300)}, ${source.slice(0, 1000)}
    from unnest(${membershipIds}::uuid[]) as m(id)
    on conflict (group_id, membership_id) do nothing`;
}

/** How a membership began; undefined for one from before this was kept. */
export async function consentOf(sql: Sql, groupId: string, membershipId: string): Promise<KeptConsent | undefined> {
  const [found] = await sql<KeptConsent[]>`
    select at, how, by_whom as "byWhom", source from consents
    where group_id = ${groupId} and membership_id = ${membershipId}`;
  return found;
}
