import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operator } from "../../src/directory/directory.ts";
import { aService } from "./run.ts";

test("operators are added, listed and removed; setup prints its link only while there is none", async (t) => {
  const service = await aService(t);
  service.environment["SMARTGROUPS_URL"] = "https://groups.test";
  assert.match(await service.must(["operator", "list"]), /^Nobody is an operator yet: smartgroups setup prints a link/);
  assert.match(await service.must(["setup"]), /^https:\/\/groups\.test\/setup\/[a-z2-7]+\n$/);
  assert.equal(
    await service.must(["operator", "add", "olga@far.test", "--name", "Olga"]),
    "olga@far.test is an operator now.\n",
  );
  assert.equal(await service.must(["operator", "add", "OLGA@far.test"]), "OLGA@far.test is an operator already.\n");
  assert.deepEqual(await service.json<Operator[]>(["operator", "list"]), [
    { name: "Olga", addresses: ["olga@far.test"] },
  ]);
  assert.match(await service.refused(["setup"]), /The service has an operator: smartgroups operator list names them/);
  assert.match(await service.refused(["operator", "add", "nobody"]), /"nobody" is not a mail address/);
  assert.match(await service.refused(["operator", "remove", "eve@far.test"]), /eve@far\.test is no operator/);
  assert.equal(await service.must(["operator", "remove", "olga@far.test"]), "olga@far.test is no operator any more.\n");
  assert.deepEqual(await service.json<Operator[]>(["operator", "list"]), []);
});

test("sign-in shows what somebody signs in with, and unlocks only who is asked for codes", async (t) => {
  const service = await aService(t);
  await service.must(["operator", "add", "olga@far.test"]);
  assert.deepEqual(await service.json(["sign-in", "show", "olga@far.test"]), {
    hasPassword: false,
    asksForCodes: false,
    passkeys: [],
    services: [],
    sessions: 0,
  });
  assert.match(await service.must(["sign-in", "show", "OLGA@far.test"]), /^password: no\ncodes from an app: no\n/);
  for (const [address, why] of [
    ["olga@far.test", /there is nothing to unlock/],
    ["nobody@far.test", /Nobody here has the address/],
  ] as const) {
    const { code, err } = await service.run(["sign-in", "unlock", address]);
    assert.equal(code, 1);
    assert.match(err, why);
  }
});
