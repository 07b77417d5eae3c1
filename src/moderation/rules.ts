/** A group's own rules on header and text, in the order in which they are tried: the first that fits decides. */

import type { Sql } from "../db/sql.ts";
import type { Clock } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { newId } from "../kit/id.ts";
import { en } from "../language/language.ts";
import { type Doer, record } from "./activity.ts";

export type RuleAction = "hold" | "decline" | "pass";
export const RULE_ACTIONS: readonly RuleAction[] = ["hold", "decline", "pass"];
/** `words`: as it is written. `wildcard`: stars stand for anything. `regex`: a regular expression, in RE2's words. */
export type RuleHow = "words" | "wildcard" | "regex";
export const RULE_HOWS: readonly RuleHow[] = ["words", "wildcard", "regex"];

export type NewRule = {
  /** A header field's name in lower case, `text`, or `any` for subject, author and text. */
  field: string;
  how: RuleHow;
  pattern: string;
  action: RuleAction;
  /** Said to the author; "" for a sentence of ours. */
  why: string;
};

export type Rule = NewRule & { groupId: string; id: string; place: number; setBy: string; setAt: Date };

/** What a post is tried against costs something, and nobody keeps an eye on more. */
const MOST_RULES = 50;

const COLUMNS = `group_id as "groupId", id, place, field, how, pattern, action, why, set_by as "setBy", set_at as "setAt"`;

/** The rules of these groups, in order: one question for a batch of posts. */
export const rulesOf = (sql: Sql, groupIds: string[]): Promise<Rule[]> =>
  sql<Rule[]>`
    select ${sql.unsafe(COLUMNS)} from rules where group_id = any(${groupIds}::uuid[]) order by group_id, place, id`;

/** Puts a rule behind the others, in a transaction. */
export async function addRule(sql: Sql, groupId: string, rule: NewRule, by: Doer, clock: Clock): Promise<Rule> {
  await lockRules(sql, groupId);
  const present = await rulesOf(sql, [groupId]);
  if (present.length >= MOST_RULES)
    throw new Refusal(en`A group has at most ${MOST_RULES} rules: remove one that is not needed any more.`);
  const row = {
    group_id: groupId,
    id: newId(clock),
    place: (present.at(-1)?.place ?? 0) + 1,
    ...rule,
    set_by: by.name,
    set_at: clock.now(),
  };
  const [added] = await sql<Rule[]>`insert into rules ${sql(row)} returning ${sql.unsafe(COLUMNS)}`;
  await note(sql, groupId, by, en`added a rule: ${ruleOnALine(rule)}`, clock);
  return added!;
}

/** Answers the rule that is gone; undefined when it was gone already. In a transaction. */
export async function removeRule(
  sql: Sql,
  groupId: string,
  id: string,
  by: Doer,
  clock: Clock,
): Promise<Rule | undefined> {
  const [gone] = await sql<Rule[]>`
    delete from rules where group_id = ${groupId} and id = ${id} returning ${sql.unsafe(COLUMNS)}`;
  if (gone) await note(sql, groupId, by, en`removed a rule: ${ruleOnALine(gone)}`, clock);
  return gone;
}

/** Moves a rule one place towards the beginning or the end, in a transaction. Answers whether it moved. */
export async function moveRule(
  sql: Sql,
  groupId: string,
  id: string,
  to: "earlier" | "later",
  by: Doer,
  clock: Clock,
): Promise<boolean> {
  await lockRules(sql, groupId);
  const rules = await rulesOf(sql, [groupId]);
  const inOrder = rules.map((rule) => rule.id);
  const at = inOrder.indexOf(id);
  const other = to === "earlier" ? at - 1 : at + 1;
  if (at < 0 || other < 0 || other >= inOrder.length) return false;
  [inOrder[at], inOrder[other]] = [inOrder[other]!, inOrder[at]!];
  await sql`
    update rules r set place = o.place
    from unnest(${inOrder}::uuid[]) with ordinality as o(id, place)
    where r.group_id = ${groupId} and r.id = o.id and r.place <> o.place`;
  const moved = ruleOnALine(rules[at]!);
  const what = to === "earlier" ? en`moved a rule earlier: ${moved}` : en`moved a rule later: ${moved}`;
  await note(sql, groupId, by, what, clock);
  return true;
}

/** As commands and the log say it: `hold field=subject words "win now"`. */
export const ruleOnALine = ({ action, field, how, pattern }: NewRule): string =>
  `${action} field=${field} ${how}=${JSON.stringify(pattern)}`;

/** As `rule list --json` and the API have it. */
export const ruleTold = ({ id, action, field, how, pattern, why, setBy, setAt }: Rule) => ({
  ...{ id, action, field, how, pattern, why, setBy, setAt },
});

const note = (sql: Sql, groupId: string, by: Doer, what: string, clock: Clock): Promise<void> =>
  record(sql, { groupId, by, kind: "settings", what, link: "rules" }, clock);

/** Two who change the order at once do it one after the other. */
const lockRules = (sql: Sql, groupId: string) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`rules ${groupId}`}, 4))`;
