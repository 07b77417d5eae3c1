/** People: seen by other members when they agree, and across all groups by operators, who can keep somebody out of everything. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const start = (t: TestContext): Promise<TestNode> =>
  startNode(t, { members: ["mia@far.test", "ben@far.test"], roles: "intake,pipeline,outbound,web,chores" });
const form = (node: TestNode, cookie: string, path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${node.webUrl}${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie, origin: node.webUrl },
    body: new URLSearchParams(fields),
  });
const get = async (node: TestNode, cookie: string, path: string): Promise<{ status: number; text: string }> => {
  const answer = await fetch(`${node.webUrl}${path}`, { headers: { cookie } });
  return { status: answer.status, text: await answer.text() };
};

test("a member is seen by the others when they agree and the group has it so, by name and a line, without the address", async (t) => {
  const node = await start(t);
  const [mia, ben] = [await signInAt(node, "mia@far.test"), await signInAt(node, "ben@far.test")];
  assert.equal(
    (await get(node, ben, "/g/readers/people")).status,
    403,
    "moderators alone, until an owner says otherwise",
  );
  assert.doesNotMatch((await get(node, mia, "/g/readers/membership")).text, /Show my name/);
  await directory.setGroup(node.pool, node.group.id, { listing: "members" });
  assert.match((await get(node, ben, "/g/readers/people")).text, /Nobody is here yet/);
  await node.pool`update memberships set name = 'Mia Lima' where address_key = 'mia@far.test'`;
  await form(node, mia, "/g/readers/membership", { do: "listing", listed: "yes", about: "Tea <b>and</b> trains" });
  const seen = await get(node, ben, "/g/readers/people");
  assert.match(seen.text, /Mia Lima[\s\S]*Tea &lt;b&gt;and&lt;\/b&gt; trains/);
  assert.doesNotMatch(seen.text, /mia@far\.test/);
  assert.equal((await get(node, "", "/g/readers/people")).text.includes("Mia Lima"), false);
  await form(node, mia, "/g/readers/membership", { do: "listing", about: "Tea" });
  assert.match((await get(node, ben, "/g/readers/people")).text, /Nobody is here yet/);
  const history = (await get(node, mia, "/g/readers/membership")).text;
  assert.match(history, /lets other members see them no more[\s\S]*lets other members see them</);
});

test("an operator finds a person across groups, stops their mail everywhere and keeps them out of everything", async (t) => {
  const node = await start(t);
  const other = await directory.addGroup(node.pool, { name: "writers", title: "Writers" }, node.clock);
  await transact(node.pool, async (sql) => {
    await directory.addMembers(sql, other.id, [{ address: "mia@far.test", name: "Mia Lima" }], "test", node.clock);
    const people = await directory.peopleFor(sql, [{ address: "op@far.test", name: "Otto" }], node.clock);
    await directory.setOperator(sql, people.get("op@far.test")!, true);
  });
  const op = await signInAt(node, "op@far.test");
  const ben = await signInAt(node, "ben@far.test");
  assert.equal((await get(node, ben, "/operator/people?find=mia")).status, 403);
  const list = (await get(node, op, "/operator/people?find=LIMA")).text;
  const page = /href="(\/operator\/people\/[0-9a-f-]{36})"/.exec(list)![1]!;
  assert.match(list, /mia@far\.test · 2 groups/);
  assert.equal((await get(node, ben, page)).status, 403);
  assert.match((await get(node, op, page)).text, /Readers[\s\S]*Writers|Writers[\s\S]*Readers/);
  await form(node, op, page, { do: "pause" });
  assert.equal((await node.pool`select from memberships where paused_at is not null`).length, 2);
  await form(node, op, page, { do: "resume" });
  assert.equal((await node.pool`select from memberships where paused_at is not null`).length, 0);
  await form(node, op, page, { do: "ban" });
  assert.match((await get(node, op, page)).text, /Kept out of all groups: mia@far\.test/);
  await node.post({ from: "mia@far.test", subject: "Buy now" });
  await node.quiet();
  assert.equal((await node.pool`select from posts`).length, 0, "kept out of every group");
  const wrong = await form(node, op, "/operator/people", { do: "ban", pattern: "*" });
  assert.equal(wrong.status, 400);
  assert.match(await wrong.text(), /value="\*"/);
  await form(node, op, "/operator/people", { do: "lift", pattern: "mia@far.test" });
  await node.post({ from: "mia@far.test", subject: "Tea" });
  await node.quiet();
  assert.equal((await node.pool`select from posts`).length, 1);
});
