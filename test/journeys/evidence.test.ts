/** Evidence: what owners, members and strangers can learn about what became of each copy. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { parse } from "csv-parse/sync";
import * as directory from "../../src/directory/directory.ts";
import * as evidence from "../../src/evidence/evidence.ts";
import { DAY, HOUR, heldClock, MINUTE } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import { silent } from "../../src/kit/log.ts";
import * as queue from "../../src/queue/queue.ts";
import { startWeb } from "../../src/web/web.ts";
import { groupWith } from "../support/browser.ts";
import { cloneDatabase } from "../support/database.ts";
import { logOf430 } from "../support/log-of-430.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const members = ["olga@far.test", "mia@far.test", "ben@other.test", "cleo@other.test", "dan@late.test"];

type Ask = (path: string, cookie?: string) => Promise<{ status: number; text: string; headers: Headers }>;

async function start(
  t: TestContext,
): Promise<{ node: TestNode; ask: Ask; signedIn: (address: string) => Promise<string> }> {
  const node = await startNode(t, { members, roles: "intake,pipeline,outbound,chores,web" });
  const olga = (await directory.membershipOf(node.pool, node.group.id, "olga@far.test"))!;
  await directory.changeMembership(node.pool, olga.id, { role: "owner" }, "test", node.clock.now());
  const ask: Ask = async (path, cookie = "") => {
    const answer = await fetch(`${node.webUrl}${path}`, { redirect: "manual", headers: { cookie } });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const signedIn = (address: string): Promise<string> => signInAt(node, address);
  return { node, ask, signedIn };
}

const idOf = async (node: TestNode, address: string): Promise<string> =>
  (await directory.membershipsEver(node.pool, node.group.id, address))[0]!.id;

/** The row of a table that names this address or subject, as text. */
const rowOf = (page: string, words: string): string =>
  page
    .split("<tr")
    .filter((row) => row.includes(words))
    .at(-1)
    ?.replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ") ?? "";

test("a post's owner sees each recipient with the far side's words; its members see counts; nobody else a name", async (t) => {
  const { node, ask, signedIn } = await start(t);
  node.farSide.answers("ben@other.test", "550 5.1.1 <ben@other.test>: no such user here");
  node.farSide.answers("cleo@other.test", "452 4.2.2 mailbox full, says <b>far</b>");
  const dan = (await directory.membershipOf(node.pool, node.group.id, "dan@late.test"))!;
  await directory.changeMembership(node.pool, dan.id, { mode: "none" }, "test", node.clock.now());
  node.clock.pass(MINUTE);
  await node.post({ from: "mia@far.test" });
  await node.quiet();

  const olga = await signedIn("olga@far.test");
  const { status, text } = await ask("/g/readers/1/delivery", olga);
  assert.equal(status, 200);
  assert.match(rowOf(text, "olga@far.test"), /delivered .*127\.0\.0\.1.* “?250 2\.0\.0 taken as/);
  assert.match(rowOf(text, "ben@other.test"), /given up .* 550 5\.1\.1 &lt;ben@other\.test&gt;: no such user here/);
  assert.match(
    rowOf(text, "cleo@other.test"),
    /waiting next try .*not encrypted.* 452 4\.2\.2 mailbox full, says &lt;b&gt;far/,
  );
  assert.doesNotMatch(text, /dan@late/);
  const found = (await ask("/g/readers/1/delivery?find=dan%40late", olga)).text;
  assert.match(rowOf(found, "dan@late.test"), /not sent .*had chosen no mail when it was sent/);
  const some = (await ask("/g/readers/1/delivery?state=given+up", olga)).text;
  assert.ok(some.includes("ben@other.test") && !some.includes("cleo@other.test"));

  const csv = await ask("/g/readers/1/delivery.csv", olga);
  assert.match(csv.headers.get("content-type")!, /^text\/csv/);
  assert.match(csv.headers.get("content-disposition")!, /readers-1-delivery\.csv/);
  const rows = parse(csv.text, { columns: true }) as Record<string, string>[];
  assert.deepEqual(rows.map((row) => [row["address"], row["state"], row["code"]]).sort(), [
    ["ben@other.test", "given up", "550"],
    ["cleo@other.test", "waiting", "452"],
    ["mia@far.test", "delivered", "250"],
    ["olga@far.test", "delivered", "250"],
  ]);

  for (const who of ["mia@far.test", ""]) {
    const cookie = who ? await signedIn(who) : "";
    const page = await ask("/g/readers/1/delivery", cookie);
    assert.equal(page.status, 200);
    assert.match(page.text, /delivered<\/span> 2<\/li>[\s\S]*By provider/);
    for (const said of ["ben@", "cleo@", "no such user", "mailbox full", "Recipient by recipient"])
      assert.ok(!page.text.includes(said), `${who || "a stranger"} reads ${said}`);
    assert.equal((await ask("/g/readers/1/delivery?find=ben", cookie)).text.includes("ben@other"), false);
    assert.equal((await ask("/g/readers/1/delivery.csv", cookie)).status, who ? 403 : 303);
  }
});

test("pages and addresses of the API are open to whom they are meant for, and to nobody else", async (t) => {
  const { node, ask, signedIn } = await start(t);
  await node.post({ from: "mia@far.test" });
  await node.quiet();
  const other = await groupWith(
    node.pool,
    node.clock,
    { name: "cooks" },
    [],
    [{ address: "carl@far.test", name: "", role: "owner" }],
  );
  await directory.addGroup(node.pool, { name: "hidden", archive: "members" }, node.clock);
  const mo = (await directory.membershipOf(node.pool, node.group.id, "cleo@other.test"))!;
  await directory.changeMembership(node.pool, mo.id, { role: "moderator" }, "test", node.clock.now());
  const mia = await idOf(node, "mia@far.test");
  const ben = await idOf(node, "ben@other.test");
  const cookies: Record<string, string> = { stranger: "" };
  for (const [who, address] of [
    ["mia", "mia@far.test"],
    ["carl", "carl@far.test"],
    ["cleo", "cleo@other.test"],
    ["olga", "olga@far.test"],
  ] as const)
    cookies[who] = await signedIn(address);
  const statuses = async (path: string): Promise<number[]> =>
    Promise.all(["stranger", "mia", "carl", "cleo", "olga"].map(async (who) => (await ask(path, cookies[who])).status));

  assert.deepEqual(await statuses("/g/readers/1/delivery"), [200, 200, 200, 200, 200]);
  assert.deepEqual(await statuses("/g/readers/1/delivery.csv"), [303, 403, 403, 200, 200]);
  assert.deepEqual(await statuses(`/g/readers/members/${mia}/delivery`), [303, 200, 403, 200, 200]);
  assert.deepEqual(await statuses(`/g/readers/members/${ben}/delivery`), [303, 403, 403, 200, 200]);
  assert.deepEqual(await statuses(`/g/readers/members/${newId(node.clock)}/delivery`), [303, 403, 403, 404, 404]);
  assert.deepEqual(await statuses(`/g/cooks/members/${mia}/delivery`), [303, 403, 404, 403, 403], "of another group");
  assert.deepEqual(await statuses("/g/readers/members/nonsense/delivery"), [303, 403, 403, 404, 404]);
  assert.deepEqual(await statuses("/g/readers/2/delivery"), [404, 404, 404, 404, 404]);
  assert.deepEqual(await statuses("/g/hidden/1/delivery"), [404, 404, 404, 404, 404]);

  const api = "/api/v1/groups/readers";
  assert.deepEqual(await statuses(`${api}/posts/1/delivery`), [200, 200, 200, 200, 200]);
  assert.deepEqual(await statuses(`${api}/posts/1/recipients`), [401, 403, 403, 200, 200]);
  assert.deepEqual(await statuses(`${api}/posts/9/recipients`), [401, 403, 403, 404, 404]);
  assert.deepEqual(await statuses(`${api}/members/mia%40far.test/deliveries`), [401, 200, 403, 200, 200]);
  assert.deepEqual(await statuses(`${api}/members/MIA@FAR.TEST/deliveries`), [401, 200, 403, 200, 200]);
  assert.deepEqual(await statuses(`${api}/members/ben%40other.test/deliveries`), [401, 403, 403, 200, 200]);
  assert.deepEqual(await statuses(`${api}/members/nobody%40other.test/deliveries`), [401, 403, 403, 404, 404]);
  assert.deepEqual(await statuses(`/api/v1/groups/hidden/posts/1/delivery`), [404, 404, 404, 404, 404]);
  for (const bad of ["state=lost", "after=1", "limit=0"])
    assert.equal((await ask(`${api}/posts/1/recipients?${bad}`, cookies["olga"])).status, 400, bad);
  assert.ok(other.id);
});

test("a member's history says what became of each post, and of each letter, and why there was none", async (t) => {
  const { node, ask, signedIn } = await start(t);
  const member = async (address: string) => (await directory.membershipOf(node.pool, node.group.id, address))!;
  const dan = await member("dan@late.test");
  const change = (mode: "each" | "none") =>
    directory.changeMembership(node.pool, dan.id, { mode }, "test", node.clock.now());
  const say = async (subject: string, more: object = {}): Promise<void> => {
    node.clock.pass(MINUTE);
    await node.post({ from: "mia@far.test", subject, text: subject, ...more });
    await node.quiet();
    node.clock.pass(MINUTE);
  };
  await say("One");
  await change("none");
  await say("Two");
  await change("each");
  await directory.pause(node.pool, dan.id, "its mail came back", node.clock.now());
  await say("Three");
  await directory.unpause(node.pool, dan.id, "back again", node.clock.now());
  await queue.hold(node.pool, { scope: "all", key: "" }, node.clock.now());
  await say("Four");
  const cooks = await groupWith(
    node.pool,
    node.clock,
    { name: "cooks" },
    [],
    [
      { address: "dan@late.test", name: "" },
      { address: "mia@far.test", name: "" },
    ],
  );
  await queue.release(node.pool, { scope: "all", key: "" }, node.clock.now());
  await node.send(
    { from: "mia@far.test", to: ["cooks@groups.test", "readers@groups.test"] },
    "From: mia@far.test\r\nMessage-ID: <both@far.test>\r\nSubject: Both\r\n\r\nx\r\n",
  );
  await node.pass(10_000, 1000);
  await node.quiet();
  const cookie = await signedIn("dan@late.test");
  const page = (await ask(`/g/readers/members/${dan.id}/delivery`, cookie)).text;
  assert.match(rowOf(page, ">One<"), /delivered .*250/);
  assert.match(rowOf(page, ">Two<"), /not sent .*had chosen no mail when it was sent/);
  assert.match(rowOf(page, ">Three<"), /not sent .*was paused when it was sent/);
  assert.match(rowOf(page, ">Four<"), /delivered/);
  const both = rowOf(page, ">Both<");
  const inCooks = await directory.membershipOf(node.pool, cooks.id, "dan@late.test");
  const cooksPage = (await ask(`/g/cooks/members/${inCooks!.id}/delivery`, cookie)).text;
  const words = [both, rowOf(cooksPage, ">Both<")].map((row) => (/delivered/.test(row) ? "delivered" : row));
  assert.equal(words.filter((one) => one === "delivered").length, 1, "once, in one of the two groups");
  assert.match(words.find((one) => one !== "delivered")!, /had it through another group already/);

  await node.post({ from: "eve@new.test", to: "readers+subscribe@groups.test" });
  await node.quiet();
  const letters = await evidence.lettersTo(node.pool, node.group.id, "Eve@new.test");
  assert.deepEqual(
    letters.map((one) => [one.kind, one.copy?.state]),
    [["confirm-join", "sent"]],
  );
  await directory.addMembers(node.pool, node.group.id, [{ address: "eve@new.test", name: "" }], "test", node.clock);
  const eve = (
    await ask(`/g/readers/members/${await idOf(node, "eve@new.test")}/delivery`, await signedIn("olga@far.test"))
  ).text;
  assert.match(rowOf(eve, "Please confirm"), /delivered .*250/);
  assert.match(rowOf(eve, ">One<"), /joined after it was sent/);
  assert.doesNotMatch(eve, /Sign in to/, "letters that are not the group's are nobody's business");
});

test("a copy for somebody who left during the backlog is told apart from one that was given up", async (t) => {
  const { node } = await start(t);
  await queue.hold(node.pool, { scope: "all", key: "" }, node.clock.now());
  await node.post({ from: "mia@far.test" });
  await node.quiet();
  const [post] = await node.pool<{ id: string }[]>`select id from posts`;
  const states = async () => (await evidence.reportOf(node.pool, post!.id, new Date(0))).counts;
  assert.deepEqual(await states(), { held: 5 });
  const ben = (await directory.membershipOf(node.pool, node.group.id, "ben@other.test"))!;
  await directory.leave(node.pool, ben, "test", node.clock.now());
  await queue.release(node.pool, { scope: "all", key: "" }, node.clock.now());
  await node.pass(5000, 1000);
  await node.quiet();
  assert.deepEqual(await states(), { sent: 4, left: 1 });
});

const HERE = "https://groups.test";

async function with430(t: TestContext) {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: "groups.test", url: HERE, outbound: { kind: "capture" } as const, logKept: 10 * DAY };
  const web = await startWeb({ listen: [], pool, config, clock, log: silent });
  t.after(() => web.stop());
  const group = await groupWith(
    pool,
    clock,
    { name: "readers" },
    [],
    [{ address: "olga@far.test", name: "Olga", role: "owner" }],
  );
  const log = await logOf430(pool, group.id, clock);
  const form = (fields: Record<string, string>) => ({
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: HERE },
  });
  await web.app.request("/sign-in", form({ email: "olga@far.test" }));
  const [letter] = await pool<{ raw: Buffer }[]>`select raw from letters`;
  const entered = await web.app.request(
    `/sign-in/${/sign-in\/([A-Za-z]+)/.exec(letter!.raw.toString())![1]}`,
    form({}),
  );
  const cookie = entered.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const ask = async (path: string): Promise<Response> => web.app.request(path, { headers: { cookie } });
  return { pool, clock, group, ask, ...log };
}

test("430 recipients are walked page by page, each once, and the counts are those of the pages and of the file", async (t) => {
  const { ask, pool, postId } = await with430(t);
  const states: Record<string, number> = {};
  const seen = new Set<string>();
  let next: string | undefined = "/api/v1/groups/readers/posts/1/recipients?limit=100";
  for (let pages = 0; next && pages < 10; pages += 1) {
    const answer = await ask(next);
    for (const one of (await answer.json()) as { address: string; state: string }[]) {
      assert.ok(!seen.has(one.address), one.address);
      seen.add(one.address);
      states[one.state] = (states[one.state] ?? 0) + 1;
    }
    next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  assert.equal(seen.size, 430);
  const { counts, planned, providers } = (await (await ask("/api/v1/groups/readers/posts/1/delivery")).json()) as {
    counts: Record<string, number>;
    planned: number;
    providers: { provider: string; recipients: number }[];
  };
  assert.deepEqual(counts, states);
  assert.equal(planned, 430);
  assert.equal(
    providers.reduce((sum, one) => sum + one.recipients, 0),
    430,
  );
  assert.deepEqual(Object.keys(counts).sort(), ["given up", "left", "on its way", "sent", "waiting"]);
  const rows = parse(await (await ask("/g/readers/1/delivery.csv")).text(), { columns: true }) as Record<
    string,
    string
  >[];
  assert.equal(rows.length, 430);
  assert.ok(rows.some((row) => row["reply"] === `'=HYPERLINK("http://evil.test") <b>blocked</b>`));
  const waiting = parse(await (await ask("/g/readers/1/delivery.csv?state=waiting")).text(), { columns: true });
  assert.equal(waiting.length, counts["waiting"]);
  let pages = 0;
  const names = new Set<string>();
  for (let path: string | undefined = "/g/readers/1/delivery"; path && pages < 19; pages += 1) {
    const text: string = await (await ask(path)).text();
    for (const [, address] of text.matchAll(/<bdi>(member\.\d+@[\w.-]+)<\/bdi>/g)) names.add(address!);
    path = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
  }
  assert.deepEqual([pages, names.size], [9, 430]);
  assert.ok((await (await ask("/g/readers/1/delivery")).text()).includes("eva-and-dan.test"));
  const plain = evidence.withoutSmall(await evidence.reportOf(pool, postId, new Date(0)));
  assert.ok(
    !plain.providers.some((one) => one.provider === "eva-and-dan.test"),
    "a provider of one could name somebody",
  );
  assert.equal(
    plain.providers.reduce((sum, one) => sum + one.recipients, 0),
    430,
  );
});

test("hostile words of a far side stand quoted and harmless, and odd questions are answered", async (t) => {
  const { ask } = await with430(t);
  const text = await (await ask("/g/readers/1/delivery?state=given+up")).text();
  assert.match(text, /&lt;b&gt;blocked&lt;\/b&gt;/);
  assert.doesNotMatch(text, /\u202e/, "nothing turns the line around");
  for (const query of [
    "state=lost",
    "after=nonsense",
    `find=${"x".repeat(9000)}`,
    "find=%25",
    "find='",
    "after=&state=&find=",
  ])
    assert.equal((await ask(`/g/readers/1/delivery?${query}`)).status, 200, query);
  assert.match(
    await (await ask("/g/readers/1/delivery?find=%25")).text(),
    /Nobody here has a name or address with “%”/,
  );
});

test("a reply lost in a crash shows as sent twice, and a delivery under way counts nobody twice", async (t) => {
  const { pool, clock, postId, groupId, members: all } = await with430(t);
  const [sent] = await queue.recipientsOf(pool, postId, { state: "sent", limit: 1 });
  const again = {
    id: newId(clock),
    at: new Date(clock.now().getTime() + HOUR),
    deliveryId: newId(clock),
    itemId: postId,
    groupId,
    provider: "gmail.test",
    host: "mx9.gmail.test",
    source: "",
    tls: "",
  };
  await queue.log(pool, [
    { ...again, kind: "sent", recipients: [sent!.id], code: 250, status: "2.0.0", reply: "again" },
  ]);
  await pool`
    insert into deliveries (id, class, carries, item_id, group_id, provider, recipients, size, state, created_at, due_at)
    values (${newId(clock)}, 1, 'post', ${postId}, ${groupId}, 'gmail.test', ${[sent!.id]}::uuid[], 1, 'taken', ${clock.now()}, ${clock.now()})`;
  const [now] = await queue.recipientsOf(pool, postId, { ids: [sent!.id], limit: 10 });
  assert.partialDeepStrictEqual(now, { state: "sent", copies: 2, reply: "again", dueAt: null });
  const rows = await queue.recipientsOf(pool, postId, { limit: 1000 });
  assert.equal(rows.length, all.length);
  assert.equal(new Set(rows.map((row) => row.id)).size, all.length);
});

test("when the log is past keeping the report says so and shows the sums", async (t) => {
  const { ask, clock, pool, members: all } = await with430(t);
  clock.pass(11 * DAY);
  await pool`delete from settlements`;
  await pool`delete from deliveries`;
  const text = await (await ask("/g/readers/1/delivery")).text();
  assert.match(text, /no longer kept: only the sums above are left/);
  assert.match(text, /397 of 430 have it/);
  const history = await (await ask(`/g/readers/members/${all[0]!.id}/delivery`)).text();
  assert.match(rowOf(history, "Minutes of"), /not sent .*the log of that time is no longer kept/);
  assert.match(history, /kept for 10 days/);
});
