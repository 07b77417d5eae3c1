/** A group gets another name: its held mail is found under it, and its owners hear of it. */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { en } from "../language/language.ts";
import type { Doer } from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import { type Means, note } from "./step.ts";

/** Answers the group under its new name; the same when it had that name already. Refuses names that can't be. */
export async function rename(
  sql: Sql,
  means: Means,
  group: directory.Group,
  to: string,
  by: Doer,
): Promise<directory.Group> {
  const renamed = await directory.renameGroup(sql, group.id, to, means.clock.now());
  if (!renamed) return group;
  const { from, group: now } = renamed;
  await readdress(sql, means.domain, from, now.name);
  await note(sql, means, group.id, by, en`changed the name in the address from ${from} to ${now.name}`);
  const owners = await directory.ownersOf(sql, group.id);
  const letters = owners.map((one) => notices.renamedLetter(means, { to: one.address, group: now }, from, by.name));
  await queue.plan(sql, await notices.write(sql, letters, means.clock), means.clock);
  return now;
}

const readdress = (sql: Sql, domain: string, from: string, to: string): Promise<void> =>
  queue.readdress(sql, `${from}@${domain}`, `${to}@${domain}`);
