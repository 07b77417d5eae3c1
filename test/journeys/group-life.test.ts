/** A group renamed, closed, removed and taken back: by mail, on the web and by the clock. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as archive from "../../src/archive/archive.ts";
import { tablesOfGroups } from "../../src/db/erase.ts";
import { transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY, HOUR, MINUTE } from "../../src/kit/clock.ts";
import * as life from "../../src/life/life.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { aSite } from "../support/site.ts";

const BY = { membershipId: null, name: "Olga", how: "web" as const };
const meansOf = (node: TestNode) => ({ domain: node.domain, url: node.config.url, clock: node.clock });
const rename = async (node: TestNode, to: string): Promise<void> => {
  const [group] = await directory.groupsById(node.pool, [node.group.id]);
  await transact(node.pool, (sql) => life.rename(sql, meansOf(node), group!, to, BY));
};
const lettersTo = async (node: TestNode, kind: string): Promise<{ recipient: string; raw: Buffer }[]> =>
  node.pool<
    { recipient: string; raw: Buffer }[]
  >`select recipient, raw from letters where kind = ${kind} order by recipient`;

test("a renamed group gets mail at every name it had, under one List-Id, and can go back", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test"] });
  const sizes = async (): Promise<string[]> =>
    (await archive.newestPosts(node.pool, node.group.id, null, 9)).map((one) => one.subject).sort();
  await node.send({ from: "guest@far.test", to: ["readers@groups.test"] }, mailOf("guest@far.test", "Held"));
  await node.quiet();
  await rename(node, "books");
  await rename(node, "bookworms");
  for (const name of ["readers", "books", "bookworms"]) {
    const sent = await node.post({
      from: "ana@far.test",
      to: `${name}@groups.test`,
      subject: `To ${name}`,
      text: name,
    });
    assert.equal(sent.code, 250, name);
  }
  await node.quiet();
  assert.deepEqual(await sizes(), ["To books", "To bookworms", "To readers"]);
  const copy = node.farSide.mails.find((mail) => mail.raw.includes("Subject: To books"))!.raw.toString();
  assert.match(copy, /^List-Id: Readers <readers\.groups\.test>/m);
  assert.match(copy, /^List-Post: <mailto:bookworms@groups\.test>/m);
  assert.equal((await queue.aside(node.pool, "held", "bookworms@groups.test", 9)).length, 1, "held mail moved along");

  await node.pool`update mails set recipients = '{readers@groups.test}' where state = 'held'`; // filed while it was renamed
  const moved = async (): Promise<boolean> =>
    (await queue.aside(node.pool, "held", "bookworms@groups.test", 9)).length > 0;
  for (let i = 0; i < 200 && !(await moved()); i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(await moved(), "what was being filed is brought along");

  await assert.rejects(directory.addGroup(node.pool, { name: "books" }, node.clock), /already a group called books/);
  const other = await directory.addGroup(node.pool, { name: "others" }, node.clock);
  await assert.rejects(
    transact(node.pool, (sql) => directory.renameGroup(sql, other.id, "readers", node.clock.now())),
    /already a group called readers/,
  );
  await rename(node, "readers");
  assert.deepEqual((await directory.formerNames(node.pool, node.group.id)).sort(), ["books", "bookworms"]);
  assert.equal((await directory.groupCalled(node.pool, "BookWorms"))?.name, "readers");
});

const mailOf = (from: string, subject: string): string =>
  `From: ${from}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@far.test>\r\n\r\nHello\r\n`;

test("an owner renames a group on the web, old links lead on with their query, and who may not know of it sees nothing", async (t) => {
  const site = await aSite(t, { settings: { archive: "members" } });
  const [olga, mona, mia] = await Promise.all(["olga", "mona", "mia"].map((name) => site.signIn(`${name}@far.test`)));
  for (const cookie of [mona, mia]) {
    assert.equal((await site.get("/g/readers/rename", cookie)).status, 403);
    assert.equal((await site.post("/g/readers/rename", { do: "rename", to: "mine" }, cookie)).status, 403);
  }
  const refused = await site.post("/g/readers/rename", { do: "ask", to: "Not A Name" }, olga);
  assert.equal(refused.status, 400);
  assert.match(refused.text, /can&#39;t be a group&#39;s name/);
  const asked = await site.post("/g/readers/rename", { do: "ask", to: "Books" }, olga);
  assert.equal(asked.status, 200);
  assert.match(asked.text, /name="to" value="books"/);
  assert.equal((await directory.groupNamed(site.pool, "readers"))?.name, "readers", "asking changes nothing");
  assert.equal(
    (await site.post("/g/readers/rename", { do: "rename", to: "books" }, olga)).location,
    "/g/books/settings?saved=1",
  );

  const led = await site.get("/g/readers/membership?saved=1", mia);
  assert.deepEqual([led.status, led.location], [301, "/g/books/membership?saved=1"]);
  const form = await site.post("/g/readers/read", { upto: "1" }, mia);
  assert.deepEqual([form.status, form.location], [308, "/g/books/read"]);
  const call = await site.get("/api/v1/groups/readers", mia);
  assert.deepEqual([call.status, call.location], [301, "/api/v1/groups/books"]);
  const eva = await site.signIn("eva@far.test");
  for (const cookie of [undefined, eva]) assert.equal((await site.get("/g/readers", cookie)).status, 404);
  assert.equal(
    (await site.get("/g/readers")).text,
    (await site.get("/g/readers-never-were")).text.replaceAll("readers-never-were", "readers"),
  );
});

test("a closed group takes no post by mail or web and nobody new, its owners are reached, and opened it goes on", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test"] });
  await transact(node.pool, (sql) => life.end(sql, meansOf(node), node.group, "close", BY));
  const sent = await node.post({ from: "ana@far.test" });
  assert.deepEqual([sent.code, sent.text?.includes("takes no mail any more")], [550, true]);
  const leaving = await node.send(
    { from: "ana@far.test", to: ["readers+unsubscribe@groups.test"] },
    mailOf("ana@far.test", "Bye"),
  );
  assert.equal(leaving.code, 250);
  await node.send({ from: "eva@far.test", to: ["readers+subscribe@groups.test"] }, mailOf("eva@far.test", "Hi"));
  await node.quiet();
  assert.equal((await node.pool`select from join_requests`).length, 0);
  await transact(node.pool, (sql) => life.end(sql, meansOf(node), node.group, "open", BY));
  await new Promise((resolve) => setTimeout(resolve, 2100)); // what the door believes of a group, it believes for two seconds
  assert.equal((await node.post({ from: "ana@far.test" })).code, 250);
});

test("a removal is told to the owners, can be taken back for two weeks, and then everything of the group is gone", async (t) => {
  const node = await startNode(t, {
    members: ["ana@far.test", "ben@far.test"],
    roles: "intake,pipeline,outbound,chores",
  });
  const other = await directory.addGroup(node.pool, { name: "others" }, node.clock);
  await directory.addMembers(node.pool, other.id, [{ address: "ana@far.test", name: "" }], "test", node.clock);
  await directory.addMembers(
    node.pool,
    node.group.id,
    [{ address: "olga@far.test", name: "Olga", role: "owner" }],
    "test",
    node.clock,
  );
  await node.post({ from: "ana@far.test", subject: "One" });
  await node.post({ from: "ana@far.test", subject: "Two", to: "others@groups.test" });
  await node.send(
    { from: "guest@far.test", to: ["readers@groups.test", "others@groups.test"] },
    mailOf("guest@far.test", "Held"),
  );
  await node.quiet();

  const means = meansOf(node);
  await transact(node.pool, (sql) => life.end(sql, means, node.group, "remove", BY));
  assert.equal(await transact(node.pool, (sql) => life.end(sql, means, node.group, "remove", BY)), undefined, "once");
  const [letter, ...more] = await lettersTo(node, "removing");
  assert.deepEqual([letter?.recipient, more.length], ["olga@far.test", 0]);
  assert.match(letter!.raw.toString(), /15 March 2026/);
  await node.pass(13 * DAY, DAY);
  await transact(node.pool, (sql) => life.end(sql, means, node.group, "restore", BY));
  await node.pass(3 * DAY, DAY);
  assert.equal((await directory.groupNamed(node.pool, "readers"))?.eraseAt, null);

  await transact(node.pool, (sql) => life.end(sql, means, node.group, "remove", BY));
  await node.pass(14 * DAY + HOUR, DAY);
  for (let i = 0; i < 200 && (await directory.groupCalled(node.pool, "readers")); i += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  for (let i = 0; i < 100 && (await directory.erasures(node.pool)).length > 0; i += 1) await node.pass(MINUTE);
  assert.equal((await directory.erasures(node.pool)).length, 0);
  assert.equal(await directory.groupCalled(node.pool, "readers"), undefined);
  for (const table of await tablesOfGroups(node.pool))
    assert.equal((await node.pool`select from ${node.pool(table)} where group_id = ${node.group.id}`).length, 0, table);
  assert.equal((await lettersTo(node, "removed"))[0]?.recipient, "olga@far.test");
  const [held] = await queue.aside(node.pool, "held", null, 9);
  assert.deepEqual(held?.recipients, ["others@groups.test"], "what waits for another group too stays with that one");
  assert.equal((await archive.newestPosts(node.pool, other.id, null, 9)).length, 1);
  assert.equal((await directory.members(node.pool, other.id)).length, 1);
});

test("removing on the web asks for the name, and every owner can take it back", async (t) => {
  const site = await aSite(t);
  const olga = await site.signIn("olga@far.test");
  const mona = await site.signIn("mona@far.test");
  assert.equal((await site.post("/g/readers/end", { do: "remove", typed: "readers" }, mona)).status, 403);
  assert.equal((await site.post("/g/readers/end", { do: "remove", typed: "reader" }, olga)).status, 400);
  assert.equal((await directory.groupNamed(site.pool, "readers"))?.eraseAt, null);
  assert.equal((await site.post("/g/readers/end", { do: "remove", typed: " Readers " }, olga)).status, 303);
  const page = await site.get("/g/readers", olga);
  assert.match(page.text, /will be removed on 16 March 2026/);
  assert.equal((await site.get("/g/readers/new", olga)).status, 403);
  assert.equal((await site.get("/g/readers/join", await site.signIn("eva@far.test"))).status, 403);
  assert.equal((await site.post("/g/readers/end", { do: "restore" }, olga)).location, "/g/readers");
  assert.equal((await directory.groupNamed(site.pool, "readers"))?.eraseAt, null);
  assert.equal((await site.post("/g/readers/end", { do: "close" }, olga)).status, 303);
  assert.match((await site.get("/g/readers", mona)).text, /is closed\./);
});
