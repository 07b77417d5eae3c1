/** What is attached, and a mail without it, over every odd mail of the corpora: still valid, and nothing else changed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { oddMails } from "../../test/support/browser.ts";
import { without } from "../../test/support/corpora.ts";
import { attachedTo, withoutAttached } from "./attached.ts";
import { readMail } from "./read.ts";
import { toWire } from "./wire.ts";

const lines = (...all: string[]): Buffer => Buffer.from(all.join("\r\n"));

test("a signed mail is left whole, and one that is nothing but a file becomes a text", () => {
  const signed = lines(
    'Content-Type: multipart/signed; boundary="s"',
    "",
    "--s",
    'Content-Type: multipart/mixed; boundary="m"',
    "",
    "--m",
    "",
    "Text",
    "--m",
    "Content-Disposition: attachment; filename=a.pdf",
    "",
    "x",
    "--m--",
    "--s",
    "Content-Type: application/pgp-signature",
    "",
    "y",
    "--s--",
    "",
  );
  assert.equal(attachedTo(signed).length, 1, "its signature is not attached");
  assert.equal(
    withoutAttached(signed, () => "gone"),
    undefined,
  );
  const file = lines(
    "Subject: Scan",
    "MIME-Version: 1.0",
    "Content-Type: application/pdf",
    "Content-Transfer-Encoding: base64",
    "",
    "UERG",
    "",
  );
  const text = withoutAttached(file, () => "gone\n")!.toString();
  assert.equal(
    text,
    "Subject: Scan\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\nContent-Disposition: inline\r\n\r\ngone\r\n",
  );
});

test("of every odd mail the text and the page stay, and nothing attached is left", { skip: without("mime") }, () => {
  let changed = 0;
  for (const { name, raw } of oddMails()) {
    const message = toWire(raw).message;
    const light = withoutAttached(message, (_, index) => `[file ${index}]\n`);
    if (!light) continue;
    changed += 1;
    assert.deepEqual(attachedTo(light), [], name);
    const before = readMail(message);
    const after = readMail(light);
    assert.equal(after.subject, before.subject, name);
    assert.ok((after.text ?? "").includes("[file "), name);
    const odd = after.defects.filter((one) => !before.defects.includes(one));
    assert.deepEqual(odd, [], name);
  }
  assert.ok(changed > 20, `${changed} mails had something attached`);
});
