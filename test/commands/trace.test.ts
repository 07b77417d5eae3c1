import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { heldClock } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import * as queue from "../../src/queue/queue.ts";
import { aService, type Service } from "./run.ts";

const clock = heldClock(new Date());

/** A mail as intake keeps it; one that does not compress well when `noise` is given. */
async function arrive(service: Service, messageId: string, noise = 0): Promise<string> {
  const id = newId(clock);
  const raw = zstdCompressSync(
    `From: ana@far.test\r\nMessage-ID: <${messageId}>\r\nSubject: Hi\r\n\r\n${randomBytes(noise).toString("latin1")}`,
  );
  const client = { address: "127.0.0.1", helo: "far.test", protocol: "ESMTP" };
  const mail = { id, receivedAt: clock.now(), sender: "ana@far.test", recipients: ["books@groups.test"], client };
  await queue.put(service.pool, [{ ...mail, size: raw.length, raw, chunked: false }]);
  return id;
}

type Trace = {
  mails: { id: string; state: string; outcomes: { outcome: string; detail: string }[] }[];
  posts: {
    group: string;
    number: number;
    progress: {
      planned: number;
      sent: number;
      waiting: { provider: string; recipients: number; problem: string }[];
    } | null;
    attempts: { reply: string; host: string }[];
  }[];
};

test("a mail that still waits is found by its tracking id and by its Message-ID, however large it is", async (t) => {
  const service = await aService(t);
  const id = await arrive(service, "wanted@far.test", 1_000_000);
  for (let i = 0; i < 150; i += 1) await arrive(service, `other${i}@far.test`);
  for (const asked of [id, id.toUpperCase(), "wanted@far.test", "<wanted@far.test>"]) {
    const { mails } = await service.json<Trace>(["trace", asked]);
    assert.deepEqual(
      mails.map((mail) => [mail.id, mail.state]),
      [[id, "waiting"]],
      asked,
    );
  }
  assert.match(await service.must(["trace", id]), /waits in our queue/);
});

test("a post is followed to the far side's words and to whom it waits for", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const posted =
    "From a@far.test Mon Jan  5 10:00:00 2009\nFrom: a@far.test\nMessage-ID: <p@far.test>\nSubject: \u001b[31mred\n\nx\n";
  await service.must(["import", "mbox", "books", "-"], posted);
  const [post] = await service.pool<{ id: string; group: string }[]>`select id, group_id as "group" from posts`;
  const ids = [newId(clock), newId(clock), newId(clock)];
  const recipients = [
    { domain: "near.test", ids: ids.slice(0, 2) },
    { domain: "far.test", ids: ids.slice(2) },
  ];
  const item = {
    carries: "post" as const,
    itemId: post!.id,
    groupId: post!.group,
    class: queue.POSTS,
    size: 10,
    recipients,
  };
  await queue.plan(service.pool, [item], clock);
  const [taken] = await queue.takeDeliveries(service.pool, newId(clock), [
    { provider: "far.test", count: 1, virtual: 0 },
  ]);
  await service.pool`update deliveries set state = 'waiting', problem = '452 mailbox full' where id = ${taken!.id}`;
  const settled = {
    id: newId(clock),
    at: clock.now(),
    deliveryId: newId(clock),
    itemId: post!.id,
    groupId: post!.group,
  };
  const said = {
    provider: "near.test",
    host: "mx.near.test",
    source: "",
    tls: "",
    code: 250,
    status: "2.0.0",
    reply: "queued as 7",
  };
  await queue.log(service.pool, [{ ...settled, ...said, kind: "sent", recipients: ids.slice(0, 2) }]);
  const trace = await service.json<Trace>(["trace", "p@far.test"]);
  assert.partialDeepStrictEqual(trace.posts, [{ group: "books", number: 1, progress: { planned: 3, sent: 2 } }]);
  assert.equal(trace.posts[0]!.attempts[0]!.reply, "queued as 7");
  assert.ok(
    trace.posts[0]!.progress!.waiting.some((one) => one.provider === "far.test" && one.problem === "452 mailbox full"),
  );
  const page = await service.must(["trace", post!.id]);
  assert.match(page, /2 of 3 have it/);
  assert.match(page, /mx\.near\.test: 250 2\.0\.0 queued as 7/);
  assert.ok(!page.includes("\u001b"), "a subject does not colour the terminal");
});

test("each recipient is told with --recipients, and one with --address, with why it got nothing", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  await service.must(["member", "add", "books", "-"], "ana@near.test,Ana\nben@far.test,Ben\ncleo@far.test,Cleo\n");
  await service.must(["member", "set", "books", "cleo@far.test", "mode=none"]);
  const posted = "From a@far.test Mon Jan  5 10:00:00 2009\nFrom: a@far.test\nMessage-ID: <p@far.test>\n\nx\n";
  await service.must(["import", "mbox", "books", "-"], posted);
  const [post] = await service.pool<{ id: string; group: string }[]>`
    update posts set source = 'mail' returning id, group_id as "group"`;
  const ids = await service.pool<{ id: string; address: string }[]>`select id, address from memberships`;
  const idOf = (address: string): string => ids.find((one) => one.address === address)!.id;
  const later = heldClock(new Date(Date.now() + 60_000));
  const item = { carries: "post" as const, itemId: post!.id, groupId: post!.group, class: queue.POSTS, size: 10 };
  const recipients = [
    { domain: "near.test", ids: [idOf("ana@near.test")] },
    { domain: "far.test", ids: [idOf("ben@far.test")] },
  ];
  await queue.plan(service.pool, [{ ...item, recipients }], later);
  const way = { provider: "near.test", host: "mx.near.test", source: "192.0.2.1", tls: "TLSv1.3 AES" };
  const said = { code: 550, status: "5.1.1", reply: "no such user" };
  const row = { id: newId(clock), at: later.now(), deliveryId: newId(clock), itemId: post!.id, groupId: post!.group };
  await queue.log(service.pool, [
    { ...row, ...way, ...said, kind: "never", recipients: [idOf("ana@near.test")] },
    {
      ...row,
      ...way,
      id: newId(clock),
      kind: "later",
      code: 451,
      status: "4.7.1",
      reply: "later",
      recipients: [idOf("ana@near.test")],
    },
  ]);
  type Answers = {
    posts: {
      recipients?: object[];
      answers: { address: string; why: string; copy: object | null; attempts: object[] }[];
    }[];
  };
  const ask = async (...words: string[]) => (await service.json<Answers>(["trace", "p@far.test", ...words])).posts[0]!;
  const [ana] = (await ask("--address", "ANA@near.test")).answers;
  assert.partialDeepStrictEqual(ana, {
    address: "ana@near.test",
    why: "",
    copy: { state: "given up", ...way, ...said, tries: 2 },
  });
  assert.equal(ana!.attempts.length, 2);
  assert.partialDeepStrictEqual((await ask("--address", "cleo@far.test")).answers, [
    { why: "had chosen no mail when it was sent", copy: null },
  ]);
  assert.partialDeepStrictEqual((await ask("--address", "x@y.test")).answers, [
    { why: "has never been a member of the group" },
  ]);
  assert.deepEqual(
    ((await ask("--recipients")).recipients as { address: string; state: string }[])
      .map((one) => [one.address, one.state])
      .sort(),
    [
      ["ana@near.test", "given up"],
      ["ben@far.test", "on its way"],
    ],
  );
  assert.equal((await ask()).recipients, undefined, "names only when they are asked for");
  const page = await service.must(["trace", "p@far.test", "--address", "ana@near.test", "--recipients"]);
  assert.match(
    page,
    /ana@near\.test: given up .* after 2 tries at mx\.near\.test, TLSv1\.3 AES from 192\.0\.2\.1: 550 5\.1\.1 no such user/,
  );
  assert.match(page, /ben@far\.test: on its way, not tried yet/);
  assert.match(
    await service.must(["trace", "p@far.test", "--address", "cleo@far.test"]),
    /cleo@far\.test: not sent: had chosen no mail/,
  );
  assert.match(await service.refused(["trace", "p@far.test", "--address", "nonsense"]), /is not an address/);
  const waiting = await arrive(service, "waiting@far.test");
  assert.match(await service.refused(["trace", waiting, "--address", "ana@near.test"]), /became no post yet/);
});

test("what is not here is answered with a sentence", async (t) => {
  const service = await aService(t);
  assert.match(await service.refused(["trace", newId(clock)]), /Nothing here has the tracking id/);
  assert.match(await service.refused(["trace", "<nobody@far.test>"]), /No mail with the Message-ID/);
});

test("held mail is listed for its group, approved once, and declined with its reason kept", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const [first, second] = [await arrive(service, "one@far.test"), await arrive(service, "two@far.test")];
  await service.pool`update mails set state = 'held', problem = 'not a member'`;
  const held = await service.json<{ id: string }[]>(["queue", "held", "books"]);
  assert.deepEqual(held.map((mail) => mail.id).sort(), [first, second].sort());
  assert.match(await service.must(["queue", "raw", first]), /Message-ID: <one@far\.test>/);
  await service.must(["queue", "approve", first]);
  assert.match(await service.refused(["queue", "approve", first]), /is waiting, not held/);
  await service.must(["queue", "decline", second, "--reason", "off topic"]);
  const { mails } = await service.json<Trace>(["trace", "two@far.test"]);
  assert.partialDeepStrictEqual(mails, [
    { id: second, state: "filed", outcomes: [{ outcome: "declined", detail: "off topic" }] },
  ]);
  assert.match(await service.refused(["queue", "decline", second]), /No mail in the queue has the id/);
});

test("an unreadable mail is listed and tried again", async (t) => {
  const service = await aService(t);
  const id = await arrive(service, "odd@far.test");
  assert.match(await service.refused(["queue", "retry", id]), /is waiting, not unreadable/);
  await service.pool`update mails set state = 'unreadable', attempts = 9, problem = 'it broke the reader'`;
  assert.partialDeepStrictEqual(await service.json(["queue", "unreadable"]), [{ id, problem: "it broke the reader" }]);
  await service.must(["queue", "retry", id]);
  const [row] = await service.pool`select state, attempts from mails`;
  assert.deepEqual({ ...row }, { state: "waiting", attempts: 0 });
});

type Status = {
  database: { ok: boolean };
  mails: { state: string; count: number }[];
  deliveries: { waiting: number; held: number };
  holds: { scope: string; key: string }[];
  forecast: { kind: string; because?: string };
};

test("status tells what waits, what is held, and why nobody knows when it ends", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  assert.deepEqual((await service.json<Status>(["status"])).forecast, { kind: "empty" });
  await arrive(service, "a@far.test");
  const [group] = await service.pool<{ id: string }[]>`select id from groups`;
  const recipients = [{ domain: "far.test", ids: [newId(clock), newId(clock)] }];
  const item = {
    carries: "post" as const,
    itemId: newId(clock),
    groupId: group!.id,
    class: queue.POSTS,
    size: 1,
    recipients,
  };
  await queue.plan(service.pool, [item], clock);
  const status = await service.json<Status>(["status"]);
  assert.partialDeepStrictEqual(status, { database: { ok: true }, deliveries: { waiting: 2, held: 0 } });
  assert.partialDeepStrictEqual(status.mails, [{ state: "waiting", count: 1 }]);
  assert.deepEqual(status.forecast, { kind: "unknown", because: "no node is running" });
  await service.must(["queue", "hold", "--group", "books"]);
  const held = await service.json<Status>(["status"]);
  assert.partialDeepStrictEqual(held, {
    deliveries: { waiting: 0, held: 2 },
    holds: [{ scope: "group", key: "books" }],
  });
  assert.partialDeepStrictEqual(await service.json(["queue", "list"]), [
    { state: "held", group: "books", recipients: 2 },
  ]);
  assert.match(await service.refused(["queue", "release"]), /everything is not held/);
  assert.match(await service.refused(["queue", "hold", "--group", "a", "--provider", "b"]), /one at a time/);
  await service.must(["queue", "release", "--group", "books"]);
  assert.partialDeepStrictEqual(await service.json<Status>(["status"]), { deliveries: { waiting: 2, held: 0 } });
});

test("nodes are listed with their workers, dead ones as dead", async (t) => {
  const service = await aService(t);
  assert.match(await service.must(["node", "list"]), /No node is running/);
  await service.pool`
    insert into workers (id, node, pid, roles, version, started_at, seen_at)
    values (gen_random_uuid(), 'host1', 7, '{web}', '0.1.0', now(), now()),
      (gen_random_uuid(), 'host2', 8, '{web}', '0.1.0', now(), now() - interval '1 hour')`;
  const nodes = await service.json<{ node: string; alive: boolean }[]>(["node", "list"]);
  assert.deepEqual(
    nodes.map(({ node, alive }) => [node, alive]),
    [
      ["host1", true],
      ["host2", false],
    ],
  );
});
