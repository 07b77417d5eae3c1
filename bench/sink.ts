/**
 * The sink: a far side that takes everything, fast, and counts. For benches, in its own process.
 *
 *     node bench/sink.ts --port 2600 [--stats 2601] [--host 127.0.0.1]
 *
 * Text is not kept: it is only searched for its end. `GET /stats` on the stats port answers JSON, `/reset` starts anew.
 * A mail with a header `X-Bench-Sent: <ms since 1970, with a fraction>` counts towards the latencies.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { parseArgs } from "node:util";
import { benchNow } from "./time.ts";

export type SinkStats = {
  mails: number;
  recipients: number;
  bytes: number;
  connections: number;
  /** Milliseconds since 1970; null before the first mail. */
  firstAt: number | null;
  lastAt: number | null;
  /** Milliseconds from X-Bench-Sent to the dot; null when no mail had the header. */
  latency: { count: number; median: number; p99: number; max: number } | null;
};

const LATENCIES_KEPT = 1_000_000;

const counted = { mails: 0, recipients: 0, bytes: 0, connections: 0, firstAt: 0, lastAt: 0 };
const latencies: number[] = [];

function reset(): void {
  Object.assign(counted, { mails: 0, recipients: 0, bytes: 0, connections: 0, firstAt: 0, lastAt: 0 });
  latencies.length = 0;
}

function stats(): SinkStats {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  const latency =
    sorted.length === 0 ? null : { count: sorted.length, median: at(0.5), p99: at(0.99), max: sorted.at(-1)! };
  return { ...counted, firstAt: counted.firstAt || null, lastAt: counted.lastAt || null, latency };
}

const greeting =
  "250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 104857600\r\n250 ENHANCEDSTATUSCODES\r\n";
const END = Buffer.from("\r\n.\r\n");
const sentHeader = Buffer.from("X-Bench-Sent: ");
const HEADER_SEARCHED = 8192;

function converse(socket: Socket): void {
  counted.connections += 1;
  let inText = false;
  let begun = false;
  let held: Buffer | undefined;
  socket.on("error", () => undefined);
  socket.write("220 sink.test ESMTP\r\n");

  let sentAt: number | undefined;

  const seen = (text: Buffer): void => {
    if (!begun || latencies.length >= LATENCIES_KEPT) return;
    begun = false;
    const at = text.subarray(0, HEADER_SEARCHED).indexOf(sentHeader);
    if (at >= 0) sentAt = Number.parseFloat(text.toString("latin1", at + sentHeader.length, at + 40));
  };

  const ended = (text: Buffer): void => {
    seen(text);
    const now = benchNow();
    counted.mails += 1;
    counted.firstAt ||= now;
    counted.lastAt = now;
    if (sentAt !== undefined) latencies.push(now - sentAt);
    sentAt = undefined;
  };

  const command = (line: Buffer): string => {
    // The first letter tells, but for RCPT and RSET.
    switch (line[0]! | 32) {
      case 0x6d: // MAIL
        return "250 2.1.0 ok\r\n";
      case 0x72: // RCPT or RSET
        if ((line[1]! | 32) === 0x63) counted.recipients += 1;
        return "250 2.1.5 ok\r\n";
      case 0x64: // DATA
        inText = true;
        begun = true;
        return "354 go ahead\r\n";
      case 0x65: // EHLO
      case 0x68: // HELO
        return greeting;
      case 0x71: // QUIT
        socket.end("221 2.0.0 bye\r\n");
        return "";
      default:
        return "500 5.5.2 what?\r\n";
    }
  };

  socket.on("data", (chunk: Buffer) => {
    counted.bytes += chunk.length;
    let data = held === undefined ? chunk : Buffer.concat([held, chunk]);
    held = undefined;
    let at = 0;
    let reply = "";
    while (at < data.length) {
      if (inText) {
        // A text that begins with its end is empty.
        const empty = begun && data.length - at >= 3 && data[at] === 46 && data[at + 1] === 13 && data[at + 2] === 10;
        const end = empty ? at - 2 : data.indexOf(END, at);
        if (end < 0 && !empty) {
          // Of a text that goes on, only what may be half an ending is kept; its header stands in the first 8 KB.
          if (data.length - at > HEADER_SEARCHED) {
            seen(data.subarray(at));
            at = data.length - END.length;
          }
          break;
        }
        ended(data.subarray(at, Math.max(at, end)));
        at = end + 5;
        inText = false;
        reply += "250 2.0.0 ok\r\n";
      } else {
        const end = data.indexOf(10, at);
        if (end < 0) break;
        reply += command(data.subarray(at, end));
        at = end + 1;
      }
    }
    if (at < data.length) {
      data = data.subarray(at);
      held = data;
    }
    if (reply !== "" && socket.writable) socket.write(reply, "latin1");
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "2600" },
      stats: { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
    },
  });
  const port = Number(values.port);
  const sink = createServer({ noDelay: true }, converse);
  const http = createHttpServer((request, response) => {
    if (request.url === "/reset") reset();
    else if (request.url !== "/stats") response.statusCode = 404;
    response.setHeader("content-type", "application/json").end(JSON.stringify(stats()));
  });
  sink.listen({ port, host: values.host, backlog: 1024 }, () => {
    const taken = (sink.address() as { port: number }).port;
    http.listen(values.stats === undefined ? (port === 0 ? 0 : port + 1) : Number(values.stats), values.host, () => {
      const statsPort = (http.address() as { port: number }).port;
      console.log(`ready smtp=${values.host}:${taken} stats=http://${values.host}:${statsPort}/stats`);
    });
  });
  process.on("SIGTERM", () => process.exit(0));
}
