import assert from "node:assert/strict";
import { isAscii } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import PostalMime from "postal-mime";
import { corpus, without } from "../../test/support/corpora.ts";
import { splitMbox, unmangle } from "./mbox.ts";
import { attachmentContent, readMail } from "./read.ts";
import { toSevenBit } from "./seven-bit.ts";
import { toWire } from "./wire.ts";

const lines = (...text: string[]): Buffer => Buffer.from(`${text.join("\r\n")}\r\n`);

function converted(mail: Buffer): Buffer {
  const made = toSevenBit(mail);
  assert.ok(made.kind === "converted", made.kind === "impossible" ? made.why : "");
  assert.ok(isAscii(made.message));
  return made.message;
}

function whyNot(mail: Buffer): string {
  const made = toSevenBit(mail);
  assert.ok(made.kind === "impossible", "it was converted");
  return made.why;
}

/** What a reader sees of a mail, and of the mails in it; of what cannot be decoded, nothing. */
function seen(raw: Buffer, depth = 0): unknown {
  const { from, subject, date, text, html, attachments } = readMail(raw);
  const contents = attachments.map(({ index, type, filename, contentId }) => {
    const content = attachmentContent(raw, index)?.content ?? Buffer.alloc(0);
    const isMail = type === "message/rfc822" && depth < 5;
    return { type, filename, contentId, content: isMail ? seen(content, depth + 1) : content.toString("base64") };
  });
  const isSayable = from === null || /^[\x00-\x7f]*$/.test(from.address);
  return { from: isSayable ? from : null, subject, date, text, html, contents };
}

test("text with a few accents becomes quoted-printable, other scripts base64, and reads the same", () => {
  const french = lines(
    "Subject: Tea",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "Déjà bu, comme toujours vers quatre heures moins dix, sans sucre et sans lait.",
  );
  const greek = lines(
    "Subject: Tea",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    "Τσάι στις τέσσερις",
  );
  assert.match(converted(french).toString(), /Encoding: quoted-printable\r\n\r\nD=C3=A9j=C3=A0 bu/);
  assert.match(converted(greek).toString(), /Encoding: base64\r\n\r\n[A-Za-z0-9+/=\r\n]+$/);
  for (const mail of [french, greek]) assert.deepEqual(seen(converted(mail)), seen(mail));
});

test("what is ASCII already keeps its bytes", () => {
  const mail = lines("Subject: Tea", "", "At four.");
  assert.equal(converted(mail), mail);
});

test("only the part that has 8-bit text is touched", () => {
  const parts = [
    "Content-Type: text/plain",
    "X-Odd:   spaces  ",
    "",
    "plain = as it was",
    "--b",
    "Content-Type: text/html; charset=iso-8859-1",
    "",
    "<p>Th\xe9</p>",
    "--b--",
    "",
  ];
  const mail = Buffer.from(
    [
      "Subject: Tea",
      "Content-Type: multipart/alternative; boundary=b",
      "Content-Transfer-Encoding: 8bit",
      "",
      "Pr\xe9ambule",
      "--b",
      ...parts,
    ].join("\r\n"),
    "latin1",
  );
  const text = converted(mail).toString();
  assert.ok(text.includes(parts.slice(0, 4).join("\r\n")));
  assert.match(text, /^Content-Transfer-Encoding: 7bit\r$/m);
  assert.match(text, /Pr\?ambule/);
  assert.match(text, /<p>Th=E9<\/p>/);
  assert.deepEqual(seen(converted(mail)), seen(mail));
});

test("an 8-bit attachment comes out byte for byte", () => {
  const content = Buffer.from(
    Array.from({ length: 1000 }, (_, i) => ((i * 7) % 253) + 1).filter((byte) => byte !== 13 && byte !== 10),
  );
  const mail = Buffer.concat([
    lines("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "Look", "--b"),
    Buffer.from(
      'Content-Type: application/octet-stream; name="caf\xc3\xa9.bin"\r\nContent-Transfer-Encoding: binary\r\n\r\n',
      "latin1",
    ),
    content,
    lines("", "--b--"),
  ]);
  const after = converted(mail);
  assert.deepEqual(attachmentContent(after, 0)?.content, content);
  assert.equal(attachmentContent(after, 0)?.filename, "café.bin");
  assert.match(after.toString(), /name\*=utf-8''caf%C3%A9\.bin/);
});

test("forwarded mails are converted by what is in them, one in another", () => {
  const inner = [
    "Subject: Grüße",
    "From: Jörg <joerg@far.test>",
    "",
    "Schöne Grüße aus dem tiefsten Inneren dieser Mail.",
  ];
  const middle = [
    "Subject: Fwd",
    "MIME-Version: 1.0",
    "Content-Type: message/rfc822",
    "Content-Transfer-Encoding: 8bit",
    "",
    ...inner,
  ];
  const mail = lines(
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "",
    "Look",
    "--b",
    "Content-Type: message/rfc822",
    "",
    ...middle,
    "--b--",
  );
  const after = converted(mail);
  assert.deepEqual(seen(after), seen(mail));
  assert.match(after.toString(), /Subject: =\?utf-8\?b\?R3LDvMOfZQ==\?=/);
  assert.doesNotMatch(after.toString(), /base64\r\n\r\n/, "no message/rfc822 is encoded as a whole");
});

test("mails forwarded in each other without end are not followed, and nothing overflows", () => {
  const layer = "Content-Type: message/rfc822\r\n\r\n";
  assert.equal(
    whyNot(Buffer.from(`${layer.repeat(20_000)}Subject: é\r\n\r\nx\r\n`)),
    "too many mails are forwarded in each other",
  );
  const levels = Array.from(
    { length: 60 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
  );
  assert.equal(whyNot(Buffer.from(`${levels.join("")}\r\né\r\n`)), "it has too many parts");
  assert.equal(
    whyNot(Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\né\r\n".repeat(2000)}`)),
    "it has too many parts",
  );
});

test("what is signed or encrypted is not converted, unless it is ASCII and the 8-bit text stands beside it", () => {
  const signed = (text: string): string[] => [
    'Content-Type: multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature"; boundary=s',
    "",
    "--s",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    text,
    "--s",
    "Content-Type: application/pgp-signature",
    "",
    "-----BEGIN",
    "--s--",
  ];
  assert.equal(whyNot(lines("Subject: x", ...signed("Tée"))), "a part of it is signed and has 8-bit text");
  const beside = lines(
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    ...signed("Tea"),
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "Tée",
    "--b--",
  );
  const after = converted(beside).toString();
  assert.ok(after.includes(signed("Tea").join("\r\n")), "the signed part keeps its bytes");
  assert.match(after, /T=C3=A9e|VMOpZQ/);
});

test("header text becomes encoded words, ids and traces stay what they are for", () => {
  const mail = lines(
    "Received: from müller by far.test",
    'From: Jörg Müller <joerg@far.test>, "Zoë, X." <zoe@bücher.test>',
    "To: Leser-Gruppe: Ärzte <a@far.test>;",
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= und Küsse",
    "Message-ID: <grüße@far.test>",
    "References: <grüße@far.test> <x@y>",
    "X-Mailer: Brieftaube für Ältere",
    "",
    "x",
  );
  const after = converted(mail);
  assert.equal(readMail(after).subject, "Grüße und Küsse");
  assert.equal(readMail(after).from?.name, "Jörg Müller");
  const text = after.toString();
  assert.match(text, /^Received: from m\?\?ller by far\.test\r$/m);
  assert.match(text, /<zoe@xn--bcher-kva\.test>/);
  assert.equal(text.match(/gr%C3%BC%C3%9Fe@far\.test/g)?.length, 2);
  assert.equal(text.match(/=\?utf-8\?b\?/g)!.length >= 4, true);
});

test("an address that ASCII cannot say keeps its name, and no answer goes there", () => {
  const mail = lines(
    "From: Δήμητρα <δήμητρα@far.test>",
    "Reply-To: δήμητρα@far.test",
    "Cc: Ben <ben@far.test>, δήμητρα@far.test",
    "",
    "x",
  );
  const text = converted(mail).toString();
  assert.doesNotMatch(text, /^Reply-To/m);
  assert.match(text, /^From: =\?utf-8\?b\?[^<>]+:;\r$/m);
  assert.match(text, /^Cc: Ben <ben@far\.test>, =\?utf-8/m);
});

test("a multipart whose boundary never comes is the text that it shows", () => {
  const mail = lines("Content-Type: multipart/mixed; boundary=never", "", "Schöne Grüße");
  const after = converted(mail);
  assert.match(after.toString(), /Content-Type: text\/plain\r\n/);
  assert.equal(readMail(after).text, readMail(mail).text);
});

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

function ownMails(folders: string[]): Buffer[] {
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }));
  return files
    .filter((entry) => entry.isFile() && /\.(?:eml|msg|txt|mime)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

const own = fileURLToPath(new URL("../../test/mail/", import.meta.url));

/** A list of real people, many of them French. */
async function archived(): Promise<Buffer[]> {
  const file = readFileSync(corpus("archives/small/cocci.systeme.lip6.fr.mbox.zst")!);
  const mails: Buffer[] = [];
  for await (const mail of splitMbox(Readable.from([zstdDecompressSync(file)]))) mails.push(unmangle(mail.raw));
  return mails;
}

test("every mail of the corpora reads the same after its conversion", {
  skip: without("mime/dev"),
  timeout: 120_000,
}, async (t) => {
  let changed = 0;
  const left = new Map<string, number>();
  for (const raw of [...ownMails([own, corpus("mime/dev")!]), ...(await archived())]) {
    const { message } = toWire(raw);
    if (isAscii(message)) continue;
    const made = toSevenBit(message);
    if (made.kind === "impossible") {
      left.set(made.why, (left.get(made.why) ?? 0) + 1);
      continue;
    }
    changed += 1;
    assert.ok(isAscii(made.message));
    assert.deepEqual(seen(made.message), seen(message), message.toString("latin1", 0, 1000));
    assert.deepEqual(toWire(made.message).notes, []);
    // The other reader does not undo uuencode, which the conversion does.
    if (!message.includes("uue")) assert.deepEqual(await byOther(made.message), await byOther(message));
  }
  t.diagnostic(`${changed} mails converted, left as they are: ${JSON.stringify([...left])}`);
  assert.ok(changed > 100);
});

/** As another reader sees it. */
async function byOther(mail: Buffer): Promise<unknown> {
  const { text, html, attachments } = await PostalMime.parse(mail);
  const ended = (written: string | undefined): string => (written ?? "").replaceAll("\r\n", "\n").trimEnd();
  return [
    ended(text),
    ended(html),
    attachments.map((one) => [one.mimeType, ended(Buffer.from(one.content as ArrayBuffer).toString("latin1"))]),
  ];
}

test("damaged mails are converted without a throw, and read the same", { timeout: 60_000 }, () => {
  const random = randomFrom(6152);
  const originals = ownMails([own]).filter((mail) => mail.length < 60_000);
  const tokens = [
    "\xe9",
    "caf\xc3\xa9",
    "\r\n",
    "--",
    '"',
    ";",
    "=?",
    "\r\n\r\n",
    "Content-Type: message/rfc822\r\n",
    "boundary=\xe9",
    "Content-Transfer-Encoding: base64\r\n",
    "=\xff",
  ];
  let made = 0;
  for (let round = 0; round < 3000; round += 1) {
    let mail = originals[random(originals.length)]!.toString("latin1");
    for (let times = 1 + random(8); times > 0; times -= 1) {
      const at = random(mail.length + 1);
      mail = mail.slice(0, at) + tokens[random(tokens.length)]! + mail.slice(at + (random(3) === 0 ? random(60) : 0));
    }
    const { message } = toWire(Buffer.from(mail, "latin1"));
    const answer = toSevenBit(message);
    if (answer.kind === "impossible") continue;
    made += 1;
    assert.ok(isAscii(answer.message), `round ${round}`);
    const [before, after] = [readMail(message), readMail(answer.message)];
    assert.equal(after.text, before.text, `round ${round}\n${mail.slice(0, 3000)}`);
    assert.equal(after.html, before.html, `round ${round}\n${mail.slice(0, 3000)}`);
    assert.equal(after.attachments.length, before.attachments.length, `round ${round}\n${mail.slice(0, 3000)}`);
  }
  assert.ok(made > 2000);
});
