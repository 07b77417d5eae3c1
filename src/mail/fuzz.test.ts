/** Every reader of foreign bytes, on mails damaged at random: none may throw, and none may take more than its time. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { corpus } from "../../test/support/corpora.ts";
import { automaticKind } from "./automatic.ts";
import { parseDate } from "./date.ts";
import { messageIds, readHeader, referencesOf, splitMessage } from "./header.ts";
import { htmlToText, safeHtml } from "./html.ts";
import { splitMbox, unmangle } from "./mbox.ts";
import { readParameters } from "./parameters.ts";
import { indexParts } from "./parts.ts";
import { attachmentContent, readMail } from "./read.ts";
import { readReturned } from "./returned/returned.ts";
import { readSubject } from "./subject.ts";
import { snippet, textToHtml } from "./text.ts";
import { decodeWords, mailboxes } from "./words.ts";

/** mulberry32: the same damage in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const TOKENS = [
  "\r\n",
  "\n",
  "\r",
  "\0",
  "--",
  '"',
  "<",
  ">",
  "=?",
  "?=",
  "=",
  ";",
  ":",
  "(",
  ")",
  "\xff",
  "From ",
  "\n\n",
  "boundary=",
  "=?utf-8?B?",
  "<div>",
  "&#",
  ">>",
];

function damaged(mail: Buffer, random: (below: number) => number): Buffer {
  let bytes: Buffer = Buffer.from(mail);
  for (let times = 1 + random(6); times > 0; times -= 1) {
    const at = random(bytes.length + 1);
    const end = Math.min(bytes.length, at + random(200));
    const token = Buffer.from(TOKENS[random(TOKENS.length)]!, "latin1");
    const changes: (() => Buffer)[] = [
      () => Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)]),
      () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]),
      () => Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]),
      () => bytes.subarray(0, at),
      () => Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(50).fill(token), bytes.subarray(at)]),
      () => Buffer.from(bytes.map((byte, i) => (i === at ? random(256) : byte))),
    ];
    bytes = changes[random(changes.length)]!();
  }
  return bytes;
}

async function readEverything(raw: Buffer): Promise<void> {
  const mail = readMail(raw);
  const fields = readHeader(splitMessage(raw).head);
  const parts = indexParts(raw);
  assert.ok(parts.length <= 1000);
  for (const { start, bodyStart, end } of parts) assert.ok(start <= bodyStart && bodyStart <= end && end <= raw.length);
  assert.equal(
    mail.attachments.every((file, i) => file.index === i),
    true,
  );
  if (mail.attachments[0]) assert.equal(attachmentContent(raw, 0)?.content.length, mail.attachments[0].size);
  automaticKind(fields, "");
  textToHtml(mail.text ?? "");
  snippet(mail.text ?? "");
  if (mail.html !== null) {
    const { html } = safeHtml(mail.html, { images: "blocked", cid: () => undefined });
    assert.doesNotMatch(html, /<script|\son\w+=[^<]*>|javascript:[^<]*>/i);
    htmlToText(mail.html);
  }
  const { kind, recipients } = readReturned(raw);
  assert.ok(recipients.length <= 1000 && (kind === "bounce" || recipients.length === 0));
  readSubject(mail.subject);
  unmangle(raw);
  let found = 0;
  for await (const _ of splitMbox(Readable.from([raw.subarray(0, 100), raw.subarray(100)]))) found += 1;
  assert.ok(found <= raw.length);
}

function mails(): Buffer[] {
  const own = fileURLToPath(new URL("../../test/mail/", import.meta.url));
  const folders = [own, corpus("mime/dev"), corpus("bounces/dev")].filter((folder) => folder !== undefined);
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }));
  const chosen = files.filter((entry) => entry.isFile() && /\.(?:eml|msg)$/.test(entry.name));
  return chosen.map((entry) => readFileSync(join(entry.parentPath, entry.name))).filter((mail) => mail.length < 60_000);
}

test("damaged mails are read without a throw", { timeout: 60_000 }, async () => {
  const random = randomFrom(2002);
  const originals = mails();
  assert.ok(originals.length > 30);
  for (let round = 0; round < 1500; round += 1) {
    const raw = damaged(originals[random(originals.length)]!, random);
    try {
      await readEverything(raw);
    } catch (error) {
      assert.fail(
        `round ${round}: ${error instanceof Error ? error.stack : error}\n${raw.toString("latin1", 0, 2000)}`,
      );
    }
  }
});

// A quadratic step takes minutes on these, and the runner's limit ends it.
const ENDLESS = [
  "a",
  " ",
  "\n",
  "\r\n ",
  ":",
  "<",
  ">",
  "<a@b> ",
  "(",
  '"',
  "\\",
  "=?",
  "=?utf-8?Q?",
  "=?utf-8?B?YQ==?= ",
  ";",
  "a=b;",
  "*0=",
  "--",
  "--b\n",
  "From ",
  "\nFrom ",
  "\n>From ",
  "> ",
  "Re: ",
  "[x] ",
  "(fwd)",
  "a at b ",
  "&",
  "=\n",
  ",",
  "@",
  "\xff",
  "550 5.1.1 <a@b.test>\n",
  "Final-Recipient: rfc822;a@b.test\n",
  "Final-Recipient: rfc822;a@b.test\n\n",
  "could not be ",
  "the following address ",
];

test("endless repetition is read in bounded time", { timeout: 120_000 }, async () => {
  for (const token of ENDLESS) {
    const text = token.repeat(Math.ceil(400_000 / token.length));
    const head = "From: a@b.test\nContent-Type: multipart/mixed; boundary=b\n";
    for (const raw of [
      text,
      `Subject: ${text}`,
      `From: ${text}`,
      `Content-Type: ${text}`,
      `${head}References: ${text}`,
      `${head}\n--b\n${text}`,
      `From: MAILER-DAEMON\nSubject: Undelivered mail\n\nYour mail could not be delivered:\n${text}`,
    ])
      await readEverything(Buffer.from(raw, "latin1"));
    decodeWords(text);
    mailboxes(text);
    messageIds(text);
    parseDate(text);
    readParameters(text);
    referencesOf(readHeader(Buffer.from(`In-Reply-To: ${text}\n`)));
  }
});
