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
  const [taken] = await queue.takeDeliveries(
    service.pool,
    newId(clock),
    [{ provider: "far.test", count: 1, virtual: 0 }],
    clock.now(),
  );
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
