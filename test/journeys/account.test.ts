/** My account: a person's addresses and sessions, and that nobody gets a stranger's, or floods one with letters. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { DAY, HOUR } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const start = (t: TestContext): Promise<TestNode> =>
  startNode(t, { members: ["mia@far.test", "ben@far.test"], roles: "intake,pipeline,outbound,web" });

const page = async (node: TestNode, cookie: string): Promise<string> =>
  (await fetch(`${node.webUrl}/account`, { headers: { cookie } })).text();

const send = (node: TestNode, cookie: string, form: Record<string, string>, path = "/account"): Promise<Response> =>
  fetch(`${node.webUrl}${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie, origin: node.webUrl },
    body: new URLSearchParams(form),
  });

const personOf = (node: TestNode, address: string) => directory.personWith(node.pool, address);

/** The newest letter that asks this address. */
async function question(node: TestNode, address: string): Promise<{ raw: Buffer; token: string; replyTo: string }> {
  await node.quiet();
  const letter = node.farSide.mailsFor(address).findLast((mail) => mail.raw.includes("confirm+"))!;
  const { text } = readMail(letter.raw);
  const token = /account\/address\/([a-z0-9]+)/.exec(text!)![1]!;
  return { raw: letter.raw, token, replyTo: `confirm+${token}@${node.domain}` };
}

async function reply(node: TestNode, from: string, to: string, text: string): Promise<void> {
  const message = `From: <${from}>\r\nTo: <${to}>\r\nSubject: Re: your letter\r\nMessage-ID: <${Math.random()}@far.test>\r\n\r\n${text}\r\n`;
  assert.equal((await node.send({ from, to: [to] }, message)).code, 250);
  await node.quiet();
}

test("an address that only ever used mail is claimed by the link in the letter: its memberships go over", async (t) => {
  const node = await start(t);
  const cookie = await signInAt(node, "mia@far.test");
  const mia = (await personOf(node, "mia@far.test"))!;
  assert.equal((await send(node, cookie, { do: "add", address: "Ben@far.test" })).status, 303);
  assert.match(await page(node, cookie), /Ben@far\.test<\/b><span class="own-said">waits for the answer/);
  assert.notEqual((await personOf(node, "ben@far.test"))!.id, mia.id, "asking changes nothing");

  const { token } = await question(node, "Ben@far.test");
  const asked = await (await fetch(`${node.webUrl}/account/address/${token}`)).text();
  assert.match(asked, /<b>mia@far\.test<\/b> asks to add <b>Ben@far\.test<\/b>/);
  assert.match(asked, /then belong to that account: <b>Readers<\/b>/);
  assert.notEqual((await personOf(node, "ben@far.test"))!.id, mia.id, "looking changes nothing");

  for (let twice = 0; twice < 2; twice += 1)
    assert.equal((await send(node, "", {}, `/account/address/${token}`)).status, 200);
  assert.equal((await personOf(node, "ben@far.test"))!.id, mia.id);
  const mine = await directory.membershipsOfPerson(node.pool, mia.id);
  assert.deepEqual(mine.map((one) => one.address).sort(), ["ben@far.test", "mia@far.test"]);
  assert.equal((await node.pool`select from people`).length, 1, "two became one");
  // Signed in with the other address it is the same account.
  assert.match(await page(node, await signInAt(node, "ben@far.test")), /mia@far\.test/);
});

test("a reply confirms only when it begins with yes, in any language", async (t) => {
  const node = await start(t);
  const cookie = await signInAt(node, "mia@far.test");
  const mia = (await personOf(node, "mia@far.test"))!;
  await send(node, cookie, { do: "add", address: "mia@home.test" });
  const { replyTo, raw } = await question(node, "mia@home.test");
  assert.match(raw.toString(), /reply-to:.*confirm\+/i);
  await reply(node, "mia@home.test", replyTo, "Who are you?\r\n\r\n> reply with the word yes");
  assert.equal(await personOf(node, "mia@home.test"), undefined);
  await reply(node, "mia@home.test", replyTo, "Ja, gern.\r\n\r\n> reply with the word yes");
  assert.equal((await personOf(node, "mia@home.test"))!.id, mia.id);
  assert.deepEqual(await directory.verifiedAddresses(node.pool, mia.id), ["mia@far.test", "mia@home.test"]);
});

test("a question expires, and an older letter stops when a newer one is asked for", async (t) => {
  const node = await start(t);
  const cookie = await signInAt(node, "mia@far.test");
  await send(node, cookie, { do: "add", address: "mia@home.test" });
  const first = await question(node, "mia@home.test");
  node.clock.pass(1000);
  await send(node, cookie, { do: "add", address: "mia@home.test" });
  const second = await question(node, "mia@home.test");
  assert.notEqual(second.token, first.token);
  assert.equal((await send(node, "", {}, `/account/address/${first.token}`)).status, 404);
  node.clock.pass(2 * DAY);
  assert.equal((await fetch(`${node.webUrl}/account/address/${second.token}`)).status, 404);
  assert.equal((await send(node, "", {}, `/account/address/${second.token}`)).status, 404);
  assert.equal((await send(node, "", {}, `/account/address/${"a".repeat(40)}`)).status, 404);
  assert.equal(await personOf(node, "mia@home.test"), undefined);
});

test("an address of an account that has others too stays where it is", async (t) => {
  const node = await start(t);
  const ben = (await personOf(node, "ben@far.test"))!;
  await node.pool`
    insert into addresses (address_key, address, person_id, verified_at)
    values ('ben@home.test', 'ben@home.test', ${ben.id}, ${node.clock.now()})`;
  const cookie = await signInAt(node, "mia@far.test");
  await send(node, cookie, { do: "add", address: "ben@far.test" });
  const { token } = await question(node, "ben@far.test");
  assert.equal((await send(node, "", {}, `/account/address/${token}`)).status, 409);
  assert.equal((await personOf(node, "ben@far.test"))!.id, ben.id);
});

test("nobody can have a stranger flooded: an address gets a few letters whoever asks, and an account asks for a few", async (t) => {
  const node = await start(t);
  const mia = await signInAt(node, "mia@far.test");
  const ben = await signInAt(node, "ben@far.test");
  await send(node, mia, { do: "name", name: "Buy now" });
  const answers: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    answers.push((await send(node, mia, { do: "add", address: "victim@home.test" })).status);
    answers.push((await send(node, ben, { do: "add", address: "VICTIM@home.test" })).status);
  }
  await node.quiet();
  assert.deepEqual(answers, [303, 303, 303, 303, 303, 429, 429, 429]);
  const letters = node.farSide.mails.filter((mail) => /victim/i.test(mail.to.join()));
  assert.equal(letters.length, 5);
  assert.ok(!letters.some((mail) => /Buy now/.test(mail.raw.toString())), "a name is no place for advertisements");

  node.clock.pass(2 * HOUR); // mia has asked three times, and shows who she is once more
  const later = await signInAt(node, "mia@far.test");
  for (const [name, status] of [
    ["a", 303],
    ["b", 303],
    ["c", 303],
    ["d", 429],
  ] as const) {
    const answer = await send(node, later, { do: "add", address: `${name}@home.test` });
    assert.equal(answer.status, status, name);
    if (status === 429) assert.match(await answer.text(), /value="d@home\.test"[\s\S]*try again tomorrow/);
  }
  node.clock.pass(DAY);
  assert.equal(
    (await send(node, await signInAt(node, "mia@far.test"), { do: "add", address: "d@home.test" })).status,
    303,
  );
});

test("an address is removed, and who was signed in with it is signed out; one that is needed stays", async (t) => {
  const node = await start(t);
  const mia = (await personOf(node, "mia@far.test"))!;
  await node.pool`
    insert into addresses (address_key, address, person_id, verified_at)
    values ('mia@home.test', 'mia@home.test', ${mia.id}, ${node.clock.now()})`;
  const atHome = await signInAt(node, "mia@home.test");
  const refused = async (cookie: string, address: string, why: RegExp): Promise<void> => {
    const answer = await send(node, cookie, { do: "remove", address });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), why);
  };
  await refused(atHome, "mia@home.test", /sign in with another of your addresses/);
  await refused(atHome, "mia@far.test", /Mail from a group goes to mia@far\.test/);
  const atFar = await signInAt(node, "mia@far.test");
  assert.equal((await send(node, atFar, { do: "remove", address: "ben@far.test" })).status, 303);
  assert.ok(await personOf(node, "ben@far.test"), "somebody else's is not theirs to remove");
  assert.equal((await send(node, atFar, { do: "remove", address: "Mia@home.test" })).status, 303);
  assert.equal(await personOf(node, "mia@home.test"), undefined);
  const home = await fetch(`${node.webUrl}/account`, { headers: { cookie: atHome }, redirect: "manual" });
  assert.equal(home.headers.get("location"), "/sign-in?next=%2Faccount");
});

test("sessions are seen and ended by their person alone", async (t) => {
  const node = await start(t);
  const one = await signInAt(node, "mia@far.test");
  const two = await signInAt(node, "mia@far.test");
  const ben = await signInAt(node, "ben@far.test");
  const other = /name="session" value="([^"]+)"/.exec(await page(node, one))![1]!;
  const isIn = async (cookie: string): Promise<boolean> => /My account<\/h1>/.test(await page(node, cookie));
  await send(node, ben, { do: "end", session: other });
  assert.ok(await isIn(two), "a stranger ends nothing");
  await send(node, one, { do: "end", session: other });
  assert.deepEqual([await isIn(one), await isIn(two), await isIn(ben)], [true, false, true]);
  const three = await signInAt(node, "mia@far.test");
  await send(node, three, { do: "end-others" });
  assert.deepEqual([await isIn(one), await isIn(three), await isIn(ben)], [false, true, true]);
});

test("a name is changed for the account, and in its groups where that is wished", async (t) => {
  const node = await start(t);
  const cookie = await signInAt(node, "mia@far.test");
  const member = () => directory.membershipOf(node.pool, node.group.id, "mia@far.test");
  await send(node, cookie, { do: "name", name: "  Mia\u0000  Fischer " });
  assert.equal((await personOf(node, "mia@far.test"))!.name, "Mia Fischer");
  assert.equal((await member())!.name, "");
  await send(node, cookie, { do: "name", name: "Mia F.", everywhere: "yes" });
  assert.equal((await member())!.name, "Mia F.");
  const text = await page(node, cookie);
  assert.match(text, /href="\/g\/readers"><bdi>Readers<\/bdi>/);
  assert.match(text, /mia@far\.test · every post/);
});
