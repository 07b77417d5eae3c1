import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { indexParts, walkParts } from "./parts.ts";

const own = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../test/mail/${name}.eml`, import.meta.url)));

const tree = (raw: Buffer): string[] => indexParts(raw).map(({ path, type }) => `${path} ${type}`);

test("a simple mail is one part that reaches from its header to its end", () => {
  const raw = Buffer.from("Subject: x\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\nhello\r\n");
  const [only, ...others] = indexParts(raw);
  assert.deepEqual(others, []);
  assert.equal(raw.toString("utf8", only!.bodyStart, only!.end), "hello\r\n");
  assert.deepEqual([only!.path, only!.charset, only!.flowed, only!.parent], ["1", "utf-8", "yes", -1]);
});

test("parts are numbered as IMAP numbers them", () => {
  assert.deepEqual(tree(own("page-and-picture")), [
    " multipart/related",
    "1 multipart/alternative",
    "1.1 text/plain",
    "1.2 text/html",
    "2 image/gif",
  ]);
  assert.deepEqual(tree(own("digest-of-two")), [" multipart/digest", "1 message/rfc822", "2 message/rfc822"]);
});

test("a part ends before the line end that belongs to its delimiter", () => {
  for (const newline of ["\n", "\r\n"]) {
    const lines = [
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "",
      "one",
      "",
      "--b  ",
      "X: y",
      "",
      "two",
      "--b--",
      "",
    ];
    const raw = Buffer.from(lines.join(newline));
    const bodies = indexParts(raw)
      .slice(1)
      .map(({ bodyStart, end }) => raw.toString("utf8", bodyStart, end));
    assert.deepEqual(bodies, [`one${newline}`, "two"]);
  }
});

test("replacing one part's bytes leaves the others as they are", () => {
  const raw = own("page-and-picture");
  const part = indexParts(raw).find(({ path }) => path === "1.1")!;
  const altered = Buffer.concat([raw.subarray(0, part.bodyStart), Buffer.from("altered"), raw.subarray(part.end)]);
  assert.deepEqual(tree(altered), tree(raw));
  assert.equal(altered.toString().replace("altered", "plain"), raw.toString());
});

test("nesting and number of parts are bounded, and said to be", () => {
  const deep = Array.from(
    { length: 100 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}x\n\n--b${i}x\n`,
  ).join("");
  const nested = walkParts(Buffer.from(`${deep}\ntext\n`));
  assert.ok(Math.max(...nested.parts.map(({ path }) => path.split(".").length)) <= 33);
  assert.ok(nested.defects.includes("nested deeper than 32 levels"));
  const many = walkParts(Buffer.from(`Content-Type: multipart/mixed; boundary=b\n\n${"--b\n\nx\n".repeat(5000)}`));
  assert.equal(many.parts.length, 1000);
  assert.ok(many.defects.includes("more than 1000 parts"));
});
