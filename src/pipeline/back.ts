/**
 * A reply to a letter about the member's own mail: "yes, it arrives", or "send me mail again". What they write does not
 * matter, and a machine's answer never comes this far (judge.ts): somebody is there.
 */

import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as health from "../health/health.ts";
import { idToBytes } from "../kit/id.ts";
import { en } from "../language/language.ts";
import { sealToken } from "../mail/token.ts";
import * as notices from "../notices/notices.ts";
import type { Done } from "./answer.ts";
import type { Filing } from "./file.ts";
import { resolveToken } from "./tokens.ts";

const CAUSE = en`a reply to our letter`;

export async function backByToken(sql: Sql, filing: Filing, token: string): Promise<Done> {
  const id = resolveToken(filing.tokenSecret, "back", token);
  const [member] = id ? await directory.presentMemberships(sql, [id]) : [];
  const [group] = member ? await directory.groupsById(sql, [member.groupId]) : [];
  if (!member || !group)
    return { outcome: "declined", detail: en`The address is no link of ours, or they have left.`, letters: [] };
  const now = filing.clock.now();
  const who = { groupId: group.id, membershipId: member.id };
  await health.answerEnquiry(sql, group.id, member.id, now);
  if ((await health.forgetTroubles(sql, group.id, member.id, now)) > 0)
    await directory.noteEvents(sql, [{ ...who, what: "trouble forgotten", cause: CAUSE }], now);
  if (!(await directory.unpause(sql, member.id, CAUSE, now)))
    return { outcome: "obeyed", detail: en`their mail arrives`, letters: [] };
  await health.endPause(sql, group.id, member.id, now);
  const leave = sealToken(filing.tokenSecret, "leave", idToBytes(member.id));
  const letter = notices.welcomeBackLetter(filing, { to: member.address, group }, leave);
  return { outcome: "obeyed", detail: en`mail from ${group.name} goes out again`, letters: [letter] };
}
