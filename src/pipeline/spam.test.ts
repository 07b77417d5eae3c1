import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { heldClock, MINUTE } from "../kit/clock.ts";
import { silent } from "../kit/log.ts";
import type { Opened } from "./recognise.ts";
import { mayWait, newSpamFilter, spamFrom } from "./spam.ts";

const at = new Date("2026-03-01T10:00:00Z");
const opened = {
  raw: Buffer.from("Subject: x\r\n\r\nx\r\n"),
  mail: {
    ...{ id: "m", receivedAt: at, sender: "a\r\nb@far.test", recipients: ["r@g.test"] },
    client: { address: "192.0.2.1", helo: "ж", protocol: "ESMTP" },
  },
} as unknown as Opened;

test("an answer is a score and what made it; anything else is no answer", () => {
  const symbols = { SMALL: { score: 0.14 }, "OD<D": { score: -3 }, NONE: { score: 0 }, BROKEN: null };
  assert.deepEqual(spamFrom({ score: 2.86, action: "no action", symbols }), {
    ...{ score: 2.9, action: "no action", symbols: ["ODD -3", "SMALL 0.1"] },
  });
  assert.equal(spamFrom({ score: 1e300 }).score, 9999);
  for (const wrong of [null, 7, [], {}, { score: "5" }, { score: Number.NaN }]) assert.throws(() => spamFrom(wrong));
});

test("a filter that never answers costs its time limit once, and the next mails are not kept up by it", async (t) => {
  let asked = 0;
  const server = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const clock = heldClock(at);
  const filter = newSpamFilter(`http://127.0.0.1:${port}`, { domain: "g.test", clock, log: silent, timeLimitMs: 1000 });
  assert.equal(await filter.ask(opened), "away");
  assert.equal(await filter.ask(opened), "away");
  assert.equal(asked, 1, "it rests a moment");
  clock.pass(10_000);
  assert.equal(await filter.ask(opened), "away");
  assert.equal(asked, 2);
});

test("a mail waits a quarter of an hour for the filter", () => {
  const after = (minutes: number): Date => new Date(at.getTime() + minutes * MINUTE);
  assert.deepEqual(
    [0, 14, 15, 60].map((minutes) => mayWait(opened, after(minutes))),
    [true, true, false, false],
  );
});
