/** Two nodes on one database: the second takes its part of what is under way, and all of it when the first one dies. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as directory from "../../src/directory/directory.ts";
import { elapsed, nodeClock, SECOND } from "../../src/kit/clock.ts";
import { cloneDatabase } from "../support/database.ts";
import { type FarSideMail, startFarSide } from "../support/far-side.ts";
import { write } from "../support/node.ts";
import { sendMail } from "../support/send.ts";
import { testServer } from "../support/server.ts";
import { isAlive, kill, workersOf } from "../support/service.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const members = Array.from({ length: 1500 }, (_, i) => `m${i}@far${i % 10}.test`);
const peers = { a: "127.0.0.2", b: "127.0.0.3" };

type Node = { child: ChildProcess; smtpPort: number };

async function startNode(t: TestContext, name: keyof typeof peers, environment: Record<string, string>): Promise<Node> {
  const child = spawn(process.execPath, [MAIN, "start"], {
    env: { ...environment, SMARTGROUPS_NODE: name, SMARTGROUPS_EGRESS: peers[name] },
    stdio: ["ignore", "pipe", "inherit"],
    cwd: "/",
  });
  const exit = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    child.kill("SIGTERM");
    await exit;
  });
  let said = "";
  for await (const chunk of child.stdout!) {
    said += String(chunk);
    if (said.includes("ready smtp=")) break;
  }
  return { child, smtpPort: Number(/smtp=[^ ]*:(\d+)/.exec(said)?.[1]) };
}

test("a node that joins takes its part of a post that is going out, and the rest when the other one is killed", async (t) => {
  const { pool, target } = await cloneDatabase(t);
  assert.ok("host" in target);
  const { host, port } = testServer();
  const farSide = await startFarSide();
  const folder = await mkdtemp(join(tmpdir(), "smartgroups-nodes-"));
  t.after(async () => {
    await farSide.close();
    await rm(folder, { recursive: true, force: true });
  });
  const to = { host: "127.0.0.1", port: farSide.port };
  const routes = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [`far${i}.test`, { ...to, provider: `p${i}` }]),
  );
  await writeFile(join(folder, "routes.json"), JSON.stringify(routes));
  const environment = {
    PATH: process.env["PATH"] ?? "",
    DATABASE_URL: `postgres://${target.user}@localhost/${target.database}?host=${host}&port=${port}`,
    SMARTGROUPS_DATA: folder,
    SMARTGROUPS_DOMAIN: "groups.test",
    SMARTGROUPS_SMTP: "127.0.0.1:0",
    SMARTGROUPS_WEB: "127.0.0.1:0",
    SMARTGROUPS_ROUTES: join(folder, "routes.json"),
    SMARTGROUPS_ROLES: "intake,pipeline,outbound,chores",
    SMARTGROUPS_WORKERS: "1",
    SMARTGROUPS_LOG: "error",
  };
  const clock = nodeClock();
  const group = await directory.addGroup(pool, { name: "readers", title: "Readers" }, clock);
  await directory.addMembers(
    pool,
    group.id,
    members.map((address) => ({ address, name: "" })),
    "test",
    clock,
  );

  const a = await startNode(t, "a", environment);
  farSide.pauses(1000);
  const postAll = async (number: number): Promise<void> => {
    const words = { from: members[0]!, messageId: `all-${number}@author.test`, text: `Number ${number}` };
    const post = write(words, group, { domain: "groups.test" });
    const sent = await sendMail(a.smtpPort, { from: members[0]!, to: ["readers@groups.test"] }, post);
    assert.equal(sent.code, 250);
  };
  for (const number of [1, 2, 3, 4]) await postAll(number);
  await farSide.waitFor(100, 60 * SECOND);

  await startNode(t, "b", environment);
  const joinedAt = elapsed();
  const by = (name: keyof typeof peers) => farSide.mails.filter((mail) => mail.peer === peers[name]);
  await farSide.waitFor((mails) => mails.some((mail) => mail.peer === peers.b), 60 * SECOND);
  const joining = elapsed() - joinedAt;
  assert.ok(joining < 10 * SECOND, "a node that joins sends within seconds");
  await farSide.waitFor(() => by("b").length >= 100, 60 * SECOND);

  const workers = await workersOf(a.child.pid!);
  assert.equal(workers.length, 1);
  for (const pid of [a.child.pid!, ...workers]) kill(pid);
  for (const pid of workers) while (await isAlive(pid)) await pause(10);
  const killedAt = elapsed();
  const before = farSide.mails.length;
  const lost = async (): Promise<number> => {
    const [row] = await pool<{ count: number }[]>`
      select count(*)::int from deliveries d left join workers w on w.id = d.taken_by
      where d.state = 'taken' and (w.id is null or w.node = 'a')`;
    return row!.count;
  };
  const held = await lost();
  while ((await lost()) > 0 && elapsed() - killedAt < 60 * SECOND) await pause(50);
  const takingOver = elapsed() - killedAt;
  farSide.pauses(0);
  const wanted = 4 * members.length;
  const copyOf = (mail: FarSideMail): string => `${mail.to} ${/^Message-ID: (.*)/im.exec(mail.raw.toString())?.[1]}`;
  await farSide.waitFor((mails) => mails.length >= wanted && new Set(mails.map(copyOf)).size === wanted, 120 * SECOND);
  for (let tries = 0; tries < 400 && (await pool`select from deliveries`).length > 0; tries += 1) await pause(50);

  assert.ok(before < wanted, "it was killed with work under way");
  const again = farSide.mails.length - wanted;
  t.diagnostic(
    `the second node sent ${joining.toFixed(0)} ms after it was ready; the first was killed with ${held} deliveries in ` +
      `hand, which were free again after ${(takingOver / SECOND).toFixed(1)} s; ${by("a").length} copies by the first, ` +
      `${by("b").length} by the second, ${again} of them for the second time`,
  );
  assert.ok(by("b").length > wanted / 10);
  const times = Map.groupBy(farSide.mails, copyOf);
  for (const copies of times.values())
    assert.ok(copies.length === 1 || copies[0]!.peer === peers.a, "only what the dead node had sent comes twice");
  const [end] = await pool`select sum(sent)::int as sent, sum(given_up)::int as given_up from sendings`;
  assert.deepEqual({ ...end }, { sent: wanted, given_up: 0 });
});
