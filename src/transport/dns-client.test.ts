import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { type TestContext, test } from "node:test";
import { type Answer, decode, encode } from "dns-packet";
import { type Said, startNameServer } from "../../test/support/name-server.ts";
import { codeOf } from "../kit/errors.ts";
import { validates, validatingDns } from "./dns.ts";
import { ask, read } from "./dns-client.ts";

const address = (name: string, data: string): Answer => ({ type: "A", name, data });
const alias = (name: string, data: string): Answer => ({ type: "CNAME", name, data });
const codeOfRejection = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => "none",
    (error) => codeOf(error),
  );

const serverSaying = (t: TestContext, said: Said | undefined) => startNameServer(t, () => said);

test("an answer is secure only when the server says that it was validated", async (t) => {
  const answers = [address("mx.far.test", "192.0.2.1")];
  for (const isSecure of [true, false]) {
    const server = await serverSaying(t, { answers, isSecure });
    const dns = validatingDns(server);
    assert.deepEqual(await dns.a("mx.far.test"), { records: ["192.0.2.1"], isSecure, name: "mx.far.test" });
    const { flag_ad, flag_rd, additionals } = decode(server.asked[0]!.packet) as ReturnType<typeof decode> &
      Record<string, unknown>;
    assert.deepEqual([flag_ad, flag_rd], [true, true], "asked for AD, and to find out");
    assert.equal((additionals as { udpPayloadSize?: number }[])[0]?.udpPayloadSize, 1232);
  }
});

test("MX, AAAA, TXT and TLSA are read as the records they are", async (t) => {
  const data = Buffer.alloc(32, 7);
  const records: Record<string, Answer[]> = {
    MX: [
      { type: "MX", name: "far.test", data: { preference: 10, exchange: "mx.far.test" } },
      { type: "MX", name: "far.test", data: { preference: 0, exchange: "." } },
    ],
    AAAA: [{ type: "AAAA", name: "far.test", data: "2001:db8::1" }],
    TXT: [{ type: "TXT", name: "far.test", data: ["v=STSv1; ", "id=1;"] }],
    TLSA: [{ type: "TLSA", name: "far.test", data: { usage: 3, selector: 1, matchingType: 1, certificate: data } }],
  };
  const dns = validatingDns(await startNameServer(t, ({ type }) => ({ answers: records[type]! })));
  assert.deepEqual((await dns.mx("far.test")).records, [
    { exchange: "mx.far.test", priority: 10 },
    { exchange: "", priority: 0 },
  ]);
  assert.deepEqual((await dns.aaaa("far.test")).records, ["2001:db8::1"]);
  assert.deepEqual(await dns.txt("far.test"), ["v=STSv1; id=1;"]);
  assert.deepEqual((await dns.tlsa("far.test")).records, [{ usage: 3, selector: 1, matching: 1, data }]);
});

test("no such name, no such record and a server in trouble are told apart", async (t) => {
  const none = validatingDns(await serverSaying(t, {}));
  assert.equal(await codeOfRejection(none.a("far.test")), "ENODATA");
  const nobody = validatingDns(await serverSaying(t, { rcode: 3 }));
  assert.equal(await codeOfRejection(nobody.a("far.test")), "ENOTFOUND");
  const bogus = validatingDns(await serverSaying(t, { rcode: 2 }));
  assert.equal(await codeOfRejection(bogus.a("far.test")), "ESERVFAIL");
  const refusing = validatingDns(await serverSaying(t, { rcode: 5 }));
  assert.equal(await codeOfRejection(refusing.a("far.test")), "EREFUSED");
});

test("a silent server is asked twice, then it is trouble", async (t) => {
  const server = await serverSaying(t, undefined);
  assert.equal(await codeOfRejection(ask(server, "far.test", "A", 30)), "ETIMEOUT");
  assert.equal(server.asked.length, 2);
});

test("where no server listens, that is said at once", async () => {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  assert.equal(await codeOfRejection(ask({ host: "127.0.0.1", port }, "far.test", "A")), "ECONNREFUSED");
});

test("an answer that was cut is asked for by TCP", async (t) => {
  const answers = Array.from({ length: 200 }, (_, i) => address("far.test", `192.0.2.${i}`));
  const server = await serverSaying(t, { answers, isSecure: true, isCut: true });
  const { records, isSecure } = await validatingDns(server).a("far.test");
  assert.equal(records.length, 200);
  assert.equal(isSecure, true);
  assert.deepEqual(
    server.asked.map((one) => one.by),
    ["udp", "tcp"],
  );
});

test("packets that answer another question, or have another id, are passed over", async (t) => {
  const forged = (id: number, name: string, type: "A" | "MX" = "A"): Buffer =>
    encode({
      type: "response",
      id,
      flags: 1 << 5,
      questions: [{ type, name }],
      answers: [address(name, "203.0.113.66")],
    });
  const server = await startNameServer(t, ({ id }) => ({
    noise: [forged(id ^ 1, "far.test"), forged(id, "other.test"), forged(id, "far.test", "MX"), Buffer.from("noise")],
    answers: [address("far.test", "192.0.2.1")],
  }));
  assert.deepEqual((await validatingDns(server).a("far.test")).records, ["192.0.2.1"]);
});

test("records are taken from where the aliases lead, and from nowhere else", async (t) => {
  const server = await serverSaying(t, {
    answers: [
      address("elsewhere.test", "203.0.113.66"),
      alias("MX.far.test", "mx.host.test"),
      alias("mx.host.test", "real.host.test"),
      address("real.host.test", "192.0.2.1"),
    ],
  });
  const found = await validatingDns(server).a("mx.far.test");
  assert.deepEqual(found, { records: ["192.0.2.1"], isSecure: false, name: "real.host.test" });
});

test("aliases that lead in a circle are trouble", async (t) => {
  const server = await serverSaying(t, { answers: [alias("a.test", "b.test"), alias("b.test", "a.test")] });
  assert.equal(await codeOfRejection(ask(server, "a.test", "A")), "ESERVFAIL");
});

test("a name that can't be one is asked of nobody", async (t) => {
  const server = await serverSaying(t, {});
  for (const name of [`${"a".repeat(64)}.test`, `${"a.".repeat(130)}test`])
    assert.equal(await codeOfRejection(ask(server, name, "A")), "ENOTFOUND");
  assert.equal(server.asked.length, 0);
});

test("a resolver validates when it says so of the root", async (t) => {
  const soa = { mname: "a.root", rname: "nstld.root", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 };
  const answers: Answer[] = [{ type: "SOA", name: ".", data: soa }];
  assert.equal(await validates(await serverSaying(t, { answers, isSecure: true })), true);
  assert.equal(await validates(await serverSaying(t, { answers })), false);
});

test("whatever a packet holds, it is an answer, none, or an error, and soon", () => {
  const answers: Answer[] = [
    alias("far.test", "mx.far.test"),
    {
      type: "TLSA",
      name: "mx.far.test",
      data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.alloc(32) },
    },
    { type: "TXT", name: "mx.far.test", data: ["some", "text"] },
    { type: "MX", name: "mx.far.test", data: { preference: 1, exchange: "mx.far.test" } },
  ];
  const whole = encode({
    type: "response",
    id: 7,
    flags: 1 << 5,
    questions: [{ type: "TLSA", name: "far.test" }],
    answers,
  });
  assert.equal((read(whole, 7, "far.test", "TLSA") as { kind: string }).kind, "found");
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  const kinds = new Map<string, number>();
  for (let i = 0; i < 30_000; i++) {
    const packet = Buffer.from(whole.subarray(0, random(4) ? whole.length : random(whole.length)));
    for (let changes = 1 + random(6); changes > 0 && packet.length > 0; changes -= 1)
      packet[2 + random(packet.length - 2)] = random(3) ? random(256) : 0xc0;
    let kind: string;
    try {
      const said = read(packet, 7, "far.test", "TLSA");
      kind = said === undefined || said === "cut" ? String(said) : said.kind;
    } catch (error) {
      assert.ok(error instanceof Error);
      kind = "error";
    }
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  assert.ok(kinds.size >= 4, [...kinds].join(" "));
});

test("a large packet of pointers to pointers is read in no time", () => {
  const header = encode({ type: "response", id: 7, questions: [{ type: "A", name: "far.test" }] });
  header.writeUInt16BE(20_000, 6);
  const pieces: Buffer[] = [header];
  // Each record's name points to the one before.
  for (let at = header.length, before = 12; at < 64_000; at += 16) {
    const record = Buffer.alloc(16);
    record.writeUInt16BE(0xc000 | (before & 0x3fff), 0);
    record.writeUInt16BE(1, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt16BE(4, 10);
    before = at & 0x3fff;
    pieces.push(record);
  }
  assert.throws(() => read(Buffer.concat(pieces), 7, "far.test", "A"));
});
