import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as health from "../../src/health/health.ts";
import { nodeClock } from "../../src/kit/clock.ts";
import { aService } from "./run.ts";

type Report = { added: number; already: number; refused: { line: number; text: string; reason: string }[] };
type Member = { address: string; name: string; role: string; mode: string };

const FILE = [
  "\ufeffaddress,name\r\n",
  "ana@far.test,Ana\r\n",
  '"ben@far.test","Ben, ""the"" man"\r\n',
  "nonsense\r\n",
  "\r\n",
  "BEN@far.test,again\r\n",
  'open@far.test,"never closed\r\n',
  "books@groups.test,loop\r\n",
  "Chi <chi@far.test>",
].join("");

test("wrong lines are named with their numbers and the rest goes in; a second time nothing does", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const first = await service.run(["member", "add", "books", "-"], FILE);
  assert.equal(first.code, 0);
  assert.equal(first.out, "added 3, already there 1, refused 3\n");
  assert.deepEqual(first.err.trimEnd().split("\n"), [
    'line 4: "nonsense" is not an address',
    "line 7: a quotation mark is not closed on its line",
    "line 8: this is the group's own address",
  ]);
  const again = await service.json<Report>(["member", "add", "books", "-"], FILE);
  assert.deepEqual([again.added, again.already, again.refused.map((one) => one.line)], [0, 4, [4, 7, 8]]);
  const members = await service.json<Member[]>(["member", "list", "books"]);
  assert.deepEqual(
    members.map((one) => `${one.address}=${one.name}`),
    ["ana@far.test=Ana", 'ben@far.test=Ben, "the" man', "chi@far.test=Chi"],
  );
});

test("the CSV that member list prints is read back by member add", async (t) => {
  const service = await aService(t);
  for (const name of ["one", "two"]) await service.must(["group", "add", name]);
  await service.must(["member", "add", "one", "-"], FILE);
  const csv = await service.must(["member", "list", "one", "--csv"]);
  await service.must(["member", "add", "two", "-"], csv);
  assert.equal(await service.must(["member", "list", "two", "--csv"]), csv);
});

test("exports of spreadsheets and other services are read: columns by title, semicolons, old charsets", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const google = "Members for group Books\nNickname,Email address,Group status\nAna,ana@far.test,Member\n";
  assert.equal(await service.must(["member", "add", "books", "-"], google), "added 1, already there 0, refused 0\n");
  const excel = Buffer.from("E-Mail;Name\rj\u00f6rg@far.test;J\u00f6rg\rzoe@far.test;Zo\u00eb\r", "latin1");
  assert.equal(await service.must(["member", "add", "books", "-"], excel), "added 2, already there 0, refused 0\n");
  const names = (await service.json<Member[]>(["member", "list", "books"])).map((one) => one.name);
  assert.deepEqual(names.sort(), ["Ana", "J\u00f6rg", "Zo\u00eb"]);
});

test("20,000 members go in, each once", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "big"]);
  const lines = Array.from({ length: 20_000 }, (_, i) => `user${i}@d${i % 50}.test,User ${i}\n`).join("");
  const report = await service.json<Report>(["member", "add", "big", "-"], lines);
  assert.deepEqual(report, { added: 20_000, already: 0, refused: [] });
});

test("a member's role and mode are changed and kept in the history; a member is removed", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  await service.must(["member", "add", "books", "-"], "ana@far.test\nben@far.test\n");
  await service.must(["member", "set", "books", "ANA@far.test", "role=owner", "mode=none"]);
  const [ana] = await service.json<Member[]>(["member", "list", "books"]);
  assert.partialDeepStrictEqual(ana, { role: "owner", mode: "none" });
  const history = await service.pool<
    { what: string }[]
  >`select what from membership_events where cause like 'changed%'`;
  assert.deepEqual(history.map((row) => row.what).sort(), ["mode each → none", "role member → owner"]);
  assert.match(await service.refused(["member", "set", "books", "ana@far.test", "role=king"]), /role can't be "king"/);
  assert.match(await service.refused(["member", "set", "books", "zoe@far.test", "role=owner"]), /not a member/);
  const mixed = await service.refused(["member", "remove", "books", "ben@far.test", "zoe@far.test"]);
  assert.equal(mixed, "Not members of books: zoe@far.test.");
  assert.deepEqual(
    (await service.json<Member[]>(["member", "list", "books"])).map((one) => one.address),
    ["ana@far.test"],
  );
});

test("a file that can't be read is told in one line, and so is a group that is not there", async (t) => {
  const service = await aService(t);
  assert.match(await service.refused(["member", "add", "books", "/no/such.csv"]), /There is no file/);
  assert.match(await service.refused(["member", "add", "books", service.directory]), /is a directory/);
  assert.match(await service.refused(["member", "add", "books", "-"], "ana@far.test"), /no group called "books"/);
  await service.must(["group", "add", "books"]);
  assert.match(
    await service.refused(["member", "add", "books", "-"], Buffer.from("\ufeffa@b.test", "utf16le")),
    /UTF-16/,
  );
});

test("member health says whose mail comes back, and why; status names a provider in trouble", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  await service.must(["member", "add", "books", "-"], "ana@far.test,Ana\nben@far.test,Ben\n");
  assert.match(await service.must(["member", "health", "books"]), /Every member's mail arrives/);
  const { pool } = service;
  const clock = nodeClock();
  const group = (await directory.groupNamed(pool, "books"))!;
  const ana = (await directory.membershipOf(pool, group.id, "ana@far.test"))!;
  const said = "550 5.1.1 \u001b[31mNo such user";
  const trouble = {
    groupId: group.id,
    membershipId: ana.id,
    address: ana.address,
    at: clock.now(),
    status: "5.1.1",
    said,
  };
  const what = { found: "refused", provider: "far.test", sense: "no such user", kind: "permanent" } as const;
  await health.noteTroubles(pool, [{ ...trouble, ...what }]);
  const found = {
    provider: "far.test",
    sense: "no such user",
    failing: 30,
    usual: 0,
    said,
    firstAt: clock.now(),
    lastAt: clock.now(),
  };
  await health.openOutage(pool, found, 31, clock);
  const shown = await service.must(["member", "health", "books"]);
  assert.match(shown, /ana@far\.test +in trouble +2 .*the address is not known there any more.*No such user/);
  assert.match(shown, /far\.test refuses 30 of 31 addresses alike/);
  assert.ok(!shown.includes("\u001b"), "the far side's words do nothing to the terminal");
  const { members, outages } = await service.json<{
    members: { address: string; health: string }[];
    outages: object[];
  }>([...["member", "health", "books"]]);
  assert.deepEqual(
    [members.map((one) => `${one.address} ${one.health}`), outages.length],
    [["ana@far.test in trouble"], 1],
  );
  assert.match(await service.must(["status"]), /outage +far\.test refuses 30 of 31/);
});

test("members are invited from a file once, and who asks to join is let in by a command", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books", "--approval", "--listed"]);
  const lines = 'ana@far.test,Ana\n=cmd()\n"ben@far.test","B, en"\n';
  const first = await service.json<{ address: string; state: string }[]>(
    ["member", "invite", "books", "-", "--message", "Come"],
    lines,
  );
  assert.deepEqual(
    first.map((one) => one.state),
    ["invited", "wrong", "invited"],
  );
  const again = await service.json<{ state: string }[]>(["member", "invite", "books", "-"], lines);
  assert.deepEqual(
    again.map((one) => one.state),
    ["waiting", "wrong", "waiting"],
  );
  assert.deepEqual(await service.json(["member", "requests", "books"]), []);
  assert.match(await service.refused(["member", "approve", "books", "eve@far.test"]), /does not ask to join/);
});
