/**
 * What time does to requests and invitations: a reminder, then the end. An invitation whose letter has not left yet is left
 * alone, however long a backlog lasts: its time has not begun.
 */
import { type Pool, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { DAY } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import { letterFor } from "./inviting.ts";
import { lettersToDeciders } from "./requests.ts";
import { type Means, send } from "./step.ts";

/** Does what is due; answers how much there was. */
export const tend = async (pool: Pool, means: Means): Promise<number> =>
  (await tendRequests(pool, means)) + (await tendInvitations(pool, means));

const tendRequests = (pool: Pool, means: Means): Promise<number> =>
  transact(pool, async (sql) => {
    const { remind, ended } = await directory.dueRequests(sql, means.clock.now());
    const all = [...remind, ...ended];
    const groups = await directory.groupsById(sql, [...new Set(all.map((one) => one.groupId))]);
    const letters: notices.Letter[] = [];
    for (const one of all) {
      const group = groups.find(({ id }) => id === one.groupId);
      if (!group) continue;
      if (one.state === "waiting") letters.push(...(await lettersToDeciders(sql, means, group, one)));
      else letters.push(notices.requestEndedLetter(means, { to: one.address, group, name: one.name }));
    }
    await send(sql, means, letters);
    return all.length;
  });

/** Of a letter that is still with us. */
const UNDER_WAY: ReadonlySet<string> = new Set(["on its way", "waiting", "held"]);

const tendInvitations = (pool: Pool, means: Means): Promise<number> =>
  transact(pool, async (sql) => {
    const now = means.clock.now();
    const due = await directory.dueInvitations(sql, now);
    if (due.length === 0) return 0;
    const letterIds = due.map((one) => one.letterId);
    const copies = new Map((await queue.itemsFor(sql, letterIds, letterIds)).map((one) => [one.itemId, one]));
    const groups = await directory.groupsById(sql, [...new Set(due.map((one) => one.groupId))]);
    for (const one of due) {
      const copy = copies.get(one.letterId);
      const group = groups.find(({ id }) => id === one.groupId);
      if (copy && UNDER_WAY.has(copy.state)) {
        await directory.postponeInvitation(sql, one.id, new Date(now.getTime() + DAY));
      } else if (!group || directory.isClosed(group) || one.remindedAt || copy?.state === "given up") {
        await directory.endInvitation(sql, one, "expired", now);
      } else {
        const id = newId(means.clock);
        await send(sql, means, [{ ...letterFor(means, group, one), id }]);
        await directory.invitationReminded(sql, one.id, id, now);
      }
    }
    return due.length;
  });
