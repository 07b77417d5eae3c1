import assert from "node:assert/strict";
import { test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import { heldClock } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import * as archive from "./archive.ts";

const visit = { newAbove: 2, upTo: 2, since: new Date(0), isFirst: false };
const topic = [1, 9, 2, 4, 3].map((number) => ({ number }));

test("a topic is read up to the first post that was neither shown nor read before", () => {
  assert.equal(archive.readUpTo(visit, topic, new Set([3, 4, 9])), 9);
  assert.equal(archive.readUpTo(visit, topic, new Set([3, 9])), 3);
  assert.equal(archive.readUpTo(visit, topic, new Set([4, 9])), 2);
  assert.equal(archive.readUpTo(visit, topic, new Set()), 2);
});

test("a member's marks stay few, and what is forgotten counts as read", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-01T10:00:00Z"));
  const reader = { groupId: newId(clock), membershipId: newId(clock) };
  await pool`insert into archives (group_id, last_number) values (${reader.groupId}, 5000)`;
  await pool`insert into group_reads values (${reader.groupId}, ${reader.membershipId}, 10)`;
  const at = { newAbove: 10, upTo: 10, since: clock.now(), isFirst: false };
  for (let i = 0; i < 1010; i += 1) await archive.noteRead(pool, reader, newId(clock), at, 11 + i);
  const [row] = await pool<{ rows: number; lowest: number }[]>`
    select count(*)::int as rows, min(number) as lowest from topic_reads`;
  assert.deepEqual(row, { rows: 910, lowest: 111 });
  assert.deepEqual(await archive.groupMarks(pool, reader), { newest: 5000, upTo: 110 });
});
