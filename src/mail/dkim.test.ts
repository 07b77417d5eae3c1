import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { bodyHash } from "./canonical.ts";
import { composeLetter } from "./compose.ts";
import { dkimKey, dnsRecord, generateKeys, prepareSigning, sign, signWhole } from "./dkim.ts";
import { newField } from "./encode.ts";
import { readHeader, splitMessage } from "./header.ts";

const generated = generateKeys();
const keys = [
  dkimKey(generated.rsa.privateKey, "r1", "groups.test"),
  dkimKey(generated.ed25519.privateKey, "e1", "groups.test"),
];
const records = [
  dnsRecord("r1", "groups.test", generated.rsa.publicKey),
  dnsRecord("e1", "groups.test", generated.ed25519.publicKey),
];
const resolver = async (name: string): Promise<string[][]> => {
  const record = records.find((one) => one.name === name);
  if (!record) throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  return [record.value];
};
const now = new Date("2026-11-23T12:00:00Z");

const letter = composeLetter({
  from: { name: "Bücherei  Straße", address: "readers@groups.test" },
  to: "ana@far.test",
  subject: "Größe — a subject that is long enough to be folded over more than one line of the header",
  text: "Hello  \n\n  two   spaces\t\nÄrger\n\n\n",
  date: now,
  messageId: "a.b@groups.test",
  headers: { "List-Id": "Readers <readers.groups.test>" },
});

const resultsOf = async (message: Buffer): Promise<string[]> => {
  const { results } = await dkimVerify(message, { resolver });
  return results.map((one) => `${one.algo} ${one.status.result}`).sort();
};

const signed = async (message: Buffer): Promise<Buffer> => {
  const { head, body } = splitMessage(message);
  return Buffer.concat([Buffer.from(await signWhole(keys, readHeader(head), body, now)), message]);
};

test("both signatures of a letter hold for mailauth, and neither after a change in body or subject", async () => {
  const message = await signed(letter);
  assert.deepEqual(await resultsOf(message), ["ed25519-sha256 pass", "rsa-sha256 pass"]);
  const text = message.toString("latin1");
  for (const changed of [
    text.replace("two ", "too "),
    text.replace("Subject: ", "Subject: x"),
    `From: x@y.test\r\n${text}`,
  ])
    assert.ok(
      !(await resultsOf(Buffer.from(changed, "latin1"))).some((result) => result.endsWith("pass")),
      changed.slice(0, 40),
    );
});

test("refolded fields and changed white space do not break a signature", async () => {
  const text = (await signed(letter)).toString("latin1");
  const changed = text.replace("To: ana@far.test", "TO:\r\n  ana@far.test ").replace("two   spaces\t", "two \t spaces");
  assert.notEqual(changed, text);
  assert.deepEqual(await resultsOf(Buffer.from(changed, "latin1")), ["ed25519-sha256 pass", "rsa-sha256 pass"]);
});

test("copies share everything but their personal fields, and each signature covers its own", async () => {
  const { head, body } = splitMessage(letter);
  const shared = prepareSigning(keys, readHeader(head), bodyHash(body), ["list-unsubscribe", "list-unsubscribe-post"]);
  const copy = async (url: string): Promise<Buffer> => {
    const personal = [
      newField("List-Unsubscribe", `<${url}>`),
      newField("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ];
    const signatures = await sign(shared, personal, now);
    return Buffer.concat([Buffer.from(signatures), ...personal.map((one) => one.raw), letter]);
  };
  const one = await copy("https://groups.test/leave/1");
  assert.deepEqual(await resultsOf(one), ["ed25519-sha256 pass", "rsa-sha256 pass"]);
  assert.deepEqual(await resultsOf(await copy("https://groups.test/leave/2")), [
    "ed25519-sha256 pass",
    "rsa-sha256 pass",
  ]);
  const stolen = Buffer.from(one.toString("latin1").replace("leave/1", "leave/2"), "latin1");
  assert.ok(!(await resultsOf(stolen)).some((result) => result.endsWith("pass")));
  const [verified] = (await dkimVerify(one, { resolver })).results;
  assert.match(String(verified?.signingHeaders?.keys), /List-Unsubscribe-Post/);
});

test("fields that occur several times, raw 8-bit and an empty body are signed as they stand", async () => {
  const head = "List-Archive: <a>\r\nlist-archive : <b>\r\nSubject: caf\xe9  \xa0 x\r\n y\r\nFrom: a@groups.test\r\n";
  for (const body of ["", "\r\n\r\n", "no end", "a\r\n\r\n \r\n", "\xff\xfe \t \xa0\r\n"])
    assert.deepEqual(await resultsOf(await signed(Buffer.from(`${head}\r\n${body}`, "latin1"))), [
      "ed25519-sha256 pass",
      "rsa-sha256 pass",
    ]);
});

test("no line of a signature is longer than 78 characters, and the DNS strings have at most 255 octets", async () => {
  const { head, body } = splitMessage(letter);
  for (const line of (await signWhole(keys, readHeader(head), body, now)).split("\r\n"))
    assert.ok(line.length <= 78, line);
  assert.ok(records[0]!.value.length > 1);
  for (const text of records.flatMap((record) => record.value)) assert.ok(text.length <= 255);
  assert.match(records[1]!.value.join(""), /^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/);
});

test("a key that is neither RSA nor Ed25519 is refused", () => {
  const pem =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHgKNxlPxGIpoVxSGOIPhsaqAVm9TqzPXoyX6NTpFoVa\n-----END PRIVATE KEY-----\n";
  assert.throws(() => dkimKey(pem, "s", "d"), /RSA or Ed25519/);
});

const succeeds = (command: string, args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

test("both signatures hold for dkimpy as well", async (t) => {
  if (!succeeds("/usr/bin/python3", ["-c", "import dkim, nacl"])) return t.skip("python3-dkim is not installed");
  const script = `
import dkim, json, sys
answers = json.loads(sys.argv[1])
message = sys.stdin.buffer.read()
d = dkim.DKIM(message)
print([d.verify(idx=i, dnsfunc=lambda name, timeout=5: answers[name.decode().rstrip(".")].encode()) for i in (0, 1)])`;
  const answers = JSON.stringify(Object.fromEntries(records.map((one) => [one.name, one.value.join("")])));
  const said = execFileSync("/usr/bin/python3", ["-c", script, answers], { input: await signed(letter) }).toString();
  assert.equal(said.trim(), "[True, True]");
});
