import assert from "node:assert/strict";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { TEST_CERTIFICATE } from "../../test/support/certificate.ts";
import { type FarSide, type FarSideOptions, startFarSide } from "../../test/support/far-side.ts";
import { type ConnectOptions, connect } from "./client.ts";
import type { Connection } from "./connection.ts";
import type { OutgoingMail } from "./envelope.ts";
import { rfcTimeouts } from "./timeouts.ts";

const mailTo = (recipients: string[], more: Partial<OutgoingMail> = {}): OutgoingMail => {
  const message = more.message ?? [Buffer.from("Subject: Tea\r\n\r\nAt four.\r\n")];
  const sizeBytes = message.reduce((sum, part) => sum + part.length, 0);
  return { from: "readers@here.test", recipients, sizeBytes, eightBit: false, utf8: false, ...more, message };
};

async function openTo(far: FarSide, options: Partial<ConnectOptions> = {}): Promise<Connection> {
  const target = { host: "far.test", address: "127.0.0.1", port: far.port };
  const opening = await connect(target, { helo: "here.test", tls: "opportunistic", ...options });
  assert.ok(opening.kind === "open", `not opened: ${opening.kind === "closed" && opening.reply.text}`);
  return opening.connection;
}

async function start(t: TestContext, options: FarSideOptions = {}): Promise<{ far: FarSide; connection: Connection }> {
  const far = await startFarSide(options);
  t.after(() => far.close());
  const connection = await openTo(far);
  t.after(() => connection.close());
  return { far, connection };
}

const plain = ["SIZE 1000", "ENHANCEDSTATUSCODES"];

for (const offers of [undefined, plain]) {
  const how = offers ? "step by step" : "pipelined";

  test(`a mail arrives as it was sent, ${how}`, async (t) => {
    const { far, connection } = await start(t, offers ? { offers } : {});
    const { recipients, tried } = await connection.send(mailTo(["ana@far.test", "ben@far.test"]));
    assert.deepEqual(
      recipients.map(({ address, reply }) => [address, reply.kind, reply.code]),
      [
        ["ana@far.test", "sent", 250],
        ["ben@far.test", "sent", 250],
      ],
    );
    assert.equal(tried, true);
    assert.equal(far.mails.length, 1);
    assert.deepEqual(far.mails[0]!.to, ["ana@far.test", "ben@far.test"]);
    assert.equal(far.mails[0]!.raw.toString(), "Subject: Tea\r\n\r\nAt four.\r\n");
    await connection.quit();
    assert.equal(far.heard.at(-1), "QUIT");
  });

  test(`of several recipients each has their own answer, and refused ones spoil nothing for the next mail, ${how}`, async (t) => {
    const { far, connection } = await start(t, offers ? { offers } : {});
    far.answers("full@far.test", "452 4.2.2 mailbox full");
    far.answers("gone@far.test", "550 5.1.1 no such user");
    const results = await Promise.all([
      connection.send(mailTo(["full@far.test", "ana@far.test", "gone@far.test"])),
      connection.send(mailTo(["full@far.test", "gone@far.test"])),
      connection.send(mailTo(["ben@far.test"])),
    ]);
    const kinds = results.map((result) => result.recipients.map(({ reply }) => reply.kind));
    assert.deepEqual(kinds, [["later", "sent", "never"], ["later", "never"], ["sent"]]);
    assert.deepEqual(results[0]!.recipients[0]!.reply, {
      kind: "later",
      code: 452,
      status: "4.2.2",
      text: "mailbox full",
      scope: "recipient",
    });
    assert.deepEqual(
      far.mails.map((mail) => mail.to),
      [["ana@far.test"], ["ben@far.test"]],
    );
    assert.equal(far.connections, 1);
    assert.equal(connection.broken, undefined);
  });

  test(`a refusal at the dot goes to those whom RCPT had accepted, ${how}`, async (t) => {
    const { far, connection } = await start(t, offers ? { offers } : {});
    far.answers("full@far.test", "452 4.2.2 mailbox full");
    far.atDot("ana@far.test", "554 5.7.1 looks like spam");
    const { recipients } = await connection.send(mailTo(["full@far.test", "ana@far.test"]));
    assert.deepEqual(
      recipients.map(({ reply }) => [reply.kind, reply.status, reply.scope]),
      [
        ["later", "4.2.2", "recipient"],
        ["never", "5.7.1", "message"],
      ],
    );
  });
}

test("many mails handed over at once arrive in order over one connection", async (t) => {
  const { far, connection } = await start(t);
  const sent = await Promise.all(Array.from({ length: 200 }, (_, i) => connection.send(mailTo([`m${i}@far.test`]))));
  assert.ok(sent.every(({ recipients }) => recipients[0]!.reply.kind === "sent"));
  assert.deepEqual(
    far.mails.map((mail) => mail.to[0]),
    Array.from({ length: 200 }, (_, i) => `m${i}@far.test`),
  );
  assert.equal(far.connections, 1);
  assert.ok(!far.heard.includes("RSET"));
});

test("a message of 5 MB in one piece and one in ten thousand pieces arrive whole", async (t) => {
  const { far, connection } = await start(t);
  const big = Buffer.from(`${".".repeat(70)}\r\n`.repeat(70_000));
  const pieces = Array.from({ length: 10_000 }, (_, i) => Buffer.from(i % 3 ? ".\r\n" : "x\r\n."));
  const results = await Promise.all([
    connection.send(mailTo(["ana@far.test"], { message: [big] })),
    connection.send(mailTo(["ben@far.test"], { message: [...pieces, Buffer.from("\r\n")] })),
    connection.send(mailTo(["cleo@far.test"])),
  ]);
  assert.deepEqual(
    results.map(({ recipients }) => recipients[0]!.reply.kind),
    ["sent", "sent", "sent"],
  );
  assert.ok(far.mailFor("ana@far.test")!.raw.equals(big));
  assert.ok(far.mailFor("ben@far.test")!.raw.equals(Buffer.concat([...pieces, Buffer.from("\r\n")])));
});

test("MAIL says what the mail needs, and only what was offered", async (t) => {
  const { far, connection } = await start(t);
  await connection.send(mailTo(["ana@far.test"], { sizeBytes: 28, eightBit: true }));
  await connection.send(mailTo(["анна@far.test"], { sizeBytes: 28, eightBit: true, utf8: true }));
  assert.deepEqual(
    far.mails.map((mail) => mail.parameters),
    ["SIZE=28 BODY=8BITMIME", "SIZE=28 BODY=8BITMIME SMTPUTF8"],
  );
  assert.equal(far.mails[1]!.to[0], "анна@far.test");
});

test("what the far side does not offer is refused by ourselves, without a word to it", async (t) => {
  const { far, connection } = await start(t, { offers: ["PIPELINING", "SIZE 1000"] });
  const status = async (mail: OutgoingMail): Promise<unknown[]> => {
    const { recipients, tried } = await connection.send(mail);
    return [recipients[0]!.reply.kind, recipients[0]!.reply.status, tried];
  };
  assert.deepEqual(await status(mailTo(["ana@far.test"], { sizeBytes: 1001 })), ["never", "5.3.4", false]);
  assert.deepEqual(await status(mailTo(["ana@far.test"], { eightBit: true })), ["never", "5.6.3", false]);
  assert.deepEqual(await status(mailTo(["ana@far.test"], { utf8: true })), ["never", "5.6.7", false]);
  assert.deepEqual(await status(mailTo(["анна@far.test"])), ["never", "5.6.7", false]);
  assert.deepEqual(await status(mailTo(["a>\r\nRSET\r\n@far.test"])), ["never", "5.1.3", false]);
  assert.deepEqual(await status(mailTo(["ana@far.test"], { from: "x>\nDATA" })), ["never", "5.1.7", false]);
  assert.deepEqual(far.heard, ["EHLO here.test"]);
  assert.deepEqual(await status(mailTo(['"a b"@far.test'])), ["sent", "2.0.0", true]);
});

test("a refusing greeting closes the door for now, whatever its digit", async (t) => {
  const far = await startFarSide();
  t.after(() => far.close());
  for (const greeting of ["421 4.7.0 try again", "554 5.7.1 not you"]) {
    far.greets(greeting);
    const opening = await connect(
      { host: "far.test", address: "127.0.0.1", port: far.port },
      { helo: "here.test", tls: "off" },
    );
    assert.ok(opening.kind === "closed");
    assert.deepEqual([opening.reply.kind, opening.reply.scope], ["later", "site"]);
    assert.equal(opening.reply.code, Number(greeting.slice(0, 3)));
  }
});

test("mail goes out from the address that we are told to use", async (t) => {
  const far = await startFarSide();
  t.after(() => far.close());
  const target = { host: "far.test", address: "127.0.0.1", port: far.port, localAddress: "127.0.0.7" };
  const opening = await connect(target, { helo: "here.test", tls: "off" });
  assert.ok(opening.kind === "open");
  await opening.connection.send(mailTo(["ana@far.test"]));
  assert.equal(far.mails[0]!.peer, "127.0.0.7");
  await opening.connection.quit();
});

test("what is handed to a connection that is gone or going may go elsewhere as if nothing had been", async (t) => {
  const { far, connection } = await start(t);
  far.drops("after-dot");
  const first = await connection.send(mailTo(["ana@far.test"]));
  assert.equal(first.recipients[0]!.reply.kind, "sent");
  while (connection.broken === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  const second = await connection.send(mailTo(["ben@far.test"]));
  assert.deepEqual([second.recipients[0]!.reply.kind, second.tried], ["later", false]);
  const other = await openTo(far);
  const leaving = other.quit();
  const third = await other.send(mailTo(["cleo@far.test"]));
  assert.deepEqual([third.recipients[0]!.reply.kind, third.tried], ["later", false]);
  await leaving;
});

test("QUIT waits for the mails under way, but not for ever for its own answer", async (t) => {
  const { far, connection } = await start(t);
  far.pauses(30);
  const sending = [connection.send(mailTo(["ana@far.test"])), connection.send(mailTo(["ben@far.test"]))];
  await connection.quit();
  const kinds = (await Promise.all(sending)).map(({ recipients }) => recipients[0]!.reply.kind);
  assert.deepEqual(kinds, ["sent", "sent"]);
  const quiet = await openTo(far, { timeouts: { ...rfcTimeouts, quit: 30 } });
  for (const socket of far.open) socket.removeAllListeners("data").on("data", () => undefined);
  await quiet.quit();
  assert.notEqual(quiet.broken, undefined);
});

test("a mail whose dot went unanswered is marked; those behind it may go elsewhere as if nothing had been", async (t) => {
  const { far, connection } = await start(t);
  far.drops("at-dot");
  const results = await Promise.all(
    ["ana", "ben", "cleo"].map((name) => connection.send(mailTo([`${name}@far.test`]))),
  );
  assert.deepEqual(
    results.map(({ recipients, tried }) => [recipients[0]!.reply.kind, recipients[0]!.reply.lostReply, tried]),
    [
      ["later", true, true],
      ["later", undefined, false],
      ["later", undefined, false],
    ],
  );
  assert.equal(far.mails.length, 1);
});

test("nobody there is an answer for later", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const opening = await connect({ host: "far.test", address: "127.0.0.1", port }, { helo: "here.test", tls: "off" });
  assert.ok(opening.kind === "closed");
  assert.deepEqual([opening.reply.kind, opening.reply.status, opening.reply.scope], ["later", "4.4.1", "site"]);
});

test("a far side that takes no more of the mail is given up after the block timeout, and has not got the mail", async (t) => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("220 hi\r\n");
    socket.once("data", () => {
      socket.write("250-far.test\r\n250 PIPELINING\r\n");
      socket.once("data", () => {
        socket.pause();
        socket.write("250 ok\r\n250 ok\r\n354 go\r\n");
      });
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const opening = await connect(
    { host: "far.test", address: "127.0.0.1", port },
    { helo: "here.test", tls: "off", timeouts: { ...rfcTimeouts, block: 50 } },
  );
  assert.ok(opening.kind === "open");
  const { recipients } = await opening.connection.send(
    mailTo(["ana@far.test"], { message: [Buffer.alloc(50_000_000, "x\r\n")] }),
  );
  assert.equal(recipients[0]!.reply.kind, "later");
  assert.match(recipients[0]!.reply.text, /timed out/);
  assert.equal(recipients[0]!.reply.lostReply, undefined);
});

test("TLS is used when it is offered, with whatever certificate, and EHLO is said again inside", async (t) => {
  const { far, connection } = await start(t, { tls: TEST_CERTIFICATE });
  assert.equal(connection.security.kind, "tls");
  assert.match(JSON.stringify(connection.security), /TLSv1\.[23]/);
  const sent = await Promise.all([
    connection.send(mailTo(["ana@far.test"])),
    connection.send(mailTo(["ben@far.test"])),
  ]);
  assert.ok(sent.every(({ recipients }) => recipients[0]!.reply.kind === "sent"));
  assert.ok(far.mails.every((mail) => mail.secure));
  assert.deepEqual(far.heard.slice(0, 3), ["EHLO here.test", "STARTTLS", "EHLO here.test"]);
  await connection.quit();
});

test("a far side without TLS gets nothing when TLS is required", async (t) => {
  const far = await startFarSide({ offers: ["PIPELINING"] });
  t.after(() => far.close());
  const target = { host: "far.test", address: "127.0.0.1", port: far.port };
  const opening = await connect(target, { helo: "here.test", tls: "required" });
  assert.ok(opening.kind === "closed");
  assert.deepEqual([opening.reply.kind, opening.reply.status], ["later", "4.7.10"]);
  assert.deepEqual(far.heard, ["EHLO here.test"]);
});

test("a failed handshake is followed by one connection in clear, unless TLS is required", async (t) => {
  const far = await startFarSide({ offers: ["PIPELINING", "STARTTLS"], tls: { key: "", cert: "" } });
  t.after(() => far.close());
  const connection = await openTo(far);
  assert.equal(connection.security.kind, "clear");
  assert.match((connection.security as { reason: string }).reason, /handshake failed/);
  assert.equal((await connection.send(mailTo(["ana@far.test"]))).recipients[0]!.reply.kind, "sent");
  connection.close();
  const target = { host: "far.test", address: "127.0.0.1", port: far.port };
  const opening = await connect(target, { helo: "here.test", tls: "required" });
  assert.ok(opening.kind === "closed");
  assert.equal(opening.reply.status, "4.7.5");
});
