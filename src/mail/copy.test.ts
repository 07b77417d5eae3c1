import assert from "node:assert/strict";
import { isAscii } from "node:buffer";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import type { ARCData } from "mailauth";
import { arc } from "mailauth/lib/arc/index.js";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { heldClock } from "../kit/clock.ts";
import {
  type CopyGroup,
  letterReturnPath,
  openLeave,
  openReturnPath,
  type Post,
  type PreparedCopies,
  personalCopy,
  prepareCopies,
  sharedCopy,
} from "./copy.ts";
import { dkimKey, dnsRecord, generateKeys } from "./dkim.ts";
import { all, first, type HeaderField, readHeader, splitMessage } from "./header.ts";
import { indexParts, type Part } from "./parts.ts";
import { lesserForm } from "./seven-bit.ts";
import { toWire } from "./wire.ts";
import { decodeWords } from "./words.ts";

const corpora = join(import.meta.dirname, "../../../shared/corpora");
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
const clock = heldClock(new Date("2026-11-23T12:00:00Z"));
const secret = Buffer.from("a secret of this node, 32 bytes.");
const ana = "0195f000-0000-7000-8000-00000000aaaa";
const ben = "0195f000-0000-7000-8000-00000000bbbb";
const service = { domain: "groups.test", url: "https://groups.test", authservId: "groups.test" };
const readers: CopyGroup = {
  id: "0195f000-0000-7000-8000-000000000001",
  name: "readers",
  title: "Readers",
  subjectTag: "[readers]",
  footer: "Readers of the old library\nhttps://groups.test/g/readers — leave whenever you like",
  from: "rewrite-when-needed",
  reply: "untouched",
};

function prepare(
  raw: Buffer | string,
  group: Partial<CopyGroup> = {},
  post: Partial<Post> = {},
): Promise<PreparedCopies> {
  const whole: Post = {
    raw: Buffer.from(raw),
    number: 7,
    receivedAt: clock.now(),
    authResults: "spf=pass smtp.mailfrom=ana@far.test; dkim=none",
    chain: "none",
    policy: undefined,
    ...post,
  };
  return prepareCopies(whole, { ...readers, ...group }, service, keys, clock);
}

const fieldsOf = (message: Buffer): HeaderField[] => readHeader(splitMessage(message).head);
const copyFor = async (prepared: PreparedCopies, membershipId = ana): Promise<Buffer> =>
  Buffer.concat((await personalCopy(prepared, { membershipId }, secret, clock)).message);

const post = [
  "Return-Path: <ana@far.test>",
  "Received: from far.test by groups.test; Mon, 23 Nov 2026 12:00:00 +0000",
  "Authentication-Results: groups.test; dmarc=pass (forged)",
  "Authentication-Results: far.test; spf=pass",
  "DKIM-Signature: v=1; a=rsa-sha256; d=far.test; s=x; h=from; bh=; b=",
  "From: Ana Lopez <ana@far.test>",
  "To: readers@groups.test",
  "Bcc: secret@far.test",
  "Subject: Chapter two",
  "Date: Mon, 23 Nov 2026 12:00:00 +0000",
  "Message-ID: <two@far.test>",
  "List-Unsubscribe: <https://elsewhere.test>",
  "Disposition-Notification-To: ana@far.test",
  "",
  "It was late.",
  "",
].join("\r\n");

test("a personal copy has the list's fields, its own way out, and nothing of another list or another hop", async () => {
  const message = await copyFor(await prepare(post));
  const fields = fieldsOf(message);
  assert.equal(first(fields, "list-id"), "Readers <readers.groups.test>");
  assert.equal(first(fields, "list-post"), "<mailto:readers@groups.test>");
  assert.equal(first(fields, "archived-at"), "<https://groups.test/g/readers/7>");
  assert.equal(first(fields, "precedence"), "list");
  assert.equal(first(fields, "list-unsubscribe-post"), "List-Unsubscribe=One-Click");
  assert.match(
    all(fields, "list-unsubscribe").join(),
    /^<https:\/\/groups\.test\/leave\/([a-z2-7]+)>, <mailto:leave\+\1@groups\.test>$/,
  );
  assert.equal(first(fields, "subject"), "[readers] Chapter two");
  assert.equal(first(fields, "from"), "Ana Lopez <ana@far.test>");
  assert.deepEqual(
    all(fields, "authentication-results").map((value) => value.split(";")[0]),
    ["groups.test", "far.test"],
  );
  assert.ok(!message.includes("forged"));
  for (const gone of ["return-path", "bcc", "disposition-notification-to", "sender"])
    assert.deepEqual(all(fields, gone), []);
  assert.equal(all(fields, "dkim-signature").length, 3);
});

test("both signatures and the ARC chain of a copy hold, with or without a footer", async () => {
  for (const group of [{}, { footer: "", subjectTag: "" }, { from: "always" as const }]) {
    const message = await copyFor(await prepare(post, group));
    const { results, arc: data } = await dkimVerify(message, { resolver });
    const ours = results.filter((one) => one.signingDomain === "groups.test");
    assert.deepEqual(
      ours.map((one) => one.status.result),
      ["pass", "pass"],
    );
    assert.equal((await arc(data as ARCData, { resolver })).status.result, "pass");
  }
});

test("a copy in a lesser form is ASCII, its signatures and its ARC chain hold, and the author is named", async () => {
  const mail = Buffer.from(
    post.replace("late", "spät").replace("Ana Lopez <ana@far.test>", "Ána López <áña@far.test>"),
  );
  const lesser = lesserForm(toWire(mail).message, { eightBitMime: false, smtpUtf8: false });
  assert.ok(lesser.kind === "converted");
  for (const group of [{}, { footer: "Nach dem Spätdienst" }, { from: "untouched" as const }]) {
    const whole: Post = {
      raw: mail,
      number: 7,
      receivedAt: clock.now(),
      authResults: "spf=none",
      chain: "none",
      policy: undefined,
    };
    const prepared = await prepareCopies(whole, { ...readers, ...group }, service, keys, clock, lesser.message);
    const message = await copyFor(prepared);
    assert.ok(isAscii(message));
    assert.deepEqual([prepared.needs8bit, prepared.needsUtf8], [false, false]);
    const { results, arc: data } = await dkimVerify(message, { resolver });
    const ours = results.filter((one) => one.signingDomain === "groups.test");
    assert.deepEqual(
      ours.map((one) => one.status.result),
      ["pass", "pass"],
    );
    assert.equal((await arc(data as ARCData, { resolver })).status.result, "pass");
    const fields = fieldsOf(message);
    assert.equal(decodeWords(first(fields, "from")!), "Ána López via Readers <readers@groups.test>");
    assert.deepEqual(all(fields, "reply-to"), []);
  }
});

test("copies of two members differ only in their first lines and share the bytes of the rest", async () => {
  const prepared = await prepare(post);
  const one = await personalCopy(prepared, { membershipId: ana }, secret, clock);
  const two = await personalCopy(prepared, { membershipId: ben }, secret, clock);
  assert.equal(one.message.at(-1), two.message.at(-1));
  assert.notDeepEqual(one.message[0], two.message[0]);
  assert.notEqual(one.envelopeFrom, two.envelopeFrom);
});

test("a return path and a leave link lead back to their member, a shared one to the group", async () => {
  const prepared = await prepare(post);
  const { envelopeFrom, message } = await personalCopy(prepared, { membershipId: ana }, secret, clock);
  const [local] = envelopeFrom.split("@");
  assert.deepEqual(openReturnPath(secret, local!), { of: "membership", id: ana, number: 7 });
  assert.equal(openReturnPath(Buffer.from("other"), local!), undefined);
  const leave = /leave\/([a-z2-7]+)/.exec(Buffer.concat(message).toString())![1]!;
  assert.equal(openLeave(secret, leave), ana);
  assert.equal(openLeave(secret, `leave+${leave.toUpperCase()}`), ana);
  const shared = await sharedCopy(prepared, secret, clock);
  assert.deepEqual(openReturnPath(secret, shared.envelopeFrom.split("@")[0]!), {
    of: "group",
    id: readers.id,
    number: 7,
  });
  assert.ok(!Buffer.concat(shared.message).includes("One-Click"));
  const path = letterReturnPath(secret, ana, "groups.test").split("@")[0]!;
  assert.deepEqual(openReturnPath(secret, path.toUpperCase()), { of: "letter", id: ana, number: 0 });
  assert.equal(openReturnPath(Buffer.from("other"), path), undefined);
});

test("where the author's domain is strict the group stands in From, unless it left From alone: then nothing is changed", async () => {
  const strict = fieldsOf(await copyFor(await prepare(post, {}, { policy: "reject" })));
  assert.equal(first(strict, "from"), "Ana Lopez via Readers <readers@groups.test>");
  assert.equal(first(strict, "reply-to"), "Ana Lopez <ana@far.test>");
  const alone = await prepare(post, { from: "untouched" }, { policy: "reject" });
  const message = await copyFor(alone);
  assert.equal(first(fieldsOf(message), "subject"), "Chapter two");
  assert.equal(splitMessage(message).body.toString(), "It was late.\r\n");
});

test("a post without Date and Message-ID gets them, one with two Subjects keeps the first", async () => {
  const fields = fieldsOf(await copyFor(await prepare("From: a@far.test\r\nSubject: x\r\nSubject: y\r\n\r\nz\r\n")));
  assert.equal(first(fields, "date"), "Mon, 23 Nov 2026 12:00:00 +0000");
  assert.equal(first(fields, "message-id"), "<7.readers@groups.test>");
  assert.deepEqual(all(fields, "subject"), ["[readers] x"]);
  assert.deepEqual(all(fields, "x-duplicate-subject"), ["y"]);
});

test("the client is told of 8-bit text, and of addresses that need SMTPUTF8", async () => {
  assert.deepEqual([(await prepare(post, { footer: "" })).needs8bit, (await prepare(post)).needsUtf8], [false, false]);
  assert.equal((await prepare(post.replace("late", "spät"))).needs8bit, true);
  assert.equal((await prepare(post.replace("ana@far.test>\r\nTo", "añá@far.test>\r\nTo"))).needsUtf8, true);
});

// ---- real mail ----

const asSent = (raw: Buffer): Buffer => Buffer.from(raw.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");

function corpusMails(): { name: string; raw: Buffer }[] {
  const mime = join(corpora, "mime/dev");
  const files = globSync("**/*.{eml,msg,txt,bin}", { cwd: mime }).sort();
  const mails = files.map((name) => ({ name, raw: asSent(readFileSync(join(mime, name))) }));
  const small = join(corpora, "archives/small");
  for (const name of readdirSync(small).filter((one) => one.endsWith(".zst"))) {
    const text = zstdDecompressSync(readFileSync(join(small, name))).toString("latin1");
    const all = text.split(/\n(?=From \S+.*\d{4}\n)/);
    const step = Math.floor(all.length / 75);
    for (let i = 0; i < 75; i += 1) {
      const mail = all[i * step]!;
      mails.push({
        name: `${name} ${i * step}`,
        raw: asSent(Buffer.from(mail.slice(mail.indexOf("\n") + 1), "latin1")),
      });
    }
  }
  return mails;
}

const CHANGEABLE =
  /^(?:from|reply-to|cc|subject|sender|precedence|bcc|resent-bcc|list-.*|archived-at|return-path|delivered-to|x-original-to|errors-to|x-envelope-.*|content-length|lines|return-receipt-to|disposition-notification-to|x-confirm-reading-to|x-pmrqc|x?-?approved|urgent|x-original-from)$/;

function untouchedFields(message: Buffer, isWrapped: boolean): string[] {
  const seen = new Set<string>();
  const kept: string[] = [];
  for (const { name, raw } of fieldsOf(message)) {
    if (CHANGEABLE.test(name) || name === "" || (isWrapped && /^(?:content-.*|mime-version)$/.test(name))) continue;
    const isSecond = /^(?:to|date|message-id|in-reply-to|references)$/.test(name) && seen.has(name);
    seen.add(name);
    if (!isSecond && !name.startsWith("x-duplicate-")) kept.push(raw.toString("latin1"));
  }
  return kept;
}

const OURS = /^(?:dkim-signature|arc-.*|authentication-results|date|message-id|mime-version):/i;

/** The original's lines come in the copy's, in order; what is between them is only ours. */
function assertHeaderKept(original: Buffer, copy: Buffer, isWrapped: boolean, name: string): void {
  const expected = untouchedFields(original, isWrapped);
  let at = 0;
  for (const raw of untouchedFields(copy, isWrapped)) {
    if (raw === expected[at]) at += 1;
    else assert.match(raw, OURS, name);
  }
  assert.equal(at, expected.length, `${name}: ${expected[at]} is missing`);
}

const bodyOf = (message: Buffer, part: Part): Buffer => message.subarray(part.bodyStart, part.end);
const isLeaf = (part: Part): boolean => !part.type.startsWith("multipart/");

/** `after` is `before` with one piece put in. */
function assertPutIn(before: Buffer, after: Buffer, name: string): void {
  let front = 0;
  while (front < before.length && before[front] === after[front]) front += 1;
  let back = 0;
  while (back < before.length - front && before.at(-1 - back) === after.at(-1 - back)) back += 1;
  assert.equal(front + back, before.length, `${name}: more changed than was put in`);
  assert.ok(after.length > before.length, name);
}

function assertPartsKept(original: Buffer, copy: Buffer, prepared: PreparedCopies, name: string): void {
  const before = splitMessage(original).body;
  const after = splitMessage(copy).body;
  if (prepared.footer === "left out") assert.ok(before.equals(after), `${name}: the body changed`);
  if (prepared.footer === "as a part" && !after.includes(before)) assertPutIn(before, after, name);
  if (prepared.footer !== "in place") return;
  const old = indexParts(original).filter(isLeaf);
  const now = indexParts(copy).filter(isLeaf);
  assert.equal(now.length, old.length, name);
  for (const [i, part] of old.entries()) {
    const was = bodyOf(original, part);
    const is = bodyOf(copy, now[i]!);
    if (was.equals(is)) continue;
    assert.match(part.type, /^text\/(?:plain|html)$/, name);
    if (part.encoding === "base64") assertPutIn(Buffer.from(`${was}`, "base64"), Buffer.from(`${is}`, "base64"), name);
    else assertPutIn(was, is, name);
    if (part.parent >= 0)
      assert.ok(
        original.subarray(part.start, part.bodyStart).equals(copy.subarray(now[i]!.start, now[i]!.bodyStart)),
        name,
      );
  }
}

test("what we did not change stays byte for byte, part by part, in all mail of the corpora", async (t) => {
  if (!existsSync(corpora)) return t.skip("../shared/corpora is not here");
  const places = new Map<string, number>();
  for (const { name, raw } of corpusMails()) {
    const wire = toWire(raw);
    if (wire.notes.length === 0)
      assert.ok(raw.includes(wire.message) || wire.message.includes(splitMessage(raw).body), name);
    for (const footer of ["All of it in ASCII", "Größer — als ASCII"]) {
      const prepared = await prepare(raw, { footer }, { policy: "reject" });
      const copy = await copyFor(prepared);
      const kind = `${/^\p{ASCII}*$/u.test(footer) ? "ASCII" : "UTF-8"} footer ${prepared.footer}`;
      places.set(kind, (places.get(kind) ?? 0) + 1);
      assertHeaderKept(wire.message, copy, prepared.footer !== "left out", name);
      assertPartsKept(wire.message, copy, prepared, name);
      assertSound(copy, name);
      const { results } = await dkimVerify(copy, { resolver });
      const ours = results.filter((one) => one.signingDomain === "groups.test").map((one) => one.status.result);
      assert.deepEqual(ours, ["pass", "pass"], name);
    }
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(places)));
  assert.equal(places.size, 6, "every way was gone");
});

/** What any copy must be: one From that is an address, CRLF alone, no long line, no NUL, a header without stray lines. */
function assertSound(copy: Buffer, name: string): void {
  const fields = fieldsOf(copy);
  assert.equal(all(fields, "from").length, 1, `${name}: From`);
  assert.equal(all(fields, "list-unsubscribe").length, 1, name);
  for (const field of fields) assert.notEqual(field.name, "", `${name}: stray line ${field.raw}`);
  const text = copy.toString("latin1");
  assert.ok(!/\0|\r(?!\n)|(?<!\r)\n/.test(text), `${name}: line ends`);
  for (const line of text.split("\r\n")) assert.ok(line.length <= 998, `${name}: a line of ${line.length}`);
}

test("mutated mail is never too much: a copy is made, and it is sound", async (t) => {
  if (!existsSync(corpora)) return t.skip("../shared/corpora is not here");
  const mails = corpusMails().filter(({ raw }) => raw.length < 30_000);
  let seed = 12345;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const spices = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "--",
    "=",
    "Content-Type: multipart/mixed; boundary=a\r\n",
    "From: \r\n",
    '"',
    "\r\n\r\n",
    "=?utf-8?q?",
    "a".repeat(1200),
    "\xff\xfe",
    "<",
    ":",
    " ",
  ];
  for (let round = 0; round < 600; round += 1) {
    const { name, raw } = mails[random(mails.length)]!;
    let text = raw.toString("latin1");
    for (let i = random(6) + 1; i > 0; i -= 1) {
      const at = random(2) === 0 ? random(text.length) : random(Math.min(text.length, 1500));
      const cut = random(3) === 0 ? random(200) : 0;
      text = text.slice(0, at) + spices[random(spices.length)] + text.slice(at + cut);
    }
    const prepared = await prepare(Buffer.from(text, "latin1"), {}, { policy: random(2) === 0 ? "reject" : undefined });
    assertSound(Buffer.concat((await sharedCopy(prepared, secret, clock)).message), `${name}, round ${round}`);
  }
});
