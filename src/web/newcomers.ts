/** Is a moderator to read what somebody writes because it is among their first posts? */
import * as archive from "../archive/archive.ts";
import type { Sql } from "../db/sql.ts";
import type * as directory from "../directory/directory.ts";
import { addressKey } from "../mail/address.ts";

export async function isNewcomer(
  sql: Sql,
  group: directory.Group,
  membership: directory.Membership | undefined,
  address: string,
): Promise<boolean> {
  if (group.moderate !== "newcomers" || membership?.moderation === "trusted") return false;
  if (membership && membership.role !== "member") return false;
  const author = addressKey(address);
  const had = await archive.postsBy(sql, [{ groupId: group.id, author }], group.newcomers);
  return (had.get(`${group.id} ${author}`)?.count ?? 0) < group.newcomers;
}
