import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../kit/clock.ts";
import type { Sense } from "../mail/sense.ts";
import type { Limits } from "../providers/providers.ts";
import { type Allowance, allowance, began, type Heard, heard, newPace, type Pace } from "./pace.ts";
import { resumePace } from "./pace-kept.ts";
import type { Scope } from "./reply.ts";

const LIMITS: Limits = {
  connections: 20,
  mailsPerConnection: 50,
  perMinute: Number.POSITIVE_INFINITY,
  recipients: 100,
};
const T0 = Date.UTC(2002, 0, 14);

const no = (sense: Sense, scope: Scope = "session", more: Partial<Heard> = {}): Heard =>
  ({ kind: "refused", sense, scope, isSilence: false, ...more }) as Heard;
const yes: Heard = { kind: "sent" };

/** A lane driven by hand, with its own time. */
class Lane {
  pace: Pace;
  now = T0;
  readonly limits: Limits;
  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...LIMITS, ...limits };
    this.pace = newPace(this.limits, this.now);
  }
  get may(): Allowance {
    return allowance(this.pace, this.limits, this.now);
  }
  pass(ms: number): this {
    this.now += ms;
    return this;
  }
  hear(what: Heard, times = 1, everyMs = 0): this {
    for (let i = 0; i < times; i++) {
      this.pass(everyMs);
      this.pace = heard(began(this.pace, this.limits, this.now), this.limits, what, this.now);
    }
    return this;
  }
}

test("a new lane begins with two connections and has all of them after as many mails taken", () => {
  const lane = new Lane();
  assert.equal(lane.may.connections, 2);
  lane.hear(yes, 18, 100);
  assert.deepEqual(lane.may, {
    connections: 20,
    nextMailAt: lane.now,
    mailsPerConnection: 50,
    recipients: 100,
    isProbing: false,
  });
});

test("a refusal of us halves the connections at once; a crowd of refusals counts as one", () => {
  for (const [sense, scope] of [
    ["unavailable", "session"],
    ["unavailable", "message"],
    ["blocked", "recipient"],
    ["slow down", "site"],
    ["policy", "site"],
  ] as const) {
    const lane = new Lane().hear(yes, 50, 100).hear(no(sense, scope), 2, 10);
    assert.equal(lane.may.connections, 10, `${sense} ${scope}`);
    assert.equal(lane.hear(yes, 4, 10).may.connections, 10, "nothing grows until the step has shown what it does");
    assert.equal(lane.hear(no(sense, scope), 1, 3 * SECOND).may.connections, 5, `${sense} ${scope}`);
  }
});

test("what is said about recipients and mails says nothing about the pace", () => {
  for (const one of [
    no("no such user", "recipient"),
    no("mailbox full", "recipient"),
    no("greylisted", "recipient"),
    no("content", "message"),
    no("policy", "message"),
    no("other", "recipient"),
  ]) {
    const lane = new Lane().hear(yes, 50, 100);
    const before = lane.may;
    lane.hear(one, 500);
    assert.deepEqual({ ...lane.may, nextMailAt: 0 }, { ...before, nextMailAt: 0 }, JSON.stringify(one));
  }
});

test("a number of connections that was refused is held below, and tried again later, and ever later", () => {
  const lane = new Lane().hear(yes, 50, 100);
  const allowed = 10;
  const refusals: number[] = [];
  for (let i = 0; i < 6000; i++) {
    if (lane.may.connections <= allowed) lane.hear(yes, 1, SECOND);
    else {
      lane.hear(no("slow down", "site"), 1, SECOND).hear(yes);
      refusals.push(lane.now);
    }
  }
  const pauses = refusals.slice(1).map((at, i) => (at - refusals[i]!) / MINUTE);
  assert.ok(refusals.length < 14, `${refusals.length} refusals in 100 minutes`);
  assert.ok(pauses.at(-1)! > 15, `the last pause was ${pauses.at(-1)} minutes`);
  assert.ok(lane.may.connections >= 9);
});

test("a provider that says slow down gets half of what it took, and then a little more", () => {
  const lane = new Lane().hear(yes, 600, 100);
  lane.hear(no("slow down"));
  const rate = (): number => lane.pace.rate!.now;
  assert.ok(rate() > 120 && rate() < 301, `${rate()} a minute after 600 were sent in one`);
  assert.ok(lane.may.nextMailAt <= lane.now + SECOND);
  lane.hear(yes, 400, 200);
  assert.ok(rate() > 300 && rate() < 600, `${rate()} a minute`);
});

test("a provider that refuses everything is asked by single mails, with growing pauses, and comes back within a minute", () => {
  for (const [sense, longest] of [
    ["unavailable", 40 * SECOND],
    ["slow down", 2 * MINUTE],
    ["blocked", 5 * MINUTE],
  ] as const) {
    const lane = new Lane().hear(yes, 50, 100).hear(no(sense, "site"), 3, 10);
    const pauses: number[] = [];
    for (let i = 0; i < 50; i++) {
      const { isProbing, connections, nextMailAt } = lane.may;
      assert.deepEqual({ isProbing, connections }, { isProbing: true, connections: 1 });
      pauses.push(nextMailAt - lane.now);
      lane.pass(nextMailAt - lane.now).hear(no(sense, "site"));
    }
    assert.equal(pauses[0], 5 * SECOND);
    assert.deepEqual(
      pauses,
      pauses.toSorted((a, b) => a - b),
    );
    assert.equal(pauses.at(-1), longest, sense);
    lane.hear(yes);
    assert.equal(lane.may.isProbing, false);
    lane.hear(yes, 19, SECOND);
    assert.ok(lane.may.connections >= 19, `${sense}: ${lane.may.connections}`);
  }
});

test("a refusal of everything tells neither a rate nor a number of connections, whatever its words", () => {
  for (const [sense, scope] of [
    ["slow down", "site"],
    ["slow down", "session"],
    ["blocked", "recipient"],
  ] as const) {
    const lane = new Lane().hear(no(sense, scope), 10, 10 * SECOND).hear(yes, 20, 2 * SECOND);
    assert.equal(lane.pace.rate, null);
    assert.equal(lane.may.connections, 20, `${sense} ${scope}`);
  }
});

test("a provider that takes three mails a minute is learned as well, and seldom has to refuse", () => {
  const lane = new Lane();
  let taken: number[] = [];
  let refused = 0;
  for (const end = lane.now + 60 * MINUTE; lane.now < end; ) {
    lane.pass(Math.max(0, lane.may.nextMailAt - lane.now) + 100);
    taken = taken.filter((at) => at > lane.now - MINUTE);
    if (taken.length < 3) {
      lane.hear(yes);
      taken.push(lane.now);
    } else {
      lane.hear(no("slow down"));
      if (lane.now > end - 30 * MINUTE) refused += 1;
    }
  }
  assert.ok(refused < 20, `${refused} refusals in the second half hour, of at most 90 mails taken`);
});

test("silence is asked more often than words, since it may be our own network", () => {
  const lane = new Lane().hear(no("unavailable", "site", { isSilence: true } as Partial<Heard>), 30);
  assert.ok(lane.may.nextMailAt <= lane.now + 20 * SECOND);
});

test("an answer about a recipient ends a suspension as well: the provider talks to us", () => {
  const lane = new Lane().hear(no("unavailable", "site"), 3).hear(no("no such user", "recipient"));
  assert.equal(lane.may.isProbing, false);
});

test("a clock that is set back by an hour keeps no lane closed", () => {
  for (const what of [yes, no("blocked", "site")]) {
    const lane = new Lane({ perMinute: 1 }).hear(what, 5, MINUTE);
    lane.pass(-60 * MINUTE).pass(5 * MINUTE);
    assert.ok(lane.may.nextMailAt <= lane.now + 5 * MINUTE);
    lane
      .pass(lane.may.nextMailAt - lane.now)
      .hear(yes)
      .pass(MINUTE);
    assert.ok(lane.may.nextMailAt <= lane.now);
  }
});

test("too many recipients halves the recipients, not the pace", () => {
  const lane = new Lane().hear(yes, 50);
  lane.hear(no("slow down", "recipient", { recipients: 100 } as Partial<Heard>));
  assert.equal(lane.may.recipients, 50);
  assert.equal(lane.may.connections, 20);
  assert.equal(lane.pace.rate, null);
  lane.hear(no("slow down", "recipient"), 1, 5 * SECOND);
  assert.ok(lane.pace.rate, "to a mail with one recipient it is about the pace");
});

test("after five idle minutes a lane begins gently again", () => {
  const lane = new Lane().hear(yes, 50, 100);
  assert.equal(lane.pass(6 * MINUTE).may.connections, 2);
  assert.equal(lane.hear(yes).may.connections, 3);
});

test("what was kept is taken up again; what is not ours is not", () => {
  const lane = new Lane()
    .hear(yes, 50, 100)
    .hear(no("slow down"), 1, 5 * SECOND)
    .hear(yes, 10, SECOND);
  const kept = JSON.parse(JSON.stringify(lane.pace));
  assert.deepEqual(resumePace(kept, lane.limits, lane.now), lane.pace);
  for (const bad of [
    null,
    7,
    "x",
    {},
    [],
    { ...kept, tokens: "1" },
    { ...kept, connections: { now: -1 } },
    { ...kept, rate: { now: Number.POSITIVE_INFINITY } },
    { ...kept, suspended: { since: 1 } },
  ])
    assert.deepEqual(resumePace(bad, lane.limits, lane.now), newPace(lane.limits, lane.now), JSON.stringify(bad));
});

/** Small, seeded, and good enough to be unpredictable to the code under test. */
function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SENSES: Sense[] = [
  "no such user",
  "mailbox full",
  "slow down",
  "blocked",
  "greylisted",
  "content",
  "policy",
  "unavailable",
  "other",
];
const SCOPES: Scope[] = ["site", "session", "message", "recipient"];

test("whatever is heard, and whenever: limits hold, the allowance opens within five minutes, and everything survives JSON", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const chance = chances(seed);
    const one = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;
    const limits: Limits = {
      connections: one([1, 3, 20]),
      mailsPerConnection: one([1, 50]),
      perMinute: one([1, 10, 600, Number.POSITIVE_INFINITY]),
      recipients: one([1, 100]),
    };
    const mood = chance();
    const begun: number[] = [];
    let now = T0;
    let pace = newPace(limits, now);
    for (let i = 0; i < 400; i++) {
      const may = allowance(pace, limits, now);
      assert.ok(may.connections >= 1 && may.connections <= limits.connections);
      assert.ok(Number.isInteger(may.connections) && Number.isInteger(may.recipients));
      assert.ok(may.recipients >= 1 && may.recipients <= limits.recipients);
      assert.ok(may.mailsPerConnection >= 1 && may.mailsPerConnection <= limits.mailsPerConnection);
      assert.ok(may.nextMailAt >= now && may.nextMailAt <= now + 5 * MINUTE, `seed ${seed}: ${may.nextMailAt - now}`);
      now = Math.ceil(may.nextMailAt);
      assert.ok(allowance(pace, limits, now).nextMailAt <= now, "when its time has come, it is open");
      pace = began(pace, limits, now);
      begun.push(now);
      const minute = begun.filter((at) => at > now - MINUTE).length;
      assert.ok(minute <= limits.perMinute, `seed ${seed}: ${minute} in a minute, of ${limits.perMinute}`);
      now += Math.floor(chance() * one([0, 10, 5000]));
      pace = heard(
        pace,
        limits,
        chance() < mood ? yes : no(one(SENSES), one(SCOPES), { isSilence: chance() < 0.2 } as Partial<Heard>),
        now,
      );
      assert.deepEqual(resumePace(JSON.parse(JSON.stringify(pace)), limits, now), pace);
    }
  }
});
