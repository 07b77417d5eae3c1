/**
 * The activity log of a group: who changed what, when, how and in what words.
 *
 * Whoever changes something on a group's behalf records it in the same transaction. What is done to topics and posts is
 * traced by the archive itself (archive/care.ts), and read beside this on the page of the log.
 */
import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";

/** `held`: decisions on held mail. `posts`: care of the archive. `members`: roles, requests, bans. */
export type ActivityKind = "held" | "posts" | "members" | "settings" | "reports";
export const ACTIVITY_KINDS: readonly ActivityKind[] = ["held", "posts", "members", "settings", "reports"];

/** Who does it. An operator, and a rule of the group, have no membership; `name` is then theirs in English. */
export type Doer = { membershipId: string | null; name: string; how: "web" | "mail" | "command" | "api" | "rule" };

export const OPERATOR: Doer = { membershipId: null, name: en`an operator`, how: "command" };

export type Activity = {
  groupId: string;
  by: Doer;
  kind: ActivityKind;
  /** What they did, without themselves, as a sentence kept in English: en`lifted the ban of ${pattern}`. */
  what: string;
  /** Below the group's address, where it can be seen: `members/ID`, `12`. */
  link?: string;
  /** Their own words about it. */
  words?: string;
};

const LONGEST = 1000;

/** Writes down what was done, in the transaction that does it. */
export async function record(sql: Sql, activity: Activity | Activity[], clock: Clock): Promise<void> {
  const all = Array.isArray(activity) ? activity : [activity];
  if (all.length === 0) return;
  const rows = all.map((one) => ({
    group_id: one.groupId,
    id: newId(clock),
    at: clock.now(),
    membership_id: one.by.membershipId,
    by_name: kept(one.by.name, 200),
    how: one.by.how,
    kind: one.kind,
    what: kept(one.what, LONGEST),
    link: one.link ?? "",
    words: kept(one.words ?? "", LONGEST),
  }));
  await sql`insert into activity ${sql(rows)}`;
}

/** Settings of a group as its log tells of them: `changed` is their new values by name. */
export const settingsChanged = (groupId: string, by: Doer, changed: Record<string, string>): Activity[] =>
  Object.entries(changed).map(([name, value]) => ({
    groupId,
    by,
    kind: "settings",
    what: value.length <= 60 && !value.includes("\n") ? en`set ${name} to “${value}”` : en`changed the setting ${name}`,
    link: by.how === "web" ? "settings" : "",
  }));

/** A letter of the group got words of its own, or went back to ours. */
export const letterWorded = (
  groupId: string,
  by: Doer,
  letter: { name: string; title: string },
  isOwn: boolean,
): Activity => ({
  groupId,
  by,
  kind: "settings",
  what: isOwn
    ? en`changed the words of the letter “${letter.title}”`
    : en`went back to our words for the letter “${letter.title}”`,
  link: `letters/${letter.name}`,
});

export type Recorded = {
  id: string;
  at: Date;
  membershipId: string | null;
  byName: string;
  how: Doer["how"];
  kind: ActivityKind;
  what: string;
  link: string;
  words: string;
};

export type ActivityFilter = { kind: ActivityKind | null; membershipId: string | null };

/** The newest first; `below` continues the list. */
export const activity = (
  sql: Sql,
  groupId: string,
  { kind, membershipId }: ActivityFilter,
  below: string | null,
  limit: number,
): Promise<Recorded[]> =>
  sql<Recorded[]>`
    select id, at, membership_id as "membershipId", by_name as "byName", how, kind, what, link, words from activity
    where group_id = ${groupId} and id < ${below ?? "ffffffff-ffff-ffff-ffff-ffffffffffff"}
      and (${kind}::text is null or kind = ${kind})
      and (${membershipId}::uuid is null or membership_id = ${membershipId})
    order by id desc limit ${limit}`;

/** Foreign words on one line each, bounded, without what a database or a terminal stumbles over. */
const kept = (text: string, longest: number): string =>
  text
    .toWellFormed()
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]+/g, " ")
    .trim()
    .slice(0, longest)
    .toWellFormed();
