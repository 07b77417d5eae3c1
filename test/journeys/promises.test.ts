/** Promises 1 to 5 of the design, each by a journey with real SMTP on both ends. The kills are in kill.test.ts. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as archive from "../../src/archive/archive.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/kit/clock.ts";
import * as queue from "../../src/queue/queue.ts";
import { startFarSide } from "../support/far-side.ts";
import { openLine, post } from "../support/injector.ts";
import { startNode, type TestNode, write } from "../support/node.ts";
import { kill, newService } from "../support/service.ts";

const members = ["ana@far.test", "ben@far.test", "cleo@other.test"];

const copiesTo = (node: TestNode, address: string): number =>
  node.farSide.mailsFor(address).filter((mail) => /^bounce\+/.test(mail.from)).length;

/** The database refuses what the PL/pgSQL `condition` picks among new posts; `raise` says how. */
async function poison(node: TestNode, condition: string, raise: string): Promise<void> {
  await node.pool.unsafe(`
    create sequence poisoned;
    create function poison() returns trigger language plpgsql as $$
    begin
      if ${condition} then raise exception ${raise}; end if;
      return new;
    end $$;
    create trigger poison before insert on posts for each row execute function poison();`);
}

test("1. with the database away a sender hears 451 and keeps its connection; what got its 250 survives the machine", async (t) => {
  const service = await newService(t, { members });
  const run = await service.start();
  const line = await openLine(service.smtpPort);
  const say = (n: number): Promise<string> =>
    post(line, {
      from: "ana@far.test",
      to: "readers@groups.test",
      message: write(
        { from: "ana@far.test", messageId: `kept-${n}@x`, text: `Number ${n}` },
        { name: "readers" },
        { domain: "groups.test" },
      ).trimEnd(),
    });
  assert.match(await say(1), /^250 /);
  // A supervisor that stands still can't bring the database back.
  kill(run.pid, "SIGSTOP");
  const { postmaster, backends } = await service.processes();
  for (const pid of [postmaster, ...backends]) kill(pid);
  assert.match(await say(2), /^451 4\.3\.0 /);
  assert.match(await say(2), /^451 4\.3\.0 /);
  kill(run.pid, "SIGCONT");
  let reply = await say(2);
  while (reply.startsWith("451")) {
    await pause(100);
    reply = await say(2);
  }
  assert.match(reply, /^250 /, "over the same connection");
  const last = await say(3);
  assert.match(last, /^250 /);
  const all = await service.processes();
  for (const pid of [all.supervisor, ...all.workers, all.postmaster, ...all.backends]) kill(pid);
  line.socket.destroy();
  await run.ended;
  await service.start();
  await service.quiet();
  const posts = await service.pool<{ id: string }[]>`select message_id as id from posts order by id`;
  assert.deepEqual(posts.map((one) => one.id).sort(), ["kept-1@x", "kept-2@x", "kept-3@x"]);
  for (const member of members) {
    const got = service.farSide.mailsFor(member).map((mail) => /kept-\d@x/.exec(mail.raw.toString())![0]);
    assert.deepEqual([...new Set(got)].sort(), ["kept-1@x", "kept-2@x", "kept-3@x"]);
  }
  const id = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(last)![0];
  const trace = JSON.parse(await service.command(["trace", id, "--json"])) as {
    mails: { state: string; outcomes: { outcome: string }[] }[];
    posts: { messageId: string; progress: { planned: number; sent: number } }[];
  };
  assert.deepEqual(
    [trace.mails[0]?.state, trace.mails[0]?.outcomes[0]?.outcome, trace.posts[0]?.messageId],
    ["filed", "posted", "kept-3@x"],
  );
  assert.deepEqual([trace.posts[0]?.progress.planned, trace.posts[0]?.progress.sent], [3, 3]);
});

test("2. a poisonous mail is tried again and set aside for a person; its neighbours flow and nobody gets a bounce", async (t) => {
  const node = await startNode(t, { members });
  await poison(node, "new.subject like '%poison%'", "'this subject breaks us'");
  const bad = await node.post({ from: "ana@far.test", subject: "A poison", messageId: "bad@x" });
  const good = await Promise.all(
    [1, 2, 3, 4].map((n) => node.post({ from: "ben@far.test", text: `Good ${n}`, messageId: `good-${n}@x` })),
  );
  await node.quiet();
  for (const one of good) assert.equal((await queue.outcomesOf(node.pool, one.id!))[0]?.outcome, "posted");
  const first = await queue.waitingMail(node.pool, bad.id!);
  assert.deepEqual([first?.state, first?.attempts, first?.problem], ["waiting", 1, "this subject breaks us"]);
  await node.pass(2 * HOUR, 5 * MINUTE);
  const aside = await queue.waitingMail(node.pool, bad.id!);
  assert.equal(aside?.state, "unreadable");
  const later = await node.post({ from: "ben@far.test", text: "Good 5", messageId: "good-5@x" });
  await node.quiet();
  assert.equal((await queue.outcomesOf(node.pool, later.id!))[0]?.outcome, "posted");
  assert.deepEqual(
    node.farSide.mails.filter((mail) => !/^bounce\+/.test(mail.from)),
    [],
    "nothing but posts went out",
  );
  // A person has mended the cause.
  await node.pool`drop trigger poison on posts`;
  assert.equal(await queue.tryAgain(node.pool, bad.id!, node.clock.now()), true);
  await node.quiet();
  assert.equal((await queue.outcomesOf(node.pool, bad.id!))[0]?.outcome, "posted");
  for (const member of members) assert.equal(copiesTo(node, member), 6);
});

test("2. deadlocks while a post is filed are no reason to bounce it, nor to send it twice", async (t) => {
  const node = await startNode(t, { members });
  await poison(node, "nextval('poisoned') <= 12", "'deadlock detected' using errcode = '40P01'");
  const sent = await node.post({ from: "ana@far.test" });
  assert.equal(sent.code, 250);
  for (let i = 0; i < 400 && (await queue.waitingMail(node.pool, sent.id!)); i += 1) await pause(25);
  await node.quiet();
  assert.equal((await queue.outcomesOf(node.pool, sent.id!))[0]?.outcome, "posted");
  for (const member of members) assert.equal(copiesTo(node, member), 1);
  assert.equal(node.farSide.mails.length, 3);
});

test("3. a network that is down for nine days counts nothing towards giving up, and all is sent when it is back", async (t) => {
  const node = await startNode(t, { members });
  const { port } = node.farSide;
  await node.farSide.close();
  const sent = await node.post({ from: "ben@far.test", messageId: "patient@x" });
  await node.quiet();
  await node.pass(9 * DAY, 6 * HOUR);
  const postId = (await queue.outcomesOf(node.pool, sent.id!))[0]!.postId!;
  const waiting = await node.pool<{ refused: number; attempts: number }[]>`
    select refused_ms::int as refused, attempts from deliveries`;
  assert.ok(waiting.length > 0);
  for (const one of waiting) {
    assert.equal(one.refused, 0);
    assert.ok(one.attempts > 5);
  }
  assert.equal((await queue.progressOf(node.pool, postId))?.givenUp, 0);
  const back = await startFarSide({ port });
  t.after(() => back.close());
  await node.pass(5 * HOUR, HOUR);
  assert.deepEqual(back.mails.flatMap((mail) => mail.to).sort(), [...members].sort());
  const progress = await queue.progressOf(node.pool, postId);
  assert.deepEqual([progress?.sent, progress?.givenUp, progress?.waiting.length], [3, 0, 0]);
});

test("4. a sender that never heard its 250 sends again, and every member has the post once", async (t) => {
  const node = await startNode(t, { members });
  const mail = write({ from: "ben@far.test", messageId: "unheard@x" }, node.group, node.config);
  // Everything at once, and gone before the answer to the dot can be read.
  await new Promise<void>((resolve, reject) => {
    const socket = connect(node.smtpPort, "127.0.0.1");
    socket.on("error", reject);
    const words = ["EHLO author.test", "MAIL FROM:<ben@far.test>", "RCPT TO:<readers@groups.test>", "DATA"];
    socket.write(`${words.join("\r\n")}\r\n${mail}.\r\n`, () => socket.end(resolve));
  });
  for (let i = 0; i < 400 && !(await archive.postWithMessageId(node.pool, node.group.id, "unheard@x")); i += 1) {
    await pause(25);
  }
  const again = await node.send({ from: "ben@far.test", to: ["readers@groups.test"] }, mail);
  await node.quiet();
  const [outcome] = await queue.outcomesOf(node.pool, again.id!);
  assert.equal(outcome?.outcome, "duplicate");
  assert.equal(outcome?.postId, (await archive.postWithMessageId(node.pool, node.group.id, "unheard@x"))?.id);
  for (const member of members) assert.equal(copiesTo(node, member), 1);
});

test("4. ten senders of one mail at the same moment make one post, kept once and sent once", async (t) => {
  const node = await startNode(t, { members });
  const mail = write({ from: "ben@far.test", messageId: "ten@x" }, node.group, node.config);
  const sent = await Promise.all(
    Array.from({ length: 10 }, () => node.send({ from: "ben@far.test", to: ["readers@groups.test"] }, mail)),
  );
  assert.ok(sent.every((one) => one.code === 250));
  await node.quiet();
  const outcomes = await Promise.all(sent.map((one) => queue.outcomesOf(node.pool, one.id!)));
  const kinds = outcomes.map((rows) => rows[0]?.outcome).sort();
  assert.deepEqual(kinds, [...Array.from({ length: 9 }, () => "duplicate"), "posted"]);
  for (const member of members) assert.equal(copiesTo(node, member), 1);
});

test("4. one text under two subjects is two posts, also while the first is under way", async (t) => {
  const node = await startNode(t, { members });
  node.farSide.answers("cleo@other.test", "451 4.7.1 come back later");
  const sent = [];
  for (const branch of ["6.1", "5.15", "5.15"]) {
    node.clock.pass(SECOND);
    sent.push(
      await node.post({ from: "ben@far.test", subject: `[PATCH ${branch} 1/3] Mend the leak`, text: "One diff" }),
    );
  }
  await node.quiet();
  const outcomes = await Promise.all(sent.map((one) => queue.outcomesOf(node.pool, one.id!)));
  assert.deepEqual(
    outcomes.map((rows) => rows[0]?.outcome),
    ["posted", "posted", "duplicate"],
  );
  assert.equal(copiesTo(node, "ana@far.test"), 2);
});

test("4. the one possible duplicate is a copy whose answer was lost: it comes twice, and the log says why", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@other.test"] });
  node.farSide.drops("at-dot", 1);
  const sent = await node.post({ from: "ben@other.test" });
  await node.quiet();
  await node.pass(HOUR, 5 * MINUTE);
  const postId = (await queue.outcomesOf(node.pool, sent.id!))[0]!.postId!;
  assert.equal(node.farSide.mails.length, 3, "two members, and one of them twice");
  const progress = await queue.progressOf(node.pool, postId);
  assert.deepEqual([progress?.planned, progress?.sent], [2, 2], "which counts as one");
  const attempts = await queue.attemptsOf(node.pool, postId, 10);
  assert.equal(attempts.filter((one) => one.kind === "later").length, 1);
  assert.equal(attempts.filter((one) => one.kind === "sent").length, 2);
});

test("5. a post is followed from waiting to the last member: who has it, who is waited for, until when", async (t) => {
  const node = await startNode(t, { members, roles: "intake" });
  node.farSide.answers("cleo@other.test", "451 4.7.1 come back later");
  const sent = await node.post({ from: "ben@far.test", messageId: "followed@x" });
  const waiting = await queue.waitingMail(node.pool, sent.id!);
  assert.deepEqual(
    [waiting?.state, waiting?.sender, waiting?.recipients],
    ["waiting", "ben@far.test", ["readers@groups.test"]],
  );
  assert.equal((await queue.outcomesOf(node.pool, sent.id!)).length, 0);

  Object.assign(node.config, { roles: ["intake", "pipeline", "outbound", "chores"] });
  await node.restart();
  await node.quiet();
  assert.equal(await queue.waitingMail(node.pool, sent.id!), undefined);
  const [outcome] = await queue.outcomesOf(node.pool, sent.id!);
  assert.equal(outcome?.outcome, "posted");
  assert.deepEqual((await queue.outcomesOfMessage(node.pool, "followed@x")).length, 1, "by its Message-ID as well");
  const half = await queue.progressOf(node.pool, outcome!.postId!);
  assert.deepEqual([half?.planned, half?.sent], [3, 2]);
  assert.equal(half?.waiting.length, 1);
  const [whom] = half!.waiting;
  assert.deepEqual([whom?.recipients, whom?.problem], [1, "451 4.7.1 come back later"]);
  assert.ok(whom!.nextDue > node.clock.now(), "and when it is tried next");
  assert.doesNotMatch(JSON.stringify(half), /cleo/, "as a provider, never a name");

  node.farSide.answers("cleo@other.test", "250 2.1.5 ok");
  await node.pass(2 * HOUR, 10 * MINUTE);
  const done = await queue.progressOf(node.pool, outcome!.postId!);
  assert.deepEqual([done?.sent, done?.givenUp, done?.waiting.length], [3, 0, 0]);
});

test("5. a held post is followed through the moderator's yes, another through the no", async (t) => {
  const node = await startNode(t, { members });
  const yes = await node.post({ from: "guest@far.test", text: "May I?", messageId: "yes@x" });
  const no = await node.post({ from: "guest@far.test", text: "Buy this", messageId: "no@x" });
  await node.quiet();
  const held = await queue.waitingMail(node.pool, yes.id!);
  assert.deepEqual([held?.state, held?.problem], ["held", "Its author is not a member."]);
  assert.equal(node.farSide.mails.length, 0);

  const owner = await directory.membershipOf(node.pool, node.group.id, "ana@far.test");
  assert.equal(await queue.approve(node.pool, yes.id!, owner!.personId, node.clock.now()), true);
  await node.quiet();
  assert.equal((await queue.outcomesOf(node.pool, yes.id!))[0]?.outcome, "posted");
  for (const member of members) assert.equal(copiesTo(node, member), 1);

  const waiting = await queue.waitingMail(node.pool, no.id!);
  await queue.decline(node.pool, no.id!, {
    mailId: no.id!,
    recipient: "readers@groups.test",
    receivedAt: waiting!.receivedAt,
    at: node.clock.now(),
    outcome: "declined",
    detail: "A moderator said no.",
    messageId: "no@x",
    sender: waiting!.sender,
    groupId: node.group.id,
    postId: null,
  });
  const [outcome] = await queue.outcomesOf(node.pool, no.id!);
  assert.deepEqual([outcome?.outcome, outcome?.detail], ["declined", "A moderator said no."]);
  assert.equal(await queue.waitingMail(node.pool, no.id!), undefined);
});

test("5. a declined post is followed too, with the reason", async (t) => {
  const node = await startNode(t, { members, settings: { nonmembers: "refuse" } });
  const sent = await node.post({ from: "guest@far.test", messageId: "declined@x" });
  await node.quiet();
  const [outcome] = await queue.outcomesOf(node.pool, sent.id!);
  assert.equal(outcome?.outcome, "declined");
  assert.match(
    outcome!.detail,
    /takes posts from its members only: join with a mail to readers\+subscribe@groups\.test/,
  );
});
