import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { heldClock, MINUTE } from "../kit/clock.ts";
import { Refusal } from "../kit/errors.ts";
import { type MxRecord, questions, type Resolver } from "./resolve.ts";
import { type Route, type Router, router } from "./route.ts";
import { readRoutes } from "./routes.ts";

type Zone = Record<string, { mx?: [number, string][]; a?: string[]; aaaa?: string[] } | "broken">;

/** A resolver over a zone written in the test; counts what it is asked. */
function resolverOf(zone: Zone): Resolver & { asked: string[] } {
  const asked: string[] = [];
  const look = <T>(type: "mx" | "a" | "aaaa", name: string, read: (found: Exclude<Zone[string], "broken">) => T[]) => {
    asked.push(`${type} ${name}`);
    const found = zone[name];
    if (found === "broken") return Promise.reject(Object.assign(new Error("queryMx"), { code: "ESERVFAIL" }));
    const records = found && read(found);
    if (records?.length) return Promise.resolve(records);
    return Promise.reject(Object.assign(new Error("none"), { code: found ? "ENODATA" : "ENOTFOUND" }));
  };
  return {
    asked,
    mx: (name) =>
      look<MxRecord>("mx", name, (found) => (found.mx ?? []).map(([priority, exchange]) => ({ priority, exchange }))),
    a: (name) => look("a", name, (found) => found.a ?? []),
    aaaa: (name) => look("aaaa", name, (found) => found.aaaa ?? []),
    local: (name) => look("a", name, (found) => found.a ?? []),
  };
}

const clock = heldClock(new Date("2026-01-02T03:04:05Z"));
const routes = (zone: Zone): Router => router({ clock, hostnames: ["mail.here.test"], resolver: resolverOf(zone) });

const hostsOf = (route: Route): unknown =>
  route.kind === "hosts" ? route.hosts.map(({ host, port }) => `${host}:${port}`) : [route.kind, route.reply.status];

test("hosts come by preference, with all their addresses, IPv4 first", async () => {
  const route = await routes({
    "far.test": {
      mx: [
        [20, "mx2.mail.far.co.uk"],
        [10, "MX1.mail.far.co.uk."],
      ],
    },
    "mx1.mail.far.co.uk": { a: ["192.0.2.1"], aaaa: ["2001:db8::1"] },
    "mx2.mail.far.co.uk": { aaaa: ["2001:db8::2"] },
  })("far.test");
  assert.deepEqual(route, {
    kind: "hosts",
    provider: "far.co.uk",
    hosts: [
      { host: "mx1.mail.far.co.uk", port: 25, addresses: ["192.0.2.1", "2001:db8::1"] },
      { host: "mx2.mail.far.co.uk", port: 25, addresses: ["2001:db8::2"] },
    ],
  });
});

test("hosts of equal preference take turns in being first, and their provider keeps its name", async () => {
  const firsts = new Set<unknown>();
  const providers = new Set<string>();
  const mx: [number, string][] = ["mx.b.test", "mx.a.test", "mx.c.test"].map((host) => [5, host]);
  const zone: Zone = { "far.test": { mx }, "mx.a.test": { a: ["192.0.2.1"] }, "mx.b.test": { a: ["192.0.2.2"] } };
  const route = routes({ ...zone, "mx.c.test": { a: ["192.0.2.3"] } });
  for (let i = 0; i < 200; i++) {
    const found = await route("far.test");
    assert.ok(found.kind === "hosts");
    firsts.add(found.hosts[0]!.host);
    providers.add(found.provider);
  }
  assert.equal(firsts.size, 3);
  assert.deepEqual([...providers], ["far.test"], "hosts of several owners are the domain's own");
});

test("a domain without MX is tried at its own address", async () => {
  assert.deepEqual(hostsOf(await routes({ "far.test": { a: ["192.0.2.7"] } })("far.test")), ["far.test:25"]);
});

test("what DNS denies is never, and what it cannot say is later", async () => {
  const route = routes({
    "null.test": { mx: [[0, ""]] },
    "broken.test": "broken",
    "empty.test": {},
    "half.test": { mx: [[1, "mx.broken.test"]] },
    "mx.broken.test": "broken",
    "lost.test": { mx: [[1, "mx.nowhere.test"]] },
  });
  assert.deepEqual(hostsOf(await route("null.test")), ["never", "5.1.10"]);
  assert.deepEqual(hostsOf(await route("nowhere.test")), ["never", "5.1.2"]);
  assert.deepEqual(hostsOf(await route("empty.test")), ["never", "5.1.2"]);
  assert.deepEqual(hostsOf(await route("broken.test")), ["later", "4.4.3"]);
  assert.deepEqual(hostsOf(await route("half.test")), ["later", "4.4.3"]);
  assert.deepEqual(hostsOf(await route("lost.test")), ["later", "4.4.4"]);
});

test("mail is not handed to ourselves, nor to those who would hand it to us", async () => {
  const route = routes({
    "backup.test": {
      mx: [
        [10, "mx.far.test"],
        [20, "Mail.Here.Test"],
        [30, "mx3.far.test"],
      ],
    },
    "ours.test": { mx: [[10, "mail.here.test"]] },
    "inward.test": { mx: [[10, "inside.test"]] },
    "inside.test": { a: ["127.0.0.1", "0.0.0.0"], aaaa: ["::1", "::ffff:127.0.0.1", "fe80::1"] },
    "mail.here.test": { a: ["192.0.2.99"] },
    "mx.far.test": { a: ["192.0.2.1"] },
    "mx3.far.test": { a: ["192.0.2.3"] },
  });
  assert.deepEqual(hostsOf(await route("backup.test")), ["mx.far.test:25"]);
  assert.deepEqual(hostsOf(await route("ours.test")), ["never", "5.4.6"]);
  assert.deepEqual(hostsOf(await route("inward.test")), ["never", "5.4.6"]);
  assert.deepEqual(hostsOf(await route("[127.0.0.1]")), ["never", "5.4.6"]);
});

test("address literals are routes of their own", async () => {
  const route = routes({});
  assert.deepEqual(hostsOf(await route("[192.0.2.1]")), ["192.0.2.1:25"]);
  assert.deepEqual(hostsOf(await route("[ipv6:2001:db8::1]")), ["2001:db8::1:25"]);
  assert.deepEqual(hostsOf(await route("[elsewhere]")), ["never", "5.1.3"]);
});

test("the routes file goes before the relay, the relay before DNS", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "routes-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "routes.json");
  writeFileSync(file, JSON.stringify({ "Far.test": { host: "127.0.0.1", port: 2600 } }));
  const resolver = resolverOf({ "relay.test": { a: ["192.0.2.5"] }, "else.test": { a: ["192.0.2.6"] } });
  const relay = { host: "relay.test", port: 587 };
  const route = router({ clock, hostnames: [], routes: readRoutes(file), relay, resolver });
  assert.deepEqual(await route("far.test"), {
    kind: "hosts",
    provider: "127.0.0.1:2600",
    hosts: [{ host: "127.0.0.1", port: 2600, addresses: ["127.0.0.1"] }],
  });
  assert.deepEqual(await route("else.test"), {
    kind: "hosts",
    provider: "relay.test:587",
    hosts: [{ host: "relay.test", port: 587, addresses: ["192.0.2.5"] }],
  });
  writeFileSync(file, JSON.stringify({ "*": { host: "127.0.0.1", port: 1, provider: "sink" } }));
  const all = await router({ clock, hostnames: [], routes: readRoutes(file), relay, resolver })("any.test");
  assert.equal(all.kind === "hosts" && all.provider, "sink");
});

test("a wrong routes file is refused by name and entry", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "routes-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "routes.json");
  const refusalOf = (content: string): string => {
    writeFileSync(file, content);
    try {
      readRoutes(file);
    } catch (error) {
      assert.ok(error instanceof Refusal);
      assert.ok(error.message.includes(file));
      return error.message;
    }
    return "accepted";
  };
  assert.match(refusalOf("{"), /cannot be read/);
  assert.match(refusalOf("[]"), /one JSON object/);
  assert.match(refusalOf('{"a.test": {"host": "x"}}'), /"a\.test".*"port"/);
  assert.match(refusalOf('{"a.test": {"host": "", "port": 25}}'), /"a\.test".*"host"/);
  assert.match(refusalOf('{"a.test": {"host": "x", "port": "25"}}'), /"port" must be a number/);
  assert.match(refusalOf('{"a.test": {"host": "x", "prot": 25, "port": 25}}'), /"prot"/);
  assert.match(refusalOf('{"a b": {"host": "x", "port": 25}}'), /"a b"/);
  assert.match(refusalOf('{"a.test": {"host": "x", "port": 25}, "A.test": {"host": "x", "port": 25}}'), /twice/);
  assert.equal(refusalOf('{"a.test": {"host": "::1", "port": 25, "provider": "google.com"}}'), "accepted");
});

test("answers are kept five minutes, denials one, trouble not at all, and no more than there is room for", async () => {
  const time = heldClock(new Date(0));
  const resolver = resolverOf({ "far.test": { mx: [[1, "mx.far.test"]] }, "broken.test": "broken" });
  const dns = questions(resolver, time, 3);
  const askedFor = async (name: string): Promise<number> => {
    const before = resolver.asked.length;
    await Promise.all([dns.mx(name), dns.mx(name)]);
    return resolver.asked.length - before;
  };
  const names = ["far.test", "nowhere.test", "broken.test"];
  for (const name of names) assert.equal(await askedFor(name), 1, "two at once share a question");
  assert.deepEqual(
    [await askedFor("far.test"), await askedFor("nowhere.test"), await askedFor("broken.test")],
    [0, 0, 1],
  );
  time.pass(1 * MINUTE);
  assert.deepEqual([await askedFor("far.test"), await askedFor("nowhere.test")], [0, 1]);
  time.pass(4 * MINUTE);
  assert.equal(await askedFor("far.test"), 1);
  assert.equal(await askedFor("new.test"), 1);
  assert.equal(await askedFor("far.test"), 0, "used a moment ago, so still known");
  assert.equal(await askedFor("newer.test"), 1);
  assert.equal(await askedFor("nowhere.test"), 1, "the least used was forgotten");
});
