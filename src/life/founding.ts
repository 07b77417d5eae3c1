/** A group is made: with its settings, from a template if one was chosen, and with its first owner. */
import { hold } from "../db/lock.ts";
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { DAY } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";
import type { Doer } from "../moderation/moderation.ts";
import { type Means, note } from "./step.ts";

export type Wish = { name: string; template?: string | undefined; settings: Record<string, string> };
export type Owner = { address: string; name: string };

/** Who makes it on the web or by the API: their person, and how many groups they may make in a day. */
export type Maker = { personId: string; mostADay: number };

/** What a template sets, and over it what was wished for. */
export const settingsOf = ({ template, settings }: Omit<Wish, "name">): Record<string, string> => ({
  ...(template ? directory.templateNamed(template).settings : {}),
  ...settings,
});

/** Makes a group, in a transaction. Refuses in a sentence what can't be. */
export async function found(
  sql: Sql,
  means: Means,
  wish: Wish,
  owners: Owner[],
  by: Doer,
  maker?: Maker,
): Promise<directory.Group> {
  if (maker) await checkDay(sql, means, maker);
  const group = await directory.addGroup(
    sql,
    { ...settingsOf(wish), name: wish.name } as directory.NewGroup,
    means.clock,
    maker?.personId,
  );
  const members = owners.map((one) => ({ ...one, role: "owner" as const }));
  await directory.addMembers(sql, group.id, members, en`made owner when the group was made`, means.clock, {
    ...(by.how === "command" ? { how: "operator", source: "smartgroups group add" } : { how: "web" }),
  });
  await note(sql, means, group.id, by, wish.template ? en`made the group, as ${wish.template}` : en`made the group`);
  return group;
}

async function checkDay(sql: Sql, { clock }: Means, { personId, mostADay }: Maker): Promise<void> {
  await hold(sql, `making groups ${personId}`);
  const made = await directory.countMadeBy(sql, personId, new Date(clock.now().getTime() - DAY));
  if (made >= mostADay)
    throw new Refusal(
      mostADay === 1
        ? en`You have made a group within a day already: make the next one tomorrow.`
        : en`You have made ${made} groups within a day, and more are not possible: make the next one tomorrow.`,
    );
}
