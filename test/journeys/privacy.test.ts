/** What a person can have of theirs, and that nothing of them is left when they are erased. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { unzipSync } from "fflate";
import { writeSomeDownload } from "../../src/chores/downloads.ts";
import { eraseSome } from "../../src/chores/erasing.ts";
import { type Pool, transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY, HOUR } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { forgetSignIn, signInRowsOf } from "../../src/web/web.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";
import { tablesOf, tracesOf } from "../support/traces.ts";

const MIA = "mia@far.test";
const ROLES = "intake,pipeline,outbound,web,chores";

async function start(t: TestContext): Promise<TestNode> {
  const node = await startNode(t, { members: ["ben@far.test"], roles: ROLES });
  await transact(node.pool, async (sql) => {
    await directory.addMembers(sql, node.group.id, [{ address: MIA, name: "Mia Lima" }], "test", node.clock, {
      how: "file",
      byWhom: "the operator",
      source: "readers.csv",
    });
    await directory.addMembers(
      sql,
      node.group.id,
      [{ address: "olga@far.test", name: "Olga", role: "owner" }],
      "test",
      node.clock,
    );
  });
  return node;
}

const send = (node: TestNode, cookie: string, path: string, form: Record<string, string> = {}): Promise<Response> =>
  fetch(`${node.webUrl}${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie, origin: node.webUrl },
    body: new URLSearchParams(form),
  });
const get = (node: TestNode, cookie: string, path: string): Promise<Response> =>
  fetch(`${node.webUrl}${path}`, { headers: { cookie }, redirect: "manual" });

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("waited in vain");
}

const linkIn = (node: TestNode, to: string, path: RegExp): string =>
  path.exec(
    readMail(node.farSide.mailsFor(to).findLast((mail) => path.test(readMail(mail.raw).text ?? ""))!.raw).text!,
  )![1]!;

test("everything about a person is put together for them alone, with their posts, and gone after a day", async (t) => {
  const node = await start(t);
  for (const subject of ["Chapter one", "Chapter two"])
    await node.post({ from: MIA, subject, text: "From here on\nIt is mine." });
  await node.post({ from: "ben@far.test", subject: "Not hers" });
  await node.quiet();
  const cookie = await signInAt(node, MIA);
  const ben = await signInAt(node, "ben@far.test");
  await node.pool`update memberships set notes = 'Knows tea' where address_key = ${MIA}`;
  for (let twice = 0; twice < 2; twice += 1) assert.equal((await send(node, cookie, "/account/data")).status, 303);
  const link = await until(
    async () =>
      /href="(\/account\/data\/[0-9a-f-]{36})"/.exec(await (await get(node, cookie, "/account/data")).text())?.[1],
  );
  assert.equal((await node.pool`select from downloads`).length, 1, "asked twice, it is made once");
  assert.equal((await get(node, ben, link)).status, 404);
  assert.equal((await get(node, "", link)).status, 303);
  const answer = await get(node, cookie, link);
  assert.equal(answer.headers.get("content-type"), "application/zip");
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
  const text = (name: string): string => Buffer.from(files[name]!).toString();
  const [membership] = JSON.parse(text("memberships.json"));
  assert.equal(membership.group, "readers");
  assert.equal(membership.notesOfModerators, "Knows tea");
  assert.deepEqual([membership.cameBy.how, membership.cameBy.source], ["file", "readers.csv"]);
  assert.equal(membership.history.at(-1).what, "joined");
  assert.equal(JSON.parse(text("person.json")).addresses[0].address, MIA);
  assert.equal(JSON.parse(text("sign-in.json")).sessions.length, 1);
  const posts = [...splitMboxOf(files["posts/readers.mbox"]!)].map((raw) => readMail(raw));
  assert.deepEqual(
    posts.map((one) => one.subject),
    ["Chapter one", "Chapter two"],
  );
  assert.match(posts[0]!.text!, /^From here on\nIt is mine\./);
  const tries = Object.keys(files).filter((name) => name.startsWith("deliveries/"));
  assert.match(text(tries[0]!), /"kind":"sent"/);
  assert.ok(Object.keys(files).some((name) => /^letters\/.*sign-in.*\.eml$/.test(name)));
  for (const name of [
    "person.json",
    "memberships.json",
    "requests.json",
    "sign-in.json",
    "health/",
    "letters/",
    "deliveries/",
    "posts/",
  ])
    assert.match(text("README.txt"), new RegExp(name.replace(".", "\\.")), `${name} is told of`);
  await node.quiet();
  assert.match(linkIn(node, MIA, /(\/account\/data)\b/), /data/);
  node.clock.pass(DAY + HOUR);
  assert.equal((await get(node, await signInAt(node, MIA), link)).status, 404);
});

function splitMboxOf(bytes: Uint8Array): Buffer[] {
  const text = Buffer.from(bytes).toString("latin1");
  return text
    .split(/^From MAILER-DAEMON .*\n/m)
    .slice(1)
    .map((one) => Buffer.from(one.replace(/^>(>*From )/gm, "$1"), "latin1"));
}

/** Fails at the end of a transaction, as if killed just before its commit. */
class Killed extends Error {}
const killedOnce = (pool: Pool): Pool =>
  ({
    begin: (work: (sql: unknown) => Promise<unknown>) =>
      pool.begin(async (sql) => {
        await work(sql);
        throw new Killed();
      }),
  }) as never;

test("a download and an erasure that are killed before every commit come out the same", async (t) => {
  const node = await startNode(t, { members: [MIA, "ben@far.test"], roles: "intake,pipeline,outbound,web" });
  for (let i = 0; i < 30; i += 1) await node.post({ from: MIA, subject: `Post ${i}` });
  await node.quiet();
  const cookie = await signInAt(node, MIA);
  await send(node, cookie, "/account/data");
  const means = {
    pool: node.pool,
    domain: node.domain,
    url: node.webUrl,
    clock: node.clock,
    signInRows: signInRowsOf,
    forgetSignIn: forgetSignIn,
  };
  const killing = { ...means, pool: killedOnce(node.pool) };
  for (let more = true; more; more = await writeSomeDownload(means))
    await writeSomeDownload(killing).catch((error) => {
      if (!(error instanceof Killed)) throw error;
    });
  const link = /href="(\/account\/data\/[0-9a-f-]{36})"/.exec(
    await (await get(node, cookie, "/account/data")).text(),
  )![1]!;
  const files = unzipSync(new Uint8Array(await (await get(node, cookie, link)).arrayBuffer()));
  assert.deepEqual(
    splitMboxOf(files["posts/readers.mbox"]!)
      .map((raw) => readMail(raw).subject)
      .sort(),
    Array.from({ length: 30 }, (_, i) => `Post ${i}`).sort(),
  );
  assert.equal(new Set(Object.keys(files)).size, Object.keys(files).length);

  const [person] = await node.pool<{ id: string }[]>`select person_id as id from addresses where address_key = ${MIA}`;
  await node.pool`
    insert into erasures (id, person_id, address, language, asked_at, state, due_at)
    values (gen_random_uuid(), ${person!.id}, ${MIA}, 'en', now(), 'due', ${node.clock.now()})`;
  for (let rounds = 0; rounds < 200; rounds += 1) {
    await eraseSome(killing).catch((error) => {
      if (!(error instanceof Killed)) throw error;
    });
    await eraseSome(means);
    await node.quiet();
    node.clock.pass(61_000);
    if ((await node.pool`select from erasures where state = 'done'`).length > 0) break;
  }
  const [counted] = await node.pool`select memberships, posts, state from erasures`;
  assert.deepEqual(counted, { memberships: 1, posts: 30, state: "done" }, "each was done once");
  assert.deepEqual(await tracesOf(node.pool, [MIA, person!.id]), []);
});

/** The tables of docs/privacy.md, and those in which something stays that names a person. */
const written = readFileSync(new URL("../../docs/privacy.md", import.meta.url), "utf8");

test("every table is named in docs/privacy.md, with what becomes of its rows", async (t) => {
  const node = await startNode(t, { roles: "web" });
  const named = new Set([...written.matchAll(/`([a-z_]+)`/g)].map((found) => found[1]!));
  assert.deepEqual(
    (await tablesOf(node.pool)).filter((table) => !named.has(table)),
    [],
  );
});

for (const rule of ["anonymise", "remove"] as const)
  test(`who is erased is found nowhere any more, but where docs/privacy.md says so (${rule})`, async (t) => {
    const node = await start(t);
    await directory.setGroup(node.pool, node.group.id, { erasure: rule });
    const [{ id: person }] =
      (await node.pool`select person_id as id from addresses where address_key = ${MIA}`) as unknown as [
        { id: string },
      ];
    const words = [MIA, "Mia Lima", person, "Long Street", "mia-laptop"];
    await node.send(
      { from: MIA, to: [`readers@${node.domain}`] },
      `Received: from mia-laptop ([192.0.2.7]) by mail.far.test; Sun, 1 Mar 2026 09:00:00 +0000\r\nFrom: Mia Lima <${MIA}>\r\nReply-To: ${MIA}\r\nSender: ${MIA}\r\nTo: readers@${node.domain}\r\nSubject: Tea #tea\r\nMessage-ID: <tea.1@far.test>\r\n\r\nGreen, please.\r\n-- \r\nMia Lima\r\n12 Long Street\r\n`,
    );
    await node.quiet();
    await node.post({
      from: "ben@far.test",
      subject: "Re: Tea #tea",
      text: "Black.",
      headers: ["In-Reply-To: <tea.1@far.test>"],
    });
    await node.send({ from: MIA, to: [`readers+help@${node.domain}`] }, `From: ${MIA}\r\nSubject: help\r\n\r\n`);
    await node.quiet();
    const cookie = await signInAt(node, MIA);
    await get(node, cookie, "/g/readers");
    await get(node, cookie, "/g/readers/1");
    await send(node, cookie, "/g/readers/membership", {
      do: "mail",
      mode: "digest",
      zone: "UTC",
      "digest-hour": "8",
      "digest-form": "html",
    });
    await send(node, cookie, "/account", { do: "add", address: "mia@home.test" });
    await send(node, cookie, "/account/data");
    await node.quiet();
    const olga = await signInAt(node, "olga@far.test");
    // What another server says may hold the address too.
    await node.pool`update settlements set reply = ${`250 <${MIA}> queued`}`;

    const before = (await tracesOf(node.pool, words)).map((one) => one.split(".")[0]!);
    for (const table of ["posts", "letters", "settlements", "outcomes", "memberships", "topics", "download_pieces"])
      assert.ok(before.includes(table), `${table} is looked into`);

    const refused = await send(node, cookie, "/account/erase", { do: "ask", address: "ben@far.test" });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /value="ben@far\.test"/);
    assert.equal(
      (await send(node, olga, "/account/erase", { do: "ask", address: "olga@far.test" })).status,
      409,
      "the only owner hands over first",
    );
    assert.equal((await send(node, cookie, "/account/erase", { do: "ask", address: MIA.toUpperCase() })).status, 303);
    await node.quiet();
    const link = linkIn(node, MIA, /(\/account\/erase\/[a-z2-7]+)/);
    assert.match(await (await get(node, "", link)).text(), /Yes, erase me/);
    assert.equal((await node.pool`select from erasures where state = 'due'`).length, 0, "looking changes nothing");
    await send(node, "", link, { do: "confirm" });
    await send(node, "", link, { do: "keep" });
    node.clock.pass(8 * DAY);
    await node.quiet();
    assert.match(
      await (await get(node, await signInAt(node, MIA), "/account/erase")).text(),
      /Write me the letter/,
      "taken back",
    );

    await send(node, await signInAt(node, MIA), "/account/erase", { do: "ask", address: MIA });
    await node.quiet();
    const second = linkIn(node, MIA, /(\/account\/erase\/[a-z2-7]+)/);
    for (let twice = 0; twice < 2; twice += 1) await send(node, "", second, { do: "confirm" });
    node.clock.pass(6 * DAY);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(
      (await node.pool`select from memberships where address_key = ${MIA} and ended_at is null`).length,
      1,
      "not before its day",
    );
    node.clock.pass(DAY + HOUR);
    await until(async () => {
      node.clock.pass(61_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return (await node.pool`select from erasures where state = 'done'`).length || undefined;
    });
    assert.deepEqual(await tracesOf(node.pool, words), []);
    assert.match(node.farSide.mailsFor(MIA).at(-1)!.raw.toString(), /Subject: You are erased/);

    const page = await (await get(node, olga, "/g/readers/1")).text();
    const topic = await (await get(node, olga, "/g/readers/2")).text();
    assert.match(topic, /Black\./);
    if (rule === "remove") assert.doesNotMatch(page, /Green, please/);
    else assert.match(page, /A former member[\s\S]*Green, please/);
    const log =
      await node.pool`select what, cause from membership_events where what in ('joined', 'removed') order by at`;
    assert.ok(
      log.some((one) => one["what"] === "removed"),
      "that somebody left stays on record",
    );
    // The address can begin anew, as anybody's.
    await transact(node.pool, (sql) =>
      directory.addMembers(sql, node.group.id, [{ address: MIA, name: "" }], "test", node.clock),
    );
    assert.equal((await directory.membershipsEver(node.pool, node.group.id, MIA)).length, 1);
  });
