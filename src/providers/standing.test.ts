import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY, HOUR, MINUTE, SECOND } from "../kit/clock.ts";
import type { Newcomer } from "./facts.ts";
import { allowedBy, isAlone, newRow, type StandingRow, turned, wordOf } from "./standing.ts";

const warming: Newcomer = { standing: "warming", start: 200, growth: 2, enough: 3000 };
const closed: Newcomer = { ...warming, standing: "closed" };
const noon = new Date("2026-03-01T12:00:00Z");
const row = (change: Partial<StandingRow> = {}): StandingRow => ({
  ...newRow("google", "192.0.2.1", warming, noon),
  ...change,
});
const later = (ms: number): Date => new Date(noon.getTime() + ms);

test("a budget grows with what was used of it, day after day, until none is needed", () => {
  let one = row();
  const budgets: number[] = [];
  let causes = "";
  for (let day = 1; one.standing !== "approved"; day += 1) {
    const next = turned({ ...one, spent: one.budget }, warming, later(day * DAY));
    one = next.row;
    causes = next.cause;
    budgets.push(one.budget);
    assert.deepEqual(
      [one.spent, one.refused, one.day],
      [
        0,
        0,
        later(day * DAY)
          .toISOString()
          .slice(0, 10),
      ],
    );
  }
  assert.deepEqual(budgets, [400, 800, 1600, 3200]);
  assert.match(causes, /^warm/);
});

test("what was not used does not grow, and what went beyond the budget counts no more than the budget", () => {
  const next = (spent: number): number => turned(row({ spent }), warming, later(DAY)).row.budget;
  assert.equal(next(0), 200);
  assert.equal(next(60), 200, "twice 60 is less than there is");
  assert.equal(next(150), 300);
  assert.equal(next(1500), 400);
});

test("refusals stop the growth, and many of them halve the budget", () => {
  const next = (refused: number) => turned(row({ budget: 1000, spent: 1000, refused }), warming, later(DAY));
  assert.equal(next(50).row.budget, 2000);
  assert.equal(next(100).row.budget, 1000);
  assert.equal(next(100).cause, "");
  assert.equal(next(300).row.budget, 500);
  assert.match(next(300).cause, /halved.*300/);
  const least = turned(row({ budget: 20, spent: 20, refused: 20 }), warming, later(DAY)).row.budget;
  assert.equal(least, 20, "and never to nothing");
});

test("a day is turned once, and a clock that goes back turns nothing", () => {
  const today = row({ spent: 200 });
  assert.equal(turned(today, warming, later(11 * HOUR)).row, today);
  assert.equal(turned(today, warming, later(-3 * DAY)).row, today);
  const next = turned(today, warming, later(13 * HOUR)).row;
  assert.equal(next.budget, 400);
  assert.equal(turned(next, warming, later(20 * HOUR)).row, next);
});

test("an address that sent nothing for a month begins anew", () => {
  const idle = row({ budget: 2000, spent: 2000 });
  assert.equal(turned(idle, warming, later(20 * DAY)).row.standing, "approved", "what was used last still counts");
  assert.equal(turned(idle, warming, later(40 * DAY)).row.budget, 200);
});

test("an operator's word outlives the day, and a closed address does not grow open", () => {
  for (const standing of ["approved", "closed"] as const)
    assert.equal(turned(row({ standing, budget: 2900, spent: 2900 }), warming, later(DAY)).row.standing, standing);
});

test("a provider's closed door is kept shut only while another address goes through it", () => {
  const other = row({ source: "192.0.2.2", standing: "approved" });
  const word = (others: StandingRow[], now = noon, one = row()) => wordOf(one, closed, others, now);
  assert.equal(word([row(), other]), "closed");
  assert.equal(word([row(), other], later(20 * HOUR)), "closed", "nobody asks while no mail waits");
  assert.equal(word([row(), other], later(30 * HOUR)), "warming", "nobody sends from it any more");
  assert.equal(word([row({ standing: "approved" })]), "warming", "itself is not another");
  assert.equal(word([{ ...other, standing: null }]), "warming");
  assert.equal(word([], noon, row({ standing: "closed" })), "closed", "an operator meant it");
});

test("an address is alone when no approved one was asked for in the last minutes", () => {
  const other = row({ source: "192.0.2.2", standing: "approved" });
  assert.ok(!isAlone(row(), warming, [row(), other], later(MINUTE)));
  assert.ok(isAlone(row(), warming, [row(), other], later(10 * MINUTE)));
  assert.ok(isAlone(row(), warming, [row(), { ...other, standing: "warming" }], noon));
});

test("where another address can carry the rest, the budget is the end of it", () => {
  const full = row({ spent: 200, spentAt: noon });
  assert.equal(allowedBy(full, false, later(3 * HOUR)), 200);
  assert.equal(allowedBy(row({ spent: 20 }), true, later(3 * HOUR)), 200);
});

test("where nobody else can carry it, mail beyond the budget goes on at a gentle pace", () => {
  // A worker that asks every few seconds and sends what it may.
  const sentIn = (budget: number, ms: number): number => {
    let one = row({ budget, spent: budget, spentAt: noon });
    for (let at = 0; at <= ms; at += 5 * SECOND) {
      const may = allowedBy(one, true, later(at));
      if (may > one.spent) one = { ...one, spent: may, spentAt: later(at) };
    }
    return one.spent - budget;
  };
  assert.equal(sentIn(200, HOUR), 60, "one a minute at least");
  const evenly = sentIn(17_280, HOUR);
  assert.ok(evenly > 600 && evenly <= 720, `a large budget again, spread over the day: ${evenly}`);
  const rested = row({ spent: 200, spentAt: noon });
  assert.equal(allowedBy(rested, true, later(10 * HOUR)) - 200, 5, "a pause is not saved up into a burst");
  assert.equal(allowedBy(rested, true, later(-HOUR)), 200);
});
