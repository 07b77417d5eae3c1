/** Who is erased, in what moderation keeps of a group: what was done stays, their name and address do not. */
import type { Sql } from "../db/sql.ts";
import { en } from "../language/language.ts";

/** `names` are what they are called, addresses too; `membershipIds` are theirs in this group. */
export async function forgetModerator(
  sql: Sql,
  groupId: string,
  membershipIds: string[],
  names: string[],
): Promise<void> {
  const former = en`a former member`;
  const called = names.filter((one) => one.includes("@") || /\S\s+\S/.test(one));
  const pattern = called.map((one) => one.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|") || "^\\M$";
  await sql`
    update activity
    set by_name = case when membership_id = any(${membershipIds}::uuid[]) or by_name = any(${names}) then ${former} else by_name end,
      what = regexp_replace(what, ${pattern}, ${former}, 'gi'), words = regexp_replace(words, ${pattern}, ${former}, 'gi')
    where group_id = ${groupId} and (membership_id = any(${membershipIds}::uuid[]) or by_name = any(${names})
      or what ~* ${pattern} or words ~* ${pattern})`;
  await sql`
    update reports set by_name = ${former}, reason = case when membership_id = any(${membershipIds}::uuid[]) then '' else reason end
    where group_id = ${groupId} and (membership_id = any(${membershipIds}::uuid[]) or by_name = any(${names}))`;
  await sql`delete from held_untold where group_id = ${groupId} and address = any(${names})`;
  await sql`update rules set set_by = ${former} where group_id = ${groupId} and set_by = any(${names})`;
  await sql`
    update emergencies set began_by = case when began_by = any(${names}) then ${former} else began_by end,
      ended_by = case when ended_by = any(${names}) then ${former} else ended_by end
    where group_id = ${groupId} and (began_by = any(${names}) or ended_by = any(${names}))`;
  await sql`
    update held_posts
    set decided_name = case when decided_name = any(${names}) then ${former} else decided_name end,
      claimed_name = case when claimed_name = any(${names}) then ${former} else claimed_name end,
      asked_name = case when asked_name = any(${names}) then ${former} else asked_name end,
      edited_name = case when edited_name = any(${names}) then ${former} else edited_name end
    where group_id = ${groupId}
      and (decided_name = any(${names}) or claimed_name = any(${names}) or asked_name = any(${names}) or edited_name = any(${names}))`;
  await sql`delete from held_letters where group_id = ${groupId} and membership_id = any(${membershipIds}::uuid[])`;
}

/** What somebody sent and was held, with what was asked and answered about it. `addresses` are lower-case. */
export async function forgetHeldFrom(sql: Sql, addresses: string[]): Promise<void> {
  await sql`delete from held_posts where author_key = any(${addresses})`;
}
