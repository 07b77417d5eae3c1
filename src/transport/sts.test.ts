import assert from "node:assert/strict";
import { test } from "node:test";
import { idIn, names, readPolicy, type StsPolicy } from "./sts.ts";

const policy = (text: string): StsPolicy => {
  const read = readPolicy(text);
  assert.ok(!("fault" in read), "fault" in read ? read.fault : "");
  return read;
};
const faultOf = (text: string): string | undefined => {
  const read = readPolicy(text);
  return "fault" in read ? read.fault : undefined;
};

test("the record's id is read as RFC 8461 writes it", () => {
  assert.equal(idIn(["v=STSv1; id=20160831085700Z;"]), "20160831085700Z");
  assert.equal(idIn(["v=spf1 -all", "v=STSv1;id=1"]), "1");
  assert.equal(idIn(["v=STSv1 ;  other=x; id = abc ;"]), "abc");
});

test("no record, two records, or a record without an id that is one, are no record", () => {
  for (const texts of [
    [],
    ["v=STSv1; id=1", "v=STSv1; id=2"],
    ["v=STSv1; id=with space"],
    ["v=STSv1; id="],
    [`v=STSv1; id=${"1".repeat(33)}`],
    ["v=STSv12; id=1"],
    ["V=STSV1; id=1"],
    ["id=1; v=STSv1"],
  ])
    assert.equal(idIn(texts), undefined, JSON.stringify(texts));
});

test("the policy of the standard's example is read, line ends as they come", () => {
  for (const end of ["\r\n", "\n"]) {
    const text = [
      "version: STSv1",
      "mode: enforce",
      "mx: mail.example.com",
      "mx: *.example.net",
      "mx: backupmx.example.com",
      "max_age: 604800",
      "",
    ];
    assert.deepEqual(policy(text.join(end)), {
      mode: "enforce",
      mx: ["mail.example.com", "*.example.net", "backupmx.example.com"],
      maxAgeS: 604800,
      lines: text.slice(0, -1),
    });
  }
});

test("unknown keys are passed over, the first of a key said twice counts, and a year is the longest", () => {
  const read = policy(
    "version: STSv1\nfuture: thing\nmode: testing\nmode: enforce\nmx:MX.Far.Test\nmax_age:  99999999 \n\n",
  );
  assert.deepEqual([read.mode, read.mx, read.maxAgeS], ["testing", ["mx.far.test"], 31_557_600]);
});

test("what is wrong with a policy is said", () => {
  const with_ = (changes: Record<string, string | undefined>): string =>
    Object.entries({ version: "STSv1", mode: "enforce", mx: "mx.far.test", max_age: "86400", ...changes })
      .flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]))
      .join("\n");
  assert.equal(faultOf(with_({})), undefined);
  assert.match(faultOf(with_({ version: "STSv2" }))!, /version/);
  assert.match(faultOf(with_({ mode: "Enforce" }))!, /mode/);
  assert.match(faultOf(with_({ max_age: "-1" }))!, /max_age/);
  assert.match(faultOf(with_({ max_age: undefined }))!, /max_age/);
  assert.match(faultOf(with_({ mx: undefined }))!, /no mx/);
  assert.match(faultOf(with_({ mx: "*" }))!, /host name/);
  assert.match(faultOf(with_({ mx: "a.*.test" }))!, /host name/);
  assert.match(faultOf(with_({ mx: "mx.far.test/x" }))!, /host name/);
  assert.match(faultOf("<html>not here</html>")!, /key and value/);
  assert.match(faultOf(`${with_({})}\n${" ".repeat(70_000)}`)!, /too long/);
  assert.equal(policy(with_({ mode: "none", mx: undefined })).mode, "none");
});

test("a pattern stands for exactly one label", () => {
  const { mx: _, ...rest } = policy("version: STSv1\nmode: none\nmax_age: 1");
  const named = (pattern: string, host: string): boolean => names({ ...rest, mx: [pattern] }, host);
  assert.equal(named("mx.far.test", "mx.far.test"), true);
  assert.equal(named("mx.far.test", "mx2.far.test"), false);
  assert.equal(named("*.far.test", "mx.far.test"), true);
  assert.equal(named("*.far.test", "far.test"), false);
  assert.equal(named("*.far.test", "a.mx.far.test"), false);
  assert.equal(named("*.far.test", ".far.test"), false);
  assert.equal(named("*.far.test", "mx.notfar.test"), false);
});

test("whatever the text holds, it is a policy or has a fault, and soon", () => {
  const words = [
    "version: STSv1",
    "mode: enforce",
    "mx: a.test",
    "max_age: 1",
    "mx: *.",
    ":",
    "\0",
    "é",
    " ".repeat(3000),
    "\r",
    "mx:".repeat(300),
    "a".repeat(9000),
  ];
  let seed = 5;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  let read = 0;
  for (let i = 0; i < 5000; i++) {
    const lines = Array.from({ length: random(8) }, () => words[random(3) ? random(3) : random(words.length)]!);
    const said = readPolicy([...(random(2) ? words.slice(0, 4) : []), ...lines].join(random(2) ? "\n" : "\r\n"));
    if (!("fault" in said)) read += 1;
    idIn([lines.join(";"), `v=STSv1;${lines.join(";")}`]);
  }
  assert.ok(read > 0 && read < 5000, `${read} were policies`);
  // Blanks that a careless pattern would look through again and again.
  assert.ok("fault" in readPolicy(`mx: a${" ".repeat(60_000)}x`));
  assert.equal(idIn([`v=STSv1;${" id=".repeat(15_000)}`]), undefined);
});
