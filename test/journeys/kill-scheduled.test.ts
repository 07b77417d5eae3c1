/** Posts for a time, while everything is killed: each goes out once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as directory from "../../src/directory/directory.ts";
import * as drafts from "../../src/drafts/drafts.ts";
import { DAY, nodeClock } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import { kill, newService, type Service, workersOf } from "../support/service.ts";

const POSTS = 40;
const MIA = "mia@far.test";

/** Posts with a file each, all due. */
async function write({ pool }: Service): Promise<void> {
  const clock = nodeClock();
  const now = clock.now();
  const group = (await directory.groupNamed(pool, "readers"))!;
  for (let i = 0; i < POSTS; i += 1) {
    const id = newId(clock);
    const typed = { groupId: group.id, id, authorKey: MIA, address: MIA, answers: null, name: "Mia" };
    const draft = { ...typed, subject: `No. ${i}`, body: `Number ${i}.`, isSpecial: false, isPlain: false };
    await drafts.save(pool, draft, 0, now);
    const content = Buffer.alloc(200_000, i + 1);
    const file = { id: newId(clock), name: "a.bin", type: "application/x-odd", size: content.length, content };
    await drafts.addFile(pool, { groupId: group.id, draftId: id }, file, now);
    const sendAt = new Date(now.getTime() - DAY);
    await drafts.schedule(pool, [MIA], { id, version: 1, sendAt, client: "127.0.0.1" });
  }
}

test("posts for a time go out once each, however often what sends them is killed", async (t) => {
  const service = await newService(t, { members: [MIA, "ben@far.test"] });
  const first = await service.start();
  const left = async (): Promise<number> =>
    (await service.pool<{ count: number }[]>`select count(*)::int as count from drafts`)[0]!.count;
  await write(service);
  let run = first;
  let before = POSTS;
  const strikes: number[] = [];
  for (let strike = 0; strike < 2; strike += 1) {
    kill(run.pid);
    for (const pid of await workersOf(run.pid)) kill(pid);
    await run.ended;
    before = await left();
    run = await service.start();
    // The next blow falls in the middle of it.
    for (let i = 0; i < 500 && (await left()) > before - 12; i += 1) await pause(5);
    strikes.push(await left());
  }
  for (let i = 0; i < 600 && (await left()) > 0; i += 1) await pause(50);
  assert.equal(await left(), 0);
  await service.quiet(60_000);
  const rows = await service.pool<{ subject: string; count: number }[]>`
    select subject, count(*)::int as count from posts group by subject`;
  assert.equal(rows.length, POSTS);
  assert.ok(rows.every(({ count }) => count === 1));
  const subjects = service.farSide
    .mailsFor("ben@far.test")
    .map((one) => /^Subject: (No\. \d+)/m.exec(one.raw.toString())![1]);
  assert.equal(new Set(subjects).size, POSTS);
  t.diagnostic(`left at each kill: ${strikes.join(", ")} of ${POSTS}`);
  assert.ok(
    strikes.some((count) => count > 0 && count < POSTS),
    "it was killed in the middle",
  );
});
