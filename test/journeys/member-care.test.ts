/** What owners do about members: rights, notes, removing and keeping out. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { Refusal } from "../../src/kit/errors.ts";
import { readMail } from "../../src/mail/read.ts";
import * as moderation from "../../src/moderation/moderation.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const members = ["olga@far.test", "mo@far.test", "mia@far.test", "ben@other.test"];

type Send = (path: string, cookie: string, form?: Record<string, string>) => Promise<{ status: number; text: string }>;

async function start(t: TestContext): Promise<{ node: TestNode; send: Send }> {
  const node = await startNode(t, { members, roles: "intake,pipeline,outbound,chores,web" });
  for (const [address, role] of [
    ["olga@far.test", "owner"],
    ["mo@far.test", "moderator"],
  ] as const)
    await directory.changeMembership(node.pool, (await member(node, address)).id, { role }, "test", node.clock.now());
  const send: Send = async (path, cookie, form) => {
    const answer = await fetch(`${node.webUrl}${path}`, {
      redirect: "manual",
      headers: { cookie, origin: node.webUrl },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  return { node, send };
}

const member = async (node: TestNode, address: string) =>
  (await directory.membershipOf(node.pool, node.group.id, address))!;

const pageOf = async (node: TestNode, address: string): Promise<string> =>
  `/g/readers/members/${(await member(node, address)).id}`;

test("an owner says what a moderator may do; nobody else can, and the only owner stays one", async (t) => {
  const { node, send } = await start(t);
  const [olga, mo, mia] = await Promise.all(
    ["olga@far.test", "mo@far.test", "mia@far.test"].map((one) => signInAt(node, one)),
  );
  const moPage = await pageOf(node, "mo@far.test");
  assert.deepEqual(
    await Promise.all([olga!, mo!, mia!, ""].map(async (one) => (await send(moPage, one)).status)),
    [200, 200, 403, 303],
  );
  assert.equal((await send("/g/readers/held", mo!)).status, 200);
  const form = { do: "role", role: "moderator", chosen: "yes", "may-members": "yes" };
  assert.equal((await send(moPage, mo!, { ...form, "may-settings": "yes" })).status, 403, "not by themselves");
  assert.equal((await send(moPage, olga!, form)).status, 303);
  assert.deepEqual((await member(node, "mo@far.test")).permissions, ["members"]);
  assert.equal((await send("/g/readers/held", mo!)).status, 403);
  assert.equal((await send("/g/readers/members", mo!)).status, 200);
  assert.match((await send(moPage, olga!)).text, /may members<\/b>/);

  // Who may not decide is not asked to.
  await node.post({ from: "stranger@far.test", subject: "Let me in" });
  await node.quiet();
  const asked = members.filter((one) =>
    node.farSide.mailsFor(one).some((mail) => readMail(mail.raw).subject.startsWith("To decide")),
  );
  assert.deepEqual(asked, ["olga@far.test"]);

  const last = await send(await pageOf(node, "olga@far.test"), olga!, { do: "role", role: "member" });
  assert.equal(last.status, 400);
  assert.match(last.text, /only owner/);
  assert.equal((await send(await pageOf(node, "olga@far.test"), mo!, { do: "remove" })).status, 403);
  assert.equal((await member(node, "olga@far.test")).role, "owner");
});

test("notes are for those who run the group, and come back as they were typed", async (t) => {
  const { node, send } = await start(t);
  const [mo, mia] = await Promise.all(["mo@far.test", "mia@far.test"].map((one) => signInAt(node, one)));
  const page = await pageOf(node, "mia@far.test");
  assert.equal((await send(page, mo!, { do: "notes", notes: "Joined <with> Ben\nCalls" })).status, 303);
  assert.match((await send(page, mo!)).text, /Joined &lt;with&gt; Ben\nCalls/);
  assert.ok(!(await send("/g/readers/membership", mia!)).text.includes("Joined &lt;with"));
  const long = await send(page, mo!, { do: "notes", notes: "x".repeat(5001) });
  assert.ok(long.status === 400 && long.text.includes("x".repeat(5001)), "what was typed is still there");
});

test("who is removed and banned can't come back by the web, by mail or by the command, nor post", async (t) => {
  const { node, send } = await start(t);
  const olga = await signInAt(node, "olga@far.test");
  const ben = await signInAt(node, "ben@other.test");
  assert.equal(
    (await send(await pageOf(node, "ben@other.test"), olga, { do: "ban", what: "domain", why: "spam" })).status,
    303,
  );
  assert.equal(await directory.membershipOf(node.pool, node.group.id, "ben@other.test"), undefined);
  assert.match((await send("/g/readers/bans", olga)).text, /\*@other\.test<\/b>/);

  assert.equal((await send("/g/readers/join", ben, { name: "Ben" })).status, 403);
  await node.post({ from: "carl@OTHER.test", subject: "join", to: "readers+subscribe@groups.test" });
  await node.post({ from: "carl@other.test", subject: "Buy this" });
  await node.quiet();
  const outcomes = await node.pool<
    { outcome: string; detail: string }[]
  >`select outcome, detail from outcomes order by received_at, recipient`;
  assert.deepEqual(
    outcomes.map((one) => `${one.outcome}: ${one.detail}`),
    ["obeyed: the group does not take them", "declined: The owners of Readers take no posts from this address."],
  );
  const add = (): Promise<string[]> =>
    directory.addMembers(
      node.pool,
      node.group.id,
      [
        { address: "dora@other.test", name: "" },
        { address: "eve@near.test", name: "" },
      ],
      "test",
      node.clock,
    );
  assert.deepEqual(await add(), ["eve@near.test"]);
  assert.equal((await send("/g/readers/bans", olga, { do: "lift", pattern: "*@other.test" })).status, 303);
  assert.deepEqual(await add(), ["dora@other.test"]);
});

test("a ban does not touch who runs the group, and a way back by an old link ends with it", async (t) => {
  const { node } = await start(t);
  const now = node.clock.now();
  const mia = await member(node, "mia@far.test");
  await directory.leave(node.pool, mia, "left by mail", now);
  const everywhere = { pattern: "mia@far.test", why: "", setBy: "an operator" };
  await directory.ban(node.pool, directory.SERVICE, everywhere, now);
  assert.equal(await directory.comeBack(node.pool, mia.id, true, "test", now), undefined, "kept out of all groups");
  await directory.liftBan(node.pool, directory.SERVICE, "mia@far.test");
  await directory.ban(
    node.pool,
    node.group.id,
    { pattern: directory.banPattern("far.test"), why: "", setBy: "test" },
    now,
  );
  assert.equal(await directory.comeBack(node.pool, mia.id, true, "test", now), undefined);
  await node.post({ from: "mo@far.test", subject: "Still here" });
  await node.quiet();
  assert.equal(node.farSide.mailsFor("ben@other.test").length, 1);
});

test("patterns are addresses, domains and stars; what would keep out everybody or is none is refused", () => {
  assert.equal(directory.banPattern(" Ana@Far.test "), "ana@far.test");
  assert.equal(directory.banPattern("far.test"), "*@far.test");
  assert.equal(directory.banPattern("*spam*@*.test"), "*spam*@*.test");
  for (const wrong of ["", "*", "*@*", "*@*.*", "a b@c.test", "a@b@c", "****@a.test", "x".repeat(300), "a,b@c.test"])
    assert.throws(() => directory.banPattern(wrong), Refusal, wrong);
});

test("a pattern matches as it reads: only its stars stand for anything", async (t) => {
  const { node } = await start(t);
  const banned = async (address: string): Promise<boolean> => directory.isBanned(node.pool, node.group.id, address);
  for (const pattern of ["a_b@far.test", "x%y@far.test", "*@*.bad.test"])
    await directory.ban(
      node.pool,
      node.group.id,
      { pattern: directory.banPattern(pattern), why: "", setBy: "" },
      node.clock.now(),
    );
  const asked = [
    "a_b@far.test",
    "A_B@FAR.test",
    "axb@far.test",
    "xzy@far.test",
    "x%y@far.test",
    "a@very.bad.test",
    "a@bad.test",
  ];
  assert.deepEqual(await Promise.all(asked.map(banned)), [true, true, false, false, true, true, false]);
});

test("what becomes of a member's posts is decided with a reason, kept in their history, and taken back", async (t) => {
  const { node, send } = await start(t);
  const [mo, mia] = await Promise.all(["mo@far.test", "mia@far.test"].map((one) => signInAt(node, one)));
  const page = await pageOf(node, "mia@far.test");
  const decided = { do: "moderation", moderation: "moderated", because: "Sells things" };
  assert.equal((await send(page, mia!, decided)).status, 403, "not by themselves");
  assert.equal((await send(page, mo!, decided)).status, 303);
  assert.equal((await member(node, "mia@far.test")).moderation, "moderated");
  const seen = (await send(page, mo!)).text;
  assert.match(
    seen,
    /as the group&#39;s rules say → held for a moderator<\/b> <span class="event-why">mo@far\.test, on the web: Sells things/,
  );
  assert.match(seen, /Undo: as the group&#39;s rules say/);
  assert.equal((await send(page, mo!, { do: "undo-moderation" })).status, 303);
  assert.equal((await member(node, "mia@far.test")).moderation, "default");
  assert.equal((await send(page, mo!, { ...decided, moderation: "no such" })).status, 400);
  const { id } = await member(node, "mia@far.test");
  const elsewhere = { groupId: id, membershipId: id, to: "trusted", by: "x", why: "" } as const;
  assert.equal(await directory.setModeration(node.pool, elsewhere, node.clock.now()), false, "in another group");
});

test("the log names what was done to members and settings, for all who run the group, by kind and by person", async (t) => {
  const { node, send } = await start(t);
  const [olga, mo, mia] = await Promise.all(
    ["olga@far.test", "mo@far.test", "mia@far.test"].map((one) => signInAt(node, one)),
  );
  const log = async (query = ""): Promise<string> => (await send(`/g/readers/log${query}`, mo!)).text;
  assert.match(await log(), /will be here/);
  const bans = "/g/readers/bans";
  const { record, settingsChanged, OPERATOR } = moderation;
  for (const act of [
    async () => send(await pageOf(node, "mia@far.test"), olga!, { do: "role", role: "moderator" }),
    () => send(bans, mo!, { do: "ban", pattern: "spam.test", why: "Sells watches" }),
    () => send(bans, mo!, { do: "lift", pattern: "*@spam.test" }),
    () => send(bans, mo!, { do: "lift", pattern: "*@spam.test" }),
    () => record(node.pool, settingsChanged(node.group.id, OPERATOR, { tag: "Read" }), node.clock),
    () => record(node.pool, settingsChanged(node.group.id, OPERATOR, { footer: "x\ny" }), node.clock),
  ]) {
    await act();
    node.clock.pass(1);
  }
  const all = await log();
  const shown = [...all.matchAll(/<li><p>(.*?), <time/g)].map((found) => found[1]!.replace(/<[^>]+>/g, ""));
  assert.deepEqual(shown, [
    "an operator changed the setting footer, by a command",
    "an operator set tag to “Read”, by a command",
    "mo@far.test lifted the ban of *@spam.test",
    "mo@far.test banned *@spam.test from the group",
    "olga@far.test changed mia@far.test from member to moderator",
  ]);
  assert.match(all, /Sells watches/);
  const ofMo = await log(`?by=${(await member(node, "mo@far.test")).id}`);
  assert.ok(ofMo.includes("Sells watches") && !ofMo.includes("to moderator"));
  const ofSettings = await log("?kind=settings");
  assert.ok(ofSettings.includes("footer") && !ofSettings.includes("Sells watches"));
  const newest = await moderation.activity(node.pool, node.group.id, { kind: null, membershipId: null }, null, 2);
  const earlier = await log(`?before=${newest[1]!.id}`);
  assert.ok(
    earlier.includes("Sells watches") && !earlier.includes("setting footer"),
    "a page goes on where the last ended",
  );
  assert.equal((await send("/g/readers/log", mia!)).status, 200, "a moderator now");
  assert.equal((await send("/g/readers/log", await signInAt(node, "ben@other.test"))).status, 403);
});
