/** What moderators do to the archive, by form and as members meet it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import * as archive from "../../src/archive/archive.ts";
import * as directory from "../../src/directory/directory.ts";
import { MINUTE } from "../../src/kit/clock.ts";
import { archiveSite, letter, type Site, signedIn, URL_HERE } from "../support/archive-site.ts";
import { fileMails } from "../support/browser.ts";
import { startNode } from "../support/node.ts";

const mails = [
  letter("one", "Chapter one", "2026-03-01T09:00:00Z", { body: "First words." }),
  letter("two", "Re: Chapter one", "2026-03-02T09:00:00Z", { answers: "one", body: "Second words." }),
  letter("three", "Re: Chapter one", "2026-03-03T09:00:00Z", { answers: "two", body: "Third words." }),
  letter("other", "Quite another #Books #12 matter", "2026-03-04T09:00:00Z", { body: "Other words." }),
];

type House = Site & { olga: string; mia: string };

async function house(t: TestContext): Promise<House> {
  const here = await archiveSite(t, mails);
  return { ...here, olga: await signedIn(here, "olga@far.test"), mia: await signedIn(here, "mia@far.test") };
}

const get = async ({ app }: Site, path: string, cookie = "", status = 200): Promise<string> => {
  const answer = await app.request(`/g/readers${path}`, { headers: { cookie } });
  assert.equal(answer.status, status, path);
  return answer.text();
};

const send = ({ app }: Site, path: string, cookie: string, fields: Record<string, string>) =>
  app.request(`/g/readers${path}`, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: URL_HERE, cookie },
  });

const topicOf = async ({ pool, group }: Site, number: number): Promise<string> =>
  (await archive.postNumbered(pool, group.id, number))!.topicId;

test("only who may care for posts can, and is offered to", async (t) => {
  const here = await house(t);
  const topic = `/topic/${await topicOf(here, 1)}`;
  for (const [path, fields] of [
    [`${topic}/care`, { do: "lock" }],
    ["/2/care", { do: "delete" }],
  ] as const) {
    assert.equal((await send(here, path, here.mia, fields)).status, 403, path);
    assert.equal((await send(here, path, "", fields)).status, 403, path);
  }
  await get(here, "/log", here.mia, 403);
  assert.doesNotMatch((await get(here, topic, here.mia)) + (await get(here, "/2", here.mia)), /class="care"/);
  assert.match(await get(here, topic, here.olga), /class="care"/);
  assert.match(await get(here, "/log", here.olga), /will be here/);
  assert.match(await get(here, "/2"), /Second words/);
});

test("a deleted post keeps its number and its place, says who took it out, and is nowhere else", async (t) => {
  const here = await house(t);
  const topic = `/topic/${await topicOf(here, 1)}`;
  await get(here, topic);
  assert.equal((await send(here, "/2/care", here.olga, { do: "delete", reason: "A phone number" })).status, 303);
  assert.equal((await send(here, "/2/care", here.olga, { do: "delete", reason: "again" })).status, 303);
  const gone = await get(here, "/2", "", 410);
  assert.match(gone, /Deleted by <bdi>Olga<\/bdi>[\s\S]*A phone number/);
  for (const path of ["/2/raw", "/2/html", "/2/part/0"]) await get(here, path, here.olga, 404);
  const everywhere = await Promise.all(
    [topic, "", "/2026-03", "/feed.atom", "/2026-03/mbox", `${topic}/mbox`].map((path) => get(here, path)),
  );
  for (const text of [gone, ...everywhere]) assert.doesNotMatch(text, /Second words/);
  assert.match(everywhere[0]!, /id="p2"[\s\S]*A phone number[\s\S]*Third words/);
  assert.match(everywhere[2]!, /3 posts/);
  assert.match(await get(here, "/log", here.olga), /deleted a post #2<\/a>/);
  assert.equal((await archive.changes(here.pool, here.group.id, null, 10)).length, 1, "done once");
  const [post] = await here.pool<{ raw: Buffer }[]>`select raw from posts where number = 2`;
  assert.equal(post!.raw.length, 0, "its bytes are gone for good");
  const again = await fileMails(here.pool, here.group.id, [mails[1]!], here.clock);
  assert.deepEqual(again, [0], "and sent again it does not come back");
});

test("a topic whose posts are all deleted is in no list", async (t) => {
  const here = await house(t);
  await send(here, "/4/care", here.olga, { do: "delete" });
  for (const path of ["", "/feed.atom", "/2026-03"]) assert.doesNotMatch(await get(here, path), /another/);
  await get(here, "/tag/books", "", 404);
});

test("a pinned topic stands above the others, once", async (t) => {
  const here = await house(t);
  const topic = await topicOf(here, 1);
  const order = async () =>
    [...(await get(here, "")).matchAll(/topic-link" href="\/g\/readers\/topic\/([^"]+)"/g)].map((one) => one[1]);
  assert.deepEqual(await order(), [await topicOf(here, 4), topic]);
  await send(here, `/topic/${topic}/care`, here.olga, { do: "pin" });
  assert.deepEqual(await order(), [topic, await topicOf(here, 4)]);
  assert.match(await get(here, ""), /pinned/);
  await send(here, `/topic/${topic}/care`, here.olga, { do: "unpin" });
  assert.deepEqual(await order(), [await topicOf(here, 4), topic]);
});

test("a branch is split off and merged back, and old addresses of topics lead on", async (t) => {
  const here = await house(t);
  const first = await topicOf(here, 1);
  const answer = await send(here, "/2/care", here.olga, { do: "split" });
  const second = await topicOf(here, 2);
  assert.equal(answer.headers.get("location"), `/g/readers/topic/${second}`);
  assert.notEqual(second, first);
  assert.equal(await topicOf(here, 3), second);
  const counts = async () =>
    (await archive.topics(here.pool, here.group.id, null, 9)).map((one) => `${one.subject} ${one.postCount}`).sort();
  assert.deepEqual(await counts(), ["Chapter one 1", "Quite another #Books #12 matter 1", "Re: Chapter one 2"]);
  const late = letter("late", "Re: Chapter one", "2026-03-05T09:00:00Z", { answers: "three" });
  await fileMails(here.pool, here.group.id, [late], here.clock);
  assert.equal(await topicOf(here, 5), second, "what answers the branch goes there");
  assert.equal((await send(here, "/1/care", here.olga, { do: "split" })).status, 303);
  assert.equal(await topicOf(here, 1), first, "the beginning is no branch");
  for (const into of ["", "99", "2", "x"]) {
    const refused = await send(here, `/topic/${second}/care`, here.olga, { do: "merge", into });
    assert.equal(refused.status, 400, into);
    assert.match(await refused.text(), new RegExp(`value="${into}"[\\s\\S]*another topic of this group`));
  }
  const merged = await send(here, `/topic/${second}/care`, here.olga, { do: "merge", into: "#1" });
  assert.equal(merged.headers.get("location"), `/g/readers/topic/${first}`);
  assert.deepEqual(await counts(), ["Chapter one 4", "Quite another #Books #12 matter 1"]);
  const old = await here.app.request(`/g/readers/topic/${second}`);
  assert.equal(old.headers.get("location"), `/g/readers/topic/${first}`);
});

test("hashtags of a subject lead to the topics that have them", async (t) => {
  const here = await house(t);
  const topic = await get(here, `/topic/${await topicOf(here, 4)}`);
  assert.match(topic, /href="\/g\/readers\/tag\/books"/);
  assert.doesNotMatch(topic, /\/tag\/12/);
  assert.match(await get(here, "/tag/Books"), /Quite another/);
  await get(here, "/tag/none", "", 404);
});

test("a locked topic takes no replies by the web, and nothing typed is lost", async (t) => {
  const here = await house(t);
  const topic = `/topic/${await topicOf(here, 1)}`;
  await send(here, `${topic}/care`, here.olga, { do: "lock", reason: "Enough" });
  assert.match(await get(here, topic), /takes no more replies/);
  const answer = await send(here, "/2/reply", here.mia, { do: "post", subject: "Re: x", text: "My long words" });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /My long words[\s\S]*locked/);
  await send(here, `${topic}/care`, here.olga, { do: "unlock" });
  assert.equal((await send(here, "/2/reply", here.mia, { do: "post", subject: "Re: x", text: "Words" })).status, 303);
});

test("a reply by mail to a locked topic is declined with a sentence, and another topic takes mail", async (t) => {
  const node = await startNode(t);
  const mail = (id: string, more = ""): string =>
    `From: ana@far.test\r\nSubject: Re: Two\r\nMessage-ID: <${id}@far.test>\r\n${more}\r\nWords\r\n`;
  const outcomeOf = async (text: string): Promise<string> => {
    const sent = await node.send({ from: "ana@far.test", to: ["readers@groups.test"] }, text);
    node.clock.pass(MINUTE);
    await node.quiet();
    const [row] = await node.pool<{ outcome: string; detail: string }[]>`
      select outcome, detail from outcomes where mail_id = ${sent.id!}`;
    return `${row!.outcome} ${row!.detail}`;
  };
  await directory.addMembers(node.pool, node.group.id, [{ address: "ana@far.test", name: "Ana" }], "test", node.clock);
  assert.match(await outcomeOf(mail("begin")), /^posted/);
  const post = (await archive.postWithMessageId(node.pool, node.group.id, "begin@far.test"))!;
  const doing = {
    id: post.id,
    groupId: node.group.id,
    at: node.clock.now(),
    membershipId: post.id,
    byName: "Olga",
    reason: "",
  };
  await node.pool.begin((sql) => archive.lock(sql, doing, post.topicId, true));
  assert.match(await outcomeOf(mail("answer", "In-Reply-To: <begin@far.test>\r\n")), /^declined .*locked this topic/);
  assert.match(await outcomeOf(mail("bare")), /^posted/);
  const bare = (await archive.postWithMessageId(node.pool, node.group.id, "bare@far.test"))!;
  assert.notEqual(bare.topicId, post.topicId, "one that names nobody begins a topic of its own");
  const between = async () =>
    (await archive.postsBetween(node.pool, node.group.id, 0, 99, 9)).map((one) => one.messageId);
  assert.deepEqual(await between(), ["begin@far.test", "bare@far.test"]);
  await node.pool.begin((sql) => archive.deletePost(sql, { ...doing, id: bare.id }, bare.number));
  assert.deepEqual(await between(), ["begin@far.test"], "no digest has a deleted post");
  assert.equal((await archive.postsToSend(node.pool, [node.group.id], [bare.id])).length, 0, "and no copy is made");
});
