/** List-bombing: nobody can make us send more than a few letters to a stranger's address, through all doors at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { DAY, HOUR } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { clientKey, networkOf } from "../../src/notices/notices.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";
import { walker } from "../support/sign-in-forms.ts";

const VICTIM = "victim@home.test";
const ways = ["victim@home.test", "Victim@HOME.test", "victim+1@home.test", "victim+a.b@home.test"];
const as = (i: number): string => ways[i % ways.length]!;

/** Forged from the victim: each address of a group that answers by mail. */
const byMail = async (node: TestNode, i: number, to: string, subject: string): Promise<void> => {
  const message = `From: Victim <${as(i)}>\r\nTo: <${to}>\r\nSubject: ${subject}\r\nMessage-ID: <${i}-${Math.random()}@far.test>\r\n\r\nplease\r\n`;
  await node.send({ from: `forger${i}@far${i % 7}.test`, to: [to] }, message);
};

/** Every door at which somebody types, or forges, an address that is not theirs; `i` makes each knock another's. */
const DOORS: Record<string, (node: TestNode, i: number, cookies: string[]) => Promise<unknown>> = {
  "a sign-in link": (node, i) => walker(node, `127.${i}.${i % 9}.1`).post("/sign-in", { email: as(i) }),
  "a sign-in link, in several networks of IPv6": (node, i) =>
    walker(node, `2001:db8:${i}:1::9`).post("/sign-in", { email: as(i) }),
  "a link to leave": (node, i) => walker(node, `127.9.${i}.2`).post("/g/readers/leave", { email: VICTIM }),
  "joining on the web": (node, i) =>
    walker(node, `127.7.${i}.2`).post("/g/walkers/join", { email: `victim+${i}@home.test`, name: "V" }),
  "a claim of the address": (node, i, cookies) =>
    walker(node, `127.8.${i}.3`, cookies[i % cookies.length]).post("/account", { do: "add", address: as(i) }),
  "joining by mail": (node, i) => byMail(node, i, `readers+subscribe@${node.domain}`, "hello"),
  "help by mail": (node, i) => byMail(node, i, `readers+help@${node.domain}`, "help"),
  "help of another kind": (node, i) => byMail(node, i, `readers-request@${node.domain}`, "join"),
  "help of the service": (node, i) => byMail(node, i, `walkers+help@${node.domain}`, "help"),
  "leaving by mail": (node, i) => byMail(node, i, `walkers+unsubscribe@${node.domain}`, "stop"),
};

/** Another group, which the victim is in. */
async function withWalkers({ pool, clock }: TestNode): Promise<void> {
  const walkers = await directory.addGroup(pool, { name: "walkers", title: "Walkers", joining: "open" }, clock);
  await directory.addMembers(pool, walkers.id, [{ address: VICTIM, name: "" }], "test", clock);
}

const lettersTo = async (node: TestNode): Promise<string[]> => {
  await node.quiet();
  return node.farSide.mails
    .filter((mail) => mail.to.some((to) => /^victim(\+.*)?@home\.test$/i.test(to)))
    .map((mail) => readMail(mail.raw).subject ?? "");
};

test("a stranger gets five letters an hour and twelve a day, from all doors and hundreds of clients together", async (t) => {
  const node = await startNode(t, {
    members: ["mia@far.test", "ben@far.test", VICTIM],
    roles: "intake,pipeline,outbound,web",
  });
  await withWalkers(node);
  const cookies: string[] = [];
  for (let i = 0; i < 6; i += 1) cookies.push(await signInAt(node, `accomplice${i}@far.test`));

  const knock = async (round: number): Promise<void> => {
    const knocks = Object.values(DOORS).flatMap((door) =>
      Array.from({ length: 25 }, (_, i) => () => door(node, round * 25 + i, cookies)),
    );
    // All at once, a few dozen on their way at any moment.
    const line = knocks.sort(() => Math.random() - 0.5);
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        for (let next = line.pop(); next; next = line.pop()) await next();
      }),
    );
  };
  await knock(0);
  const first = await lettersTo(node);
  t.diagnostic(`${Object.keys(DOORS).length * 25} knocks: ${first.length} letters (${[...new Set(first)].join("; ")})`);
  assert.ok(first.length >= 3 && first.length <= 5, `${first.length}`); // a knock that leads to no letter counts too
  node.clock.pass(HOUR + 1000);
  await knock(1);
  assert.ok((await lettersTo(node)).length <= 10);
  node.clock.pass(HOUR + 1000);
  await knock(2);
  const day = (await lettersTo(node)).length;
  assert.ok(day >= 7 && day <= 12, `${day}: the day's measure is full`);
});

test("each door alone is bounded too, and counts with the others", async (t) => {
  const node = await startNode(t, { members: ["mia@far.test", VICTIM], roles: "intake,pipeline,outbound,web" });
  await withWalkers(node);
  let before = 0;
  for (const [name, door] of Object.entries(DOORS)) {
    node.clock.pass(DAY + HOUR);
    const cookies = [await signInAt(node, "a@far.test"), await signInAt(node, "b@far.test")];
    for (let i = 0; i < 8; i += 1) await door(node, i, cookies);
    const sent = (await lettersTo(node)).length - before;
    before += sent;
    assert.ok(sent >= 1 && sent <= 5, `${name}: ${sent}`);
    const [kept] = await node.pool<{ n: number }[]>`
      select count(*)::int as n from sign_in_requests where address_key = ${VICTIM}`;
    assert.ok(kept!.n >= sent && kept!.n <= 5, `${name} is counted by the one rule: ${kept!.n}`);
  }
});

test("who is bombed can still sign in from where they were before, and after a day from anywhere", async (t) => {
  const node = await startNode(t, { members: [VICTIM], roles: "intake,pipeline,outbound,web" });
  const ask = async (from: string): Promise<number> =>
    (await walker(node, from).post("/sign-in", { email: VICTIM })).status;
  await ask("192.0.2.7");
  await node.quiet();
  const letter = readMail(node.farSide.mailsFor(VICTIM).at(-1)!.raw).text!;
  await walker(node, "192.0.2.7").post(`/sign-in/${/sign-in\/([A-Za-z]{20,})/.exec(letter)![1]}`, {});
  for (let hour = 0; hour < 4; hour += 1) {
    for (let i = 0; i < 6; i += 1) await ask(`127.${hour}.${i}.1`);
    node.clock.pass(HOUR + 1000);
  }
  assert.equal(await ask("127.77.0.1"), 429);
  assert.equal(await ask("192.0.2.99"), 200, "the network is theirs");
  node.clock.pass(DAY);
  assert.equal(await ask("127.77.0.1"), 200);
});

test("a client, and a network of clients, can ask for so many letters an hour, to whomever", async (t) => {
  const node = await startNode(t, { members: [], roles: "intake,pipeline,outbound,web" });
  let count = 0;
  const ask = async (from: string): Promise<number> => {
    count += 1;
    return (await walker(node, from).post("/sign-in", { email: `one${count}@far.test` })).status;
  };
  const statuses: number[] = [];
  for (let i = 0; i < 22; i += 1) statuses.push(await ask("198.51.100.1"));
  assert.equal(statuses.filter((status) => status === 200).length, 20);
  for (let i = 0; i < 60; i += 1) statuses.push(await ask(`198.51.100.${10 + i}`));
  assert.equal(statuses.filter((status) => status === 200).length, 60);
  assert.equal(await ask("198.51.101.1"), 200, "the network beside it is another");
});

test("what is one client and one network", () => {
  assert.equal(clientKey("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(networkOf(clientKey("192.0.2.7")), "192.0.2.0/24");
  assert.equal(clientKey("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assert.equal(clientKey("2001:db8::6"), "2001:db8:0:0::/64");
  assert.equal(networkOf(clientKey("2001:db8:1:2:3:4:5:6")), "2001:db8:1::/48");
  assert.equal(networkOf("unknown"), "unknown");
});
