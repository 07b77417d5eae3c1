/** The moderators' desk: by forms, by mail and by commands; races, taking back, editing, and what becomes of it all after a kill. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { settleDecisions } from "../../src/chores/chores.ts";
import * as directory from "../../src/directory/directory.ts";
import { HOUR, SECOND } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import * as moderation from "../../src/moderation/moderation.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const DMARC = {
  "_dmarc.author.test TXT": [["v=DMARC1; p=reject"]],
  "author.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]],
  "_dmarc.far.test TXT": [["v=DMARC1; p=none"]],
  "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]],
};
/** What proves an author here: SPF of their domain names this machine. */
const AUTHOR = "ann@author.test";

type Answer = { status: number; text: string; location: string };
type Desk = {
  node: TestNode;
  ask(path: string, cookie: string, form?: Record<string, string> | [string, string][]): Promise<Answer>;
  hold(subject: string, from?: string, text?: string): Promise<string>;
  olga: string;
  mo: string;
};

async function desk(t: TestContext, settings: Record<string, string> = {}): Promise<Desk> {
  const members = ["olga@far.test", "mo@far.test", "mia@far.test"];
  const node = await startNode(t, { members, settings, zone: DMARC, roles: "intake,pipeline,outbound,chores,web" });
  for (const [address, role, name] of [
    ["olga@far.test", "owner", "Olga"],
    ["mo@far.test", "moderator", "Mo"],
  ] as const) {
    const member = (await directory.membershipOf(node.pool, node.group.id, address))!;
    await directory.changeMembership(node.pool, member.id, { role, name }, "test", node.clock.now());
  }
  const hold = async (subject: string, from = AUTHOR, text = `About ${subject}`): Promise<string> => {
    node.clock.pass(1);
    const sent = await node.post({ from, subject, text });
    await node.quiet();
    return sent.id!;
  };
  const ask: Desk["ask"] = async (path, cookie, form) => {
    const answer = await fetch(`${node.webUrl}/g/readers${path}`, {
      redirect: "manual",
      headers: { cookie, origin: node.webUrl },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    return { status: answer.status, text: await answer.text(), location: answer.headers.get("location") ?? "" };
  };
  const [olga, mo] = [await signInAt(node, "olga@far.test"), await signInAt(node, "mo@far.test")];
  return { node, ask, hold, olga, mo };
}

const kept = async ({ node }: Desk, id: string) => (await moderation.heldPost(node.pool, node.group.id, id))!;
const outcome = async ({ node }: Desk, id: string): Promise<string | undefined> =>
  (await queue.outcomesOf(node.pool, id))[0]?.outcome;
const lettersTo = (node: TestNode, address: string, subject: RegExp) =>
  node.farSide.mailsFor(address).filter((mail) => subject.test(readMail(mail.raw).subject));
/** Until what was decided has taken effect, and has gone where it goes. */
async function settled({ node }: Desk): Promise<void> {
  await node.pass(11 * SECOND, 4 * SECOND);
  for (let i = 0; i < 200; i += 1) {
    const [row] = await node.pool<{ due: number }[]>`select count(*)::int as due from held_posts where state = 'due'`;
    if (row!.due === 0) return node.quiet();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("what was decided did not take effect");
}

async function until<T>(found: () => T[]): Promise<T[]> {
  for (let i = 0; i < 100 && found().length === 0; i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return found();
}

const logged = async ({ node }: Desk): Promise<string[]> =>
  (await moderation.activity(node.pool, node.group.id, { kind: null, membershipId: null }, null, 50)).map(
    (one) => `${one.byName} ${one.what}, ${one.how}`,
  );

test("what is decided can be taken back for ten seconds, then it is so; of two moderators one decides", async (t) => {
  const here = await desk(t);
  const { node, ask, hold, olga, mo } = here;
  const [first, second, third] = [await hold("Tea"), await hold("Cake"), await hold("Milk")];
  const page = await ask("/held", olga);
  assert.match(page.text, /3 posts to decide[\s\S]*1 of 3[\s\S]*Its author is not a member[\s\S]*<bdi>Tea/);
  assert.match(page.text, /not a member[\s\S]*no post here yet[\s\S]*2 more wait/);

  const next = await ask(`/held/${first}`, olga, { do: "decline", answer: "Not here, please." });
  assert.ok(next.location.endsWith(`/held/${second}`), "on to the next");
  const bar = (await ask(`/held/${second}`, olga)).text;
  assert.match(bar, /Declined: <b><bdi>Tea<\/bdi><\/b>[\s\S]*Take it back/);
  assert.doesNotMatch((await ask(`/held/${second}`, mo)).text, /Take it back/, "the others have nothing to take back");
  const late = await ask(`/held/${first}`, mo, { do: "approve" });
  assert.match(late.location, /told=late/);
  assert.match(
    (await ask(`/held/${first}?told=late`, mo)).text,
    /Nothing was changed[\s\S]*Olga<\/bdi><\/b> declined it/,
  );
  await node.pass(9 * SECOND, 3 * SECOND);
  assert.equal(await outcome(here, first), undefined, "nothing yet");
  const decision = /name="decision" value="([^"]+)"/.exec(bar)![1]!;
  assert.match((await ask(`/held/${first}`, olga, { do: "undo", decision })).location, /told=undone/);
  await node.pass(5 * SECOND);
  assert.equal((await kept(here, first)).state, "waiting", "as if it had not been decided");
  assert.equal(lettersTo(node, AUTHOR, /^Not sent/).length, 0);

  await ask(`/held/${first}`, olga, { do: "decline", answer: "Not here, please." });
  await ask(`/held/${second}`, mo, { do: "approve" });
  await settled(here);
  assert.deepEqual([await outcome(here, first), await outcome(here, second)], ["declined", "posted"]);
  assert.match((await ask(`/held/${first}`, olga, { do: "undo", decision })).location, /told=late/, "too late now");
  assert.match(readMail(lettersTo(node, AUTHOR, /^Not sent/)[0]!.raw).text!, /Not here, please\.\s+Olga, Readers/);
  assert.equal(lettersTo(node, "mia@far.test", /Cake/).length, 1);
  assert.deepEqual((await logged(here)).sort(), [
    `Mo approved “Cake” by ${AUTHOR}, web`,
    `Olga declined “Tea” by ${AUTHOR}, web`,
  ]);
  assert.match((await ask(`/held/${third}`, mo)).text, /1 post here[\s\S]*1 declined before/);

  // At the same moment: one wins.
  await Promise.all([ask(`/held/${third}`, olga, { do: "decline" }), ask(`/held/${third}`, mo, { do: "trust" })]);
  await settled(here);
  const { state, decidedName } = await kept(here, third);
  assert.ok((state === "declined" && decidedName === "Olga") || (state === "approved" && decidedName === "Mo"));
});

test("a decision outlives a kill between it and its effect, and takes effect once", async (t) => {
  const here = await desk(t);
  const { node, hold } = here;
  const id = await hold("Tea");
  const { pool, clock, domain } = node;
  await node.stop();
  const by = { membershipId: null, name: "Olga", how: "web" as const };
  const one = {
    groupId: node.group.id,
    mailIds: [id],
    decision: "decline" as const,
    by,
    answer: "",
    dueAt: clock.now(),
  };
  assert.equal((await moderation.decide(pool, one, clock)).length, 1);
  assert.equal((await moderation.decide(pool, { ...one, decision: "approve" }, clock)).length, 0);
  // Killed in the middle of carrying it out: nothing of it is there.
  await assert.rejects(
    pool.begin(async (sql) => {
      assert.ok(await moderation.takeDue(sql, clock.now()));
      throw new Error("killed");
    }),
  );
  assert.equal((await kept(here, id)).state, "due");
  const means = { pool, clock, domain, url: "http://groups.test" };
  const counts = await Promise.all([settleDecisions(means), settleDecisions(means)]);
  assert.equal(counts[0]! + counts[1]!, 1);
  assert.equal(await outcome(here, id), "declined");
  assert.equal((await logged(here)).length, 1);
});

test("a moderator decides by one plain reply, in any language; nobody else can, and what was decided is told", async (t) => {
  const here = await desk(t, { language: "de" });
  const { node, hold } = here;
  const replyTo = (mail: { raw: Buffer }): string => /^Reply-To: <?(decide\+[^>\s]+)/im.exec(mail.raw.toString())![1]!;
  const reply = async (from: string, to: string, text: string): Promise<void> => {
    node.clock.pass(1);
    await node.post({ from, to, subject: "Aw: Zu entscheiden", text });
    await node.quiet();
    await settled(here);
  };
  const first = await hold("Tea", AUTHOR, "Would you like some tea?");
  const [toOlga] = lettersTo(node, "olga@far.test", /Tea/);
  const [toMo] = lettersTo(node, "mo@far.test", /Tea/);
  assert.match(readMail(toOlga!.raw).text!, /> Tea\n>\n> Would you like some tea\?[\s\S]*„freigeben“/);
  assert.notEqual(replyTo(toOlga!), replyTo(toMo!));

  await reply("mia@far.test", replyTo(toOlga!), "freigeben");
  await reply("mo@far.test", replyTo(toOlga!), "freigeben");
  await reply("olga@far.test", replyTo(toOlga!).replace(/.(?=@)/, "x"), "freigeben");
  await reply("olga@far.test", replyTo(toOlga!), "Ich weiß nicht.\n> freigeben");
  assert.equal(
    (await kept(here, first)).state,
    "waiting",
    "others' replies, forged tokens and other words decide nothing",
  );
  assert.equal(lettersTo(node, "olga@far.test", /Zu Ihrer Entscheidung/).length, 1, "and she hears what can be said");

  await reply("olga@far.test", replyTo(toOlga!), "Decline\nNo drinks here.\n\nOn Sunday Readers wrote:\n> Tea");
  assert.equal(await outcome(here, first), "declined");
  const told = readMail(lettersTo(node, AUTHOR, /^Nicht|Tea/).at(-1)!.raw).text!;
  assert.ok(told.includes("No drinks here.") && !told.includes("> Tea"), "the reason, and nothing that was quoted");
  await reply("olga@far.test", replyTo(toOlga!), "decline");
  await reply("mo@far.test", replyTo(toMo!), "ja");
  const answers = lettersTo(node, "mo@far.test", /Zu Ihrer Entscheidung/);
  assert.match(readMail(answers[0]!.raw).text!, /schon von Olga\s+abgelehnt/);
  assert.equal(lettersTo(node, "olga@far.test", /Zu Ihrer Entscheidung/).length, 1, "saying it again is no news");
});

test("many held posts are asked about together, at most once an hour, and one reply decides about several", async (t) => {
  const here = await desk(t);
  const { node, hold } = here;
  const member = (await directory.membershipOf(node.pool, node.group.id, "mo@far.test"))!;
  await directory.setMembership(node.pool, member, { "held-letters": "no" }, "test", node.clock.now());
  const ids: string[] = [];
  for (let i = 1; i <= 7; i += 1) ids.push(await hold(`Tea ${i}`));
  assert.equal(lettersTo(node, "olga@far.test", /^To decide/).length, 3);
  await node.pass(HOUR + 60 * SECOND, HOUR);
  const together = await until(() => lettersTo(node, "olga@far.test", /^Posts to decide in Readers: 4/));
  assert.equal(together.length, 1);
  assert.equal(lettersTo(node, "mo@far.test", /decide/).length, 0, "who does not want them gets none");
  const to = /^Reply-To: <?(decide\+[^>\s]+)/im.exec(together[0]!.raw.toString())![1]!;
  await node.post({ from: "olga@far.test", to, subject: "Re", text: "approve 1, 3\ndecline 2\nToo much tea." });
  await node.quiet();
  await settled(here);
  const states = await Promise.all(ids.slice(3).map(async (id) => (await kept(here, id)).state));
  assert.deepEqual(states, ["approved", "declined", "approved", "waiting"]);
});

test("an edited post goes out as edited, says so, keeps the original for its author, and comes from the group where DMARC insists", async (t) => {
  const here = await desk(t, { dmarc: "untouched" });
  const { node, ask, hold, olga, mo } = here;
  const id = await hold("My number", AUTHOR, "Call me: 555 123");
  const wrong = await ask(`/held/${id}/edit`, olga, { do: "save", subject: "", text: "Write to me." });
  assert.ok(wrong.status === 400 && wrong.text.includes("Write to me."), "nothing typed is lost");
  await ask(`/held/${id}/edit`, olga, { do: "save", subject: "How to reach me", text: "Write to me." });
  const compare = (await ask(`/held/${id}/edit`, mo)).text;
  assert.match(compare, /What the author wrote[\s\S]*555 123/);
  await ask(`/held/${id}`, mo, { do: "approve" });
  await settled(here);
  const copy = node.farSide.mailsFor("mia@far.test").at(-1)!.raw;
  const mail = readMail(copy);
  assert.deepEqual([mail.subject, mail.text!.trim().split("\n")[0]!.trim()], ["How to reach me", "Write to me."]);
  assert.doesNotMatch(copy.toString(), /555 123/);
  assert.equal(mail.from?.address, "readers@groups.test", "their domain's signature can't stand for it any more");
  const told = readMail(lettersTo(node, AUTHOR, /^Edited and sent/)[0]!.raw).text!;
  assert.match(told, /Olga edited your post[\s\S]*> Write to me\./);
  assert.match((await ask("/1", olga)).text, /Edited by <bdi>Olga<\/bdi>/);
  assert.match((await ask("/1/original", olga)).text, /555 123/);
  assert.match((await ask("/1/original", await signInAt(node, AUTHOR))).text, /555 123/);
  assert.equal((await ask("/1/original", await signInAt(node, "mia@far.test"))).status, 404);
  await ask("/1/care", olga, { do: "delete" });
  assert.equal((await ask("/1/original", olga)).status, 404, "a deleted post leaves no original behind");
});

test("an author who is asked answers by mail, beside the post; claims pass; many are decided at once; trust lets the next through", async (t) => {
  const here = await desk(t);
  const { node, ask, hold, olga, mo } = here;
  const [id, other, more] = [
    await hold("Reading"),
    await hold("Offer 1", "shop@spam.test"),
    await hold("Offer 2", "shop@spam.test"),
  ];
  assert.equal((await ask(`/held/${id}`, olga, { do: "ask", question: "" })).status, 400);
  await ask(`/held/${id}`, olga, { do: "ask", question: "Is it free?" });
  await node.quiet();
  const letter = lettersTo(node, AUTHOR, /^A question about your post: Reading/)[0]!;
  assert.match(readMail(letter.raw).text!, /Olga asks:\s+Is it free\?/);
  const to = /^Reply-To: <?(answer\+[^>\s]+)/im.exec(letter.raw.toString())![1]!;
  await node.post({ from: AUTHOR, to, subject: "Re: A question", text: "Yes <b>it</b> is.\n\n> Is it free?" });
  await node.quiet();
  assert.match((await ask(`/held/${id}`, mo)).text, /Is it free\?[\s\S]*Yes &lt;b&gt;it&lt;\/b&gt; is\.</);
  assert.equal(
    (await ask(`/held/${other}`, olga, { do: "ask", question: "Who?" })).location.includes("told=late"),
    true,
    "nobody unproved is written to",
  );

  await ask(`/held/${id}`, olga, { do: "claim" });
  assert.match((await ask(`/held/${id}`, mo)).text, /Olga<\/bdi><\/b> is looking at this/);
  assert.match((await ask("/held", mo)).text, /“?Offer 1/, "others begin with another");
  node.clock.pass(5 * 60 * SECOND + 1);
  assert.doesNotMatch((await ask(`/held/${id}`, mo)).text, /is looking at this, until/);

  await ask("/answers", olga, { do: "keep", title: "Adverts", words: "We take no adverts." });
  const ready = (await moderation.answers(node.pool, node.group.id))[0]!;
  const none = await ask("/held/list", olga, { do: "decline" });
  assert.ok(none.status === 400 && none.text.includes("Choose at least one post."));
  await ask("/held/list", olga, { do: "decline", author: "shop@spam.test", all: "yes", ready: ready.id });
  assert.match((await ask("/held", olga)).text, /Declined 2 posts\./);
  await ask(`/held/${id}`, mo, { do: "trust" });
  await settled(here);
  const states = await Promise.all([id, other, more].map(async (one) => (await kept(here, one)).state));
  assert.deepEqual(states, ["approved", "declined", "declined"]);
  assert.equal((await kept(here, more)).answer, "We take no adverts.");
  const next = await hold("Reading again");
  assert.equal(await outcome(here, next), "posted", "trusted");
});
