import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "./reading.ts";

const part = (type: string, name: string, body: string): string =>
  `--b\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${body}\r\n`;

const mail = (parts: string): Buffer =>
  Buffer.from(
    `From: a@x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n${parts}--b--\r\n`,
  );

const DIFF = "--- a/x.c\r\n+++ b/x.c\r\n@@ -1 +1 @@\r\n-old <b>\r\n+new\r\n";

test("an attached patch is shown below the text, and any other file is not", () => {
  const raw = mail(part("application/octet-stream", "fix<1>.patch", DIFF) + part("text/x-c", "x.c", "int secret;"));
  for (const text of [read(raw, String).body, read(raw, String).fixed]) {
    assert.match(
      text,
      /See below\.[\s\S]*<summary>fix&lt;1&gt;\.patch<\/summary>[\s\S]*class="removed">-old &lt;b&gt;</,
    );
    assert.doesNotMatch(text, /secret/);
  }
});

test("a picture that calls itself a patch, and a patch as long as a book, stay files", () => {
  const raw = mail(part("image/png", "x.patch", DIFF) + part("text/x-patch", "long.diff", DIFF.repeat(9000)));
  assert.doesNotMatch(read(raw, String).body, /<summary>/);
});
