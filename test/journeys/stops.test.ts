/** Starting and stopping the real command: what is under way is finished or kept, and nothing is left running. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startInjector } from "../support/injector.ts";
import { write } from "../support/node.ts";
import { isAlive, kill, newService, type Processes, type Service } from "../support/service.ts";

const members = ["ana@far.test", "ben@far.test", "cleo@other.test"];

const everybody = (all: Processes): number[] => [all.supervisor, ...all.workers, all.postmaster, ...all.backends];

async function stillAlive(pids: number[]): Promise<number[]> {
  const alive = await Promise.all(pids.map(isAlive));
  return pids.filter((_, i) => alive[i]);
}

function startLoad(t: TestContext, service: Service) {
  const injector = startInjector({
    port: service.smtpPort,
    connections: 4,
    everyMs: 5,
    mail: (number) => {
      const messageId = `stop-${number}@author.test`;
      const post = { from: "ana@far.test", messageId, text: `Number ${number}` };
      const message = write(post, { name: "readers" }, { domain: "groups.test" }).trimEnd();
      return { from: "ana@far.test", to: "readers@groups.test", messageId, message };
    },
  });
  t.after(() => injector.abandon());
  return injector;
}

test("told to stop with work under way it ends with 0 and nothing left running; all is sent after the next start, once", async (t) => {
  const service = await newService(t, { members });
  const run = await service.start();
  service.farSide.pauses(20);
  const injector = startLoad(t, service);
  await injector.more(100);
  const before = await service.processes();
  assert.equal(before.workers.length, 2);
  assert.ok(before.postmaster > 0);
  kill(run.pid, "SIGTERM");
  const ended = await run.ended;
  assert.deepEqual([ended.code, ended.signal], [0, null], ended.err);
  assert.deepEqual(await stillAlive(everybody(before)), []);
  await service.start();
  await injector.more(20);
  await injector.finish();
  await service.quiet();
  const wanted = injector.acknowledged.map((one) => one.messageId).sort();
  for (const member of members) {
    const got = service.farSide.mailsFor(member).map((mail) => /stop-\d+@author\.test/.exec(mail.raw.toString())![0]);
    assert.deepEqual(got.sort(), wanted, `${member} has each once: a stop is no crash`);
  }
});

test("Ctrl-C once ends it in order, and twice at once", async (t) => {
  const service = await newService(t, { members });
  const once = await service.start();
  const first = await service.processes();
  // The terminal sends it to everybody.
  for (const pid of [...first.workers, first.supervisor]) kill(pid, "SIGINT");
  assert.equal((await once.ended).code, 0);
  assert.deepEqual(await stillAlive(everybody(first)), []);

  const twice = await service.start();
  const second = await service.processes();
  kill(twice.pid, "SIGINT");
  kill(twice.pid, "SIGINT");
  assert.equal((await twice.ended).signal, null);
  for (const pid of second.workers) while (await isAlive(pid)) await pause(20);
  // Whatever was cut short, the next start goes on.
  await service.start();
  const injector = startLoad(t, service);
  await injector.more(5);
  await injector.finish();
  await service.quiet();
  assert.equal(service.farSide.mails.length, injector.acknowledged.length * members.length);
});

test("a worker that is killed is replaced, and the door stays open", async (t) => {
  const service = await newService(t, { members });
  await service.start();
  const injector = startLoad(t, service);
  await injector.more(20);
  const before = await service.processes();
  for (const worker of before.workers) kill(worker);
  await injector.more(20);
  let now = await service.processes();
  while (now.workers.length < 2) {
    await pause(50);
    now = await service.processes();
  }
  assert.deepEqual(
    now.workers.filter((pid) => before.workers.includes(pid)),
    [],
  );
  assert.equal(now.supervisor, before.supervisor);
  await injector.finish();
  await service.quiet();
});

test("whoever was on the way to a worker that is killed sees the line end, instead of waiting for ever", async (t) => {
  const service = await newService(t, { members, workers: 1 });
  await service.start();
  const { workers } = await service.processes();
  kill(workers[0]!, "SIGSTOP");
  const clients = Array.from({ length: 5 }, () => connect(service.smtpPort, "127.0.0.1"));
  t.after(() => {
    for (const client of clients) client.destroy();
  });
  const over = clients.map(
    (client) =>
      new Promise((resolve) =>
        client
          .on("error", () => undefined)
          .resume()
          .once("close", resolve),
      ),
  );
  await Promise.all(clients.map((client) => new Promise((resolve) => client.once("connect", resolve))));
  await pause(500);
  kill(workers[0]!);
  // Those that were still waiting for their turn are greeted by the next worker.
  const greeted = clients.map((client) => new Promise((resolve) => client.once("data", resolve)));
  await Promise.all(clients.map((_, i) => Promise.race([over[i], greeted[i]])));
});

test("a taken port is said in one line, before anything is started", async (t) => {
  const service = await newService(t);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(service.smtpPort, "127.0.0.1", resolve));
  t.after(() => taken.close());
  const { code, out, err } = await service.launch().ended;
  assert.equal(code, 1);
  assert.equal(out, "");
  assert.equal(
    err,
    `127.0.0.1:${service.smtpPort} is taken by another program: stop that one, or choose another address with SMARTGROUPS_SMTP.\n`,
  );
  assert.equal((await service.processes()).postmaster, 0);
});

test("a second start on the same directory is refused in one line and disturbs nobody", async (t) => {
  const service = await newService(t, { members });
  await service.start();
  const injector = startLoad(t, service);
  await injector.more(10);
  const { code, err } = await service.launch({ SMARTGROUPS_SMTP: "127.0.0.1:0" }).ended;
  assert.equal(code, 1);
  assert.match(err, /^[^\n]*is running on [^\n]*: stop it first, [^\n]*\n$/);
  assert.ok(err.includes(service.data), err);
  await injector.more(10);
  await injector.finish();
  await service.quiet();
});

test("a start whose database directory can't be written says what to do", async (t) => {
  const service = await newService(t);
  const { code, err } = await service.launch({ SMARTGROUPS_DATA: "/dev/null/data" }).ended;
  assert.equal(code, 1);
  assert.match(err, /^[^\n]*\/dev\/null\/data[^\n]*\n$/);
});
