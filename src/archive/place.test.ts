import assert from "node:assert/strict";
import { test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import type { Pool } from "../db/sql.ts";
import { heldClock, MINUTE } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { type NewPost, place } from "./place.ts";

const clock = heldClock(new Date("2026-03-01T10:00:00Z"));

function post(groupId: string, messageId: string, references: string[]): NewPost {
  clock.pass(MINUTE);
  return {
    id: newId(clock),
    groupId,
    messageId,
    references,
    authorName: "Ana",
    authorAddress: "ana@far.test",
    subject: messageId,
    baseSubject: messageId,
    isReplySubject: false,
    sentAt: clock.now(),
    receivedAt: clock.now(),
    words: "",
    size: 1,
    parts: [],
    auth: {},
    fingerprint: Buffer.from(messageId),
    source: "mail",
    raw: Buffer.from("raw"),
  };
}

async function tree(pool: Pool): Promise<{ parents: Record<string, string | null>; topics: number }> {
  const rows = await pool<{ id: string; parent: string | null; topic: string }[]>`
    select p.message_id as id, above.message_id as parent, p.topic_id as topic
    from posts p left join posts above on above.group_id = p.group_id and above.id = p.parent_id order by p.number`;
  return {
    parents: Object.fromEntries(rows.map((row) => [row.id, row.parent])),
    topics: new Set(rows.map((row) => row.topic)).size,
  };
}

test("a post is adopted by each nearer ancestor that comes late, though the nearest never comes", async (t) => {
  const { pool } = await cloneDatabase(t);
  const group = newId(clock);
  const put = (id: string, references: string[]) => pool.begin((sql) => place(sql, [post(group, id, references)]));
  await put("patch@x", ["cover@x", "reply@x", "never@x"]);
  assert.deepEqual(await tree(pool), { parents: { "patch@x": null }, topics: 1 });
  await put("cover@x", []);
  assert.deepEqual(await tree(pool), { parents: { "patch@x": "cover@x", "cover@x": null }, topics: 1 });
  await put("reply@x", ["cover@x"]);
  assert.deepEqual(await tree(pool), {
    parents: { "patch@x": "reply@x", "cover@x": null, "reply@x": "cover@x" },
    topics: 1,
  });
});

test("a distant ancestor that comes after a nearer one changes nothing, and nobody becomes their own ancestor", async (t) => {
  const { pool } = await cloneDatabase(t);
  const group = newId(clock);
  const put = (id: string, references: string[]) => pool.begin((sql) => place(sql, [post(group, id, references)]));
  await put("c@x", ["a@x", "b@x"]);
  await put("b@x", ["a@x", "c@x"]);
  await put("a@x", ["b@x", "c@x"]);
  const { parents, topics } = await tree(pool);
  assert.equal(topics, 1);
  for (const start of Object.keys(parents)) {
    let steps = 0;
    for (let at: string | null | undefined = start; at; at = parents[at]) steps += 1;
    assert.ok(steps <= 3, "the way up ends");
  }
});

test("several that come together are placed as if they had come one by one", async (t) => {
  const { pool } = await cloneDatabase(t);
  const group = newId(clock);
  await pool.begin((sql) =>
    place(sql, [
      post(group, "patch@x", ["cover@x", "reply@x", "never@x"]),
      post(group, "reply@x", ["cover@x"]),
      post(group, "cover@x", []),
    ]),
  );
  assert.deepEqual(await tree(pool), {
    parents: { "patch@x": "reply@x", "reply@x": "cover@x", "cover@x": null },
    topics: 1,
  });
});
