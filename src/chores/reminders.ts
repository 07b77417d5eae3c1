/** Once a month, where the owner wants it: the guidelines, or a word on their membership, to each member. */
import { transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import type { OnBehalf } from "./members.ts";

/** The days of a month on which its letters begin to go out; a service that is down for longer leaves a month out. */
const DAYS = 7;
const AT_ONCE = 200;
/** In one round; the next is half a minute later. */
const ROUNDS = 25;

/** Who is noted as reminded has the letter, and the other way round: both are committed together. */
export async function sendReminders({ pool, ...writer }: OnBehalf): Promise<number> {
  const now = writer.clock.now();
  if (now.getUTCDate() > DAYS) return 0;
  const month = `${now.toISOString().slice(0, 7)}-01`;
  let sent = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const count = await transact(pool, async (sql) => {
      const members = await directory.takeReminders(sql, month, now, AT_ONCE);
      const groups = await directory.groupsById(sql, [...new Set(members.map((one) => one.groupId))]);
      const byId = new Map(groups.map((group) => [group.id, group]));
      const letters = members.flatMap((member) => {
        const group = byId.get(member.groupId);
        if (!group) return [];
        const to = { to: member.address, name: member.name, group };
        return [
          group.monthly === "guidelines"
            ? notices.guidelinesLetter(writer, to)
            : notices.reminderLetter(writer, to, member.mode),
        ];
      });
      const plans = await notices.write(sql, letters, writer.clock);
      // Nobody waits for them: they go with the digests, behind every post.
      await queue.plan(
        sql,
        plans.map((plan) => ({ ...plan, class: queue.DIGESTS })),
        writer.clock,
      );
      return members.length;
    });
    sent += count;
    if (count < AT_ONCE) break;
  }
  return sent;
}
