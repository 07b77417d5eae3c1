/** What members want of a group's posts: topics followed and muted, hashtags, replies to oneself; and why a post came or not. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY, HOUR } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const start = (t: TestContext, members = ["mia@far.test", "ben@far.test", "cai@far.test"]): Promise<TestNode> =>
  startNode(t, {
    members,
    roles: "intake,pipeline,outbound,web,chores",
    zone: { "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]], "_dmarc.far.test TXT": [["v=DMARC1; p=none"]] },
  });

const wish = (node: TestNode, address: string, pairs: Record<string, string>): Promise<unknown> =>
  transact(node.pool, async (sql) =>
    directory.setMembership(
      sql,
      (await directory.membershipOf(sql, node.group.id, address))!,
      pairs,
      "test",
      node.clock.now(),
    ),
  );

const got = (node: TestNode, address: string): string[] =>
  node.farSide
    .mailsFor(address)
    .map((mail) => readMail(mail.raw).subject)
    .filter((subject) => !/Sign in|Muted|Followed/.test(subject))
    .sort();

async function post(node: TestNode, from: string, subject: string, messageId: string, answers?: string): Promise<void> {
  await node.post({
    from,
    subject,
    messageId,
    ...(answers && { headers: [`In-Reply-To: <${answers}>`, `References: <${answers}>`] }),
  });
  await node.quiet();
  node.clock.pass(1000);
}

const form = (node: TestNode, cookie: string, path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${node.webUrl}${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie, origin: node.webUrl },
    body: new URLSearchParams(fields),
  });

const why = async (node: TestNode, cookie: string, number: number, member = ""): Promise<string> =>
  (
    await (
      await fetch(`${node.webUrl}/g/readers/${number}/why?member=${encodeURIComponent(member)}`, {
        headers: { cookie },
      })
    ).text()
  ).replace(/\s+/g, " ");

test("a muted topic does not come, a followed one comes by itself although its follower gets digests, and the rest in the digest", async (t) => {
  const node = await start(t);
  await wish(node, "cai@far.test", { mode: "digest", "digest-hour": "8" });
  await post(node, "ben@far.test", "Tea", "tea@x.test");
  await post(node, "ben@far.test", "Cake", "cake@x.test");
  const topics = await node.pool<{ id: string; subject: string }[]>`select id, subject from topics`;
  const id = (subject: string): string => topics.find((one) => one.subject === subject)!.id;
  const [mia, cai] = [await signInAt(node, "mia@far.test"), await signInAt(node, "cai@far.test")];
  await form(node, mia, `/g/readers/topic/${id("Tea")}/follow`, { do: "mute" });
  await form(node, cai, `/g/readers/topic/${id("Tea")}/follow`, { do: "follow" });
  await form(node, cai, `/g/readers/topic/${id("Cake")}/follow`, { do: "mute" });
  await post(node, "ben@far.test", "Re: Tea", "tea2@x.test", "tea@x.test");
  await post(node, "ben@far.test", "Re: Cake", "cake2@x.test", "cake@x.test");
  assert.deepEqual(got(node, "mia@far.test"), ["Cake", "Re: Cake", "Tea"]);
  assert.deepEqual(got(node, "cai@far.test"), ["Re: Tea"]);
  assert.deepEqual(got(node, "ben@far.test"), ["Cake", "Re: Cake", "Re: Tea", "Tea"]);
  assert.match(
    await why(node, mia, 3),
    /not sent<\/span> You did not get it by itself: had muted the topic when it was sent/,
  );
  assert.match(await why(node, cai, 3), /delivered<\/span> The other server took it/);
  const list = await (await fetch(`${node.webUrl}/g/readers`, { headers: { cookie: mia } })).text();
  assert.match(list, /<li class="topic is-muted">[\s\S]*?Tea/);
  node.clock.pass(DAY);
  await node.pool`update memberships set digest_due_at = ${node.clock.now()} where mode = 'digest'`;
  const digest = (
    await node.farSide.waitFor((mails) =>
      mails.some((mail) => mail.to.includes("cai@far.test") && /Readers: /.test(readMail(mail.raw).subject)),
    )
  ).findLast((mail) => mail.to.includes("cai@far.test"))!;
  const { text } = readMail(digest.raw);
  assert.match(text!, /\* ?Tea|Tea\n/, "what came before it was followed");
  assert.doesNotMatch(text!, /Cake/, "what is muted stays out of the digest");
  assert.equal([...text!.matchAll(/Has anybody read it/g)].length, 1, "what came by itself does not come again");
  await form(node, mia, `/g/readers/topic/${id("Tea")}/follow`, { do: "none" });
  await post(node, "ben@far.test", "Re: Tea again", "tea3@x.test", "tea@x.test");
  assert.ok(got(node, "mia@far.test").includes("Re: Tea again"));
  assert.match(await why(node, mia, 3), /had muted the topic when it was sent/, "as it was then");
});

test("new topics and replies to me; hashtags left out, or the only ones", async (t) => {
  const node = await start(t, ["mia@far.test", "ben@far.test", "cai@far.test", "dan@far.test"]);
  await wish(node, "mia@far.test", { replies: "own" });
  await wish(node, "cai@far.test", { "mute-tags": "#tea, cake" });
  await wish(node, "dan@far.test", { "only-tags": "tea" });
  await post(node, "ben@far.test", "Pots #tea", "a@x.test");
  await post(node, "cai@far.test", "Re: Pots #tea", "b@x.test", "a@x.test");
  await post(node, "mia@far.test", "Re: Pots #tea!", "c@x.test", "b@x.test");
  await post(node, "ben@far.test", "Re: Pots #tea?", "d@x.test", "c@x.test");
  await post(node, "cai@far.test", "Re: Pots #tea??", "e@x.test", "d@x.test");
  await post(node, "ben@far.test", "Nothing", "f@x.test");
  assert.deepEqual(
    got(node, "mia@far.test"),
    ["Nothing", "Pots #tea", "Re: Pots #tea!", "Re: Pots #tea?", "Re: Pots #tea??"].sort(),
  );
  assert.deepEqual(got(node, "cai@far.test"), ["Nothing"]);
  assert.deepEqual(got(node, "dan@far.test").length, 5);
  assert.ok(!got(node, "dan@far.test").includes("Nothing"));
  const mia = await signInAt(node, "mia@far.test");
  assert.match(await why(node, mia, 2), /new topics and replies to own posts only, and it answers others/);
  assert.match(await why(node, await signInAt(node, "cai@far.test"), 1), /had muted the hashtag #tea/);
  assert.match(await why(node, await signInAt(node, "dan@far.test"), 6), /certain hashtags only, and it has none/);
  await assert.rejects(wish(node, "mia@far.test", { "mute-tags": "<b>" }), /is no hashtag/);
});

test("a reply to a post, sent to GROUP+mute, mutes its topic; it changes nothing for who is not proved", async (t) => {
  const node = await start(t);
  await post(node, "ben@far.test", "Tea", "tea@x.test");
  const mail = (from: string, verb: string, answers: string): Promise<unknown> =>
    node.send(
      { from, to: [`readers+${verb}@${node.domain}`] },
      `From: ${from}\r\nTo: readers+${verb}@${node.domain}\r\nSubject: Re: Tea\r\nMessage-ID: <${Math.random()}@far.test>\r\nIn-Reply-To: <${answers}>\r\n\r\n\r\n`,
    );
  await mail("mia@far.test", "stumm", "tea@x.test");
  await mail("cai@far.test", "follow", "elsewhere@x.test");
  await mail("eve@far.test", "mute", "tea@x.test");
  await node.quiet();
  const wishes =
    await node.pool`select wish, address from topic_follows f join memberships m on m.id = f.membership_id`;
  assert.deepEqual(
    wishes.map((one) => ({ ...one })),
    [{ wish: "mute", address: "mia@far.test" }],
  );
  assert.match(readMail(node.farSide.mailsFor("mia@far.test").at(-1)!.raw).subject, /^Muted: Tea/);
  await post(node, "ben@far.test", "Re: Tea", "tea2@x.test", "tea@x.test");
  assert.deepEqual(got(node, "mia@far.test"), ["Tea"]);
});

test("of a mail to two groups who muted it in the one has it from the other, once", async (t) => {
  const node = await start(t);
  const other = await directory.addGroup(node.pool, { name: "writers", title: "Writers" }, node.clock);
  await transact(node.pool, (sql) =>
    directory.addMembers(
      sql,
      other.id,
      ["mia@far.test", "ben@far.test", "cai@far.test"].map((address) => ({ address, name: "" })),
      "test",
      node.clock,
    ),
  );
  await wish(node, "mia@far.test", { "mute-tags": "tea" });
  const both = `readers@${node.domain}, writers@${node.domain}`;
  await node.send(
    { from: "ben@far.test", to: [`readers@${node.domain}`, `writers@${node.domain}`] },
    `From: ben@far.test\r\nTo: ${both}\r\nSubject: Pots #tea\r\nMessage-ID: <both@far.test>\r\n\r\nFor all.\r\n`,
  );
  await node.quiet();
  for (const address of ["mia@far.test", "cai@far.test"])
    assert.equal(node.farSide.mailsFor(address).filter((mail) => /Pots/.test(mail.raw.toString())).length, 1, address);
  const mia = node.farSide.mailsFor("mia@far.test").at(-1)!;
  assert.match(mia.raw.toString(), /List-Id:[^\r\n]*writers/i);
});

test("the page answers for what came back, what waits, who joined later, and another address, to moderators alone", async (t) => {
  const node = await start(t);
  await transact(node.pool, (sql) =>
    directory.addMembers(
      sql,
      node.group.id,
      [{ address: "olga@far.test", name: "", role: "owner" }],
      "test",
      node.clock,
    ),
  );
  node.farSide.answers("cai@far.test", "452 4.2.2 mailbox full");
  node.farSide.answers("ben@far.test", "550 5.1.1 no such user");
  await wish(node, "mia@far.test", { holiday: "2026-03-20" });
  await post(node, "olga@far.test", "Tea", "tea@x.test");
  const olga = await signInAt(node, "olga@far.test");
  node.clock.pass(HOUR);
  await transact(node.pool, (sql) =>
    directory.addMembers(sql, node.group.id, [{ address: "dan@far.test", name: "" }], "test", node.clock),
  );
  assert.match(await why(node, olga, 1, "cai@far.test"), /asked us to come again later[\s\S]*mailbox full/);
  assert.match(await why(node, olga, 1, "ben@far.test"), /The other server refused it[\s\S]*no such user/);
  assert.match(await why(node, olga, 1, "mia@far.test"), /was on holiday when it was sent/);
  assert.match(await why(node, olga, 1, "dan@far.test"), /joined after it was sent/);
  assert.match(await why(node, olga, 1, "eve@far.test"), /is not in the group, and never was/);
  const [{ id }] = (await node.pool`select id from memberships where address_key = 'olga@far.test'`) as unknown as [
    { id: string },
  ];
  const [{ post: item }] = (await node.pool`select id as post from posts`) as unknown as [{ post: string }];
  await node.pool`
    insert into returns (id, at, mail_id, group_id, membership_id, item_id, address, kind, said)
    values (gen_random_uuid(), ${node.clock.now()}, gen_random_uuid(), ${node.group.id}, ${id}, ${item}, 'olga@far.test', 'bounce', 'over quota')`;
  assert.match(await why(node, olga, 1), /sent it back later[\s\S]*over quota/);
  const dan = await signInAt(node, "dan@far.test");
  assert.doesNotMatch(await why(node, dan, 1, "mia@far.test"), /holiday/, "a member sees their own alone");
  await node.pool`update memberships set paused_at = ${node.clock.now()}, pause_cause = '' where address_key = 'dan@far.test'`;
});
