/** Intake as a whole: what no single conversation shows. The conversations are in test/dialogs. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { inject } from "../../bench/accept-load.ts";
import { type House, startHouse, trouble } from "../../test/support/intake-house.ts";
import { play, readScript } from "../../test/support/smtp-script.ts";
import type { IncomingMail, IntakeOptions } from "./intake.ts";

async function open(t: TestContext, options: Partial<IntakeOptions> = {}): Promise<House> {
  const house = await startHouse(options);
  t.after(() => house.intake.stop(0));
  return house;
}

const speak = (house: House, script: string, act?: (what: string) => Promise<void>): Promise<void> =>
  play(readScript(script), { port: async () => house.port, house: async (what) => act?.(what) });

const ORDINARY = `
c connect
c <- 220
c -> EHLO far.test
c <- 250
c -> MAIL FROM:<ana@far.test>
c <- 250
c -> RCPT TO:<readers@house.test>
c <- 250
c -> DATA
c <- 354
c -> Subject: ordinary
c -> 
c ~> '.\\r\\n'
c <- 250 2.0.0 Kept as
c -> QUIT
c <- 221
`;

test("mails of many connections share commits, and every one is kept once", async (t) => {
  const sizes: number[] = [];
  const ids = new Set<string>();
  const put = async (mails: IncomingMail[]): Promise<void> => {
    sizes.push(mails.length);
    await pause(5);
    for (const mail of mails) ids.add(mail.id);
  };
  const house = await open(t, { doors: { accepts: async () => "yes", put, putPiece: async () => undefined } });
  const load = { host: "127.0.0.1", port: house.port, connections: 20, mails: 400, bytes: 2000 };
  const result = await inject({ ...load, rcpt: () => "readers@house.test" });
  assert.equal(result.kept, 400);
  assert.equal(ids.size, 400);
  assert.ok(sizes.length < 200, `${sizes.length} commits for 400 mails`);
  assert.equal((await house.intake.counters.kept.get()).values[0]?.value, 400);
});

test("under load, no 250 is said for what was not stored, and the service goes on by itself", async (t) => {
  const stored = new Set<string>();
  let puts = 0;
  const promised: string[] = [];
  const put = async (mails: IncomingMail[]): Promise<void> => {
    puts += 1;
    if (puts % 3 === 0) throw trouble("57P01");
    if (puts % 3 === 1 && mails.length > 1) throw trouble("22021");
    for (const mail of mails) stored.add(mail.id);
  };
  const house = await open(t, {
    doors: { accepts: async () => "yes", put, putPiece: async () => undefined },
    keptText: (id) => {
      promised.push(id);
      return id;
    },
  });
  const load = { host: "127.0.0.1", port: house.port, connections: 10, mails: 300, bytes: 1000 };
  const result = await inject({ ...load, rcpt: () => "readers@house.test" });
  assert.equal(result.kept + result.refused, 300);
  assert.ok(result.kept > 50 && result.refused > 5, JSON.stringify(result));
  assert.equal(promised.length, result.kept);
  assert.deepEqual([...stored].sort(), promised.sort());
});

test("a client that sends while we wait for the database is held back, not collected", async (t) => {
  let answer = (): void => undefined;
  const waiting = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const house = await open(t, {
    doors: {
      accepts: () => waiting.then(() => "yes" as const),
      put: async () => undefined,
      putPiece: async () => undefined,
    },
  });
  const client = connect(house.port, "127.0.0.1");
  client.on("error", () => undefined);
  client.resume();
  const flood = Buffer.alloc(64 * 1024 * 1024, "NOOP\r\n");
  client.write("EHLO far.test\r\nMAIL FROM:<ana@far.test>\r\nRCPT TO:<readers@house.test>\r\n");
  for (let at = 0; at < flood.length; at += 65536) client.write(flood.subarray(at, at + 65536));
  let before = -1;
  while (before !== client.writableLength) {
    before = client.writableLength;
    await pause(100);
  }
  assert.ok(client.writableLength > 32 * 1024 * 1024, `only ${client.writableLength} bytes are left`);
  answer();
  await once(client, "close");
  await speak(house, ORDINARY);
});

test("stopping lets the mail under way have its 250 and turns the others away", async (t) => {
  const house = await open(t);
  let stopped: Promise<void> | undefined;
  await speak(
    house,
    `${ORDINARY.split("c -> Subject")[0]}
d connect
d <- 220
house stop
d <- 421 4.3.2
d closed
c ~> 'Subject: last\\r\\n\\r\\n.\\r\\n'
c <- 250 2.0.0 Kept
c <- 421 4.3.2
c closed`,
    async () => {
      stopped = house.intake.stop();
    },
  );
  await stopped;
  assert.equal(house.kept.length, 1);
});

test("a port that is taken is said at once", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const address = other.address();
  assert.ok(address && typeof address === "object");
  await assert.rejects(startHouse({ listen: [{ host: "127.0.0.1", port: address.port }] }), { code: "EADDRINUSE" });
});

/** Words and bytes of which conversations go wrong. */
const CRUMBS = [
  ...[
    "EHLO far.test\r\n",
    "HELO x\r\n",
    "MAIL FROM:<a@far.test>\r\n",
    "MAIL FROM:<>\r\n",
    "RCPT TO:<readers@house.test>\r\n",
  ],
  ...[
    "RCPT TO:<postmaster>\r\n",
    "DATA\r\n",
    "DATA\r\nSubject: x\r\n\r\n.\r\n",
    ".\r\n",
    "\r\n.\r\n",
    "\n.\n",
    "RSET\r\n",
    "QUIT\r\n",
  ],
  ...[
    "STARTTLS\r\n",
    "NOOP\r\n",
    "BDAT 10\r\n",
    "\r\n",
    "\r",
    "\n",
    "\0",
    "\xff\xfe",
    "<",
    ">",
    "MAIL FROM:<",
    " ",
    '"',
    "\\",
  ],
  ...[
    "a".repeat(3000),
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n",
    "RCPT TO:<@a,@b:x@house.test>\r\n",
    "MAIL FROM:<a@b> SIZE=9999999999\r\n",
  ],
  ...["\x16\x03\x01\x02\x00\x01", "a".repeat(70000), "EHLO \xe2\x85\x9b\r\n"],
];

test("after two thousand conversations of nonsense, an ordinary mail is kept", async (t) => {
  const house = await open(t, { maxConnections: 1000, maxConnectionsPerAddress: 1000 });
  let seed = 20020114;
  const next = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const converse = async (): Promise<void> => {
    const crumbs = Array.from({ length: 1 + next(25) }, () => CRUMBS[next(CRUMBS.length)]!);
    if (next(3) > 0) crumbs.unshift(CRUMBS[0]!, CRUMBS[2]!, CRUMBS[4]!, "DATA\r\n");
    const bytes = Buffer.from(crumbs.join(""), "latin1");
    const client: Socket = connect({ port: house.port, host: "127.0.0.1", allowHalfOpen: true });
    client.on("error", () => undefined);
    client.resume();
    const gone = new Promise((resolve) => client.once("close", resolve));
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + next(bytes.length);
      client.write(bytes.subarray(at, at + length));
      at += length;
      if (next(4) === 0) await pause(0);
    }
    if (next(5) === 0) client.destroy();
    else client.end();
    await gone;
  };
  for (let round = 0; round < 100; round += 1) await Promise.all(Array.from({ length: 20 }, converse));
  for (const mail of house.kept) {
    assert.ok(!/(?<!\r)\n|\r(?!\n)|\0/.test(mail.text), "a spoilt mail was kept");
  }
  const before = house.kept.length;
  await speak(house, ORDINARY);
  assert.equal(house.kept.length, before + 1);
  const stillOpen = async (): Promise<number> => (await house.intake.counters.open.get()).values[0]?.value ?? 0;
  for (let patience = 100; patience > 0 && (await stillOpen()) > 0; patience -= 1) await pause(50);
  assert.equal(await stillOpen(), 0, "a connection was never closed");
});

/** swaks speaks TLS only with this module beside it. */
const hasSwaks =
  spawnSync("swaks", ["--version"]).status === 0 && spawnSync("perl", ["-MNet::SSLeay", "-e", "1"]).status === 0;

test("swaks delivers by STARTTLS and by pipelining", {
  skip: hasSwaks ? false : "swaks with Net::SSLeay is not installed",
}, async (t) => {
  const house = await open(t);
  const to = [
    "--server",
    "127.0.0.1",
    "--port",
    String(house.port),
    "--from",
    "ana@far.test",
    "--to",
    "readers@house.test",
  ];
  for (const way of [[], ["--tls"], ["--pipeline"], ["--tls", "--pipeline"]]) {
    await promisify(execFile)("swaks", [...to, ...way, "--header", `Subject: ${way.join(" ")}`]);
  }
  assert.deepEqual(
    house.kept.map((mail) => mail.envelope.client.protocol),
    ["ESMTP", "ESMTPS", "ESMTP", "ESMTPS"],
  );
});
