/** Writing to an author alone, by the alias of a post: it arrives, the conversation goes on, and nobody relays by it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import PostalMime from "postal-mime";
import * as directory from "../../src/directory/directory.ts";
import { DAY } from "../../src/kit/clock.ts";
import { mailboxes } from "../../src/mail/words.ts";
import { startNode, type TestNode, write } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const LOOPBACK = [["v=spf1 ip4:127.0.0.1 -all"]];
const PROVED = Object.fromEntries(
  ["far.test", "author.test", "strange.test", "strict.test"].flatMap((domain) => [
    [`${domain} TXT`, LOOPBACK],
    [`_dmarc.${domain} TXT`, [[`v=DMARC1; p=${domain === "strict.test" ? "reject" : "none"}`]]],
  ]),
);
const ANA = "ana@author.test";
const BEN = "ben@far.test";
const MIA = "mia@far.test";

async function house(t: TestContext, settings: Record<string, string> = { authors: "hidden" }): Promise<TestNode> {
  return startNode(t, {
    members: [ANA, BEN, MIA],
    settings,
    zone: PROVED,
    roles: "intake,pipeline,outbound,chores,web",
  });
}

const to = (node: TestNode, address: string) => node.farSide.mailsFor(address);
const alone = (node: TestNode, address: string) =>
  to(node, address).filter((one) => /^X-Loop: <write\./m.test(one.raw.toString()));

/** Ana posts; answers Ben's copy, and the alias in it. */
async function posted(node: TestNode, from = `Ana Lima <${ANA}>`): Promise<{ raw: string; alias: string }> {
  await node.post({ from, headers: [`Sender: ${ANA}`, `X-Mailer-Login: ${ANA}`] });
  await node.quiet();
  const raw = to(node, BEN).at(-1)!.raw.toString();
  return { raw, alias: replyTo(raw) };
}

function replyTo(raw: string): string {
  const unfolded = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  const value = /^Reply-To: (.*)$/m.exec(unfolded)?.[1] ?? /^From: (.*)$/m.exec(unfolded)![1]!;
  return mailboxes(value)[0]!.address;
}

const send = async (
  node: TestNode,
  from: string,
  alias: string,
  more: { headers?: string[]; subject?: string; sender?: string } = {},
) => {
  const sent = await node.send(
    { from: more.sender ?? from, to: [alias] },
    write({ from, to: alias, text: "Between us.", ...more }, node.group, node.config),
  );
  await node.quiet();
  return sent;
};

const outcomes = async (node: TestNode): Promise<string[]> =>
  (
    await node.pool<{ outcome: string; detail: string }[]>`select outcome, detail from outcomes order by at, mail_id`
  ).map(({ outcome, detail }) => `${outcome}: ${detail}`);

test("in a group that hides its authors a copy holds their address nowhere, and an answer to them arrives and comes back", async (t) => {
  const node = await house(t);
  const { raw, alias } = await posted(node);
  assert.doesNotMatch(raw, /ana@|author\.test:|login/i);
  assert.match(raw, /^From: Ana Lima via Readers <readers@groups\.test>\r$/m);
  const cookie = await signInAt(node, BEN);
  const [topic] = await node.pool<{ id: string }[]>`select id from topics`;
  const pages = [
    "",
    "/1",
    "/1/raw",
    "/1/write",
    "/1/reply?quote=all",
    "/2026-03",
    "/feed.atom",
    "/mbox",
    `/topic/${topic!.id}`,
  ];
  for (const path of [...pages.map((one) => `/g/readers${one}`), "/api/v1/groups/readers/posts/1"]) {
    const page = await fetch(node.webUrl + path, { headers: { cookie } });
    assert.equal(page.status, 200, path);
    assert.doesNotMatch(await page.text(), /ana@author/, `${path} shows members no address either`);
  }
  assert.ok(alias.indexOf("@") <= 64, "RFC 5321 4.5.3.1.1");
  assert.match(alias, /^write\+[a-z2-7]+@groups\.test$/);
  await send(node, BEN, alias.toUpperCase().replace("@GROUPS.TEST", "@groups.test"));
  const [mail] = alone(node, ANA);
  assert.ok(mail, "it came to the author");
  const text = mail.raw.toString();
  assert.doesNotMatch(text.replace(/^DKIM-Signature[\s\S]*?\r\n(?!\s)/m, ""), /ben@|far\.test/);
  assert.match(text, /^From: ben via Readers\s+<write\+/m);
  assert.match(text, /Between us\./);
  assert.match(text, /http:\/\/groups\.test\/g\/readers\/1[\s\S]*membership/);
  assert.equal(mail.from, "", "no return path: nothing of it can bounce to anybody");
  const back = replyTo(text);
  assert.ok(back.indexOf("@") <= 64);
  await send(node, ANA, back);
  assert.equal(alone(node, BEN).length, 1, "the answer came back");
  assert.doesNotMatch(
    alone(node, BEN)[0]!
      .raw.toString()
      .replace(/^DKIM-Signature[\s\S]*?\r\n(?!\s)/m, ""),
    /ana@/,
  );
  await send(node, BEN, replyTo(alone(node, BEN)[0]!.raw.toString()));
  assert.equal(alone(node, ANA).length, 2, "and so it goes on");
  await send(node, MIA, back);
  assert.equal(alone(node, BEN).length, 1, "an answer's address is good for one person alone");
  await node.pass(95 * DAY, 95 * DAY);
  await send(node, ANA, back);
  assert.equal(alone(node, BEN).length, 1, "and not for ever");
  const [row] = await node.pool<{ subject: string }[]>`select subject from letters where kind = 'private' limit 1`;
  assert.equal(row!.subject, "Private mail", "no list of letters tells what it was about");
});

test("where From had to be rewritten an answer reaches the author's own address, and by the alias it goes on openly", async (t) => {
  const node = await startNode(t, {
    members: ["ana@strict.test", BEN],
    zone: PROVED,
    roles: "intake,pipeline,outbound,chores,web",
  });
  await node.post({ from: "Ana <ana@strict.test>" });
  await node.quiet();
  const copy = to(node, BEN).at(-1)!.raw.toString();
  assert.match(copy, /^From: Ana via Readers <readers@groups\.test>\r$/m);
  assert.equal(replyTo(copy), "ana@strict.test");
  const cookie = await signInAt(node, BEN);
  const answer = await fetch(`${node.webUrl}/g/readers/1/write`, {
    method: "POST",
    body: new URLSearchParams({ subject: "Re: Chapter two", text: "**So** it is.", copy: "yes" }),
    headers: { cookie, origin: node.webUrl },
    redirect: "manual",
  });
  assert.equal(answer.headers.get("location"), "/g/readers/1/write?sent=1");
  await node.quiet();
  const mail = await PostalMime.parse(alone(node, "ana@strict.test")[0]!.raw);
  assert.deepEqual(
    mail.replyTo?.map((one) => one.address),
    [BEN],
  );
  assert.match(mail.html!, /<strong>So<\/strong> it is/);
  const own = to(node, BEN).find((one) => /Subject: Copy: Re: Chapter two/.test(one.raw.toString()));
  assert.match((await PostalMime.parse(own!.raw)).text!, /> \*\*So\*\* it is\./);
  const first = await node.pool<{ message_id: string }[]>`select message_id from posts`;
  assert.equal(mail.inReplyTo, `<${first[0]!.message_id}>`);
});

test("the author decides who may write, and what is refused is told to who is proved", async (t) => {
  const node = await house(t);
  const { alias } = await posted(node);
  const ana = (await directory.membershipOf(node.pool, node.group.id, ANA))!;
  const set = (value: string) =>
    directory.setMembership(node.pool, ana, { "private-mail": value }, "test", node.clock.now());
  await send(node, "otto@strange.test", alias);
  assert.equal(alone(node, ANA).length, 0, "members, unless the author says otherwise");
  assert.match(to(node, "otto@strange.test")[0]!.raw.toString(), /from members of the group only/);
  await set("anyone");
  await send(node, "otto@strange.test", alias);
  assert.equal(alone(node, ANA).length, 1);
  assert.equal(replyTo(alone(node, ANA)[0]!.raw.toString()), "otto@strange.test");
  await set("nobody");
  await send(node, BEN, alias);
  assert.equal(alone(node, ANA).length, 1);
  assert.match(to(node, BEN).at(-1)!.raw.toString().replace(/\r\n/g, " "), /takes no private mail/);
  const cookie = await signInAt(node, BEN);
  const page = await (await fetch(`${node.webUrl}/g/readers/1/write`, { headers: { cookie } })).text();
  assert.match(page, /takes no private mail/);
  assert.doesNotMatch(page, /<textarea|ana@/);
});

test("nothing is relayed for forgers, machines and loops, and only so much for anybody", async (t) => {
  const node = await house(t);
  const { alias } = await posted(node);
  const before = node.farSide.mails.length;
  await send(node, "ben@unproved.test", alias);
  const forged = alias.replace(/\+(.)/, (_, letter: string) => `+${letter === "a" ? "b" : "a"}`);
  await send(node, BEN, alias, { headers: ["Auto-Submitted: auto-replied"] });
  await send(node, BEN, alias, { headers: ["X-Loop: <write.groups.test>"] });
  await send(node, BEN, alias, { sender: "" });
  await send(node, BEN, alias, { headers: ["List-Id: <other.list.test>"] });
  await send(node, ANA, alias);
  assert.equal(node.farSide.mails.length, before, "nobody gets anything, and nobody is told");
  await send(node, BEN, forged);
  assert.equal(alone(node, ANA).length, 0);
  const both = await node.send(
    { from: BEN, to: [alias, "readers@groups.test"] },
    write({ from: BEN, to: "readers@groups.test", subject: "To all" }, node.group, node.config),
  );
  assert.equal(both.code ?? 250, 250);
  await node.quiet();
  assert.equal(
    to(node, ANA).filter((one) => /Subject: To all/.test(one.raw.toString())).length,
    1,
    "the group's copy is enough",
  );
  for (let i = 0; i < 12; i += 1) await send(node, BEN, alias, { subject: `No. ${i}` });
  assert.equal(alone(node, ANA).length, 10, "ten an hour");
  assert.ok((await outcomes(node)).some((one) => /More private mail than usual/.test(one)));
  await send(node, MIA, alias);
  assert.equal(alone(node, ANA).length, 11, "others are not held up by it");
});
