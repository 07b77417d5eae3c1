import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { cloneDatabase } from "../../test/support/database.ts";
import type { Pool } from "../db/sql.ts";
import { DAY, type HeldClock, HOUR, heldClock, MINUTE } from "../kit/clock.ts";
import { silent } from "../kit/log.ts";
import type { Fetched } from "./policy-host.ts";
import { forgetPolicies } from "./store.ts";
import { readPolicy, type StsPolicy } from "./sts.ts";
import { type StsAnswer, type StsCache, stsCache } from "./sts-cache.ts";

const policyOf = (mode: string, maxAgeS = 7 * 86_400, mx = "mx.far.test"): Fetched => ({
  policy: readPolicy(`version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: ${maxAgeS}`) as StsPolicy,
});
const unreachable: Fetched = { trouble: "sts-policy-fetch-error", reason: "nobody there" };

/** A world with one domain, what it publishes, and how often it was asked. */
class World {
  id: string | undefined = "1";
  fetched: Fetched | Promise<Fetched> = policyOf("enforce");
  readonly asked = { txt: 0, policy: 0 };
  readonly clock: HeldClock = heldClock(new Date("2026-11-24T12:00:00Z"));
  readonly pool: Pool;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  cache(waitMs = 60_000): StsCache {
    return stsCache({
      ...{ sql: this.pool, clock: this.clock, log: silent, waitMs },
      dns: {
        txt: async (name) => {
          assert.equal(name, "_mta-sts.far.test");
          this.asked.txt += 1;
          if (this.id === undefined) throw Object.assign(new Error("none"), { code: "ENODATA" });
          return [`v=STSv1; id=${this.id};`];
        },
      },
      fetchPolicy: async () => {
        this.asked.policy += 1;
        return this.fetched;
      },
    });
  }
}

const world = async (t: TestContext): Promise<World> => new World((await cloneDatabase(t)).pool);
const modeOf = ({ policy, trouble }: StsAnswer): string => policy?.mode ?? trouble ?? "none";

test("a domain without a record has no policy, and is not asked again at once", async (t) => {
  const far = await world(t);
  far.id = undefined;
  const cache = far.cache();
  assert.equal(modeOf(await cache.policyOf("far.test")), "none");
  assert.equal(modeOf(await cache.policyOf("far.test")), "none");
  assert.deepEqual(far.asked, { txt: 1, policy: 0 });
  far.clock.pass(6 * MINUTE);
  far.id = "1";
  assert.equal(modeOf(await cache.policyOf("far.test")), "enforce");
});

test("those who ask at the same time share one fetch", async (t) => {
  const far = await world(t);
  const cache = far.cache();
  const all = await Promise.all(Array.from({ length: 20 }, () => cache.policyOf("far.test")));
  assert.deepEqual(new Set(all.map(modeOf)), new Set(["enforce"]));
  assert.deepEqual(far.asked, { txt: 1, policy: 1 });
});

test("a policy survives a restart, and whatever is done to DNS or the policy host meanwhile", async (t) => {
  const far = await world(t);
  await far.cache().policyOf("far.test");
  far.id = undefined;
  far.fetched = unreachable;
  assert.equal(modeOf(await far.cache().policyOf("far.test")), "enforce");
  far.id = "2";
  assert.equal(modeOf(await far.cache().policyOf("far.test")), "enforce");
  assert.equal(far.asked.policy, 2, "the new id had it fetched again");
});

test("a policy counts until it expires, and then no more", async (t) => {
  const far = await world(t);
  far.fetched = policyOf("enforce", 3600);
  const cache = far.cache();
  await cache.policyOf("far.test");
  far.id = undefined;
  far.clock.pass(59 * MINUTE);
  assert.equal(modeOf(await cache.policyOf("far.test")), "enforce");
  far.clock.pass(2 * MINUTE);
  assert.equal(modeOf(await cache.policyOf("far.test")), "none");
});

test("a new id brings the new policy", async (t) => {
  const far = await world(t);
  const cache = far.cache();
  await cache.policyOf("far.test");
  far.fetched = policyOf("testing");
  far.clock.pass(HOUR);
  assert.equal(modeOf(await cache.policyOf("far.test")), "enforce", "the id is the same, so nothing is fetched");
  far.id = "2";
  far.clock.pass(HOUR);
  assert.equal(modeOf(await cache.policyOf("far.test")), "testing");
  assert.equal(modeOf(await far.cache().policyOf("far.test")), "testing");
});

test("a policy is fetched again each day, so that it does not run out while it is in use", async (t) => {
  const far = await world(t);
  const cache = far.cache();
  for (let day = 0; day < 20; day++) {
    assert.equal(modeOf(await cache.policyOf("far.test")), "enforce", `day ${day}`);
    far.clock.pass(DAY + MINUTE);
  }
  assert.equal(far.asked.policy, 20);
});

test('a domain that says "none" has no policy any more, and one that never had its policy is told apart', async (t) => {
  const far = await world(t);
  far.fetched = policyOf("none");
  assert.equal(modeOf(await far.cache().policyOf("far.test")), "none");
  assert.equal(modeOf(await far.cache().policyOf("far.test")), "none");
  assert.equal(far.asked.policy, 1, "it is kept like others");
  far.id = "2";
  far.fetched = unreachable;
  const cache = new World(far.pool).cache();
  assert.equal(modeOf(await cache.policyOf("far.test")), "none");
});

test("what can't be fetched is not asked for again at once, and is said to be trouble", async (t) => {
  const far = await world(t);
  far.fetched = unreachable;
  const cache = far.cache();
  for (let i = 0; i < 5; i++) assert.equal(modeOf(await cache.policyOf("far.test")), "sts-policy-fetch-error");
  assert.equal(far.asked.policy, 1);
  far.clock.pass(6 * MINUTE);
  far.fetched = policyOf("enforce");
  assert.equal(modeOf(await cache.policyOf("far.test")), "enforce");
});

test("mail waits for a slow policy host only so long, once, and the policy counts when it comes", async (t) => {
  const far = await world(t);
  let arrive: (fetched: Fetched) => void = () => undefined;
  far.fetched = new Promise((resolve) => {
    arrive = resolve;
  });
  const cache = far.cache(20);
  assert.equal(modeOf(await cache.policyOf("far.test")), "none");
  assert.equal(modeOf(await cache.policyOf("far.test")), "none");
  assert.equal(far.asked.policy, 1, "the first fetch goes on, and no second one begins");
  arrive(policyOf("enforce"));
  await cache.stop();
  assert.equal(modeOf(await cache.policyOf("far.test")), "enforce");
});

test("while a policy is being fetched again, the one that is kept counts", async (t) => {
  const far = await world(t);
  await far.cache().policyOf("far.test");
  far.id = "2";
  far.fetched = new Promise(() => undefined);
  assert.equal(modeOf(await far.cache(20).policyOf("far.test")), "enforce");
});

test("of two fetches the later one is kept, and what has expired is forgotten", async (t) => {
  const far = await world(t);
  far.fetched = policyOf("enforce", 3600);
  await far.cache().policyOf("far.test");
  far.clock.pass(-MINUTE);
  far.id = "0";
  far.fetched = policyOf("testing", 3600);
  await far.cache().policyOf("far.test");
  const [row] = await far.pool`select mode from sts_policies`;
  assert.equal(row?.mode, "enforce");
  await forgetPolicies(far.pool, far.clock.now());
  assert.equal((await far.pool`select 1 from sts_policies`).length, 1);
  far.clock.pass(2 * HOUR);
  await forgetPolicies(far.pool, far.clock.now());
  assert.equal((await far.pool`select 1 from sts_policies`).length, 0);
});

test("a policy that can't be kept just now counts all the same", async (t) => {
  const far = await world(t);
  await far.pool`alter table sts_policies add constraint never check (false)`;
  const cache = far.cache();
  assert.equal(modeOf(await cache.policyOf("far.test")), "enforce");
  assert.equal(modeOf(await cache.policyOf("far.test")), "enforce");
  assert.equal(far.asked.policy, 1);
});
