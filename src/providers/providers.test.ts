import assert from "node:assert/strict";
import { test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import { DAY, HOUR, heldClock, MINUTE } from "../kit/clock.ts";
import { limitsOf, spend, standings } from "./providers.ts";
import { setLimits } from "./settings.ts";
import { decide, history } from "./store.ts";

const morning = new Date("2026-03-01T10:00:00Z");
const [one, two] = ["192.0.2.1", "192.0.2.2"] as const;

test("a new address warms up where the provider wants it and is approved everywhere else", async (t) => {
  const { pool } = await cloneDatabase(t);
  const found = await standings(pool, ["google", "far.test", "127.0.0.1:2600"], [one], morning);
  assert.deepEqual(
    found.map((row) => [row.provider, row.standing, row.dailyBudget, row.spentToday]),
    [
      ["google", "warming", 500, 0],
      ["far.test", "approved", null, 0],
      ["127.0.0.1:2600", "approved", null, 0],
    ],
  );
  const rows = await pool`select provider from standings`;
  assert.deepEqual(
    rows.map((row) => row["provider"]),
    ["google"],
    "thousands of small providers leave no rows",
  );
});

test("what is spent is counted to the day and the budget of the next one grows by it", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(morning);
  const budget = async () => {
    const [row] = await standings(pool, ["google"], [one], clock.now());
    return [row!.standing, row!.dailyBudget, row!.spentToday];
  };
  // Spent before anybody asked, and in several pieces at once.
  const spent = [300, 200].map((mails) => ({ provider: "google", source: one, mails }));
  await Promise.all([spend(pool, spent, clock.now()), spend(pool, [{ ...spent[0]!, mails: 0 }], clock.now())]);
  assert.deepEqual(await budget(), ["warming", 500, 500]);
  clock.pass(14 * HOUR);
  // Two workers meet the new day at the same moment: it is turned once.
  await Promise.all([budget(), budget(), spend(pool, [{ provider: "google", source: one, mails: 1 }], clock.now())]);
  assert.deepEqual(await budget(), ["warming", 1000, 1]);
  const told = await history(pool, "google", 10);
  assert.deepEqual(
    told.map((change) => [change.source, change.budget, change.cause]),
    [[one, 1000, "grown: 500 mails on 2026-03-01, 0 of them refused as too many or blocked"]],
  );
  await spend(pool, [{ provider: "google", source: one, mails: 999, refused: 500 }], clock.now());
  clock.pass(DAY);
  assert.deepEqual(await budget(), ["warming", 500, 0]);
});

test("a single new address carries mail beyond its budget gently, and an approved one takes that over", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(morning);
  const mayNow = async (): Promise<number> => {
    const [row] = await standings(pool, ["google"], [one], clock.now());
    return row!.dailyBudget! - row!.spentToday;
  };
  assert.equal(await mayNow(), 500);
  await spend(pool, [{ provider: "google", source: one, mails: 500 }], clock.now());
  assert.equal(await mayNow(), 0);
  clock.pass(MINUTE);
  assert.equal(await mayNow(), 1);
  await spend(pool, [{ provider: "google", source: one, mails: 1 }], clock.now());
  assert.equal(await mayNow(), 0);
  // Another node's address, approved by its operator.
  await standings(pool, ["google"], [two], clock.now());
  await decide(pool, "google", [two], { standing: "approved" }, "set by an operator", clock.now());
  clock.pass(2 * MINUTE);
  await standings(pool, ["google"], [two], clock.now());
  assert.equal(await mayNow(), -1, "over the budget, and another can carry it");
  clock.pass(10 * MINUTE);
  assert.equal(await mayNow(), 5, "the other node is gone");
});

test("a provider that wants to be asked first is closed to a new address once another is approved", async (t) => {
  const { pool } = await cloneDatabase(t);
  const words = async () => (await standings(pool, ["t-online"], [one, two], morning)).map((row) => row.standing);
  assert.deepEqual(await words(), ["warming", "warming"], "somebody has to carry the mail");
  await decide(pool, "t-online", [one], { standing: "approved" }, "set by an operator", morning);
  assert.deepEqual(await words(), ["approved", "closed"]);
  await decide(pool, "t-online", [one], { standing: "closed" }, "set by an operator", morning);
  assert.deepEqual(await words(), ["closed", "warming"]);
});

test("limits are the provider's, ordinary ones for the unknown, wide ones for our own relays, or the operator's", async (t) => {
  const { pool } = await cloneDatabase(t);
  const names = ["apple", "far.test", "relay.test:587"];
  const before = await limitsOf(pool, names);
  assert.equal(before.get("apple")!.mailsPerConnection, 5);
  assert.deepEqual(before.get("far.test"), {
    connections: 20,
    mailsPerConnection: 100,
    perMinute: Number.POSITIVE_INFINITY,
    recipients: 100,
  });
  assert.ok(before.get("relay.test:587")!.mailsPerConnection > 1000);
  await setLimits(pool, "apple", { connections: 3, "per-minute": 60 }, morning);
  await setLimits(pool, "apple", { connections: undefined, "per-minute": null, recipients: 7 }, morning);
  await setLimits(pool, "far.test", { "per-minute": 30 }, morning);
  const after = await limitsOf(pool, names);
  assert.deepEqual(after.get("apple"), { ...before.get("apple"), recipients: 7 });
  assert.equal(after.get("far.test")!.perMinute, 30);
});
