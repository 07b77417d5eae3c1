/** Far sides that take less than what a post is made of: they get it in a form they take, or a clear answer why not. */
import assert from "node:assert/strict";
import { isAscii } from "node:buffer";
import { test } from "node:test";
import { first, readHeader, splitMessage } from "../../src/mail/header.ts";
import { attachmentContent, readMail } from "../../src/mail/read.ts";
import { startNode, type TestNode } from "../support/node.ts";

const picture = Buffer.from("GIF89a\x01\x02\xff\xfe and so on \x80\x81", "latin1");

const mail = (...more: string[]): Buffer =>
  Buffer.concat([
    Buffer.from(
      [
        "From: Ben Ölsen <ben@far.test>",
        "To: readers@groups.test",
        "Subject: Frühstück",
        "Message-ID: <1@far.test>",
        "Date: Sun, 01 Mar 2026 10:00:00 +0000",
        "MIME-Version: 1.0",
        ...more,
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        "Kommst du zum Frühstück? Ich bringe Brötchen mit, und ein Ei für jeden.",
        "--b",
        'Content-Type: image/gif; name="Ei.gif"',
        "Content-Transfer-Encoding: binary",
        "",
        "",
      ].join("\r\n"),
    ),
    picture,
    Buffer.from("\r\n--b--\r\n"),
  ]);

async function reasonsOf(node: TestNode): Promise<[string, string, string][]> {
  const rows = await node.pool<{ kind: string; status: string; text: string }[]>`
    select kind, status, reply as text from settlements order by at`;
  return rows.map((row) => [row.kind, row.status, row.text]);
}

for (const copies of ["personal", "shared"])
  test(`a far side without 8BITMIME gets a 7-bit copy that reads the same, ${copies}`, async (t) => {
    const node = await startNode(t, {
      members: ["ana@far.test", "ben@far.test"],
      settings: { copies },
      farSide: { offers: ["PIPELINING"] },
    });
    await node.send({ from: "ben@far.test", to: ["readers@groups.test"] }, mail());
    await node.farSide.waitFor((mails) => mails.flatMap(({ to }) => to).length === 2);
    const { raw, parameters } = node.farSide.mailFor("ana@far.test")!;
    assert.ok(isAscii(raw));
    assert.doesNotMatch(parameters, /8BITMIME|SMTPUTF8/);
    const read = readMail(raw);
    assert.equal(read.subject, "Frühstück");
    assert.equal(read.from?.name, "Ben Ölsen");
    assert.match(read.text!, /^Kommst du zum Frühstück\? Ich bringe Brötchen mit, und ein Ei für jeden\./);
    assert.deepEqual(attachmentContent(raw, 0)?.content, picture);
    assert.deepEqual(read.defects, []);
  });

test("a far side with 8BITMIME gets the same post as it came", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test", "ben@far.test"], farSide: { offers: ["8BITMIME"] } });
  await node.send({ from: "ben@far.test", to: ["readers@groups.test"] }, mail());
  await node.farSide.waitFor(2);
  const { raw, parameters } = node.farSide.mailFor("ana@far.test")!;
  assert.match(parameters, /BODY=8BITMIME/);
  assert.ok(raw.includes("Kommst du zum Frühstück?"));
});

test("a signed mail that cannot go in 7 bits is refused to that far side with the reason", async (t) => {
  const node = await startNode(t, { members: ["ana@far.test"], farSide: { offers: [] } });
  const signed = mail()
    .toString("latin1")
    .replace("multipart/mixed;", 'multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature";');
  await node.send(
    { from: "ana@far.test", to: ["readers@groups.test"] },
    Buffer.from(signed.replace("ben@", "ana@"), "latin1"),
  );
  await node.quiet();
  assert.deepEqual(await reasonsOf(node), [
    [
      "never",
      "5.6.3",
      "the far side takes 7-bit text only, and the mail cannot be converted: a part of it is signed and has 8-bit text",
    ],
  ]);
});

test("an author whose address needs SMTPUTF8 writes through the group to a far side without it", async (t) => {
  const node = await startNode(t, {
    members: ["ana@far.test", "δήμητρα@far.test"],
    farSide: { offers: ["PIPELINING", "8BITMIME"] },
  });
  await node.post({ from: "δήμητρα@far.test", text: "Καλημέρα" });
  await node.farSide.waitFor(1);
  await node.quiet();
  const fields = readHeader(splitMessage(node.farSide.mailFor("ana@far.test")!.raw).head);
  assert.match(first(fields, "from")!, /<readers@groups\.test>$/);
  const never = (await reasonsOf(node)).filter(([kind]) => kind === "never");
  assert.deepEqual(never, [["never", "5.6.7", "the address needs SMTPUTF8 and the far side does not offer it"]]);
});

test("a member with an international address gets posts where SMTPUTF8 is offered, and an international domain needs none", async (t) => {
  const members = ["δήμητρα@far.test", "zoe@bücher.test", "ben@far.test"];
  const node = await startNode(t, { members });
  await node.post({ from: "ben@far.test", text: "Tea?" });
  await node.farSide.waitFor(3);
  assert.match(node.farSide.mailFor("δήμητρα@far.test")!.parameters, /SMTPUTF8/);
  assert.doesNotMatch(node.farSide.mailFor("zoe@xn--bcher-kva.test")!.parameters, /SMTPUTF8/);
});

test("one address refused at the dot of a shared copy does not cost the others their post", async (t) => {
  const members = ["ana@far.test", "ben@far.test", "gone@far.test", "zoe@far.test"];
  const node = await startNode(t, { members, settings: { copies: "shared" } });
  node.farSide.atDot((mail) => mail.to.includes("gone@far.test"), "550 5.1.1 no such user");
  await node.post({ from: "ana@far.test", text: "Tea?" });
  await node.farSide.waitFor((mails) => mails.flatMap(({ to }) => to).length === 3);
  await node.quiet();
  assert.deepEqual(node.farSide.mails.flatMap(({ to }) => to).sort(), ["ana@far.test", "ben@far.test", "zoe@far.test"]);
  const never = (await reasonsOf(node)).filter(([kind]) => kind === "never");
  assert.deepEqual(never, [["never", "5.1.1", "no such user"]]);
});
