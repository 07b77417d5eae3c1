import assert from "node:assert/strict";
import { test } from "node:test";
import { aService } from "./run.ts";

test("a person is shown across groups, and kept out of one or of all", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "readers", "--owner", "olga@far.test"]);
  await service.must(["ban", "add", "far.test", "--why", "spam"]);
  await service.must(["ban", "add", "*@home.test", "--group", "readers"]);
  type Person = {
    addresses: { address: string }[];
    memberships: { group: string; role: string }[];
    bans: { group: string | null; pattern: string }[];
  };
  const person = await service.json<Person>(["person", "show", "OLGA@far.test"]);
  assert.deepEqual(
    person.memberships.map(({ group, role }) => [group, role]),
    [["readers", "owner"]],
  );
  assert.deepEqual(
    person.bans.map(({ group, pattern }) => [group, pattern]),
    [[null, "*@far.test"]],
  );
  assert.match(await service.must(["person", "show", "olga@far.test"]), /kept out of all groups: \*@far\.test spam/);
  assert.equal((await service.json<unknown[]>(["person", "find", "olga"])).length, 1);
  assert.match(await service.refused(["person", "show", "eve@far.test"]), /Nobody here has eve@far\.test/);
  assert.match(await service.refused(["ban", "add", "*"]), /keep out everybody/);
  assert.match(
    await service.refused(["ban", "remove", "far.test", "--group", "readers"]),
    /is not kept out of readers/,
  );
  await service.must(["ban", "remove", "far.test"]);
  assert.deepEqual(await service.json<unknown[]>(["ban", "list"]), []);
  assert.equal((await service.json<unknown[]>(["ban", "list", "--group", "readers"])).length, 1);
});
