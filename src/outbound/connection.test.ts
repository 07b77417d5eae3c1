import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect } from "./client.ts";
import type { OutgoingMail } from "./envelope.ts";
import { rfcTimeouts } from "./timeouts.ts";

/** Chance that a seed repeats (mulberry32). */
function chances(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Chance = ReturnType<typeof chances>;

async function serve(t: TestContext, converse: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    converse(socket);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

/** Takes what it will, refuses what it will, each answer naming what it answers; bytes come in pieces of any size. */
function whimsical(socket: Socket, chance: Chance, pipelining: boolean, given: Map<string, string>): void {
  let heard = "";
  let inText = false;
  let mail = "";
  let accepted: string[] = [];
  const say = (reply: string): void => {
    for (let at = 0; at < reply.length + 2; ) {
      const size = 1 + chance(20);
      socket.write(`${reply}\r\n`.slice(at, at + size));
      at += size;
    }
  };
  const verdict = (about: string, good: string): string => {
    if (chance(4) > 0) return good;
    return `${chance(2) ? 450 : 550}-about\r\n`
      .replace(/(\d+)-about/, (_, code) => `${code}-of\r\n${code} ${about}`)
      .trimEnd();
  };
  const end = (): void => {
    const reply = verdict(`dot ${mail}`, `250 taken ${mail}`);
    for (const address of accepted) given.set(address, reply);
    say(reply);
    mail = "";
  };
  const answerTo = (line: string): string => {
    const argument = /<(.*)>/.exec(line)?.[1] ?? "";
    switch (line.slice(0, 4)) {
      case "EHLO":
        return pipelining ? "250-far.test\r\n250 PIPELINING" : "250 far.test";
      case "RSET":
        mail = "";
        return "250 ok";
      case "MAIL": {
        if (mail !== "") return "503 nested";
        accepted = [];
        const reply = verdict(`mail ${argument}`, "250 ok");
        const isFine = reply.startsWith("2");
        mail = isFine ? argument : "";
        given.set(argument, isFine ? "" : reply);
        return reply;
      }
      case "RCPT": {
        if (mail === "") return "503 no mail";
        const reply = verdict(`rcpt ${argument}`, "250 ok");
        if (reply.startsWith("2")) accepted.push(argument);
        else given.set(argument, reply);
        return reply;
      }
      default: {
        if (mail === "") return "503 no mail";
        // With nobody accepted both answers are seen in the wild (RFC 2920 3.1).
        const reply = accepted.length > 0 ? verdict(`data ${mail}`, "354 go") : chance(2) ? "554 nobody" : "354 go";
        inText = reply.startsWith("3");
        if (!inText) for (const address of accepted) given.set(address, reply);
        return reply;
      }
    }
  };
  say("220 hi");
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
    for (;;) {
      const ending = inText && !heard.startsWith(".\r\n") ? "\r\n.\r\n" : inText ? ".\r\n" : "\r\n";
      const at = heard.indexOf(ending);
      if (at < 0) return;
      const line = heard.slice(0, at);
      heard = heard.slice(at + ending.length);
      if (inText) {
        inText = false;
        if (accepted.length === 0) say("554 nobody");
        else end();
        mail = "";
      } else say(answerTo(line));
    }
  });
}

for (const pipelining of [true, false])
  test(`each mail gets the answers that were given to it, ${pipelining ? "pipelined" : "step by step"}`, async (t) => {
    const kinds = { sent: 0, later: 0, never: 0 };
    for (let seed = 1; seed <= 60; seed++) {
      const chance = chances(seed);
      const given = new Map<string, string>();
      const port = await serve(t, (socket) => whimsical(socket, chance, pipelining, given));
      const opening = await connect(
        { host: "far.test", address: "127.0.0.1", port },
        { helo: "here.test", tls: "off" },
      );
      assert.ok(opening.kind === "open");
      const mails = Array.from({ length: 25 }, (_, i): OutgoingMail => {
        const recipients = Array.from({ length: 1 + chance(3) }, (_, j) => `m${i}.${j}@far.test`);
        const message = [Buffer.from(`Subject: ${i}\r\n\r\n.\r\n..\r\nend`)];
        return { from: `mail${i}@here.test`, recipients, sizeBytes: 30, message, eightBit: false, utf8: false };
      });
      const results = await Promise.all(mails.map((mail) => opening.connection.send(mail)));
      assert.equal(opening.connection.broken, undefined, `seed ${seed}`);
      for (const [i, { recipients }] of results.entries())
        for (const { address, reply } of recipients) {
          kinds[reply.kind] += 1;
          const expected = given.get(`mail${i}@here.test`) || given.get(address) || "nothing";
          const told = `${reply.code} ${reply.text.replace(/^of /, "")}`;
          assert.equal(told, expected.replace(/^\d+-of\r\n/, ""), `seed ${seed}, ${address}`);
        }
      opening.connection.close();
    }
    assert.ok(Math.min(...Object.values(kinds)) > 500, JSON.stringify(kinds));
  });

/** Proper most of the time; else it says anything at all, or hangs up, or falls silent. */
function mad(socket: Socket, chance: Chance): void {
  const oddities = [
    "250 ok",
    "354 go",
    "250-more",
    "550 5.1.1 no",
    "450 later",
    "421 bye",
    "what?",
    "25",
    "",
    "250 a\r\n250 b",
  ];
  const proper: Record<string, string> = { EHLO: "250-far.test\r\n250 PIPELINING", DATA: "354 go", QUIT: "221 bye" };
  const speak = (line: string): void => {
    switch (chance(60)) {
      case 0:
        socket.destroy();
        return;
      case 1:
        socket.end(line);
        return;
      case 2:
        return;
      default:
        socket.write(`${chance(15) === 0 ? oddities[chance(oddities.length)]! : line}\r\n`);
    }
  };
  speak("220 hi");
  socket.on("data", (chunk) => {
    for (const [command] of chunk.toString().matchAll(/^(?:EHLO|HELO|MAIL|RCPT|DATA|RSET|QUIT|\.$)/gm))
      speak(proper[command] ?? "250 ok");
  });
}

test("whatever a far side says, every recipient gets an answer and nothing is thrown", async (t) => {
  const timeouts = {
    ...rfcTimeouts,
    greeting: 40,
    hello: 40,
    mail: 40,
    rcpt: 40,
    data: 40,
    block: 40,
    dot: 40,
    reset: 40,
  };
  let seed = 0;
  const port = await serve(t, (socket) => mad(socket, chances(seed++)));
  const seen = new Set<string>();
  const one = async (): Promise<void> => {
    const options = { helo: "here.test", tls: "opportunistic", timeouts } as const;
    const opening = await connect({ host: "far.test", address: "127.0.0.1", port }, options);
    if (opening.kind === "closed") {
      assert.equal(opening.reply.kind, "later");
      return;
    }
    const sending = Array.from({ length: 4 }, (_, i) => {
      const recipients = [`m${i}@far.test`, `n${i}@far.test`];
      const message = [Buffer.from("Subject: x\r\n\r\n")];
      return opening.connection.send({
        from: "a@here.test",
        recipients,
        sizeBytes: 14,
        message,
        eightBit: false,
        utf8: false,
      });
    });
    for (const { recipients } of await Promise.all(sending)) {
      assert.equal(recipients.length, 2);
      for (const { reply } of recipients) seen.add(reply.lostReply ? "lost" : reply.kind);
    }
    opening.connection.close();
  };
  for (let round = 0; round < 15; round++) await Promise.all(Array.from({ length: 20 }, one));
  assert.deepEqual([...seen].sort(), ["later", "lost", "never", "sent"]);
});
