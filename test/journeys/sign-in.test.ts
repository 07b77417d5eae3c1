/** The ways to sign in beside the mail link: a password, and codes from an app after whatever came first. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { HOUR, MINUTE } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { unlock, waysOf } from "../../src/web/web.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";
import { codeOf, type Walker, walker } from "../support/sign-in-forms.ts";

const SECURITY = "/account/security";
const GOOD = "lantern quorum biscuit river";

const start = (t: TestContext): Promise<TestNode> =>
  startNode(t, { members: ["mia@far.test", "ben@far.test"], roles: "intake,pipeline,outbound,web" });

/** Who came by a mail link. */
const linked = async (node: TestNode, address: string): Promise<Walker> =>
  walker(node, "192.0.2.7", await signInAt(node, address));

const isIn = async (who: Walker): Promise<boolean> => (await who.get("/account")).status === 200;

const changes = async (node: TestNode, address: string): Promise<string[]> => {
  await node.quiet();
  return node.farSide
    .mailsFor(address)
    .map((mail) => readMail(mail.raw))
    .filter((mail) => /was changed/.test(mail.subject ?? ""))
    .map((mail) => mail.text ?? "");
};

test("a password is set, signs in by any address of the person, and a new one ends every other session", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  const { id } = (await directory.personWith(node.pool, "mia@far.test"))!;
  await node.pool`
    insert into addresses (address_key, address, person_id, verified_at)
    values ('mia@home.test', 'mia@home.test', ${id}, ${node.clock.now()}), ('mia@new.test', 'mia@new.test', ${id}, null)`;
  assert.equal((await mia.post(SECURITY, { do: "password", password: GOOD })).location, `${SECURITY}?done=password`);
  for (const address of ["mia@far.test", "MIA@home.test"])
    assert.match((await changes(node, address.toLowerCase()))[0]!, /A new password was set[\s\S]*account\/security/);
  assert.equal(
    (await changes(node, "mia@new.test")).length,
    0,
    "an address that is not shown to be hers hears nothing",
  );

  const other = walker(node, "192.0.2.8");
  const entered = await other.post("/sign-in/password", { email: "MIA@home.test", password: GOOD, next: "/account" });
  assert.deepEqual([entered.status, entered.location], [303, "/account"]);
  assert.match((await other.get("/account")).text, /signed in as <b>MIA@home\.test/i);
  const unshown = await walker(node).post("/sign-in/password", { email: "mia@new.test", password: GOOD });
  assert.equal(unshown.status, 400, "an address that is not shown to be hers signs nobody in");

  assert.equal((await other.post(SECURITY, { do: "password", password: `${GOOD} two` })).status, 303);
  assert.equal(await isIn(mia), false, "the other session has ended");
  assert.equal(await isIn(other), true);
  assert.equal((await walker(node).post("/sign-in/password", { email: "mia@far.test", password: GOOD })).status, 400);

  assert.equal((await other.post(SECURITY, { do: "password-off" })).status, 303);
  assert.match((await changes(node, "mia@far.test")).at(-1)!, /password of your account was removed/);
  const gone = await walker(node).post("/sign-in/password", { email: "mia@far.test", password: `${GOOD} two` });
  assert.equal(gone.status, 400);
  const [kept] = await node.pool`select count(*)::int as n from sign_in_accounts`;
  assert.equal(kept!["n"], 0);
});

test("a trivial password is refused with a sentence, and a hash is argon2id and tells nothing", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  for (const [password, why] of [
    ["short", /too short/],
    ["P@ssw0rd2024!", /first that are guessed/],
    ["aaaaaaaaaaaa", /first that are guessed/],
    ["abcabcabcabc", /first that are guessed/],
    ["qwertyuiop", /first that are guessed/],
    ["0123456789", /first that are guessed/],
    ["far.test-mia1", /made of your name or address/],
    ["x".repeat(201), /too long/],
  ] as const) {
    const answer = await mia.post(SECURITY, { do: "password", password });
    assert.equal(answer.status, 400, password);
    assert.match(answer.text, why, password);
    assert.ok(!answer.text.includes(`value="${password}"`), "a password is never written back");
  }
  await mia.post(SECURITY, { do: "password", password: GOOD });
  const [{ password }] = (await node.pool`select password from sign_in_accounts`) as unknown as [{ password: string }];
  assert.match(password, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
});

test("known and unknown addresses are answered alike, in words and in time", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  await mia.post(SECURITY, { do: "password", password: GOOD });
  const times: Record<string, number[]> = {};
  const words = new Set<string>();
  for (let i = 0; i < 7; i += 1)
    for (const email of ["mia@far.test", "nobody@far.test", "ben@far.test"]) {
      const began = process.hrtime.bigint();
      const answer = await walker(node, `198.51.${i}.1`).post("/sign-in/password", {
        email,
        password: "wrong one here",
      });
      times[email] = [...(times[email] ?? []), Number(process.hrtime.bigint() - began) / 1e6];
      assert.equal(answer.status, 400);
      words.add(answer.text.replaceAll(email, "X").replace(/data-passkey="[^"]*"/, ""));
    }
  assert.equal(words.size, 1);
  // The quickest of each, as a busy machine makes others slower and none quicker than its work. Without a hash it is a tenth.
  const [known, unknown, without] = Object.values(times).map((list) => Math.min(...list)) as [number, number, number];
  t.diagnostic(`known ${known.toFixed(0)} ms, unknown ${unknown.toFixed(0)} ms, without ${without.toFixed(0)} ms`);
  assert.ok(Math.min(unknown, without) > known * 0.3, `a hash is made for everybody: ${known}, ${unknown}, ${without}`);
});

test("guesses are throttled by account and by network, and lock nobody out of their own", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  await mia.post(SECURITY, { do: "password", password: GOOD });
  const home = walker(node, "192.0.2.7");
  assert.equal((await home.post("/sign-in/password", { email: "mia@far.test", password: GOOD })).status, 303);

  const guess = async (from: string, email = "mia@far.test"): Promise<number> =>
    (await walker(node, from).post("/sign-in/password", { email, password: "wrong one here" })).status;
  const fromOne: number[] = [];
  for (let i = 0; i < 10; i += 1) fromOne.push(await guess(`203.0.113.${i}`));
  assert.deepEqual(fromOne, [...Array(8).fill(400), 429, 429], "a network has eight tries");
  const fromMany: number[] = [];
  for (let i = 0; i < 30; i += 1) fromMany.push(await guess(`127.${i}.0.1`));
  assert.equal(fromMany.filter((status) => status === 400).length, 22, "all strangers together have thirty an hour");
  const right = await walker(node, "127.99.0.1").post("/sign-in/password", { email: "mia@far.test", password: GOOD });
  assert.equal(right.status, 429, "the right one too, from where she never was");
  assert.match(right.text, /have a link mailed to you: that works at once/);

  const again = walker(node, "192.0.2.9"); // the same network as home
  assert.equal((await again.post("/sign-in/password", { email: "mia@far.test", password: GOOD })).status, 303);
  assert.equal((await walker(node, "127.99.0.1").post("/sign-in", { email: "mia@far.test" })).status, 200);
  assert.deepEqual(
    [await guess("127.50.0.1", "nobody@far.test"), await guess("127.50.0.1", "ben@far.test")],
    [400, 400],
    "others are not touched",
  );
  const spray: number[] = [];
  for (let i = 0; i < 62; i += 1) spray.push(await guess("127.60.0.1", `one${i}@far.test`));
  assert.equal(spray.filter((status) => status === 400).length, 60, "a network that tries many accounts is stopped");
  node.clock.pass(HOUR + MINUTE);
  assert.equal(await guess("127.60.0.1"), 400);
});

test("a flood of passwords waits in a short line and eats no memory", async (t) => {
  const node = await start(t);
  const before = process.memoryUsage().rss;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss - before);
  }, 5);
  const answers = await Promise.all(
    Array.from({ length: 150 }, (_, i) =>
      walker(node, `127.${i}.1.1`).post("/sign-in/password", { email: `one${i}@far.test`, password: "wrong one here" }),
    ),
  );
  clearInterval(watch);
  const count = (status: number): number => answers.filter((one) => one.status === status).length;
  t.diagnostic(`${count(400)} tried, ${count(503)} turned away, peak +${(peak / 1e6).toFixed(0)} MB`);
  assert.equal(count(400) + count(503), 150);
  assert.ok(count(400) >= 42, "those in line were answered");
  assert.ok(peak < 300e6, `${peak} bytes more`); // 150 hashes at once would be 2,900 MB
});

test("dangerous changes want who signed in within half an hour", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  assert.ok((await mia.get(SECURITY)).text.includes('name="password"'));
  node.clock.pass(31 * MINUTE);
  const page = await mia.get(SECURITY);
  assert.equal(page.status, 200);
  assert.ok(!page.text.includes('name="password"') && page.text.includes("Show that it is me"));
  for (const form of [
    { do: "password", password: GOOD },
    { do: "codes-begin" },
    { do: "codes-off" },
    { do: "passkey-off", id: "x" },
    { do: "link", provider: "x" },
  ])
    assert.equal((await mia.post(SECURITY, form)).status, 403, form.do);
  assert.equal((await mia.post("/account", { do: "add", address: "x@far.test" })).status, 403);
  assert.equal((await mia.post("/account/passkey", { answer: "{}" })).status, 403);
  const again = await mia.get("/sign-in?again=1&next=/account/security");
  assert.match(again.text, /Is it still you\?[\s\S]*value="mia@far\.test"/);
  assert.equal((await node.pool`select from sign_in_accounts`).length, 0);
});

/** Switches codes on; answers the secret and the backup codes. */
async function withCodes(mia: Walker): Promise<{ secret: string; backup: string[] }> {
  await mia.post(SECURITY, { do: "codes-begin" });
  const page = (await mia.get(SECURITY)).text;
  const secret = /class="secret">([A-Z2-7 ]+)</.exec(page)![1]!.replaceAll(" ", "");
  assert.match(page, /<svg role="img" aria-label=/);
  assert.equal((await mia.post(SECURITY, { do: "codes-on", code: "000000" })).status, 400);
  assert.equal(
    (await mia.post(SECURITY, { do: "codes-on", code: codeOf(secret, -1) })).location,
    `${SECURITY}?done=codes`,
  );
  const codes = [...(await mia.get(SECURITY)).text.matchAll(/<li><code>([a-z0-9-]{11})<\/code>/g)].map(
    (one) => one[1]!,
  );
  assert.equal(codes.length, 10);
  return { secret, backup: codes };
}

test("codes from an app are asked for after a mail link and after a password, once each, and a device can be trusted", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  await mia.post(SECURITY, { do: "password", password: GOOD });
  const { secret, backup } = await withCodes(mia);
  assert.match((await changes(node, "mia@far.test")).at(-1)!, /code from an app is now asked for/);
  const [kept] = await node.pool<{ secret: string; codes: string }[]>`
    select secret, backup_codes as codes from sign_in_second_factors`;
  assert.ok(!kept!.secret.includes(secret) && !kept!.codes.includes(backup[0]!), "both are encrypted at rest");

  const byLink = walker(node, "192.0.2.7", await signInAt(node, "mia@far.test"));
  assert.equal(await isIn(byLink), false, "the mail link alone is not enough");
  assert.equal((await byLink.post("/sign-in/second", { code: codeOf(secret), as: "mia@far.test" })).status, 303);
  assert.equal(await isIn(byLink), true);

  const other = walker(node, "192.0.2.8");
  const asked = await other.post("/sign-in/password", { email: "mia@far.test", password: GOOD, next: "/account" });
  assert.equal(asked.location, "/sign-in/second?next=%2Faccount&as=mia%40far.test");
  assert.equal(await isIn(other), false, "the password alone is not enough");
  const replayed = await other.post("/sign-in/second", { code: codeOf(secret), as: "mia@far.test", next: "/account" });
  assert.equal(replayed.status, 400, "a code that was used is none");
  assert.equal(await isIn(other), false);
  await other.post("/sign-in/password", { email: "mia@far.test", password: GOOD });
  const shown = await other.post("/sign-in/second", {
    code: ` ${backup[3]!.toUpperCase()} `,
    as: "ben@far.test",
    next: "//evil.test/",
    trust: "yes",
  });
  assert.deepEqual([shown.status, shown.location], [303, "/"], "an open redirect leads nowhere");
  assert.match(
    (await other.get("/account")).text,
    /signed in as <b>mia@far\.test/,
    "an address of others is not taken",
  );

  await other.post("/sign-out", {});
  assert.equal((await other.post("/sign-in/password", { email: "mia@far.test", password: GOOD })).location, "/");
  assert.equal(await isIn(other), true, "a trusted device is not asked");
  const third = walker(node, "192.0.2.9");
  await third.post("/sign-in/password", { email: "mia@far.test", password: GOOD });
  assert.equal((await third.post("/sign-in/second", { code: backup[3]! })).status, 400, "a backup code works once");
  assert.equal(
    (await walker(node).post("/sign-in/second", { code: codeOf(secret, 1) })).status,
    400,
    "without a first factor",
  );

  assert.equal((await other.post(SECURITY, { do: "codes-off" })).status, 303);
  assert.match((await changes(node, "mia@far.test")).at(-1)!, /no longer asked for/);
  assert.equal((await third.post("/sign-in/password", { email: "mia@far.test", password: GOOD })).location, "/");
  assert.equal((await node.pool`select from sign_in_links where identifier like 'trust-device-%'`).length, 0);
});

test("codes can't be guessed: a challenge takes five, an account ten", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  await mia.post(SECURITY, { do: "password", password: GOOD });
  await withCodes(mia);
  let statuses: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const thief = walker(node, "192.0.2.99");
    await thief.post("/sign-in/password", { email: "mia@far.test", password: GOOD });
    for (let i = 0; i < 6; i += 1) statuses.push((await thief.post("/sign-in/second", { code: `00000${i}` })).status);
  }
  assert.deepEqual(statuses.slice(0, 6), [400, 400, 400, 400, 400, 429]);
  statuses = statuses.filter((status) => status === 400);
  assert.ok(statuses.length <= 12, `${statuses.length} codes were looked at`);
});

test("who is new is asked for their name once, and members by mail find their groups there", async (t) => {
  const node = await start(t);
  await fetch(`${node.webUrl}/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ email: "eva@far.test", next: "/g/readers" }),
    headers: { origin: node.webUrl },
  });
  await node.quiet();
  const token = /sign-in\/([A-Za-z]{20,})/.exec(readMail(node.farSide.mailsFor("eva@far.test").at(-1)!.raw).text!)![1];
  const eva = walker(node);
  assert.equal(
    (await eva.post(`/sign-in/${token}`, { next: "/g/readers" })).location,
    "/account/welcome?next=%2Fg%2Freaders",
  );
  assert.equal((await eva.post("/account/welcome", { name: " Eva\nMay ", next: "/g/readers" })).location, "/g/readers");
  assert.equal((await directory.personWith(node.pool, "eva@far.test"))!.name, "Eva May");
  const ben = await linked(node, "ben@far.test");
  assert.match((await ben.get("/account")).text, /Readers/);
});

test("throwaway addresses are taken, or join nowhere and sign up nowhere, as the operator says; members stay", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-domains-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "own.txt"), "# ours\nthrowaway.test\n!mailinator.com\n");
  const node = await startNode(t, {
    members: ["ben@far.test", "old@throwaway.test"],
    roles: "intake,pipeline,outbound,web",
    environment: {
      SMARTGROUPS_DISPOSABLE: "refuse",
      SMARTGROUPS_DISPOSABLE_LIST: join(folder, "own.txt"),
    },
  });
  const ask = (email: string) => walker(node).post("/sign-in", { email });
  const refused = await ask("new@box.throwaway.test");
  assert.equal(refused.status, 400);
  assert.match(
    refused.text,
    /throwaway address[\s\S]*value="new@box\.throwaway\.test"|value="new@box\.throwaway\.test"[\s\S]*throwaway/,
  );
  assert.equal((await ask("new@guerrillamail.com")).status, 400, "the list of the package");
  assert.equal((await ask("new@mailinator.com")).status, 200, "the operator knows better");
  assert.equal((await ask("old@throwaway.test")).status, 200, "who is here already stays");
  await node.pool`update groups set joining = 'open'`;
  for (const from of ["new@throwaway.test", "eva@far.test"]) {
    const to = `readers+subscribe@${node.domain}`;
    await node.send(
      { from, to: [to] },
      `From: <${from}>\r\nTo: <${to}>\r\nSubject: hi\r\nMessage-ID: <${from}.1>\r\n\r\n\r\n`,
    );
  }
  await node.quiet();
  const asked = await node.pool<{ address: string }[]>`select address from join_requests`;
  assert.deepEqual(
    asked.map((one) => one.address),
    ["eva@far.test"],
  );
  const old = await linked(node, "old@throwaway.test");
  await node.pool`update memberships set ended_at = ${node.clock.now()} where address_key = 'old@throwaway.test'`;
  const joined = await old.post("/g/readers/join", { name: "Old" });
  assert.equal(joined.status, 403);
  assert.match(joined.text, /none can join here/);
});

test("the operator helps who has lost app and backup codes: codes end, sessions end, and every address is told", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  await withCodes(mia);
  const { id } = (await directory.personWith(node.pool, "mia@far.test"))!;
  const before = await waysOf(node.pool, id, node.clock.now());
  assert.deepEqual([before.asksForCodes, before.hasPassword, before.sessions], [true, false, 1]);
  assert.equal(await unlock({ pool: node.pool, clock: node.clock, config: node.config }, id), true);
  assert.equal(await unlock({ pool: node.pool, clock: node.clock, config: node.config }, id), false, "once");
  assert.equal(await isIn(mia), false);
  assert.match((await changes(node, "mia@far.test")).at(-1)!, /no longer asked for/);
  assert.equal(await isIn(await linked(node, "mia@far.test")), true);
});

test("whoever reads somebody's mail does not get their account by claiming the address: a second factor guards it", async (t) => {
  const node = await start(t);
  const mia = await linked(node, "mia@far.test");
  await withCodes(mia);
  const thief = await linked(node, "thief@far.test");
  const token = async (): Promise<string> => {
    node.clock.pass(HOUR);
    const again = await linked(node, "thief@far.test");
    assert.equal((await again.post("/account", { do: "add", address: "mia@far.test" })).status, 303);
    await node.quiet();
    const letter = node.farSide.mailsFor("mia@far.test").findLast((mail) => mail.raw.includes("confirm+"))!;
    return /account\/address\/([a-z0-9]+)/.exec(readMail(letter.raw).text!)![1]!;
  };
  const { id } = (await directory.personWith(node.pool, "mia@far.test"))!;
  const first = await token();
  assert.equal((await thief.post(`/account/address/${first}`, {})).status, 409);
  const to = `confirm+${first}@${node.domain}`;
  const reply = `From: <mia@far.test>\r\nTo: <${to}>\r\nSubject: Re\r\nMessage-ID: <r@far.test>\r\n\r\nyes\r\n`;
  await node.send({ from: "mia@far.test", to: [to] }, reply);
  await node.quiet();
  assert.equal((await directory.personWith(node.pool, "mia@far.test"))!.id, id, "by mail neither");
  assert.equal(await unlock({ pool: node.pool, clock: node.clock, config: node.config }, id), true);
  assert.equal((await thief.post(`/account/address/${await token()}`, {})).status, 200, "without it, it is as before");
});

test("where throwaway addresses are held, one that joins an open group waits for a moderator", async (t) => {
  const node = await startNode(t, {
    members: ["ben@far.test"],
    roles: "intake,pipeline,outbound,web",
    environment: { SMARTGROUPS_DISPOSABLE: "hold" },
  });
  await node.pool`update groups set joining = 'open'`;
  const [kept, thrown] = [await linked(node, "eva@far.test"), await linked(node, "new@mailinator.com")];
  for (const who of [kept, thrown]) assert.equal((await who.post("/g/readers/join", { name: "N" })).status, 303);
  const members = await node.pool<{ address: string }[]>`select address from memberships order by address`;
  assert.deepEqual(
    members.map((one) => one.address),
    ["ben@far.test", "eva@far.test"],
  );
  const waiting = await node.pool<{ address: string }[]>`select address from join_requests where state = 'waiting'`;
  assert.deepEqual(
    waiting.map((one) => one.address),
    ["new@mailinator.com"],
  );
});
