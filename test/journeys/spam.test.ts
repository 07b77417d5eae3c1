/** Posts are scored by rspamd, Debian's own and a scripted one; while it is away mail waits and is not lost. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as directory from "../../src/directory/directory.ts";
import { MINUTE } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { startRspamd } from "../support/rspamd.ts";

const members = ["olga@far.test", "mia@far.test", "ben@other.test"];
const GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
const GTUBE_SMALL = "YJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

type Answering = (request: IncomingMessage & { body: string }, response: ServerResponse) => void;

/** A scripted rspamd; what it answers can be changed while it runs. */
async function scripted(t: TestContext, answering: Answering) {
  const server = { answering, asked: 0, url: "", stop: async () => {}, start: async () => {} };
  let port = 0;
  const http = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      server.asked += 1;
      server.answering(Object.assign(request, { body: Buffer.concat(pieces).toString() }), response);
    });
  });
  server.start = () => new Promise((resolve) => http.listen(port, "127.0.0.1", () => resolve()));
  server.stop = () =>
    new Promise((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });
  await server.start();
  port = (http.address() as { port: number }).port;
  server.url = `http://127.0.0.1:${port}`;
  t.after(() => (http.listening ? server.stop() : undefined));
  return server;
}

const says =
  (score: number): Answering =>
  (_, response) => {
    response.end(
      JSON.stringify({ score, action: "no action", symbols: { BAD_WORDS: { score }, NOTHING: { score: 0 } } }),
    );
  };

const start = (t: TestContext, url: string): Promise<TestNode> =>
  startNode(t, { members, environment: { SMARTGROUPS_RSPAMD: url } });

async function post(node: TestNode, from: string, subject: string, text = `${subject}.`): Promise<string> {
  const { id } = await node.post({ from, subject, text });
  await node.quiet();
  return id!;
}

const seenBy = (node: TestNode, address: string): string[] =>
  node.farSide.mailsFor(address).map((mail) => readMail(mail.raw).subject);

/** What the clock asks for is done by loops: on a busy machine a moment later. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isSo(); i += 1) await pause(50);
}

test("Debian's rspamd scores posts: spam is declined, what may be spam is held with its score, the rest goes out", async (t) => {
  const url = await startRspamd(t);
  if (url === undefined) return t.skip("Debian's package rspamd is not installed");
  const node = await start(t, url);
  await directory.setGroup(node.pool, node.group.id, { spamHold: "5.5", spamDecline: "14" });
  await post(node, "mia@far.test", "Tea on Friday", "Shall we meet at the old mill, as last year?");
  const spam = await post(node, "mia@far.test", "Spam", GTUBE);
  const doubtful = await post(node, "ben@other.test", "Doubtful", GTUBE_SMALL);
  assert.deepEqual(seenBy(node, "ben@other.test"), ["Tea on Friday"]);
  const [declined] = await queue.outcomesOf(node.pool, spam);
  assert.equal(declined?.detail, "It looks like spam to the service's filter (score 15).");
  const held = await queue.aside(node.pool, "held", "readers@groups.test", 5);
  assert.deepEqual(
    held.map(({ id, problem, spam }) => [id, problem, (spam as { score: number }).score]),
    [[doubtful, "It may be spam, says the service's filter (score 6).", 6]],
  );
  const [kept] = await node.pool<{ score: string }[]>`select auth->'spam'->>'score' as score from posts`;
  assert.ok(Number.isFinite(Number(kept!.score)), "the post that went out has its score too");
});

test("while the filter is away posts wait, and go on when it is back, or without it after a quarter of an hour", async (t) => {
  const filter = await scripted(t, says(0.5));
  const node = await start(t, filter.url);
  await filter.stop();
  const waiting = await post(node, "mia@far.test", "In the meantime");
  assert.deepEqual(seenBy(node, "ben@other.test"), [], "it waits");
  const mail = (await queue.waitingMail(node.pool, waiting))!;
  assert.deepEqual(
    [mail.state, mail.problem, mail.attempts],
    ["waiting", "The spam filter is away: it is asked again soon.", 0],
  );
  await node.pass(5 * MINUTE, MINUTE);
  assert.equal(
    (await queue.waitingMail(node.pool, waiting))?.attempts,
    0,
    "waiting is no try, so it is never set aside",
  );
  await filter.start();
  await node.pass(MINUTE);
  await until(() => seenBy(node, "ben@other.test").length > 0);
  assert.deepEqual(seenBy(node, "ben@other.test"), ["In the meantime"]);

  const wrong: Answering[] = [
    (_, response) => response.writeHead(500).end("oops"),
    (_, response) => response.end("no JSON"),
    (_, response) => response.end('{"action": "reject"}'),
    (_, response) => response.end(JSON.stringify({ score: "NaN" })),
    (_, response) => response.end("x".repeat(2_000_000)),
    (request) => request.socket.destroy(),
  ];
  for (const [i, answering] of wrong.entries()) {
    filter.answering = answering;
    const id = await post(node, "mia@far.test", `Answer ${i}`);
    assert.equal((await queue.waitingMail(node.pool, id))?.state, "waiting", `answer ${i}`);
    await node.pass(MINUTE / 10);
  }
  await node.pass(16 * MINUTE, MINUTE);
  await until(() => seenBy(node, "ben@other.test").length === 1 + wrong.length);
  assert.equal(seenBy(node, "ben@other.test").length, 1 + wrong.length, "judged without it, and none is lost");
  const [told] = await node.pool<{ detail: string }[]>`
    select detail from outcomes where outcome = 'posted' and detail <> '' limit 1`;
  assert.equal(told?.detail, "The spam filter was away, so it was judged without it.");
});

test("a group that wants no scores asks for none, and owners are not turned away by them", async (t) => {
  const filter = await scripted(t, says(99));
  const node = await start(t, filter.url);
  const owner = (await directory.membershipOf(node.pool, node.group.id, "olga@far.test"))!;
  await directory.changeMembership(node.pool, owner.id, { role: "owner" }, "test", node.clock.now());
  await post(node, "olga@far.test", "By the owner");
  await post(node, "mia@far.test", "By a member");
  assert.deepEqual(seenBy(node, "ben@other.test"), ["By the owner"]);
  const before = filter.asked;
  assert.equal(before, 2);
  await directory.setGroup(node.pool, node.group.id, { spamHold: "0", spamDecline: "0" });
  await post(node, "mia@far.test", "Unasked");
  assert.equal(filter.asked, before);
  assert.ok(seenBy(node, "ben@other.test").includes("Unasked"));
});
