import assert from "node:assert/strict";
import { test } from "node:test";
import PostalMime from "postal-mime";
import { addFooter } from "./footer.ts";
import { indexParts } from "./parts.ts";

const ASCII = "Readers: https://groups.test/g/readers";
const UMLAUT = "Bücher — täglich";
const mail = (...lines: string[]): Buffer => Buffer.from(lines.join("\r\n"), "latin1");
const placeOf = (message: Buffer, footer = ASCII): string => addFooter(message, footer).place;
const read = (message: Buffer) => PostalMime.parse(new Uint8Array(message));

test("a plain text gets the footer behind its last line, in its own charset", async () => {
  for (const [charset, body] of [
    ["us-ascii", "Hello"],
    ["utf-8", "Gr\xc3\xbc\xc3\x9fe"],
    ["iso-8859-1", "Gr\xfc\xdfe"],
  ] as const) {
    const message = mail(
      `Content-Type: text/plain; charset=${charset}`,
      "Content-Transfer-Encoding: 8bit",
      "",
      body,
      "",
    );
    const footer = charset === "us-ascii" ? ASCII : "Bücher";
    const done = addFooter(message, footer);
    assert.equal(done.place, "in place", charset);
    assert.ok(done.message.subarray(0, message.length).equals(message), charset);
    assert.match((await read(done.message)).text!, new RegExp(`\n\n_{47}\n${footer.replace(/[/.]/g, "\\$&")}\n$`));
  }
});

test("a text without any MIME fields gets an ASCII footer in place and a UTF-8 one as a part", async () => {
  const message = mail("Subject: x", "", "Hello");
  assert.equal(placeOf(message), "in place");
  const done = addFooter(message, UMLAUT);
  assert.equal(done.place, "as a part");
  assert.match(done.message.toString(), /MIME-Version: 1\.0\r\nContent-Type: multipart\/mixed/);
  const parts = indexParts(done.message);
  assert.deepEqual(
    parts.map((part) => part.type),
    ["multipart/mixed", "text/plain", "text/plain"],
  );
  assert.equal(done.message.toString("latin1", parts[1]!.bodyStart, parts[1]!.end), "Hello");
  assert.ok((await read(done.message)).text!.includes(UMLAUT));
});

test("a footer the charset cannot say, or a charset that is not ASCII below, becomes a part", () => {
  for (const charset of ["us-ascii", "iso-8859-5", "utf-16le", "iso-2022-jp", "no-such-charset"])
    assert.equal(
      placeOf(
        mail(`Content-Type: text/plain; charset=${charset}`, "Content-Transfer-Encoding: 8bit", "", "x"),
        "Größe",
      ),
      "as a part",
      charset,
    );
});

test("quoted-printable and base64 texts carry it in their encoding, also behind a soft line end", async () => {
  for (const end of ["x", "x\r\n", "x=", "x=\r\n", "x= \r\n", "x=20\r\n"]) {
    const message = mail(
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      `a=3D${end}`,
    );
    const done = addFooter(message, UMLAUT);
    assert.equal(done.place, "in place");
    assert.match((await read(done.message)).text!, /^a=x=? ?\n\n+_{47}\nBücher — täglich\n$/, JSON.stringify(end));
  }
  const packed = Buffer.from("Grüße\r\n").toString("base64");
  const message = mail("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", packed, "");
  assert.match(
    (await read(addFooter(message, UMLAUT).message)).text!,
    /^Grüße\r?\n\r?\n_{47}\r?\nBücher — täglich\r?\n$/,
  );
  const damaged = mail(
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    `${packed}!`,
    "",
  );
  assert.equal(placeOf(damaged), "as a part");
});

test("each alternative gets it, HTML before its end and escaped", async () => {
  const message = mail(
    'Content-Type: multipart/alternative; boundary="a"',
    "",
    "--a",
    "Content-Type: text/plain",
    "",
    "Hello",
    "--a",
    'Content-Type: multipart/related; boundary="b"',
    "",
    "--b",
    "Content-Type: text/html; charset=iso-8859-1",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "<html><body><p style=3D'x'>Hello</p></body></html>",
    "--b",
    "Content-Type: image/png",
    "",
    "png",
    "--b--",
    "--a--",
    "",
  );
  const done = addFooter(message, "Us & <them>");
  assert.equal(done.place, "in place");
  const { html, text } = await read(done.message);
  assert.match(html!, /<p style='x'>Hello<\/p>\s*<div[^>]*><hr>\s*Us &#38; &#60;them&#62;<\/div>\s*<\/body><\/html>/);
  assert.match(text!, /^Hello\n\n_{47}\nUs & <them>\n/);
});

test("a multipart/mixed gets one more part, also when its end is missing", async () => {
  const open = [
    'Content-Type: multipart/mixed; boundary="a b"',
    "",
    "preamble",
    "--a b",
    "",
    "Hello",
    "--a b",
    "Content-Type: image/png",
    "",
    "png",
  ];
  for (const end of [["--a b--", "epilogue", ""], ["--a b--"], [""], []]) {
    const message = mail(...open, ...end);
    const done = addFooter(message, UMLAUT);
    assert.equal(done.place, "as a part");
    assert.deepEqual(
      indexParts(done.message).map((part) => part.type),
      ["multipart/mixed", "text/plain", "image/png", "text/plain"],
    );
    assert.ok((await read(done.message)).text!.includes(UMLAUT));
    if (end.length > 1) assert.ok(done.message.toString().endsWith("\r\n--a b--\r\nepilogue\r\n"));
  }
});

test("what is signed, encrypted, a report or a fragment stays as it is", () => {
  const multipart = (type: string): Buffer =>
    mail(`Content-Type: ${type}; boundary=a`, "", "--a", "", "x", "--a--", "");
  const pgp = mail("", "-----BEGIN PGP SIGNED MESSAGE-----", "");
  const inAlternative = mail(
    "Content-Type: multipart/alternative; boundary=z",
    "",
    "--z",
    multipart("multipart/signed").toString(),
    "--z--",
    "",
  );
  const untouched = [
    multipart("multipart/signed"),
    multipart('multipart/encrypted; protocol="application/pgp-encrypted"'),
    multipart("Multipart/Report"),
    mail(
      "Content-Type: application/pkcs7-mime; smime-type=signed-data",
      "Content-Transfer-Encoding: base64",
      "",
      "MIA=",
    ),
    mail("Content-Type: message/partial; number=1", "", "x"),
    mail("Content-Type: text/plain", "Content-Type: text/html", "", "x"),
    mail("Content-Type: multipart/alternative; boundary=nowhere", "", "x"),
    pgp,
    inAlternative,
  ];
  for (const message of untouched)
    assert.deepEqual(addFooter(message, ASCII), { message, place: "left out" }, message.toString());
  assert.equal(placeOf(mail("", "x"), " \r\n "), "left out");
});

test("an attachment alone, an image, or a calendar is wrapped whole with its own fields", () => {
  const message = mail(
    "Subject: s",
    "Content-Type: text/plain; name=a.txt",
    "Content-Disposition: attachment; filename=a.txt",
    "",
    "data",
  );
  const done = addFooter(message, ASCII);
  assert.equal(done.place, "as a part");
  const [, attached] = indexParts(done.message);
  assert.equal(attached!.filename, "a.txt");
  assert.equal(
    done.message.toString("latin1", attached!.start, attached!.end),
    message.toString("latin1", "Subject: s\r\n".length),
  );
});

test("in flowed text the footer's lines are stuffed and none of them flows", () => {
  const message = mail("Content-Type: text/plain; format=flowed", "", "Hello ", "there", "");
  const text = addFooter(message, "> quoted \nFrom here\nplain  ").message.toString();
  assert.ok(text.endsWith("\r\n > quoted\r\n From here\r\nplain\r\n"), text);
});
