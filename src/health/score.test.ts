import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY, HOUR } from "../kit/clock.ts";
import { ASK_AT, HALF_LIFE, scoreOf, weightOf, wordOf } from "./score.ts";

const start = new Date("2026-03-01T10:00:00Z");
const on = (day: number, weight: number, hours = 0) => ({
  at: new Date(start.getTime() + day * DAY + hours * HOUR),
  weight,
});
const day = (count: number): Date => new Date(start.getTime() + count * DAY);
const gone = weightOf("no such user", "permanent");
const full = weightOf("mailbox full", "permanent");

/** The first day on which daily trouble of this weight reaches the point of asking. */
function asksOn(weight: number, everyDays = 1): number | undefined {
  const troubles = [];
  for (let at = 0; at <= 400; at += everyDays) {
    troubles.push(on(at, weight));
    if (scoreOf(troubles, day(at)) >= ASK_AT) return at + 1;
  }
  return undefined;
}

test("what is about us, or about the message, never weighs against a member", () => {
  for (const sense of ["slow down", "blocked", "greylisted", "content", "policy"] as const) {
    assert.equal(weightOf(sense, "permanent"), 0, sense);
    assert.equal(weightOf(sense, "temporary"), 0, sense);
  }
});

test("an unknown address weighs most, a full mailbox and trouble that passes little", () => {
  assert.ok(gone > weightOf("other", "permanent"));
  assert.ok(weightOf("other", "permanent") > full);
  assert.ok(full > weightOf("unavailable", "temporary"));
  assert.ok(weightOf("no such user", "temporary") < weightOf("no such user", "permanent"));
});

test("a day counts once, by its worst, however much came back on it", () => {
  assert.equal(scoreOf([on(0, gone), on(0, gone, 1), on(0, full, 2)], day(0)), gone);
  assert.ok(scoreOf([on(0, full), on(0, gone, 1)], day(0)) >= gone * 0.99);
  assert.ok(scoreOf([on(0, gone), on(1, gone)], day(1)) > gone);
});

test("the score halves in each half-life and is well again in the end, whatever it was", () => {
  const troubles = [on(0, gone), on(1, gone), on(2, gone)];
  const before = scoreOf(troubles, day(2));
  const after = scoreOf(troubles, new Date(day(2).getTime() + HALF_LIFE));
  assert.ok(Math.abs(after - before / 2) < 1e-9);
  const later = scoreOf(troubles, day(60));
  assert.equal(wordOf({ score: later, isAsked: false, isPaused: false }), "well");
});

test("daily mail to an unknown address is asked about on the third day, to a full mailbox after two weeks", () => {
  assert.equal(asksOn(gone), 3);
  assert.equal(asksOn(full), 14);
});

test("a weekly list finds a dead address too, and never asks about one that is full now and then", () => {
  assert.ok(asksOn(gone, 7)! <= 29, "within four posts");
  assert.equal(asksOn(full, 7), undefined);
});

test("one bad day is no trouble to speak of: nobody is asked after it", () => {
  for (const weight of [gone, full, 1]) assert.ok(scoreOf([on(0, weight)], day(0)) < ASK_AT);
});

test("a clock that is a little behind makes nothing of the past heavier than it was", () => {
  assert.equal(scoreOf([on(0, gone, 1)], day(0)), gone);
});

test("health is said in one word, the gravest first", () => {
  assert.equal(wordOf({ score: 9, isAsked: true, isPaused: true }), "paused");
  assert.equal(wordOf({ score: 9, isAsked: true, isPaused: false }), "asked");
  assert.equal(wordOf({ score: 2, isAsked: false, isPaused: false }), "in trouble");
  assert.equal(wordOf({ score: 0, isAsked: false, isPaused: false }), "well");
});
