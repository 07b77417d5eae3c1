/** A member's health, from the mail that comes back to the mail that goes out again, by real SMTP and a clock that moves. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Hono } from "hono";
import * as directory from "../../src/directory/directory.ts";
import * as health from "../../src/health/health.ts";
import * as keys from "../../src/keys/keys.ts";
import { DAY, HOUR, heldClock } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import { silent } from "../../src/kit/log.ts";
import { readMail } from "../../src/mail/read.ts";
import * as returns from "../../src/returns/returns.ts";
import type { Environment } from "../../src/web/house.ts";
import { startWeb } from "../../src/web/web.ts";
import type { FarSideMail } from "../support/far-side.ts";
import { startNode, type TestNode } from "../support/node.ts";

const GONE = "550 5.1.1 No such user here";

const textOf = (mail: FarSideMail | undefined): string => (mail ? (readMail(mail.raw).text ?? "") : "");
const subjectOf = (mail: FarSideMail): string => readMail(mail.raw).subject ?? "";
const about = (node: TestNode, to: string, subject: RegExp): FarSideMail[] =>
  node.farSide.mailsFor(to).filter((mail) => subject.test(subjectOf(mail)));

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`waited ten seconds for this: ${what}`);
}

const memberOf = async (node: TestNode, address: string): Promise<directory.Membership> =>
  (await directory.membershipOf(node.pool, node.group.id, address))!;

/** Another address that is shown to be the same person's. */
async function alsoHas(node: TestNode, address: string, other: string): Promise<void> {
  const { personId } = await memberOf(node, address);
  await node.pool`
    insert into addresses (address_key, address, person_id, verified_at)
    values (${other}, ${other}, ${personId}, ${node.clock.now()})`;
}

const history = async (node: TestNode, address: string): Promise<string[]> => {
  const { id } = await memberOf(node, address);
  return (await directory.eventsOf(node.pool, node.group.id, id, 100)).map((one) => one.what).reverse();
};

const scoreOf = async (node: TestNode, address: string): Promise<number> => {
  const { id } = await memberOf(node, address);
  const troubles = await health.troublesOf(node.pool, node.group.id, id, 100);
  return health.scoreOf(health.counting(troubles), node.clock.now());
};

type App = Hono<Environment>;

/** The web of a node, asked without a server. */
async function webOf(t: TestContext, node: TestNode): Promise<App> {
  const config = { domain: node.domain, url: node.config.url, outbound: { kind: "direct" } as const };
  const web = await startWeb({ listen: [], pool: node.pool, config, clock: node.clock, log: silent });
  t.after(() => web.stop());
  return web.app;
}

const form = (fields: Record<string, string>, cookie = "") => ({
  method: "POST",
  body: new URLSearchParams(fields),
  headers: { origin: "http://groups.test", cookie },
});

async function signedIn(node: TestNode, app: App, address: string): Promise<string> {
  await app.request("/sign-in", form({ email: address, next: "/" }));
  const [letter] = await node.pool<{ raw: Buffer }[]>`
    select raw from letters where recipient = ${address} and kind = 'sign-in' order by created_at desc, id desc limit 1`;
  const token = /sign-in\/([A-Za-z]+)/.exec(letter!.raw.toString())![1]!;
  const answer = await app.request(`/sign-in/${token}`, form({ next: "/" }));
  return answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}

/** One round of weighing, by hand: for tests in which the loop does not run. */
const weigh = async (node: TestNode): Promise<returns.Done> =>
  returns.weighOnce({
    pool: node.pool,
    domain: node.domain,
    url: node.config.url,
    tokenSecret: (await keys.serviceKeys(node.pool, node.domain, node.clock)).token,
    clock: node.clock,
  });

/** Every address of the web in a mail's text and HTML, as a scanner finds them. */
function linksIn(mail: FarSideMail): string[] {
  const { text, html } = readMail(mail.raw);
  const found = `${text} ${html}`.matchAll(/https?:\/\/groups\.test(\/[^\s"<>]*)/g);
  return [...new Set([...found].map((one) => one[1]!))];
}

const BY_HAND = "intake,pipeline,outbound";

/** Posts once a day, and weighs. */
async function days(node: TestNode, count: number, from = "ben@far.test"): Promise<void> {
  for (let day = 1; day <= count; day += 1) {
    await node.post({ from, subject: `Chapter ${day}` });
    await node.quiet();
    await weigh(node);
    await node.quiet();
    await node.pass(DAY);
  }
}

test("an address that is no more is asked about, paused when the letter comes back too, told elsewhere, and back with one click", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"] });
  const app = await webOf(t, node);
  await alsoHas(node, "ana@far.test", "ana@home.test");
  node.farSide.answers("ana@far.test", GONE);
  for (let day = 1; day <= 5; day += 1) {
    await node.post({ from: "ben@far.test", subject: `Chapter ${day}` });
    await node.quiet();
    if (day <= 2) {
      await until("the day is noted", async () => (await scoreOf(node, "ana@far.test")) > day);
      assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null, "not after two days");
    }
    await node.pass(DAY);
  }
  await until("the member is paused", async () => (await memberOf(node, "ana@far.test")).pausedAt !== null);
  await node.quiet();
  assert.deepEqual(await history(node, "ana@far.test"), ["joined", "asked whether mail arrives", "paused"]);
  const [told, ...more] = about(node, "ana@home.test", /was stopped/);
  assert.deepEqual(more, [], "told once");
  assert.match(textOf(told), /> 550 5\.1\.1 No such user here/);

  node.farSide.behaves();
  await node.post({ from: "ben@far.test", subject: "While she is paused" });
  await node.quiet();
  assert.deepEqual(node.farSide.mailsFor("ana@far.test"), [], "nothing goes out, though it would be taken again");

  const [home, ben] = [await signedIn(node, app, "ana@home.test"), await signedIn(node, app, "ben@far.test")];
  const [{ topic }] = await node.pool<[{ topic: string }]>`select topic_id as topic from posts limit 1`;
  for (const path of ["/", "/g/readers", `/g/readers/topic/${topic}`, "/g/readers/1", "/g/readers/leave"]) {
    const seen = async (cookie: string) => (await app.request(path, { headers: { cookie } })).text();
    assert.match(await seen(home), /is stopped.*No such user here.*Send me mail again/s, path);
    assert.doesNotMatch(await seen(ben), /Send me mail again/, path);
  }

  const [link] = linksIn(told!);
  assert.match(link!, /^\/back\//);
  assert.match(await (await app.request(link!)).text(), /Send me mail again/);
  assert.notEqual((await memberOf(node, "ana@far.test")).pausedAt, null, "looking changes nothing");
  assert.equal((await app.request(link!, { method: "POST" })).status, 200);
  assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null);
  await app.request(link!, { method: "POST" });
  await node.quiet();
  assert.equal(about(node, "ana@far.test", /Welcome back/).length, 1, "pressed twice, welcomed once");
  await node.post({ from: "ben@far.test", subject: "After" });
  await node.quiet();
  assert.equal(about(node, "ana@far.test", /After/).length, 1);
  assert.equal(await scoreOf(node, "ana@far.test"), 0, "what spoke against her is forgotten");
});

test("a full mailbox that has room again fades to well, and is never asked", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  node.farSide.answers("ana@far.test", "552 5.2.2 Mailbox full");
  await days(node, 5);
  const before = await scoreOf(node, "ana@far.test");
  assert.ok(before > 1 && before < health.ASK_AT, String(before));
  node.farSide.behaves();
  await days(node, 2);
  await node.pass(40 * DAY);
  await weigh(node);
  const [member] = [await memberOf(node, "ana@far.test")];
  assert.equal((await returns.memberHealth(node.pool, member!, node.clock.now())).word, "well");
  assert.deepEqual(await history(node, "ana@far.test"), ["joined"]);
  assert.deepEqual(about(node, "ana@far.test", /still there/), []);
});

test("refusals of us or of the message are nobody's, however many there are", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  for (const reply of [
    "552 5.3.4 Message too big for us",
    "554 5.7.1 Message rejected as spam",
    "550 5.7.26 DMARC failed",
  ]) {
    node.farSide.answers("ana@far.test", reply);
    await days(node, 1);
  }
  assert.equal(await scoreOf(node, "ana@far.test"), 0);
});

test("an enquiry that arrives halves what there was; nobody is paused", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  node.farSide.atDot((mail) => mail.to.includes("ana@far.test") && /Chapter/.test(subjectOf(mail)), GONE);
  await days(node, 3);
  assert.equal(about(node, "ana@far.test", /are you still there/).length, 1);
  const before = await scoreOf(node, "ana@far.test");
  await node.pass(3 * DAY);
  await weigh(node);
  const faded = before * 0.5 ** ((3 * DAY) / health.HALF_LIFE);
  assert.ok(Math.abs((await scoreOf(node, "ana@far.test")) - faded / 2) < 0.01);
  assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null);
  assert.deepEqual((await history(node, "ana@far.test")).slice(1), [
    "asked whether mail arrives",
    "trouble counts half",
  ]);
});

test("weighed twice, read again from the beginning, killed between: it counts once", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  node.farSide.answers("ana@far.test", GONE);
  await node.post({ from: "ben@far.test" });
  await node.quiet();
  await weigh(node);
  const once = await scoreOf(node, "ana@far.test");
  assert.equal(once, 2);
  await node.pool`delete from weighings`;
  await weigh(node);
  await Promise.all([weigh(node), weigh(node)]);
  assert.equal(await scoreOf(node, "ana@far.test"), once);
  // Three days at once: two nodes that ask at the same moment write one letter.
  await node.pass(DAY);
  await days(node, 1);
  await node.post({ from: "ben@far.test" });
  await node.quiet();
  await Promise.all([weigh(node), weigh(node), weigh(node)]);
  await node.quiet();
  const [letters] = await node.pool`select count(*)::int as count from letters where kind = 'enquiry'`;
  assert.equal(letters!["count"], 1);
});

test("cut off at its last statement, a pause has not happened at all; weighed again it happens once", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  await alsoHas(node, "ana@far.test", "ana@home.test");
  node.farSide.answers("ana@far.test", GONE);
  await days(node, 3);
  // The letter was refused, and its refusal is in the log: the next round would pause.
  await node.pool.unsafe(`
    create function cut() returns trigger language plpgsql as $$ begin raise exception 'cut off'; end $$;
    create trigger cut before insert on deliveries for each row execute function cut();`);
  for (let i = 0; i < 3; i += 1) await assert.rejects(weigh(node), /cut off/);
  const [enquiry] = await health.openEnquiries(node.pool, 10);
  assert.equal(enquiry?.state, "open");
  assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null);
  await node.pool`drop trigger cut on deliveries`;
  await weigh(node);
  await weigh(node);
  await node.quiet();
  assert.notEqual((await memberOf(node, "ana@far.test")).pausedAt, null);
  assert.equal(about(node, "ana@home.test", /was stopped/).length, 1);
  assert.deepEqual((await history(node, "ana@far.test")).slice(1), ["asked whether mail arrives", "paused"]);
});

test("a letter that can't be written holds up nobody else", async (t) => {
  const gone = ["ana@far.test", "cleo@far.test"];
  const node = await startNode(t, { members: [...gone, "ben@far.test"], roles: BY_HAND });
  await alsoHas(node, "cleo@far.test", "no address at all");
  await alsoHas(node, "cleo@far.test", "cleo@home.test");
  for (const address of gone) node.farSide.answers(address, GONE);
  await days(node, 2);
  await node.post({ from: "ben@far.test" });
  await node.quiet();
  const { id } = await memberOf(node, "ana@far.test");
  await node.pool`update memberships set address = 'no address' where id = ${id}`;
  await weigh(node);
  assert.equal((await health.openEnquiries(node.pool, 10)).length, 1, "cleo is asked, ana can't be");
  await node.quiet();
  await weigh(node);
  await node.quiet();
  assert.notEqual((await memberOf(node, "cleo@far.test")).pausedAt, null);
  assert.equal(about(node, "cleo@home.test", /was stopped/).length, 1);
});

test("where thirty members of one provider fail alike it is the provider's day: nobody is scored, and it is shown", async (t) => {
  const many = Array.from({ length: 30 }, (_, i) => `m${i}@big.test`);
  const node = await startNode(t, { members: [...many, "ben@far.test"], roles: BY_HAND });
  for (const address of many) node.farSide.answers(address, GONE);
  await node.post({ from: "ben@far.test" });
  await node.quiet();
  await weigh(node);
  const [outage] = await health.openOutages(node.pool);
  assert.deepEqual([outage?.recipients, outage?.sense], [30, "no such user"]);
  for (const address of many) assert.equal(await scoreOf(node, address), 0, address);
  assert.deepEqual((await history(node, many[0]!)).slice(1), ["trouble taken back"]);
  // It goes on the next day: what fails while it lasts is not counted at all.
  await node.pass(5 * HOUR);
  await node.post({ from: "ben@far.test" });
  await node.quiet();
  await weigh(node);
  assert.equal(await scoreOf(node, many[0]!), 0);
  node.farSide.behaves();
  await node.pass(7 * HOUR);
  await weigh(node);
  assert.equal((await health.openOutages(node.pool)).length, 0, "over");
  // And a single member who fails after it is scored as ever.
  node.farSide.answers(many[0]!, GONE);
  await node.pass(DAY);
  await days(node, 1);
  assert.ok((await scoreOf(node, many[0]!)) > 1);
});

test("a provider's bad day is taken back for more members than a statement has room for", async (t) => {
  const node = await startNode(t, { roles: BY_HAND });
  const many = Array.from({ length: 14_000 }, (_, i) => ({ address: `m${i}@big.test`, name: "" }));
  await directory.addMembers(node.pool, node.group.id, many, "test", node.clock);
  const members = await directory.members(node.pool, node.group.id);
  await health.noteReturns(
    node.pool,
    members.slice(0, 3000).map((one) => returnOf(one)),
    node.clock,
  );
  await health.noteTroubles(
    node.pool,
    members.map((one) => ({
      ...{ groupId: node.group.id, membershipId: one.id, address: one.address, at: node.clock.now() },
      ...{ found: "refused", provider: "big.test", sense: "no such user", kind: "permanent", status: "", said: "" },
    })),
  );
  await weigh(node);
  assert.equal((await health.openOutages(node.pool))[0]?.recipients, 14_000);
  const [rows] = await node.pool`
    select count(distinct membership_id)::int as count from membership_events where what = 'trouble taken back'`;
  assert.equal(rows!["count"], 14_000);
  const [left] = await node.pool`select count(*)::int as count from troubles where outage_id is null`;
  assert.equal(left!["count"], 0);
});

/** A return as the pipeline notes it: the address is not known any more. */
const returnOf = (member: directory.Membership): health.Return => ({
  ...{
    mailId: newId(heldClock(new Date("2026-03-01T10:00:00Z"))),
    groupId: member.groupId,
    membershipId: member.id,
    letterId: null,
  },
  ...{ itemId: null, address: member.address, kind: "bounce", class: "permanent", status: "5.1.1" },
  ...{ sense: "no such user", reason: "", said: GONE },
});

test("a list whose dead addresses fail with each post is no outage, though they are a tenth of it", async (t) => {
  const node = await startNode(t, { roles: BY_HAND });
  const dead = Array.from({ length: 12 }, (_, i) => `d${i}@big.test`);
  await directory.addMembers(
    node.pool,
    node.group.id,
    dead.map((address) => ({ address, name: "" })),
    "test",
    node.clock,
  );
  const members = await Promise.all(dead.map((address) => memberOf(node, address)));
  const fail = (): Promise<string[]> =>
    health.noteTroubles(
      node.pool,
      members.map((one) => ({
        ...{ groupId: node.group.id, membershipId: one.id, address: one.address, at: node.clock.now() },
        ...{ found: "refused", provider: "big.test", sense: "no such user", kind: "permanent", status: "", said: "" },
      })),
    );
  await fail();
  node.clock.pass(7 * DAY);
  await fail();
  const [alike] = await health.failingAlike(node.pool, ["big.test"], node.clock.now());
  assert.deepEqual([alike?.failing, alike?.usual], [12, 12]);
  assert.ok(!health.isOutage({ ...alike!, tried: 100 }), "as ever");
  assert.ok(health.isOutage({ ...alike!, tried: 20 }), "but most of what is tried");
});

test("a provider of few members is never taken for one in trouble", async (t) => {
  const few = ["a@small.test", "b@small.test", "c@small.test"];
  const node = await startNode(t, { members: [...few, "ben@far.test"], roles: BY_HAND });
  for (const address of few) node.farSide.answers(address, GONE);
  await days(node, 1);
  assert.equal((await health.openOutages(node.pool)).length, 0);
  assert.ok((await scoreOf(node, few[0]!)) > 1);
});

test("a complaint pauses and asks; only the member can undo it", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "olga@far.test"], roles: BY_HAND });
  const app = await webOf(t, node);
  const [ana, olga] = [await memberOf(node, "ana@far.test"), await memberOf(node, "olga@far.test")];
  await directory.changeMembership(node.pool, olga.id, { role: "owner" }, "test", node.clock.now());
  const complaint = { mailId: ana.id, groupId: node.group.id, membershipId: ana.id, letterId: null, itemId: null };
  const words = { class: "", status: "", sense: "", reason: "", said: "" } as const;
  await health.noteReturns(
    node.pool,
    [{ ...complaint, address: ana.address, kind: "complaint", ...words }],
    node.clock,
  );
  await weigh(node);
  await weigh(node);
  await node.quiet();
  assert.notEqual((await memberOf(node, "ana@far.test")).pausedAt, null);
  const [letter, ...more] = about(node, "ana@far.test", /We have stopped your mail/);
  assert.deepEqual(more, []);
  assert.match(textOf(letter), /marked a mail\sfrom Readers as spam/);
  assert.match(textOf(about(node, "olga@far.test", /was stopped/)[0]), /marked a mail of the group as spam/);
  const owner = await signedIn(node, app, "olga@far.test");
  const page = `/g/readers/health/${ana.id}`;
  assert.equal((await app.request(page, form({ do: "resume" }, owner))).status, 403);
  assert.notEqual((await memberOf(node, "ana@far.test")).pausedAt, null);
  const own = await signedIn(node, app, "ana@far.test");
  assert.equal((await app.request(page, form({ do: "resume" }, own))).status, 303);
  assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null);
});

test("a scanner that fetches every link of our letters changes nothing", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  const app = await webOf(t, node);
  await alsoHas(node, "ana@far.test", "ana@home.test");
  node.farSide.atDot((mail) => mail.to.includes("ana@far.test") && /Chapter/.test(subjectOf(mail)), GONE);
  await days(node, 3);
  const scan = async (mails: FarSideMail[]): Promise<number> => {
    const links = [...new Set(mails.flatMap(linksIn))];
    for (const link of links) assert.ok((await app.request(link)).status < 500, link);
    for (const link of links) await app.request(link, { method: "HEAD" });
    return links.length;
  };
  const state = async () => ({
    member: await memberOf(node, "ana@far.test"),
    score: await scoreOf(node, "ana@far.test"),
    history: await history(node, "ana@far.test"),
    enquiries: await health.enquiriesOf(node.pool, node.group.id, null, 10),
  });
  const asked = await state();
  assert.ok((await scan(about(node, "ana@far.test", /still there/))) > 0);
  assert.deepEqual(await state(), asked);
  // The letter comes back after all.
  const [enquiry] = asked.enquiries;
  const came = {
    mailId: enquiry!.id,
    groupId: node.group.id,
    membershipId: null,
    itemId: null,
    address: "ana@far.test",
  };
  const words = { class: "permanent", status: "5.1.1", sense: "no such user", reason: "", said: GONE } as const;
  await health.noteReturns(node.pool, [{ ...came, letterId: enquiry!.letterId, kind: "bounce", ...words }], node.clock);
  await weigh(node);
  await node.quiet();
  const paused = await state();
  assert.notEqual(paused.member.pausedAt, null);
  assert.ok((await scan(about(node, "ana@home.test", /stopped/))) > 0);
  assert.deepEqual(await state(), paused);
});

test("a reply is as good as the link, and a machine's reply is none", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  node.farSide.atDot((mail) => mail.to.includes("ana@far.test") && /Chapter/.test(subjectOf(mail)), GONE);
  await days(node, 3);
  const [letter] = about(node, "ana@far.test", /still there/);
  const to = readMail(letter!.raw).from && /^Reply-To: (\S+)/im.exec(letter!.raw.toString())![1]!;
  assert.match(to!, /^back\+[a-z2-7]+@groups\.test$/);
  await node.post({ from: "ana@far.test", to: to!, subject: "Away", headers: ["Auto-Submitted: auto-replied"] });
  await node.quiet();
  assert.ok((await scoreOf(node, "ana@far.test")) > 4, "nobody was there");
  await node.post({ from: "ana@elsewhere.test", to: to!, subject: "Re: are you still there?", text: "yes" });
  await node.quiet();
  assert.equal(await scoreOf(node, "ana@far.test"), 0);
  assert.equal((await health.openEnquiries(node.pool, 10)).length, 0);
  assert.equal((await history(node, "ana@far.test")).at(-1), "trouble forgotten");
});

test("who is paused is reminded after a week and a month, and their owners hear of all of them in one letter a day", async (t) => {
  const gone = ["ana@far.test", "cleo@far.test"];
  const node = await startNode(t, { members: [...gone, "ben@far.test", "olga@far.test"], roles: BY_HAND });
  const olga = await memberOf(node, "olga@far.test");
  await directory.changeMembership(node.pool, olga.id, { role: "owner" }, "test", node.clock.now());
  await alsoHas(node, "ana@far.test", "ana@home.test");
  for (const address of gone) node.farSide.answers(address, GONE);
  await days(node, 4);
  const [letter, ...others] = about(node, "olga@far.test", /mail to 2 members was stopped/);
  assert.deepEqual(others, []);
  for (const address of gone) assert.match(textOf(letter), new RegExp(address));
  for (let day = 0; day < 45; day += 1) {
    node.clock.pass(DAY);
    await weigh(node);
  }
  await node.pass(1000);
  assert.equal(about(node, "ana@home.test", /was stopped/).length, 1);
  const reminders = about(node, "ana@home.test", /still stopped/);
  assert.equal(reminders.length, 2);
  assert.match(textOf(reminders[1]), /last time we remind you/);
  assert.equal(about(node, "olga@far.test", /stopped/).length, 1, "told once");
});

test("an owner asks by letter, once a day; one that arrives brings a paused member back", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "olga@far.test"], roles: BY_HAND });
  const app = await webOf(t, node);
  const olga = await memberOf(node, "olga@far.test");
  await directory.changeMembership(node.pool, olga.id, { role: "owner" }, "test", node.clock.now());
  node.farSide.answers("ana@far.test", GONE);
  await days(node, 4, "olga@far.test");
  assert.notEqual((await memberOf(node, "ana@far.test")).pausedAt, null);
  const owner = await signedIn(node, app, "olga@far.test");
  const page = `/g/readers/health/${(await memberOf(node, "ana@far.test")).id}`;
  node.farSide.behaves();
  assert.equal((await app.request(page, form({ do: "ask" }, owner))).status, 303);
  assert.equal((await app.request(page, form({ do: "ask" }, owner))).status, 400, "not twice a day");
  await node.quiet();
  assert.equal(about(node, "ana@far.test", /still there/).length, 1);
  await node.pass(3 * DAY);
  await weigh(node);
  await node.quiet();
  assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null);
  assert.equal(about(node, "ana@far.test", /Welcome back/).length, 1);
});

test("members see themselves, moderators their group, and everybody else nothing", async (t) => {
  const node = await startNode(t, {
    members: ["ana@far.test", "ben@far.test", "mo@far.test"],
    settings: { archive: "members" },
    roles: BY_HAND,
  });
  const app = await webOf(t, node);
  await directory.changeMembership(
    node.pool,
    (await memberOf(node, "mo@far.test")).id,
    { role: "moderator" },
    "test",
    node.clock.now(),
  );
  const other = await directory.addGroup(node.pool, { name: "others", title: "Others" }, node.clock);
  await directory.addMembers(
    node.pool,
    other.id,
    [{ address: "eve@far.test", name: "", role: "owner" }],
    "test",
    node.clock,
  );
  const eve = await directory.membershipOf(node.pool, other.id, "eve@far.test");
  await alsoHas(node, "ana@far.test", "ana@home.test");
  node.farSide.answers("ana@far.test", GONE);
  await days(node, 1);
  const ana = await memberOf(node, "ana@far.test");
  const cookies: Record<string, string> = { nobody: "" };
  for (const name of ["ana", "ben", "mo", "eve"]) cookies[name] = await signedIn(node, app, `${name}@far.test`);
  cookies["ana at home"] = await signedIn(node, app, "ana@home.test");
  const status = async (who: string, path: string, body?: Record<string, string>): Promise<number> => {
    const asked = body ? form(body, cookies[who]) : { headers: { cookie: cookies[who]! } };
    return (await app.request(path, asked)).status;
  };
  const [list, own, api] = ["/g/readers/health", `/g/readers/health/${ana.id}`, "/api/v1/groups/readers/health"];
  const seen: Record<string, number[]> = {};
  for (const who of Object.keys(cookies))
    seen[who] = [await status(who, list), await status(who, own), await status(who, api)];
  assert.deepEqual(seen, {
    nobody: [303, 303, 401],
    ana: [403, 200, 200],
    ben: [403, 403, 200],
    mo: [200, 200, 200],
    eve: [404, 404, 404],
    "ana at home": [403, 200, 200],
  });
  const benSees = await (await app.request(api, { headers: { cookie: cookies["ben"]! } })).text();
  assert.doesNotMatch(benSees, /ana@far/);
  for (const who of ["ben", "eve", "nobody"])
    for (const what of ["forget", "pause", "resume", "ask", "recall"]) await status(who, own, { do: what });
  assert.ok((await scoreOf(node, "ana@far.test")) > 1, "nothing was done");
  assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null);
  // A member of another group does not become this group's by its address.
  assert.equal(await status("mo", `/g/readers/health/${eve!.id}`), 404);
  assert.equal(await status("eve", `/g/others/health/${ana.id}`), 404);
  for (const odd of ["x", "------------------------------------", "%00"])
    assert.equal(await status("mo", `/g/readers/health/${odd}`), 404, odd);
});

test("forgetting can be undone, and so can stopping by hand", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  const app = await webOf(t, node);
  await directory.changeMembership(
    node.pool,
    (await memberOf(node, "ben@far.test")).id,
    { role: "owner" },
    "test",
    node.clock.now(),
  );
  node.farSide.answers("ana@far.test", GONE);
  await days(node, 1);
  const owner = await signedIn(node, app, "ben@far.test");
  const page = `/g/readers/health/${(await memberOf(node, "ana@far.test")).id}`;
  const before = await scoreOf(node, "ana@far.test");
  await app.request(page, form({ do: "forget" }, owner));
  assert.equal(await scoreOf(node, "ana@far.test"), 0);
  assert.match(await (await app.request(page, { headers: { cookie: owner } })).text(), /let what was forgotten count/);
  await app.request(page, form({ do: "recall" }, owner));
  assert.equal(await scoreOf(node, "ana@far.test"), before);
  await app.request(page, form({ do: "pause" }, owner));
  assert.notEqual((await memberOf(node, "ana@far.test")).pausedAt, null);
  await app.request(page, form({ do: "resume" }, owner));
  assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null);
  assert.deepEqual((await history(node, "ana@far.test")).slice(1), [
    "trouble forgotten",
    "trouble counts again",
    "paused",
    "trouble forgotten",
    "resumed",
  ]);
});

/** What the mail system of the far side sends back for a mail it took: RFC 3464. */
const bounceOf = (mail: FarSideMail, status = "5.1.1", said = "User unknown in local recipient table"): string => {
  const action = status.startsWith("5") ? "failed" : "delayed";
  return [
    "From: MAILER-DAEMON@far.test",
    `To: ${mail.from}`,
    "Subject: Undelivered Mail Returned to Sender",
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    `<${mail.to[0]}>: ${said}`,
    "",
    "--b",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.far.test",
    "",
    `Final-Recipient: rfc822; ${mail.to[0]}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: smtp; 550 ${status} ${said}`,
    "",
    "--b",
    "Content-Type: message/rfc822",
    "",
    mail.raw.toString("latin1").slice(0, 4000),
    "",
    "--b--",
    "",
  ].join("\r\n");
};

/** What a provider with a feedback loop sends when somebody presses "this is spam": RFC 5965. */
const complaintOf = (mail: FarSideMail): string =>
  [
    "From: feedback@far.test",
    "To: abuse@groups.test",
    "Subject: FW: Chapter two",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "This is an email abuse report.",
    "",
    "--b",
    "Content-Type: message/feedback-report",
    "",
    "Feedback-Type: abuse",
    "User-Agent: Loop/1.0",
    "Version: 1",
    `Original-Mail-From: ${mail.from}`,
    "",
    "--b",
    "Content-Type: message/rfc822",
    "",
    `Return-Path: <${mail.from}>`,
    mail.raw.toString("latin1"),
    "",
    "--b--",
    "",
  ].join("\r\n");

test("mail that is taken and comes back later is weighed too, and so is the letter that asks", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  await alsoHas(node, "ana@far.test", "ana@home.test");
  for (let day = 1; day <= 3; day += 1) {
    await node.post({ from: "ben@far.test", subject: `Chapter ${day}` });
    await node.quiet();
    const [copy] = about(node, "ana@far.test", new RegExp(`Chapter ${day}`));
    // Twice, as some do; and a notice that it is only delayed, which is none.
    for (const notice of [bounceOf(copy!), bounceOf(copy!), bounceOf(copy!, "4.4.1", "still trying")])
      await node.send({ from: "", to: [copy!.from] }, notice);
    await node.quiet();
    await weigh(node);
    await node.quiet();
    assert.equal(about(node, "ana@far.test", /still there/).length, day < 3 ? 0 : 1, `day ${day}`);
    await node.pass(DAY);
  }
  const [letter] = about(node, "ana@far.test", /still there/);
  assert.match(letter!.from, /^bounce\+[a-z2-7]+@groups\.test$/);
  // Somebody's absence note is not its coming back.
  const away = "From: ana@far.test\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.\r\n";
  await node.send({ from: "", to: [letter!.from] }, away);
  await node.quiet();
  await weigh(node);
  assert.equal((await memberOf(node, "ana@far.test")).pausedAt, null);
  await node.send({ from: "", to: [letter!.from] }, bounceOf(letter!));
  await node.quiet();
  await weigh(node);
  await node.quiet();
  assert.notEqual((await memberOf(node, "ana@far.test")).pausedAt, null);
  assert.match(textOf(about(node, "ana@home.test", /was stopped/)[0]), /User unknown in local recipient table/);
  const [troubles] = await node.pool`select count(*)::int as count from troubles`;
  assert.equal(
    troubles!["count"],
    4,
    "three days of posts and the letter: a day counts once, however often it is said",
  );
});

test("a provider's complaint by mail pauses the member it is about, and nobody else", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], roles: BY_HAND });
  await node.post({ from: "ben@far.test" });
  await node.quiet();
  const [copy] = about(node, "ana@far.test", /Chapter two/);
  await node.send({ from: "feedback@far.test", to: ["abuse@groups.test"] }, complaintOf(copy!));
  await node.quiet();
  await weigh(node);
  await node.quiet();
  assert.notEqual((await memberOf(node, "ana@far.test")).pausedAt, null);
  assert.equal((await memberOf(node, "ben@far.test")).pausedAt, null);
  assert.equal(about(node, "ana@far.test", /We have stopped your mail/).length, 1);
  await node.post({ from: "ben@far.test", subject: "Chapter three" });
  await node.quiet();
  assert.equal(about(node, "ana@far.test", /Chapter three/).length, 0);
  assert.equal(about(node, "ben@far.test", /Chapter three/).length, 1);
});
