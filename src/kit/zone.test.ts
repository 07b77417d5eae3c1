import assert from "node:assert/strict";
import { test } from "node:test";
import { dayIn, hourOfDay, isZone, nextHour } from "./zone.ts";

const at = (text: string): Date => new Date(text);

test("an hour of a day is found in its zone, in summer and in winter", () => {
  assert.equal(hourOfDay("Europe/Berlin", "2026-01-15", 8).toISOString(), "2026-01-15T07:00:00.000Z");
  assert.equal(hourOfDay("Europe/Berlin", "2026-07-15", 8).toISOString(), "2026-07-15T06:00:00.000Z");
  assert.equal(hourOfDay("Asia/Kathmandu", "2026-07-15", 0).toISOString(), "2026-07-14T18:15:00.000Z");
  assert.equal(hourOfDay("America/Los_Angeles", "2026-11-01", 8).toISOString(), "2026-11-01T16:00:00.000Z");
  assert.equal(dayIn("Pacific/Auckland", at("2026-03-01T20:00:00Z")), "2026-03-02");
});

test("the next time the clock says eight is later, and never more than a day and an hour away", () => {
  assert.equal(nextHour("UTC", 8, at("2026-03-01T07:59:59Z")).toISOString(), "2026-03-01T08:00:00.000Z");
  assert.equal(nextHour("UTC", 8, at("2026-03-01T08:00:00Z")).toISOString(), "2026-03-02T08:00:00.000Z");
  assert.equal(nextHour("Europe/Berlin", 8, at("2026-03-28T12:00:00Z")).toISOString(), "2026-03-29T06:00:00.000Z");
  // On 29 March 2026 there is no half past two in Berlin: clocks go from 02:00 to 03:00.
  for (let hour = 0; hour < 24; hour += 1)
    for (const zone of ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
      for (const day of ["2026-03-28", "2026-03-29", "2026-10-25", "2026-11-01", "2026-04-05"]) {
        const now = at(`${day}T00:30:00Z`);
        const ahead = nextHour(zone, hour, now).getTime() - now.getTime();
        assert.ok(ahead > 0 && ahead <= 25 * 3_600_000, `${zone} ${day} ${hour}: ${ahead}`);
      }
});

test("a zone is one that the system knows", () => {
  assert.deepEqual(["Europe/Berlin", "UTC", "", "Mars/Olympus", "x".repeat(80)].map(isZone), [
    true,
    true,
    false,
    false,
    false,
  ]);
});
