/**
 * How fast our SMTP client is: mails of 4 KB from one process into bench/sink.ts, over 1, 4 and 16 connections, one
 * recipient each; beside it Postfix's smtp-source into the same sink, when it is installed.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { elapsed } from "../src/kit/clock.ts";
import { connect } from "../src/outbound/client.ts";
import { type Connection, WINDOW } from "../src/outbound/connection.ts";

const MAILS = 60_000;
const CONNECTIONS = [1, 4, 16];
const smtpSource = "/usr/sbin/smtp-source";

/** Four pieces, as a personal copy has them: own header, shared header, text, footer. */
function fourKilobytes(): Buffer[] {
  const line = `${"The quick brown fox jumps over the lazy dog, and again. ".repeat(2).slice(0, 74)}\r\n`;
  const header = Buffer.from(`To: someone@far.test\r\nX-Personal: ${"x".repeat(400)}\r\n`);
  const shared = Buffer.from(
    `From: readers@here.test\r\nSubject: Chapter two\r\n${"X-Shared: yes\r\n".repeat(20)}\r\n`,
  );
  return [header, shared, Buffer.from(line.repeat(40)), Buffer.from(line.repeat(2))];
}

/** Mails a second through `count` connections, `WINDOW` under way on each. */
async function ours(port: number, count: number, together = 1): Promise<{ perSecond: number; cpuMicros: number }> {
  const message = fourKilobytes();
  const sizeBytes = message.reduce((sum, part) => sum + part.length, 0);
  const connections: Connection[] = [];
  for (let i = 0; i < count; i++) {
    const opening = await connect({ host: "sink.test", address: "127.0.0.1", port }, { helo: "here.test", tls: "off" });
    if (opening.kind === "closed") throw new Error(opening.reply.text);
    connections.push(opening.connection);
  }
  const mails = MAILS / Math.min(together, 10);
  let next = 0;
  const work = async (connection: Connection): Promise<void> => {
    while (next < mails) {
      const number = next++;
      const recipients = Array.from({ length: together }, (_, i) => `member${number}.${i}@far.test`);
      const mail = { from: `readers+${number}@here.test`, recipients };
      const result = await connection.send({ ...mail, message, sizeBytes, eightBit: false, utf8: false });
      const failed = result.recipients.find(({ reply }) => reply.kind !== "sent");
      if (failed) throw new Error(failed.reply.text);
    }
  };
  const began = elapsed();
  const cpu = process.cpuUsage();
  await Promise.all(connections.flatMap((connection) => Array.from({ length: WINDOW }, () => work(connection))));
  const seconds = (elapsed() - began) / 1000;
  const used = process.cpuUsage(cpu);
  await Promise.all(connections.map((connection) => connection.quit()));
  return { perSecond: (mails * together) / seconds, cpuMicros: (used.user + used.system) / mails / together };
}

async function theirs(port: number, count: number): Promise<number> {
  const began = elapsed();
  const mails = ["-m", String(MAILS), "-l", "4096", "-d", "-s", String(count)];
  await promisify(execFile)(smtpSource, [...mails, "-f", "a@here.test", "-t", "b@far.test", `127.0.0.1:${port}`]);
  return (MAILS / (elapsed() - began)) * 1000;
}

/** Starts a sink in its own process on a free port. */
async function startSink(): Promise<{ port: number; stop(): void }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("sink.ts", import.meta.url)), "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = await new Promise<string>((resolve) => child.stdout.once("data", (said) => resolve(String(said))));
  return { port: Number(/smtp=[^ ]*:(\d+)/.exec(ready)?.[1]), stop: () => void child.kill() };
}

export async function run(): Promise<void> {
  const sink = await startSink();
  try {
    await ours(sink.port, 4);
    const rows: Record<string, string | number>[] = [];
    for (const count of CONNECTIONS) {
      const { perSecond, cpuMicros } = await ours(sink.port, count);
      const source = existsSync(smtpSource) ? Math.round(await theirs(sink.port, count)) : "not installed";
      rows.push({
        connections: count,
        "ours, mails/s": Math.round(perSecond),
        "our CPU, µs a mail": Math.round(cpuMicros),
        "smtp-source, mails/s": source,
      });
    }
    console.table(rows);
    const { perSecond, cpuMicros } = await ours(sink.port, 4, 50);
    const figures = `${Math.round(perSecond)} recipients/s, ${cpuMicros.toFixed(1)} µs of our CPU each`;
    console.log(`50 recipients a mail, 4 connections: ${figures}`);
  } finally {
    sink.stop();
  }
}

if (import.meta.main) await run();
