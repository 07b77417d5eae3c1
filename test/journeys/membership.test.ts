/** How members get mail: each chooses, by the page, the API or the command, and the posts that follow obey. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as evidence from "../../src/evidence/evidence.ts";
import { DAY, HOUR } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const members = ["olga@far.test", "mia@far.test", "ben@other.test"];

async function start(t: TestContext): Promise<TestNode> {
  const node = await startNode(t, { members, roles: "intake,pipeline,outbound,chores,web" });
  const olga = (await directory.membershipOf(node.pool, node.group.id, "olga@far.test"))!;
  await directory.changeMembership(node.pool, olga.id, { role: "owner" }, "test", node.clock.now());
  return node;
}

const member = async (node: TestNode, address: string) =>
  (await directory.membershipOf(node.pool, node.group.id, address))!;

async function set(node: TestNode, address: string, pairs: Record<string, string>): Promise<void> {
  assert.ok(await directory.setMembership(node.pool, await member(node, address), pairs, "test", node.clock.now()));
}

/** Who got the post with this subject. */
const readersOf = (node: TestNode, subject: string): string[] =>
  members.filter((one) => node.farSide.mailsFor(one).some((mail) => mail.raw.includes(`\r\nSubject: ${subject}\r\n`)));

async function postAndSee(node: TestNode, words: Parameters<TestNode["post"]>[0] & { subject: string }) {
  assert.equal((await node.post(words)).code, 250);
  await node.quiet();
  return readersOf(node, words.subject);
}

/** Moves the clock, and waits until no holiday that is over stands any more. */
async function passHoliday(node: TestNode, ms: number): Promise<void> {
  await node.pass(ms);
  for (let i = 0; i < 400; i += 1) {
    const [row] = await node.pool<{ open: number }[]>`
      select count(*)::int as open from memberships where holiday_until <= ${node.clock.now()}`;
    if (row!.open === 0) return node.quiet();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("a holiday that is over stood for ten seconds");
}

/** Why an address did not get the newest post. */
async function whyNot(node: TestNode, address: string): Promise<string> {
  const one = { ...(await member(node, address)), endedAt: null };
  const { posts } = await evidence.historyOf(node.pool, one, { before: null, limit: 1 }, new Date(0));
  return posts[0]!.why;
}

test("no copy of one's own posts, none of a post that names me, unless I choose otherwise", async (t) => {
  const node = await start(t);
  assert.deepEqual(await postAndSee(node, { from: "mia@far.test", subject: "one" }), members);

  await set(node, "mia@far.test", { "own-posts": "no" });
  node.clock.pass(1000);
  assert.deepEqual(await postAndSee(node, { from: "MIA@far.test", subject: "two" }), [
    "olga@far.test",
    "ben@other.test",
  ]);
  assert.equal(await whyNot(node, "mia@far.test"), "wrote it, and wants no copy of own posts");
  assert.deepEqual(await postAndSee(node, { from: "ben@other.test", subject: "three" }), members);

  const cc = ["Cc: =?utf-8?q?B=C3=A9n?= <BEN@other.test>, olga@far.test"];
  assert.deepEqual(await postAndSee(node, { from: "mia@far.test", subject: "four", headers: cc }), []);
  assert.equal(
    await whyNot(node, "ben@other.test"),
    "is named in its To or Cc, and so has it directly from its author",
  );
  await set(node, "ben@other.test", { "second-copy": "yes" });
  assert.deepEqual(await postAndSee(node, { from: "mia@far.test", subject: "five", headers: cc }), ["ben@other.test"]);
});

test("special notices come to who wants nothing else, from those who run the group alone", async (t) => {
  const node = await start(t);
  await set(node, "ben@other.test", { mode: "notices" });
  node.clock.pass(1000);
  const important = ["Importance: high"];
  const without = ["olga@far.test", "mia@far.test"];
  assert.deepEqual(await postAndSee(node, { from: "olga@far.test", subject: "ordinary" }), without);
  assert.equal(await whyNot(node, "ben@other.test"), "had chosen special notices only when it was sent");
  assert.deepEqual(await postAndSee(node, { from: "mia@far.test", subject: "loud", headers: important }), without);
  assert.deepEqual(await postAndSee(node, { from: "olga@far.test", subject: "notice", headers: important }), members);
});

test("a holiday stops the mail until its day begins where the member lives, and ends by itself, with a letter", async (t) => {
  const node = await start(t);
  await set(node, "ben@other.test", { holiday: "2026-03-10", zone: "America/New_York" });
  node.clock.pass(HOUR);
  const others = ["olga@far.test", "mia@far.test"];
  assert.deepEqual(await postAndSee(node, { from: "mia@far.test", subject: "away" }), others);
  assert.equal(await whyNot(node, "ben@other.test"), "was on holiday when it was sent");

  // 10 March begins there at 04:00 UTC, as clocks went forward on the 8th.
  node.clock.pass(new Date("2026-03-10T03:59:00Z").getTime() - node.clock.now().getTime());
  assert.deepEqual(await postAndSee(node, { from: "mia@far.test", subject: "nearly" }), others);
  await passHoliday(node, 2 * 60_000);
  const back = node.farSide.mailsFor("ben@other.test").map((mail) => readMail(mail.raw));
  assert.deepEqual(
    back.map((mail) => mail.subject),
    ["Mail from Readers comes to you again"],
  );
  assert.match(back[0]!.text!, /http:\/\/groups\.test\/g\/readers\n/);
  assert.equal((await member(node, "ben@other.test")).holidayUntil, null);
  assert.deepEqual(await postAndSee(node, { from: "mia@far.test", subject: "home" }), members);
  const events = await directory.eventsOf(node.pool, node.group.id, (await member(node, "ben@other.test")).id, 10);
  assert.deepEqual(events.map(({ what }) => what).sort(), [
    "holiday over",
    "holiday until 2026-03-10T04:00Z",
    "joined",
    "time zone UTC → America/New_York",
  ]);
});

test("a holiday may be ended early; whose mail is stopped hears nothing when it ends", async (t) => {
  const node = await start(t);
  await set(node, "ben@other.test", { holiday: "2026-03-10" });
  await set(node, "ben@other.test", { holiday: "none" });
  await set(node, "mia@far.test", { holiday: "2026-03-02", mode: "none" });
  await passHoliday(node, 2 * DAY);
  assert.deepEqual(await postAndSee(node, { from: "olga@far.test", subject: "early" }), [
    "olga@far.test",
    "ben@other.test",
  ]);
  assert.deepEqual(node.farSide.mailsFor("mia@far.test"), []);
  assert.equal((await member(node, "mia@far.test")).holidayUntil, null);
});

test("what can't be is refused in a sentence, and changes nothing", async (t) => {
  const node = await start(t);
  const refused = async (pairs: Record<string, string>, why: RegExp): Promise<void> => {
    await assert.rejects(set(node, "ben@other.test", pairs), (error: Error) => why.test(error.message));
  };
  await refused({ mode: "hourly" }, /^mode can't be "hourly": choose /);
  await refused({ holiday: "tomorrow" }, /is no day: write it as 2026-03-15/);
  await refused({ holiday: "2026-02-31" }, /is no day/);
  await refused({ holiday: "2026-03-01" }, /has begun already/);
  await refused({ holiday: "2030-01-01" }, /more than a year away/);
  await refused({ zone: "Mars/Olympus" }, /no time zone "Mars\/Olympus"/);
  await refused({ address: "mia@far.test" }, /not known to be this person's/);
  await refused({ address: "nobody" }, /is not a mail address/);
  await refused({ constructor: "x" }, /no setting "constructor"/);
  assert.deepEqual(
    (await directory.eventsOf(node.pool, node.group.id, (await member(node, "ben@other.test")).id, 10)).length,
    1,
  );
});

test("another address that is theirs carries the membership on, with its mail and its rights", async (t) => {
  const node = await start(t);
  const olga = await member(node, "olga@far.test");
  await node.pool`
    insert into addresses (address_key, address, person_id, verified_at)
    values ('olga@home.test', 'Olga@home.test', ${olga.personId}, ${node.clock.now()})`;
  await set(node, "olga@far.test", { address: "olga@HOME.test" });
  await node.post({ from: "mia@far.test", subject: "moved" });
  await node.quiet();
  assert.equal(node.farSide.mailsFor("Olga@home.test").length, 1);
  assert.equal(node.farSide.mailsFor("olga@far.test").length, 0);
  // Signed in with the address they had, they are an owner still.
  const cookie = await signInAt(node, "olga@far.test");
  assert.equal((await fetch(`${node.webUrl}/g/readers/members`, { headers: { cookie } })).status, 200);
});

test("the page and the API say and change how a member gets mail; strangers and signed-out visitors get nowhere", async (t) => {
  const node = await start(t);
  const cookie = await signInAt(node, "mia@far.test");
  const here = `${node.webUrl}/g/readers/membership`;
  const send = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(here, {
      method: "POST",
      redirect: "manual",
      headers: { cookie, origin: node.webUrl, ...headers },
      body: new URLSearchParams(form),
    });
  const saved = await send({ do: "mail", mode: "notices", "no-second-copy": "yes", "own-posts": "yes" });
  assert.equal(saved.status, 303);
  assert.equal((await member(node, "mia@far.test")).mode, "notices");
  const page = await (await fetch(here, { headers: { cookie } })).text();
  assert.match(page, /value="notices" checked/);
  assert.match(page, /mode each → notices<\/b> <span class="event-why">the member, on the web/);

  const wrong = await send({ do: "holiday", holiday: "2020-01-01" });
  assert.equal(wrong.status, 400);
  assert.match(await wrong.text(), /value="2020-01-01"[\s\S]*2020-01-01 has begun already/);
  assert.equal((await send({ do: "holiday", holiday: "2026-04-01" })).status, 303);
  assert.match(await (await fetch(here, { headers: { cookie } })).text(), /until <b>1 April 2026<\/b>/);
  assert.equal((await send({ do: "back" })).status, 303);
  assert.equal((await member(node, "mia@far.test")).holidayUntil, null);

  const api = `${node.webUrl}/api/v1/groups/readers/membership`;
  const post = (body: unknown): Promise<Response> =>
    fetch(api, {
      method: "POST",
      headers: { cookie, origin: node.webUrl, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const told = (await (await post({ mode: "each", "own-posts": "no" })).json()) as { mode: string; ownPosts: boolean };
  assert.deepEqual([told.mode, told.ownPosts], ["each", false]);
  assert.equal((await post({ role: "owner" })).status, 403);
  assert.equal((await post({ mode: "often" })).status, 400);
  assert.equal((await member(node, "mia@far.test")).role, "member");

  assert.equal((await fetch(here, { redirect: "manual" })).status, 303);
  assert.equal((await fetch(api)).status, 401);
  const stranger = await signInAt(node, "who@far.test");
  assert.equal((await fetch(here, { headers: { cookie: stranger } })).status, 404);
  assert.equal((await fetch(api, { headers: { cookie: stranger } })).status, 404);
});

test("an only owner on notices who leaves by a click gets notices again when it is taken back", async (t) => {
  const node = await start(t);
  await set(node, "olga@far.test", { mode: "notices" });
  const olga = await member(node, "olga@far.test");
  node.clock.pass(1000);
  assert.equal(await directory.leave(node.pool, olga, "left by mail", node.clock.now()), "mail stopped");
  assert.equal((await member(node, "olga@far.test")).mode, "none");
  node.clock.pass(1000);
  assert.equal(await directory.comeBack(node.pool, olga.id, true, "test", node.clock.now()), "mail stopped");
  assert.equal((await member(node, "olga@far.test")).mode, "notices");
});
