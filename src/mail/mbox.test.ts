import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { test } from "node:test";
import { createZstdDecompress } from "node:zlib";
import { corpus, without } from "../../test/support/corpora.ts";
import { first, messageIds, readHeader, splitMessage } from "./header.ts";
import { type MboxMail, type MboxOptions, splitMbox, unmangle } from "./mbox.ts";

async function split(text: string, options?: MboxOptions & { chunk?: number }): Promise<MboxMail[]> {
  const bytes = Buffer.from(text);
  const size = options?.chunk ?? bytes.length;
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return Array.fromAsync(splitMbox(Readable.from(chunks), options));
}

const LINE = "From ana@far.test Thu Jan  1 00:00:00 2004\n";
const mail = (subject: string, body: string): string => `${LINE}From: a@b\nSubject: ${subject}\n\n${body}\n\n`;

test("mails are split at From_ lines whatever the size of the chunks", async () => {
  const text = mail("one", "first") + mail("two", ">From here\n>>From there\nsecond") + mail("three", "third");
  for (const chunk of [1, 7, 50, 10_000]) {
    const mails = await split(text, { chunk });
    assert.deepEqual(
      mails.map(({ raw }) => raw.toString()),
      [
        "From: a@b\nSubject: one\n\nfirst\n",
        "From: a@b\nSubject: two\n\nFrom here\n>From there\nsecond\n",
        "From: a@b\nSubject: three\n\nthird\n",
      ],
    );
    assert.equal(text.slice(mails[1]!.offset).startsWith(LINE), true);
    assert.equal(mails[2]!.fromLine, LINE.trim());
  }
});

test("mboxo never quoted a line that began with >From", async () => {
  const [only] = await split(mail("x", ">From one\n>>From two"), { flavour: "mboxo" });
  assert.match(only!.raw.toString(), /\nFrom one\n>>From two\n/);
});

test("a From at the start of a line in a body does not split the mail", async () => {
  const bodies = [
    "Dear all,\n\nFrom tomorrow on we meet at 10:20 in Jan 2004.\nSee you: there",
    "quoted:\n\nFrom ana Thu Jan  1 00:00:00 2004\nand no header follows",
    "no blank line before:\nFrom ana Thu Jan  1 00:00:00 2004\nSubject: x",
  ];
  for (const body of bodies) assert.equal((await split(mail("x", body))).length, 1, body);
});

test("pipermail's mails without an empty line between them are told apart", async () => {
  const one = "From a at b.c  Thu Jan  1 00:00:00 2004\nFrom: a at b.c (A)\nDate: Thu Jan  1 00:00:00 2004\n\nhello\n";
  assert.equal((await split(one + one)).length, 2);
});

test("a mail over the limit is named and passed over, its neighbours are whole", async () => {
  const text = mail("small", "a") + mail("large", "x".repeat(5000)) + mail("small", "c");
  const mails = await split(text, { maxBytes: 1000, chunk: 100 });
  assert.deepEqual(
    mails.map(({ problem }) => problem?.startsWith("larger than") ?? false),
    [false, true, false],
  );
  assert.equal(mails[1]!.raw.length, 0);
  assert.match(mails[2]!.raw.toString(), /c\n$/);
});

test("what is not an mbox is reported, and a single mail without From_ line is taken", async () => {
  assert.deepEqual(await split(""), []);
  assert.match((await split("just a text\n"))[0]!.problem!, /text before the first/);
  assert.equal((await split("From: a@b\nSubject: x\n\nhello\n"))[0]!.problem, undefined);
  assert.match((await split(`${LINE}\n\n`))[0]!.problem!, /empty/);
});

test("pipermail's disguised addresses are restored", () => {
  const cases: [string, string][] = [
    ["From: ana at far.test (Ana Lopez)", "From: Ana Lopez <ana@far.test>"],
    ["From: ana at far.test", "From: ana@far.test"],
    ["From: ana at far.test (Lopez, Ana)", 'From: "Lopez, Ana" <ana@far.test>'],
    ["From: ana at far.test (=?iso-8859-1?q?Ana_L=F3pez?=)", "From: =?iso-8859-1?q?Ana_L=F3pez?= <ana@far.test>"],
    ["From: Ana <ana@far.test>", "From: Ana <ana@far.test>"],
    ["Subject: meet at noon", "Subject: meet at noon"],
  ];
  for (const [mangled, plain] of cases)
    assert.equal(
      unmangle(Buffer.from(`${mangled}\nX: y\n\nlunch at noon.\n`)).toString(),
      `${plain}\nX: y\n\nlunch at noon.\n`,
    );
});

async function count(path: string): Promise<{ mails: number; distinct: number; problems: number }> {
  const file = createReadStream(corpus(path)!);
  const ids = new Set<string>();
  let mails = 0;
  let problems = 0;
  for await (const { raw, problem } of splitMbox(path.endsWith(".zst") ? file.pipe(createZstdDecompress()) : file)) {
    mails += 1;
    if (problem) problems += 1;
    const [id] = messageIds(first(readHeader(splitMessage(raw).head), "message-id") ?? "");
    if (id !== undefined) ids.add(id);
  }
  return { mails, distinct: ids.size, problems };
}

for (const [path, mails, distinct] of [
  ["archives/small/twisted-web.pipermail.mbox.zst", 5374, 5371],
  ["archives/small/cocci.systeme.lip6.fr.mbox.zst", 2900, 2900],
  ["archives/small/autofs.vger.kernel.org.mbox.zst", 1510, 1510],
  ["archives/small/open-iscsi.googlegroups.com.mbox.zst", 1231, 1231],
  ["migration/google-groups/takeout-topics.mbox", 3, 3],
  // 32,509 of its ids are in angle brackets; the bare ones are those of weekly reports
  ["archives/large/twisted-python.pipermail.mbox.zst", 33888, 33240],
] as const) {
  test(`every mail of ${path} is found`, { skip: without(path) }, async () => {
    assert.deepEqual(await count(path), { mails, distinct, problems: 0 });
  });
}
