import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProviderDetail, ProviderSeen } from "../../src/providers/providers.ts";
import { limitsOf, standings } from "../../src/providers/providers.ts";
import { aService } from "./run.ts";

const [one, two] = ["192.0.2.1", "192.0.2.2"];

test("providers are listed with their addresses, shown with what to ask, and changed", async (t) => {
  const service = await aService(t);
  service.environment["SMARTGROUPS_EGRESS"] = `${one},${two}`;
  assert.match(await service.must(["provider", "list"]), /^No provider has been met yet/);
  await standings(service.pool, ["google", "far.test"], [one!], new Date());
  const [google, ...others] = await service.json<ProviderSeen[]>(["provider", "list"]);
  assert.deepEqual(others, [], "small providers that take everybody alike are not listed until mail waits for them");
  assert.partialDeepStrictEqual(google, {
    ...{ provider: "google", waiting: 0, problem: "", limits: { perMinute: null } },
    addresses: [{ source: one, standing: "warming", isByRule: true, budget: 500, spentToday: 0 }],
  });
  assert.ok((await service.json<ProviderSeen[]>(["provider", "list", "--all"])).length > 70);

  const words = "connections=3 per-minute=60 standing=approved".split(" ");
  assert.equal(
    await service.must(["provider", "set", "google", `address=${one}`, ...words]),
    "google: connections, per-minute, standing set\n",
  );
  await service.must(["provider", "set", "google", `address=${two}`, "standing=closed", "budget=40"]);
  await service.must(["provider", "set", "google", "per-minute=none", "connections=default"]);
  const shown = await service.json<ProviderDetail>(["provider", "show", "google"]);
  assert.deepEqual(
    shown.addresses.map((address) => [address.source, address.standing, address.isByRule]),
    [
      [one, "approved", false],
      [two, "closed", false],
    ],
  );
  assert.deepEqual([shown.set, shown.limits.connections, shown.limits.perMinute], [["per-minute"], 10, null]);
  assert.deepEqual(
    shown.history.map((change) => [change.source, change.standing, change.budget, change.cause]),
    [
      [two, "closed", 40, "set by an operator"],
      [one, "approved", 500, "set by an operator"],
    ],
  );
  const text = await service.must(["provider", "show", "google"]);
  assert.match(text, /mail hosts {3}\*\.google\.com/);
  assert.match(text, /https:\/\/postmaster\.google\.com\//);
  assert.match(await service.must(["provider", "list"]), /^google\s+192\.0\.2\.1\s+approved\s+0\s+10 × 50/m);
});

test("closing the last address is done, and said", async (t) => {
  const service = await aService(t);
  const { code, out, err } = await service.run(["provider", "set", "relay.test:25", "standing=closed", "recipients=7"]);
  assert.deepEqual([code, out], [0, "relay.test:25: standing, recipients set\n"]);
  assert.match(err, /^No address of ours may send to relay\.test:25 now/);
  const [listed] = await service.json<ProviderSeen[]>(["provider", "list"]);
  assert.match(listed!.problem, /every address is closed/);
  await service.must(["provider", "set", "relay.test:25", "standing=default"]);
  const [again] = await service.json<ProviderSeen[]>(["provider", "list"]);
  assert.partialDeepStrictEqual(again!.addresses, [{ standing: "approved", isByRule: true }]);
  assert.equal((await limitsOf(service.pool, ["relay.test:25"])).get("relay.test:25")!.recipients, 7);
});

test("what can't be set is refused in a line that says why, and nothing is changed", async (t) => {
  const service = await aService(t);
  const expected: [string[], RegExp][] = [
    [["set", "googel", "standing=approved"], /no provider "googel".*list --all/],
    [["show", "googel"], /no provider "googel"/],
    [["set", "google", "colour=red"], /no setting "colour"/],
    [["set", "google", "standing=open"], /standing can't be "open"/],
    [["set", "google", "connections=0"], /connections can't be "0": give a whole number from 1 to 1000/],
    [["set", "google", "connections=none"], /connections can't be "none"/],
    [["set", "google", "recipients=1e3"], /recipients can't be "1e3"/],
    [["set", "google", "budget=-1", "connections=4"], /budget can't be "-1"/],
    [["set", "google", "address=nowhere", "standing=closed"], /"nowhere" is no address we send from/],
    [["set", "google", "address=192.0.2.1"], /give one of them too/],
    [["set", "google", "approved"], /write it as key=value/],
  ];
  for (const [words, sentence] of expected) assert.match(await service.refused(["provider", ...words]), sentence);
  const rows = await service.pool`select provider from standings union all select provider from provider_settings`;
  assert.equal(rows.length, 0);
});

test("the link to the providers' pages is printed with the service's own address", async (t) => {
  const service = await aService(t);
  service.environment["SMARTGROUPS_URL"] = "https://groups.example.org/";
  assert.match(
    await service.must(["provider", "page"]),
    /^https:\/\/groups\.example\.org\/operator\/[a-z2-7]{24,40}\n$/,
  );
});
