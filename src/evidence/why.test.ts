import assert from "node:assert/strict";
import { test } from "node:test";
import { affordable } from "./history.ts";
import { type MemberFacts, type PostFacts, standingAt, whyNot } from "./why.ts";

const at = (hour: number): Date => new Date(Date.UTC(2026, 2, 1, hour));
const member = (more: Partial<MemberFacts> = {}): MemberFacts => ({
  joinedAt: at(1),
  endedAt: null,
  mode: "each",
  pausedAt: null,
  events: [{ at: at(1), what: "joined" }],
  ...more,
});
const post: PostFacts = { isImported: false, plannedAt: at(10), isLogKept: true, hadElsewhere: false };

test("how a member stood then is told by walking their history backwards from now", () => {
  const events = [
    { at: at(16), what: "came back" },
    { at: at(15), what: "left" },
    { at: at(14), what: "mode none → each" },
    { at: at(13), what: "name changed" },
    { at: at(12), what: "resumed" },
    { at: at(11), what: "paused" },
    { at: at(9), what: "mode each → none" },
    { at: at(8), what: "mail stopped" },
    { at: at(7), what: "role owner → member" },
    { at: at(1), what: "joined" },
  ];
  const standing = (hour: number) => Object.values(standingAt(member({ events }), at(hour)));
  assert.deepEqual(standing(17), [true, "each", false]);
  assert.deepEqual(standing(15.5), [false, "each", false]);
  assert.deepEqual(standing(13.5), [true, "none", false]);
  assert.deepEqual(standing(11.5), [true, "none", true]);
  assert.deepEqual(standing(10), [true, "none", false]);
  assert.deepEqual(standing(7.5), [true, "each", false]);
  assert.deepEqual(standing(0), [false, "each", false]);
});

test("a member who left for good, or is paused now, was as they were before", () => {
  const left = member({ endedAt: at(12), events: [{ at: at(12), what: "removed" }] });
  assert.deepEqual(standingAt(left, at(11)), { isIn: true, mode: "each", isPaused: false });
  assert.deepEqual(standingAt(left, at(13)), { isIn: false, mode: "each", isPaused: false });
  const paused = member({ pausedAt: at(12), events: [{ at: at(12), what: "paused" }] });
  assert.equal(standingAt(paused, at(11)).isPaused, false);
  assert.equal(standingAt(paused, at(12)).isPaused, true);
});

test("each reason why nothing was sent is told as what it was", () => {
  const none = member({ mode: "none", events: [{ at: at(2), what: "mode each → none" }] });
  const gone = member({ endedAt: at(9), events: [{ at: at(9), what: "left" }] });
  const paused = member({ pausedAt: at(9), events: [{ at: at(9), what: "paused" }] });
  for (const [facts, about, words] of [
    [member(), { isImported: true, plannedAt: null }, /imported archive/],
    [member(), { plannedAt: null }, /not sent to anybody/],
    [member({ joinedAt: at(11) }), {}, /joined after/],
    [member(), { isLogKept: false }, /no longer kept/],
    [gone, {}, /was not in the group/],
    [paused, {}, /paused/],
    [none, {}, /chosen no mail/],
    [member(), { hadElsewhere: true }, /another group/],
    [member(), {}, /does not say why/],
  ] as const)
    assert.match(whyNot(facts, { ...post, ...about }), words);
});

test("a page of history takes posts as long as their copies can be looked through, and one at least", () => {
  const copies = (list: number[]) => affordable(list, (one) => one).length;
  assert.equal(copies(Array.from({ length: 20 }, () => 20)), 20);
  assert.equal(copies([100_000, 100_000, 100_000, 100_000, 100_000]), 4);
  assert.equal(copies([9_000_000, 1]), 1);
  assert.equal(copies([]), 0);
});
