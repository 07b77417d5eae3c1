import assert from "node:assert/strict";
import { test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import { heldClock, MINUTE } from "../kit/clock.ts";
import { newId } from "../kit/id.ts";
import { type NewMail, put, takeMails } from "./mails.ts";

test("mails are taken in the order in which they came, wherever their rows lie", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-01T10:00:00Z"));
  const mails: NewMail[] = Array.from({ length: 40 }, () => {
    clock.pass(7);
    return {
      id: newId(clock),
      receivedAt: clock.now(),
      sender: "ana@far.test",
      recipients: ["readers@groups.test"],
      client: { address: "127.0.0.1", helo: "far.test", protocol: "ESMTP" },
      size: 100,
      raw: Buffer.from("raw"),
      chunked: false,
    };
  });
  // Written by connections that were done in another order than they began.
  await put(pool, [...mails.slice(20).reverse(), ...mails.slice(0, 20).reverse()]);
  await pool`analyze mails`;
  clock.pass(MINUTE);
  const worker = newId(clock);
  const first = await takeMails(pool, worker, 16, clock.now());
  const second = await takeMails(pool, worker, 24, clock.now());
  assert.deepEqual(
    [...first, ...second].map((mail) => mail.id),
    mails.map((mail) => mail.id),
  );
});
