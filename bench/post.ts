/** The posts that benches send: 4 KB of text, no two alike; dated in their header so that the sink can tell their age. */
import { benchNow } from "./time.ts";

let serial = 0;

/** One more post. The sink counts the latency of those that are `timed`. */
export function benchPost({ timed = true } = {}): string {
  serial += 1;
  return (
    `From: Load <load@load.test>\r\nTo: group@groups.test\r\nSubject: Load ${serial}\r\n` +
    `${timed ? `X-Bench-Sent: ${benchNow()}\r\n` : ""}Message-ID: <${serial}.${process.pid}.${benchNow()}@load.test>\r\n` +
    "Date: Mon, 14 Jan 2002 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" +
    `Post ${serial}\r\n${TEXT}`
  );
}

const TEXT = Array.from(
  { length: 53 },
  (_, i) => `${((i * 2654435761) >>> 0).toString(36)} the group meets on thursday and everybody brings a book\r\n`,
).join("");
