/**
 * What the clock asks for on groups' behalf: what is held is found under a new name, posts whose time is over go, and groups whose grace is over end.
 *
 * Both go in small steps, each a transaction of its own, so that a step is lost at most when the machine dies, and the
 * next begins where the last one ended. While mail waits to be filed a round takes one step and stands back.
 */
import * as archive from "../archive/archive.ts";
import { eraseRows, tablesOfGroups, tablesWith } from "../db/erase.ts";
import { type Pool, type Sql, transact } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { type Clock, DAY, MINUTE } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { en } from "../language/language.ts";
import * as moderation from "../moderation/moderation.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";

export type OfGroups = { pool: Pool; domain: string; url: string; clock: Clock; log: Log };

/** Posts that go in one step: the group's archive is locked for as long. */
const POSTS_A_STEP = 300;
/** Rows that are erased in one step; posts and letters have their bytes with them. */
const ROWS_A_STEP = 1000;
const STEPS_A_ROUND = 20;
const RULE: moderation.Doer = { membershipId: null, name: en`the group's settings`, how: "rule" };
/** A mail that was being filed when its group ended may leave rows a little later. */
const LATECOMERS = 10 * MINUTE;

/** One round of both. */
export async function tendGroups(of: OfGroups): Promise<"more" | "idle"> {
  await readdress(of);
  await endGroups(of);
  const erasing = await eraseGroups(of);
  const keeping = await expirePosts(of);
  return erasing === "more" || keeping === "more" ? "more" : "idle";
}

/** A mail that was being filed while its group was renamed may be held under the old name: it is brought under the new one. */
const readdress = ({ pool, domain, clock }: OfGroups): Promise<void> =>
  transact(pool, async (sql) => {
    for (const { from, to } of await directory.renamedSince(sql, new Date(clock.now().getTime() - DAY)))
      await queue.readdress(sql, `${from}@${domain}`, `${to}@${domain}`);
  });

/** Ends the groups whose grace is over: their rows go, their owners hear of it, and the rest is left to be erased. */
async function endGroups({ pool, ...writer }: OfGroups): Promise<void> {
  const isEnded = await transact(pool, async (sql) => {
    const [due] = await directory.groupsToEnd(sql, writer.clock.now());
    if (!due) return false;
    const owners = await directory.ownersOf(sql, due.id);
    const ended = await directory.endGroup(sql, due.id, writer.clock.now());
    await queue.dropGroup(
      sql,
      due.id,
      ended.map((name) => `${name}@${writer.domain}`),
    );
    const letters = owners.map(({ address }) => notices.removedLetter(writer, { to: address, group: due }));
    await queue.plan(sql, await notices.write(sql, letters, writer.clock), writer.clock);
    return true;
  });
  if (isEnded) await endGroups({ pool, ...writer });
}

async function eraseGroups(of: OfGroups): Promise<"more" | "idle"> {
  const { pool, clock, log } = of;
  for (const erasure of await directory.erasures(pool)) {
    const erased = await eraseGroup(of, erasure.groupId);
    if (erased === "later") return "idle";
    if (erased !== "empty" || clock.now().getTime() - erasure.beganAt.getTime() < LATECOMERS) continue;
    if (await endErasure(pool, erasure.groupId))
      log.info({ group: erasure.name, rows: erasure.erased }, "a removed group is erased");
  }
  return "idle";
}

/** One round for one group. `taken`: somebody else is at it; `later`: there is more, and others come first. */
async function eraseGroup({ pool, clock }: OfGroups, groupId: string): Promise<"empty" | "some" | "later" | "taken"> {
  const tables = await tablesLeft(pool, groupId);
  for (const table of tables) {
    for (let steps = 0; ; steps += 1) {
      const count = await transact(pool, (sql) => eraseStep(sql, table, groupId));
      if (count === "taken") return "taken";
      if (count < ROWS_A_STEP) break;
      if (steps >= STEPS_A_ROUND || (await queue.isBusy(pool, clock.now()))) return "later";
    }
  }
  return tables.length === 0 ? "empty" : "some";
}

const tablesLeft = async (sql: Sql, groupId: string): Promise<string[]> =>
  (await tablesWith(sql, await tablesOfGroups(sql), groupId)).filter((table) => table !== "group_erasures");

/** One at a time: of rows that somebody else is deleting there seem to be none. */
async function eraseStep(sql: Sql, table: string, groupId: string): Promise<number | "taken"> {
  if (!(await directory.takeErasure(sql, groupId))) return "taken";
  const erased = await eraseRows(sql, table, groupId, ROWS_A_STEP);
  if (erased > 0) await directory.noteErased(sql, groupId, erased);
  return erased;
}

/** Ends an erasure if nothing has come since it was last looked at. Answers whether it is ended by this. */
const endErasure = (pool: Pool, groupId: string): Promise<boolean> =>
  transact(pool, async (sql) => {
    if (!(await directory.takeErasure(sql, groupId)) || (await tablesLeft(sql, groupId)).length > 0) return false;
    return directory.endErasure(sql, groupId);
  });

/** Takes out the posts whose group keeps none so old. */
async function expirePosts({ pool, clock }: OfGroups): Promise<"more" | "idle"> {
  let steps = 0;
  for (const { id } of await directory.groupsThatForget(pool)) {
    for (;;) {
      const { topics } = await transact(pool, async (sql) => {
        // Its owner may keep posts for longer by now, and what is gone is gone.
        const group = await directory.holdForgetting(sql, id);
        if (!group) return { topics: 0 };
        const before = new Date(clock.now().getTime() - directory.keptMs(group.keep)!);
        const gone = await archive.expire(sql, group.id, before, POSTS_A_STEP);
        if (gone.topics > 0) {
          const what = en`took out posts older than ${group.keep}: ${gone.posts} in ${gone.topics} topics`;
          await moderation.record(sql, { groupId: group.id, by: RULE, kind: "posts", what }, clock);
        }
        return gone;
      });
      if (topics === 0) break;
      steps += 1;
      if (steps >= STEPS_A_ROUND || (await queue.isBusy(pool, clock.now()))) return "idle";
    }
  }
  return "idle";
}
