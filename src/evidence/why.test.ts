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
  holidayUntil: null,
  ownPosts: true,
  secondCopy: false,
  replies: "all",
  mutedTags: [],
  onlyTags: [],
  events: [{ at: at(1), what: "joined" }],
  ...more,
});
const post: PostFacts = {
  isImported: false,
  plannedAt: at(10),
  isLogKept: true,
  hadElsewhere: false,
  topic: { number: 3, wish: null },
  tags: [],
  answersOthers: false,
  isOwn: false,
  isNamed: false,
  digest: null,
};

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
  const standing = (hour: number) => {
    const { isIn, mode, isPaused } = standingAt(member({ events }), at(hour));
    return [isIn, mode, isPaused];
  };
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
  assert.partialDeepStrictEqual(standingAt(left, at(11)), { isIn: true, mode: "each", isPaused: false });
  assert.partialDeepStrictEqual(standingAt(left, at(13)), { isIn: false, mode: "each", isPaused: false });
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

test("own posts, posts that name a member, holidays and special notices are told apart, as they were chosen then", () => {
  const why = (more: Partial<MemberFacts>, facts: Partial<PostFacts> = {}) =>
    whyNot(member(more), { ...post, ...facts }).split(",")[0];
  assert.equal(why({ ownPosts: false }, { isOwn: true }), "wrote it");
  assert.equal(why({ events: [{ at: at(9), what: "own posts off" }], ownPosts: false }, { isOwn: true }), "wrote it");
  assert.match(
    why({ events: [{ at: at(11), what: "own posts off" }], ownPosts: false }, { isOwn: true })!,
    /^was not among/,
  );
  assert.equal(why({}, { isNamed: true }), "is named in its To or Cc");
  assert.match(why({ events: [{ at: at(11), what: "second copy off" }] }, { isNamed: true })!, /^was not among/);
  assert.equal(why({ holidayUntil: at(20) }), "was on holiday when it was sent");
  assert.match(
    why({ holidayUntil: at(20), events: [{ at: at(11), what: "holiday until 2026-03-01T20:00Z" }] })!,
    /^was not among/,
  );
  assert.equal(why({ events: [{ at: at(12), what: "holiday over" }] }), "was on holiday when it was sent");
  assert.equal(why({ mode: "notices" }), "had chosen special notices only when it was sent");
  assert.equal(
    why({ events: [{ at: at(12), what: "mail stopped, was notices" }], mode: "none" }),
    "had chosen special notices only when it was sent",
  );
});

test("what they chose about its topic, its hashtags and replies counts as it stood then", () => {
  const reply = { ...post, tags: ["tea"], answersOthers: true };
  const why = (more: Partial<MemberFacts>, facts: Partial<PostFacts> = {}): string =>
    whyNot(member(more), { ...reply, ...facts });
  const joined = { at: at(1), what: "joined" };
  assert.match(why({}, { topic: { number: 3, wish: "mute" } }), /^had muted the topic/);
  assert.match(why({ mutedTags: ["tea"] }), /^had muted the hashtag #tea/);
  assert.match(why({ onlyTags: ["cake"] }), /^had chosen topics with certain hashtags only/);
  assert.match(why({ onlyTags: ["cake"], mode: "digest" }), /^had chosen topics with certain hashtags only/);
  assert.match(why({ replies: "own" }), /^had chosen new topics and replies/);
  assert.doesNotMatch(why({ replies: "own" }, { answersOthers: false }), /replies/);
  // What was changed afterwards does not count.
  assert.match(why({ events: [{ at: at(11), what: "topic 3 mute → none" }, joined] }), /^had muted the topic/);
  assert.doesNotMatch(why({ events: [{ at: at(11), what: "topic 4 mute → none" }, joined] }), /muted the topic/);
  assert.doesNotMatch(
    why({ events: [{ at: at(11), what: "topic 3 none → mute" }, joined] }, { topic: { number: 3, wish: "mute" } }),
    /muted/,
  );
  assert.match(
    why({ events: [{ at: at(11), what: "muted tags cake,tea → " }, joined] }),
    /^had muted the hashtag #tea/,
  );
  assert.doesNotMatch(
    why({ mutedTags: ["tea"], events: [{ at: at(11), what: "muted tags  → tea" }, joined] }),
    /hashtag/,
  );
  assert.match(why({ events: [{ at: at(11), what: "replies own → all" }, joined] }), /^had chosen new topics/);
  assert.match(why({ mutedTags: ["tea"], mode: "none" }), /^had chosen no mail/);
});
