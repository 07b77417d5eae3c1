import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY, HOUR } from "../kit/clock.ts";
import { endingOf, FEWEST, isOutage, LASTING, OVER_AFTER } from "./outage.ts";

test("where most of what is tried fails alike, it is the provider", () => {
  assert.ok(isOutage({ failing: 30, tried: 30, usual: 0 }));
  assert.ok(isOutage({ failing: 500, tried: 900, usual: 2 }));
});

test("one person, or the few of a small list, are no outage", () => {
  for (let failing = 0; failing < FEWEST; failing += 1) assert.ok(!isOutage({ failing, tried: failing, usual: 0 }));
});

test("a first post to an old list of a large provider is none: dead addresses are few among the living", () => {
  assert.ok(!isOutage({ failing: 4000, tried: 50_000, usual: 0 }));
  assert.ok(!isOutage({ failing: 9000, tried: 50_000, usual: 0 }), "even where there is no usual to compare");
});

test("a tenth failing where hardly anybody does is one; where that is usual it is not", () => {
  assert.ok(isOutage({ failing: 6000, tried: 50_000, usual: 20 }));
  assert.ok(!isOutage({ failing: 6000, tried: 50_000, usual: 3000 }));
  assert.ok(!isOutage({ failing: 2000, tried: 50_000, usual: 20 }), "a twenty-fifth is too few");
});

test("what failed and was tried longer ago than we look counts as tried", () => {
  assert.ok(isOutage({ failing: 12, tried: 0, usual: 0 }));
});

test("an outage is over when it has been quiet, and no outage any more when it lasts", () => {
  const began = new Date("2026-03-01T10:00:00Z");
  const at = (ms: number): Date => new Date(began.getTime() + ms);
  assert.equal(endingOf({ beganAt: began, seenAt: at(HOUR) }, at(2 * HOUR)), undefined);
  assert.equal(endingOf({ beganAt: began, seenAt: at(HOUR) }, at(HOUR + OVER_AFTER)), "over");
  assert.equal(endingOf({ beganAt: began, seenAt: at(LASTING) }, at(LASTING)), "lasting");
  assert.equal(endingOf({ beganAt: began, seenAt: at(2 * DAY) }, at(2 * DAY + HOUR)), undefined);
});
