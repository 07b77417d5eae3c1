import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { closePool, openPool } from "../../src/db/sql.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode } from "../support/node.ts";
import { testServer } from "../support/server.ts";

test("connections that the database cuts again and again lose no post and leave nothing behind", async (t) => {
  const members = ["ana@a.test", "ben@b.test", "cleo@c.test", "dan@d.test"];
  const node = await startNode(t, { members, ownPools: true });
  const admin = openPool({ ...testServer(), database: "postgres" }, { max: 1 });
  t.after(() => closePool(admin));
  const [here] = await node.pool<{ name: string }[]>`select current_database() as name`;
  let cuts = 0;
  let isOver = false;
  const cutting = (async () => {
    while (!isOver) {
      const cut = await admin`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = ${here!.name} and application_name like 'smartgroups%'`;
      cuts += cut.length;
      await pause(60);
    }
  })();
  const kept: string[] = [];
  for (let i = 0; i < 60; i += 1) {
    const id = `cut-${i}@author.test`;
    // A sender that hears 451 tries again, as every mail server does.
    for (let tries = 0; tries < 40; tries += 1) {
      const sent = await node.post({ from: "ana@a.test", messageId: id, text: `Post ${i}` });
      if (sent.code === 250) {
        kept.push(id);
        break;
      }
      assert.ok(sent.code === 451 || sent.code === 0, `only "later" is said: ${sent.code} ${sent.text}`);
      await pause(50);
    }
  }
  isOver = true;
  await cutting;
  assert.ok(cuts > 10, `connections were cut: ${cuts}`);
  assert.equal(kept.length, 60);
  for (let i = 0; i < 40 && node.farSide.mails.length < kept.length * members.length; i += 1) await pause(100);
  await node.quiet();
  const posts = await node.pool<{ id: string }[]>`select message_id as id from posts`;
  assert.deepEqual(posts.map((post) => post.id).sort(), [...kept].sort(), "each is archived once");
  for (const member of members) {
    const got = node.farSide.mailsFor(member).map((mail) => /^Message-ID: <(.*)>\r$/m.exec(mail.raw.toString())?.[1]);
    assert.deepEqual([...new Set(got)].sort(), [...kept].sort(), `${member} has every post`);
  }
  const copies = node.farSide.mails.length;
  t.diagnostic(`${cuts} connections cut; ${copies - kept.length * members.length} duplicates of ${copies} copies`);
  const { mails, providers } = await queue.outlook(node.pool, node.clock.now());
  assert.deepEqual([mails.length, providers.length], [0, 0], "nothing stays in anybody's name");
});
