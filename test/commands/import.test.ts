import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createZstdDecompress, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { first, messageIds, readHeader, splitMessage } from "../../src/mail/header.ts";
import { splitMbox } from "../../src/mail/mbox.ts";
import { corpus, without } from "../support/corpora.ts";
import { aService } from "./run.ts";

type Report = {
  read: number;
  placed: number;
  already: number;
  different: number;
  refused: { file: string; number: number; offset: number; reason: string }[];
  troubles: { file: string; trouble: string }[];
};

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

function mail(number: number, more: { id?: string | null; text?: string; header?: string } = {}): string {
  const id = more.id === null ? "" : `Message-ID: <${more.id ?? `m${number}@far.test`}>\n`;
  return `From ana@far.test Mon Jan  5 10:${String(number % 60).padStart(2, "0")}:00 2009
From: Ana <ana@far.test>
Date: Mon, 5 Jan 2009 10:${String(number % 60).padStart(2, "0")}:00 +0000
Subject: Number ${number}
${id}${more.header ?? ""}
${more.text ?? `This is message ${number}.`}

`;
}

/** One mail, packed by xz. */
const XZ =
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ABvAFtdACMcieb23/gfim7Itnop0G3tFkTvmBQ0NUj/VZ3gcEX5xJKz30cPyd4tzsbRPKZsszk7yHljWhi4y5w2" +
  "yajcZUaHi4RLhK80bmkjXKp8kokLuOPf2CAbTl+PbgAAAOWLbe+ahAI5AAF3cCYr/RAftvN9AQAAAAAEWVo=";

const MAILS = [
  mail(1),
  mail(2, { header: "In-Reply-To: <m1@far.test>\n", text: ">From the start it is quoted." }),
  mail(3, { id: null, text: "No name at all." }),
];

test("an archive goes in byte for byte, threaded, dated as written, and a second time nothing does", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const first = await service.json<Report>(["import", "mbox", "books", "-"], MAILS.join(""));
  assert.partialDeepStrictEqual(first, { read: 3, placed: 3, already: 0, different: 0, refused: [], troubles: [] });
  const again = await service.json<Report>(["import", "mbox", "books", "-"], MAILS.join(""));
  assert.partialDeepStrictEqual(again, { read: 3, placed: 0, already: 3, refused: [] });
  const posts = await service.pool<{ number: number; topic: string; received: Date; raw: Buffer; source: string }[]>`
    select number, topic_id as topic, received_at as received, raw, source from posts order by number`;
  assert.deepEqual(
    posts.map((post) => post.number),
    [1, 2, 3],
  );
  assert.equal(posts[1]!.topic, posts[0]!.topic);
  assert.equal(posts[0]!.received.toISOString(), "2009-01-05T10:01:00.000Z");
  assert.ok(posts.every((post) => post.source === "import"));
  const second = zstdDecompressSync(posts[1]!.raw).toString();
  assert.equal(second, MAILS[1]!.slice(MAILS[1]!.indexOf("\n") + 1, -1).replace(">From", "From"));
});

test("gzip, zstd and xz are known by their bytes, whatever the file is called", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  for (const [i, pack] of [gzipSync, zstdCompressSync].entries()) {
    const file = join(service.directory, `archive${i}.txt`);
    await writeFile(file, pack(Buffer.from(mail(i))));
    assert.equal((await service.json<Report>(["import", "mbox", "books", file])).placed, 1);
  }
  const xz = await service.json<Report>(["import", "mbox", "books", "-"], Buffer.from(XZ, "base64"));
  assert.partialDeepStrictEqual(xz, { read: 1, placed: 1, troubles: [] });
  const cut = await service.json<Report>(["import", "mbox", "books", "-"], Buffer.from(XZ, "base64").subarray(0, 100));
  assert.match(cut.troubles[0]!.trouble, /damaged or cut off/);
  const bzip = await service.refused(["import", "mbox", "books", "-"], Buffer.from("BZh91AY&SY rest of it"));
  assert.match(bzip, /packed with bzip2: unpack it first/);
});

test("of a cut-off archive everything before the cut goes in, and the cut is told", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const whole = Array.from({ length: 2000 }, (_, i) => mail(i, { text: `${i} ${Math.sin(i)} ${Math.cos(i)}` })).join(
    "",
  );
  const packed = gzipSync(whole);
  const file = join(service.directory, "cut.gz");
  await writeFile(file, packed.subarray(0, packed.length / 2));
  const cut = await service.json<Report>(["import", "mbox", "books", file]);
  assert.match(cut.troubles[0]!.trouble, /damaged or cut off/);
  assert.ok(cut.placed > 500 && cut.placed < 1500, String(cut.placed));
  assert.deepEqual(
    cut.refused.map((one) => one.reason),
    ["cut off by the damage in the file"],
  );
  await writeFile(file, packed);
  const rest = await service.json<Report>(["import", "mbox", "books", file]);
  assert.deepEqual([rest.placed + cut.placed, rest.already, rest.different], [2000, cut.placed, 0]);
});

test("every message that is left out is named with file, number and offset", async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "books"]);
  const mails = [
    mail(1),
    mail(2, { id: "m1@far.test", text: "Another text." }),
    mail(3, { id: "m1@far.test", text: "This is message 1." }),
  ];
  const report = await service.json<Report>(["import", "mbox", "books", "-"], mails.join(""));
  assert.partialDeepStrictEqual(report, { read: 3, placed: 1, already: 1, different: 1 });
  assert.partialDeepStrictEqual(report.refused, [{ file: "-", number: 2, offset: mails[0]!.length }]);
  assert.match(report.refused[0]!.reason, /m1@far\.test is there already, with another text/);
  assert.match(await service.refused(["import", "mbox", "books", "/no/such.mbox"]), /There is no file/);
  assert.match(await service.refused(["import", "mbox", "nope", "-"], mail(1)), /no group called "nope"/);
});

const SMALL = "archives/small/twisted-web.pipermail.mbox.zst";

test("an import killed half-way is run again and nothing comes twice", { skip: without(SMALL) }, async (t) => {
  const service = await aService(t);
  await service.must(["group", "add", "web"]);
  const file = corpus(SMALL)!;
  const child = spawn(process.execPath, [MAIN, "import", "mbox", "web", file], { env: service.environment });
  const ended = new Promise((done) => child.once("exit", done));
  const posts = async (): Promise<number> =>
    (await service.pool<{ count: number }[]>`select count(*)::int as count from posts`)[0]!.count;
  while ((await posts()) < 250) await pause(10);
  child.kill("SIGKILL");
  await ended;
  const before = await posts();
  const report = await service.json<Report>(["import", "mbox", "web", file]);
  const ids = new Set<string>();
  let read = 0;
  for await (const { raw } of splitMbox(createReadStream(file).pipe(createZstdDecompress()))) {
    read += 1;
    const id = messageIds(first(readHeader(splitMessage(raw).head), "message-id") ?? "")[0];
    if (id) ids.add(id);
  }
  assert.equal(report.read, read);
  assert.equal(report.read, report.placed + report.already + report.refused.length);
  assert.ok(report.already >= before && before >= 250);
  assert.equal(await posts(), before + report.placed);
  const [known] = await service.pool<{ count: number }[]>`
    select count(*)::int as count from posts where message_id = any(${[...ids]})`;
  assert.equal(known!.count, ids.size, "every Message-ID of the file is there");
  const [numbers] = await service.pool<{ last: number; count: number }[]>`
    select last_number as last, post_count as count from archives`;
  assert.deepEqual({ ...numbers }, { last: before + report.placed, count: before + report.placed });
});
