/** What people try who are inside already: members past their moderators, moderators past their permissions, strangers past a secret. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as drafts from "../../src/drafts/drafts.ts";
import { newId } from "../../src/kit/id.ts";
import { fileMails } from "../support/browser.ts";
import type { Who } from "../support/rights/table.ts";
import { newWorld, URL_HERE, type World } from "../support/rights/world.ts";

const form = (fields: Record<string, string>): RequestInit => ({
  body: new URLSearchParams(fields),
  headers: { origin: URL_HERE },
});

const plainMail = (id: string, from: string, text: string): Buffer =>
  Buffer.from(
    `From: ${from}\r\nSubject: Tea\r\nMessage-ID: <${id}>\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\n${text}\r\n`,
  );

const statusOf = async (world: World, who: Who, path: string): Promise<number> =>
  (await world.ask(who, "GET", path)).status;

const setPermissions = ({ pool }: World, permissions: string[]): Promise<unknown> =>
  pool`update memberships set permissions = ${permissions} where address = 'mo@far.test'`;

test("by editing, an author puts nothing past who reads posts first, the group's rules, or a moderator's own edit", async (t) => {
  const world = await newWorld(t, "public");
  const { pool } = world;
  await pool`update groups set editing = 10000 where name = ${world.name}`;
  const [number] = await fileMails(
    pool,
    await groupId(world),
    [plainMail("mia@far.test", "mia@far.test", "Tea?")],
    world.clock,
  );
  const path = `/g/${world.name}/${number}/edit`;
  const set = (column: string, value: string): Promise<unknown> =>
    pool`update groups set ${pool({ [column]: value })} where name = ${world.name}`;
  assert.equal(await statusOf(world, "member", path), 200);

  await pool`update memberships set moderation = 'moderated' where address = 'mia@far.test'`;
  assert.equal(await statusOf(world, "member", path), 403, "a moderated member");
  await pool`update memberships set moderation = 'default' where address = 'mia@far.test'`;
  for (const [column, value, before] of [
    ["emergency", "on", "off"],
    ["moderate", "everyone", "nobody"],
    ["posting", "moderators", "members"],
  ] as const) {
    await set(column, value);
    assert.equal(await statusOf(world, "member", path), 403, `${column} ${value}`);
    await set(column, before);
  }
  await pool`update groups set moderate = 'newcomers', newcomers = 2 where name = ${world.name}`;
  assert.equal(await statusOf(world, "member", path), 403, "a newcomer's first post");
  await pool`update groups set newcomers = 1 where name = ${world.name}`;
  assert.equal(await statusOf(world, "member", path), 200);

  await world.freshRule(); // "win" in the subject has a post held
  const spam = await world.ask("member", "POST", path, form({ subject: "You win", text: "Click", edition: "0" }));
  assert.equal(spam.status, 400);
  assert.match(spam.text, /A rule of Readers/);
  const plain = await world.ask("member", "POST", path, form({ subject: "Tea", text: "At five", edition: "0" }));
  assert.equal(plain.status, 303);

  await world.ask("moderator", "POST", path, form({ subject: "Tea", text: "Taken out", edition: "1" }));
  const again = await world.ask("member", "POST", path, form({ subject: "Tea", text: "At five!", edition: "2" }));
  assert.equal(again.status, 403, "what a moderator took out stays out");
});

test("a moderator who may not see members sees none by the API, in deliveries, in health, or by a report", async (t) => {
  const world = await newWorld(t, "public");
  const { pool, name } = world;
  const [pat] = await pool<{ id: string }[]>`select id from memberships where address = 'pat@far.test'`;
  const hidden = [
    ...[`/api/v1/groups/${name}/members`, `/api/v1/groups/${name}/posts/1/recipients`],
    ...[`/api/v1/groups/${name}/members/pat@far.test/deliveries`, `/g/${name}/health`, `/g/${name}/health/${pat!.id}`],
    ...[`/g/${name}/members/${pat!.id}/delivery`, `/g/${name}/1/delivery.csv`],
  ];
  for (const path of hidden) assert.equal(await statusOf(world, "moderator", path), 200, path);
  await setPermissions(world, ["approve", "posts"]);
  for (const path of hidden) assert.equal(await statusOf(world, "moderator", path), 403, path);
  for (const path of [`/g/${name}/1/why?member=pat@far.test`, `/g/${name}/1/delivery?find=pat`]) {
    const { status, text } = await world.ask("moderator", "GET", path);
    assert.equal(status, 200);
    assert.doesNotMatch(text, /<bdi>pat@far\.test/, path);
  }
  const health = await world.ask("moderator", "GET", `/api/v1/groups/${name}/health`);
  assert.doesNotMatch(health.text, /pat@far\.test/);

  await setPermissions(world, ["approve", "members"]);
  const number = await world.freshReport();
  const ban = await world.ask("moderator", "POST", `/g/${name}/reports/${number}`, form({ do: "ban" }));
  assert.equal(ban.status, 403, "it would delete the post, too");
});

test("what a group is and was is told to who may know: a secret parent, an invitation that is over, words with addresses", async (t) => {
  const world = await newWorld(t, "public");
  const { pool, clock, name } = world;
  const parent = await directory.addGroup(
    pool,
    { name: "hidden", title: "Hidden circle", visibility: "secret" },
    clock,
  );
  for (const by of ["lively", "title", "newest"]) {
    const [there, none] = await Promise.all(
      ["hidden", "nobody"].map((after) => world.ask("visitor", "GET", `/groups?by=${by}&after=${after}`)),
    );
    assert.equal(there!.text.replaceAll("after=hidden", "after=nobody"), none!.text, `the directory by ${by}`);
  }

  await pool`update groups set guidelines = 'Ask olga@far.test first' where name = ${name}`;
  const told = await world.ask("visitor", "GET", `/api/v1/groups/${name}`);
  assert.match(told.text, /Ask /);
  assert.doesNotMatch(told.text, /olga@far\.test/);

  const over = `/invitation/${await world.token("invite")}`;
  assert.match((await world.ask("visitor", "GET", over)).text, /Ask olga@far\.test first/);
  await pool`update invitations set state = 'revoked'`;
  assert.doesNotMatch((await world.ask("visitor", "GET", over)).text, /olga@far\.test/);

  await pool`update groups set parent_id = ${parent.id}, admits = 'parent' where name = ${name}`;
  const join = await world.ask("owner of another group", "GET", `/g/${name}/join`);
  assert.equal(join.status, 403);
  assert.doesNotMatch(join.text, /Hidden circle/);
  await pool`update groups set visibility = 'listed' where id = ${parent.id}`;
  assert.match((await world.ask("owner of another group", "GET", `/g/${name}/join`)).text, /Hidden circle/);
});

test("where authors' addresses are hidden, what a post said before hides them too", async (t) => {
  const world = await newWorld(t, "public");
  const { pool, name } = world;
  await pool`update groups set authors = 'hidden' where name = ${name}`;
  const mails = [plainMail("two@far.test", "ana@far.test", "Write to ana@far.test")];
  const [number] = await fileMails(pool, await groupId(world), mails, world.clock);
  const path = `/g/${name}/${number}`;
  const edit = form({ subject: "Tea", text: "Write to me", edition: "0" });
  assert.equal((await world.ask("moderator", "POST", `${path}/edit`, edit)).status, 303);
  const before = (await world.ask("member", "GET", `${path}/editions`)).text;
  assert.match(before, /Write to /);
  assert.doesNotMatch(before, /(?:ana|mo)@far\.test/);
});

test("the id of another's draft shows nothing of it", async (t) => {
  const world = await newWorld(t, "public");
  const { pool, clock, name } = world;
  const place = { groupId: await groupId(world), draftId: newId(clock) };
  const typed = {
    ...{ groupId: place.groupId, id: place.draftId, authorKey: "mia@far.test", address: "mia@far.test", answers: null },
    ...{ name: "", subject: "Mine", body: "Not yet", isSpecial: false, isPlain: true },
  };
  await drafts.save(pool, typed, 0, clock.now());
  const file = { id: newId(clock), name: "diagnosis.pdf", type: "application/pdf", size: 1, content: Buffer.from("x") };
  await drafts.addFile(pool, place, file, clock.now());
  const asked = form({ do: "preview", id: place.draftId, version: "0", subject: "", text: "" });
  for (const path of [`/g/${name}/new`, `/g/${name}/1/reply`])
    assert.doesNotMatch((await world.ask("moderator", "POST", path, asked)).text, /diagnosis/, path);
});

const groupId = async ({ pool, name }: World): Promise<string> => (await directory.groupNamed(pool, name))!.id;
