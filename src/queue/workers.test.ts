/** Who is entered, who is buried, and what becomes of the sessions of the buried. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import { closePool, openPool } from "../db/sql.ts";
import { nodeClock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { beat, bury, enter, isEntered, sessionName } from "./workers.ts";

test("a worker is buried when its row looks as it did, and its sessions end with what they had begun", async (t) => {
  const { pool, target } = await cloneDatabase(t);
  const clock = nodeClock();
  const [own, other] = [newId(clock), newId(clock)];
  for (const id of [own, other])
    await enter(pool, { id, node: "a", pid: 1, roles: [], version: "", startedAt: clock.now() }, clock.now());
  const alive = (id: string) => beat(pool, [{ id, silentMs: 0 }], clock.now());

  const first = await alive(own);
  assert.deepEqual(first.entered, [own]);
  assert.deepEqual(
    first.others.map((one) => one.id),
    [other],
  );
  await alive(other);
  assert.deepEqual(await bury(pool, first.others), [], "it has beaten since");

  const second = await alive(own);
  const its = openPool(target, { max: 1, name: sessionName(other) });
  t.after(() => closePool(its));
  let ended: unknown;
  let begun: Promise<void> | undefined;
  await new Promise<void>((holds) => {
    begun = its
      .begin(async (sql) => {
        assert.ok(await isEntered(sql, other));
        holds();
        await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
      })
      .catch((error) => {
        ended = error;
      });
  });
  assert.deepEqual(await bury(pool, second.others), [], "what it has begun holds its row");
  await begun;
  assert.ok(ended, "its session was ended");
  assert.deepEqual(await bury(pool, second.others), [other]);
  assert.deepEqual((await alive(other)).entered, []);
});
