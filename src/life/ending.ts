/** Closing, removing and taking back: each step once, with its letters to the owners. */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { en } from "../language/language.ts";
import type { Doer } from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import { type Means, note } from "./step.ts";

export const STEPS = ["close", "open", "remove", "restore"] as const;
export type Step = (typeof STEPS)[number];

const SAID: Record<Step, () => string> = {
  close: () => en`closed the group`,
  open: () => en`opened the group again`,
  remove: () => en`asked for the group to be removed`,
  restore: () => en`took back the removal of the group`,
};

/** Takes a step; answers the group as it is after it, or undefined when there was nothing to do. */
export async function end(
  sql: Sql,
  means: Means,
  group: directory.Group,
  step: Step,
  by: Doer,
): Promise<directory.Group | undefined> {
  const after = await stepped(sql, group.id, step, means.clock.now());
  if (!after) return undefined;
  await note(sql, means, group.id, by, SAID[step]());
  if (step === "remove")
    await tell(sql, means, after, (to) => notices.removingLetter(means, to, after.eraseAt!, by.name));
  if (step === "restore") await tell(sql, means, after, (to) => notices.restoredLetter(means, to, by.name));
  return after;
}

function stepped(sql: Sql, groupId: string, step: Step, now: Date): Promise<directory.Group | undefined> {
  switch (step) {
    case "close":
      return directory.closeGroup(sql, groupId, now);
    case "open":
      return directory.openGroup(sql, groupId);
    case "remove":
      return directory.removeGroup(sql, groupId, now);
    case "restore":
      return directory.restoreGroup(sql, groupId);
  }
}

async function tell(
  sql: Sql,
  means: Means,
  group: directory.Group,
  letterTo: (to: { to: string; group: directory.Group }) => notices.Letter,
): Promise<void> {
  const owners = await directory.ownersOf(sql, group.id);
  const letters = owners.map(({ address }) => letterTo({ to: address, group }));
  await queue.plan(sql, await notices.write(sql, letters, means.clock), means.clock);
}
