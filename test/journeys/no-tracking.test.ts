/** No mail of ours has a tracking pixel or a rewritten link. Every journey looks at what it is sent; here it is tried out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readMail } from "../../src/mail/read.ts";
import { startNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";
import { trackingIn } from "../support/tracking.ts";

const letter = (html: string, text = "Read it: https://groups.test/g/readers"): Buffer =>
  Buffer.from(
    `Auto-Submitted: auto-generated\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n${text}\r\n--b\r\nContent-Type: text/html\r\n\r\n${html}\r\n--b--\r\n`,
  );

test("a pixel, a font from elsewhere and a link that leads elsewhere are found", () => {
  assert.deepEqual(trackingIn(letter('<a href="https://groups.test/g/readers">Read it</a>')), []);
  for (const html of [
    '<img src="cid:x">',
    '<td background="//x.test/p">',
    '<p style="background:url(https://x.test/p)">',
    '<a href="https://groups.test/click?to=x">Read it</a>',
  ])
    assert.equal(trackingIn(letter(html)).length, 1, html);
});

test("a post reaches members with the links and pictures its author wrote, and letters and digests fetch nothing", async (t) => {
  const node = await startNode(t, {
    members: ["mia@far.test", "ben@far.test"],
    roles: "intake,pipeline,outbound,web,chores",
  });
  const html = '<p><a href="https://far.test/a?b=c&amp;d=e">Tea</a> <img src="https://far.test/tea.png"></p>';
  await node.send(
    { from: "ben@far.test", to: [`readers@${node.domain}`] },
    `From: ben@far.test\r\nTo: readers@${node.domain}\r\nSubject: Tea\r\nMessage-ID: <tea@far.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n${html}\r\n`,
  );
  await node.quiet();
  const copy = node.farSide.mailsFor("mia@far.test").find((mail) => mail.raw.includes("Subject: Tea"))!;
  assert.ok(readMail(copy.raw).html!.includes(html), "as it was written");
  await signInAt(node, "mia@far.test");
  const ours = node.farSide.mails.filter((mail) => /^auto-submitted:/im.test(mail.raw.toString()));
  assert.ok(ours.length > 0);
  assert.deepEqual(
    ours.flatMap((mail) => trackingIn(mail.raw)),
    [],
  );
});
