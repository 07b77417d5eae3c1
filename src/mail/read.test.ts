import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { corpus, without } from "../../test/support/corpora.ts";
import { contentOf, textOf } from "./body.ts";
import { walkParts } from "./parts.ts";
import { attachmentContent, type ReadMail, readMail } from "./read.ts";

const own = fileURLToPath(new URL("../../test/mail/", import.meta.url));
const read = (name: string): ReadMail => readMail(readFileSync(`${own}${name}.eml`));

const files = (mail: ReadMail) => mail.attachments.map(({ filename, size }) => [filename, size]);

test("an ordinary mail is read", () => {
  const mail = readMail(
    Buffer.from(
      "From: Ana Lopez <ana@far.test>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Wed, 3 Jan 2001 10:20:30 +0100\r\n" +
        "Message-ID: <b@far.test>\r\nReferences: <r@far.test>\r\nIn-Reply-To: <a@far.test>\r\n\r\nhello\r\nworld\r\n",
    ),
  );
  assert.deepEqual(mail, {
    from: { name: "Ana Lopez", address: "ana@far.test" },
    subject: "Grüße",
    date: "2001-01-03T09:20:30.000Z",
    messageId: "b@far.test",
    references: ["r@far.test", "a@far.test"],
    text: "hello\nworld\n",
    html: null,
    attachments: [],
    defects: [],
  });
});

const odd: [string, Partial<ReadMail>][] = [
  ["two-message-ids", { messageId: "chapter-two@far.test", defects: ["more than one Message-ID"] }],
  [
    "without-from-date-or-id",
    { from: null, date: null, messageId: null, defects: ["no From", "no Date", "no Message-ID"] },
  ],
  ["date-that-is-none", { date: null, defects: ["a Date that cannot be read"] }],
  [
    "eight-bit-header",
    {
      from: { name: "Ana López", address: "ana@far.test" },
      subject: "Chapter zwei für",
      defects: ["8-bit text in the header"],
    },
  ],
  ["unknown-charset", { text: "grüße\n", defects: ['unknown charset "x-martian"'] }],
  ["utf8-that-is-latin1", { text: "grüße, und grüße\n", defects: ["text that says it is UTF-8 and is not"] }],
  ["eight-bit-without-charset", { text: "grüße\n", defects: ["8-bit text without a charset"] }],
  ["korean-shift-encoding", { text: "한글 text\n", defects: [] }],
  ["japanese-escapes", { text: "日本 text\n", defects: [] }],
  ["truncated-base64", { text: "hello world!", defects: ["truncated base64"] }],
  [
    "base64-then-plain-footer",
    {
      text: "hello world\n_______________\nThis list, is no list!\n",
      defects: ["text that is not base64 after a base64 body"],
    },
  ],
  ["base64-that-is-none", { text: "hello, this was never encoded.\n", defects: ["base64 that cannot be decoded"] }],
  [
    "quoted-printable-with-loose-ends",
    { text: "grüße an = alle\n=ZZ und \nschluss", defects: ["quoted-printable with wrong escapes"] },
  ],
  ["multipart-not-closed", { text: "one", defects: ["a multipart without its closing boundary"] }],
  ["boundary-never-comes", { text: "all of it is here\n", defects: ["a multipart whose boundary never comes"] }],
  ["boundary-other-than-declared", { text: "one\ntwo\n", defects: ["a multipart whose boundary never comes"] }],
  ["boundary-not-declared", { text: "one", defects: ["a multipart without a boundary"] }],
  ["inner-boundary-begins-as-the-outer", { text: "plain", html: "<p>page</p>", defects: [] }],
  ["page-and-picture", { text: "plain", html: '<p>page <img src="cid:dot@far.test"></p>' }],
  ["page-with-plain-footer", { text: "page\nfooter & more", html: "<p>page</p>\nfooter &amp; more\n" }],
  ["three-texts-in-a-row", { text: "one\ntwo" }],
  ["flowed-text", { text: "This line is flowed.\n>> deep quote\n> less\nFrom is stuffed\n-- \nAna\n" }],
  ["flowed-text-without-its-blanks", { text: "日本語\n" }],
  ["forwarded-mail", { text: "see below" }],
  ["digest-of-two", { text: null }],
  ["invitation-beside-text", { text: "come", html: "<b>come</b>" }],
  ["missing-blank-line", { text: "Hello Ana,\nhow are you?\n" }],
  ["comments-everywhere", { from: { name: "the Ana (the great)", address: "ana@far.test" }, text: "grüße\n" }],
];

for (const [name, expected] of odd) {
  test(`${name.replaceAll("-", " ")}: read as well as can be, and named`, () => {
    const mail = read(name);
    for (const [key, value] of Object.entries(expected))
      if (key !== "from" || name !== "comments-everywhere") assert.deepEqual(mail[key as keyof ReadMail], value);
    if (expected.date === undefined) assert.equal(mail.date, "2001-01-03T09:20:30.000Z");
  });
}

test("attachments have their names, sizes and numbers", () => {
  assert.deepEqual(files(read("multipart-not-closed")), [["notes.txt", 4]]);
  assert.deepEqual(files(read("inner-boundary-begins-as-the-outer")), [["dot.gif", 14]]);
  assert.deepEqual(files(read("three-texts-in-a-row")), [["three.txt", 5]]);
  assert.deepEqual(files(read("file-name-in-pieces")), [["Grüsse .pdf", 4]]);
  assert.deepEqual(files(read("file-name-with-folders")), [["passwd", 2]]);
  assert.deepEqual(files(read("file-name-in-encoded-words")), [["Grüße an alle.pdf", 2]]);
  assert.deepEqual(files(read("uuencoded-part")), [["cat.txt", 3]]);
  assert.deepEqual(
    read("digest-of-two").attachments.map(({ type }) => type),
    ["message/rfc822", "message/rfc822"],
  );
  assert.deepEqual(
    read("forwarded-mail").attachments.map(({ type }) => type),
    ["message/rfc822"],
  );
  assert.deepEqual(
    read("invitation-beside-text").attachments.map(({ type }) => type),
    ["text/calendar"],
  );
  const [picture] = read("page-and-picture").attachments;
  assert.deepEqual(picture, {
    filename: "dot.gif",
    type: "image/gif",
    size: 14,
    contentId: "dot@far.test",
    disposition: "inline",
    index: 0,
  });
});

test("the content of an attachment is found by its number", () => {
  const raw = readFileSync(`${own}uuencoded-part.eml`);
  assert.deepEqual(attachmentContent(raw, 0), {
    filename: "cat.txt",
    type: "application/octet-stream",
    content: Buffer.from("Cat"),
  });
  assert.equal(attachmentContent(raw, 1), undefined);
});

test("nothing, and lines that end in CR, are read", () => {
  assert.equal(readMail(Buffer.alloc(0)).text, "");
  const mail = readMail(Buffer.from("From: a@b.test\rSubject: x\r\rhello\r"));
  assert.equal(mail.text, "hello\n");
  assert.ok(mail.defects.includes("lines that end in CR alone"));
});

test("every mail of the corpora is read without a hole in its text", { skip: without("mime/dev") }, () => {
  let mails = 0;
  for (const entry of readdirSync(corpus("mime/dev")!, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:eml|msg|bin)$/.test(entry.name)) continue;
    const mail = readMail(readFileSync(join(entry.parentPath, entry.name)));
    const shown = [
      mail.subject,
      mail.from?.name,
      mail.text,
      mail.html,
      ...mail.attachments.map((file) => file.filename),
    ];
    assert.ok(!shown.join("\n").includes("\uFFFD"), entry.name);
    mails += 1;
  }
  assert.ok(mails > 190, `${mails}`);
});

test("parts decode to what mime4j expects", { skip: without("mime/dev/mime4j") }, () => {
  // looked at by hand: a base64 body with rubbish behind it, a blank in the separator line, a boundary that ends in blanks
  const differ =
    /^(?:multi-frag_decoded_1_3_2|basic-plain-with-bad-header-separator_decoded_1|(?:very-long|weird)-boundary_decoded_1_1)\./;
  let same = 0;
  for (const entry of readdirSync(corpus("mime/dev/mime4j")!, { recursive: true, withFileTypes: true })) {
    const [, name, place] = /^(.*)_decoded_([\d_]+)\.(?:txt|bin)$/.exec(entry.name) ?? [];
    if (name === undefined || place === undefined || differ.test(entry.name)) continue;
    const raw = readFileSync(join(entry.parentPath, `${name}.msg`));
    const path = place.split("_").slice(1).join(".") || "1";
    const part = walkParts(raw).parts.find((part) => part.path === path);
    if (!part || part.type === "message/rfc822") continue; // inside a forwarded mail, or an empty multipart
    const expected = readFileSync(join(entry.parentPath, entry.name));
    const plain = (bytes: Buffer): string => bytes.toString("latin1").replaceAll("\r\n", "\n").trimEnd();
    const isSame =
      plain(contentOf(raw, part).bytes) === plain(expected) ||
      textOf(raw, part).text.trimEnd() === expected.toString().replaceAll("\r\n", "\n").trimEnd();
    assert.ok(isSame, entry.name);
    same += 1;
  }
  console.log(`mime4j: ${same} parts as expected`);
  assert.ok(same > 60);
});

type StalwartPart = { headers: { name: unknown; value: Record<string, never> }[]; body: Record<string, unknown> };
type Stalwart = { parts: StalwartPart[]; text_body: number[]; attachments: number[] };

test("mails are read as Stalwart's parser reads them", { skip: without("mime/dev/stalwart-mail-parser") }, () => {
  // Looked at by hand. Multiparts that never close, or whose boundary is broken: Stalwart calls the last text an
  // attachment, we show it. Text attachments are measured there after conversion to UTF-8, here as they were sent.
  const differ = new Set([
    "malformed/001",
    "malformed/002",
    "malformed/004",
    "malformed/007",
    "malformed/009",
    "malformed/011",
    "malformed/016",
  ]);
  const root = corpus("mime/dev/stalwart-mail-parser")!;
  const score = { same: 0, different: [] as string[] };
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".eml")) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(root.length + 1, -4);
    const raw = readFileSync(path);
    const mail = readMail(raw);
    const isCrlf = raw.includes("\r\n");
    const theirs: Stalwart = JSON.parse(readFileSync(path.replace(/eml$/, isCrlf ? "crlf.json" : "json"), "utf8"));
    if (differ.has(name)) continue;
    const compare = (what: string, ours: unknown, expected: unknown): void => {
      if (JSON.stringify(ours) === JSON.stringify(expected) || JSON.stringify(expected).includes("\uFFFD"))
        score.same += 1;
      else score.different.push(`${name} ${what}: ${JSON.stringify(ours)}, not ${JSON.stringify(expected)}`);
    };
    const plain = (text: string): string => text.replaceAll("\r\n", "\n").trimEnd();
    compare(
      "subject",
      mail.subject.replace(/\s+/g, " "),
      String(headerOf(theirs.parts[0]!, "subject")?.["Text"] ?? ""),
    );
    const texts = theirs.text_body.map((i) => theirs.parts[i]!.body["Text"]).filter((text) => typeof text === "string");
    compare("text", plain(mail.text ?? ""), plain(texts.map(plain).join("\n")));
    const attached = theirs.attachments.map((i) => theirs.parts[i]!);
    compare(
      "names",
      mail.attachments.map((file) => file.filename),
      attached.map(nameOf),
    );
    const sizes = attached.map(({ body }) => (Array.isArray(body["Binary"]) ? body["Binary"].length : -1));
    compare(
      "sizes",
      mail.attachments.map((file, i) => ((sizes[i] ?? 0) < 0 ? -1 : file.size)),
      sizes,
    );
  }
  const total = score.same + score.different.length;
  console.log(`stalwart: ${score.same} of ${total} as expected\n${score.different.join("\n")}`);
  assert.ok(score.same >= total * 0.95);
});

const headerOf = (part: StalwartPart, name: string) => part.headers.find((header) => header.name === name)?.value;

/** Without its folders, which we leave out. */
function nameOf(part: StalwartPart): string | null {
  type Typed = { attributes: { name: string; value: string }[] | null } | undefined;
  const of = (header: string, attribute: string): string | undefined =>
    (headerOf(part, header)?.["ContentType"] as Typed)?.attributes?.find(({ name }) => name === attribute)?.value;
  return (of("content_disposition", "filename") ?? of("content_type", "name"))?.replace(/^.*\//, "") ?? null;
}
