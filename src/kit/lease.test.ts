import assert from "node:assert/strict";
import { test } from "node:test";
import { type Moment, SECOND } from "./clock.ts";
import { HOLD, Lease } from "./lease.ts";

function newLease() {
  let now: Moment = { monotonic: 1000, sinceBoot: 9000 };
  let asked = 0;
  const lease = new Lease(now, { now: () => now, ask: () => (asked += 1) });
  lease.end(); // nobody looks at it but the test
  return {
    lease,
    asked: () => asked,
    now: () => now,
    pass: (ms: number, suspendedMs = 0) => {
      now = { monotonic: now.monotonic + ms, sinceBoot: now.sinceBoot + ms + suspendedMs };
    },
    /** As somebody who is awake lives it. */
    live: (ms: number) => {
      for (let left = ms; left > 0; left -= 500) {
        now = { monotonic: now.monotonic + 500, sinceBoot: now.sinceBoot + 500 };
        lease.standing();
      }
    },
  };
}

test("a lease is held from confirmation to confirmation, and lapses without", () => {
  const { lease, live, now, asked } = newLease();
  live(6 * SECOND);
  assert.equal(lease.standing(), "held");
  lease.confirm(now());
  live(HOLD);
  assert.equal(lease.standing(), "held");
  assert.equal(asked(), 0);
  live(SECOND);
  assert.equal(lease.standing(), "lapsed");
  assert.ok(asked() > 0, "the database is asked");
  lease.confirm(now());
  assert.equal(lease.standing(), "held");
});

test("whoever was away for more than two seconds asks before it goes on, and an older answer does not do", () => {
  const { lease, pass, live, now, asked } = newLease();
  live(SECOND);
  const before = now();
  pass(3 * SECOND);
  assert.equal(lease.standing(), "unsure");
  assert.equal(asked(), 1);
  lease.confirm(before);
  assert.equal(lease.standing(), "unsure", "that was asked before it went away");
  lease.confirm(now());
  assert.equal(lease.standing(), "held");
});

test("a suspend counts, though the monotonic clock stood still", () => {
  const { lease, pass } = newLease();
  pass(10, 20 * SECOND);
  assert.equal(lease.standing(), "lapsed");
});

test("who waits to be sure hears when the doubt is over, or when the lease is lost", async () => {
  const { lease, pass, now } = newLease();
  pass(3 * SECOND);
  const sure = lease.sure();
  lease.confirm(now());
  assert.equal(await sure, true);
  pass(30 * SECOND);
  const lost = lease.sure();
  lease.lose();
  assert.equal(await lost, false);
  lease.confirm(now());
  assert.equal(lease.standing(), "lost", "for good");
});
