/** What can be done by mail alone, who is told what, and what ends quietly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as archive from "../../src/archive/archive.ts";
import * as directory from "../../src/directory/directory.ts";
import { dkimKey, dnsRecord, generateKeys, signWhole } from "../../src/mail/dkim.ts";
import { all, first, type HeaderField, readHeader, splitMessage } from "../../src/mail/header.ts";
import { readMail } from "../../src/mail/read.ts";
import * as queue from "../../src/queue/queue.ts";
import type { FarSideMail } from "../support/far-side.ts";
import { startNode, type TestNode, write } from "../support/node.ts";

const members = ["ana@far.test", "ben@far.test", "cleo@other.test"];

/** `far.test` sends from this machine and says so: its authors are proved by SPF and DMARC. */
const proved = (policy: string): Record<string, string[][]> => ({
  "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]],
  "_dmarc.far.test TXT": [[`v=DMARC1; p=${policy}`]],
});

const fieldsOf = (mail: FarSideMail): HeaderField[] => readHeader(splitMessage(mail.raw).head);
const textOf = (mail: FarSideMail): string => readMail(mail.raw).text ?? "";
const letters = (node: TestNode, to: string): FarSideMail[] =>
  node.farSide.mailsFor(to).filter((mail) => mail.from === "");

async function outcomeOf(node: TestNode, id: string | undefined): Promise<string> {
  const [outcome] = await queue.outcomesOf(node.pool, id!);
  return outcome?.outcome ?? (await queue.waitingMail(node.pool, id!))?.state ?? "lost";
}

test("a stranger joins by mail: asks, answers our question, is welcomed, and gets the next post", async (t) => {
  const node = await startNode(t, { members });
  await node.post({ from: "dan@new.test", to: "readers+subscribe@groups.test", subject: "" });
  await node.quiet();
  assert.equal(
    await directory.membershipOf(node.pool, node.group.id, "dan@new.test"),
    undefined,
    "not without an answer",
  );
  const [question] = letters(node, "dan@new.test");
  assert.equal(first(fieldsOf(question!), "auto-submitted"), "auto-replied");
  const reply = first(fieldsOf(question!), "reply-to")!;
  assert.match(reply, /^join\+[a-z2-7]+@groups\.test$/);
  await node.post({ from: "dan@new.test", to: reply, subject: "Re: Join" });
  await node.quiet();
  assert.ok(await directory.membershipOf(node.pool, node.group.id, "dan@new.test"));
  assert.match(textOf(letters(node, "dan@new.test")[1]!), /You are a member of Readers now, as dan@new\.test/);
  await node.post({ from: "ana@far.test", messageId: "first@x" });
  await node.quiet();
  assert.equal(node.farSide.mailsFor("dan@new.test").length, 3);
});

test("a join token that was altered or made up joins nobody", async (t) => {
  const node = await startNode(t, { members });
  const sent = await node.post({ from: "dan@new.test", to: `join+${"a".repeat(40)}@groups.test` });
  await node.quiet();
  assert.equal(await outcomeOf(node, sent.id), "declined");
  assert.equal(await directory.membershipOf(node.pool, node.group.id, "dan@new.test"), undefined);
});

test("leaving by mail: at once when the sender is proved, after an answer when not", async (t) => {
  const node = await startNode(t, { members, zone: proved("none") });
  await node.post({ from: "ana@far.test", to: "readers+unsubscribe@groups.test" });
  await node.quiet();
  assert.equal(await directory.membershipOf(node.pool, node.group.id, "ana@far.test"), undefined);
  assert.match(textOf(letters(node, "ana@far.test")[0]!), /gets no more mail from Readers/);

  await node.post({ from: "cleo@other.test", to: "readers-leave@groups.test" });
  await node.quiet();
  assert.ok(
    await directory.membershipOf(node.pool, node.group.id, "cleo@other.test"),
    "anybody could have written that",
  );
  const reply = first(fieldsOf(letters(node, "cleo@other.test")[0]!), "reply-to")!;
  await node.post({ from: "cleo@other.test", to: reply });
  await node.quiet();
  assert.equal(await directory.membershipOf(node.pool, node.group.id, "cleo@other.test"), undefined);
});

test("the address in List-Unsubscribe takes out the member who got the copy, whoever sends the mail", async (t) => {
  const node = await startNode(t, { members });
  await node.post({ from: "ana@far.test" });
  await node.quiet();
  const copy = node.farSide.mailFor("cleo@other.test")!;
  const way = /<mailto:([^>]+)>/.exec(first(fieldsOf(copy), "list-unsubscribe")!)![1]!;
  assert.match(way, /^leave\+[a-z2-7]+@groups\.test$/);
  await node.post({ from: "another-address@other.test", to: way, subject: "unsubscribe" });
  await node.quiet();
  assert.equal(await directory.membershipOf(node.pool, node.group.id, "cleo@other.test"), undefined);
  assert.ok(await directory.membershipOf(node.pool, node.group.id, "ben@far.test"));
});

test("+help is answered with how to use the group; +help for a group that is none is refused at RCPT", async (t) => {
  const node = await startNode(t, { members });
  await node.post({ from: "dan@new.test", to: "readers+help@groups.test" });
  await node.quiet();
  assert.match(textOf(letters(node, "dan@new.test")[0]!), /Join: +readers\+subscribe@groups\.test/);
  const sent = await node.post({ from: "dan@new.test", to: "nobody+help@groups.test" });
  assert.deepEqual([sent.code, sent.text.slice(0, 5)], [550, "5.1.1"]);
});

test("mail to GROUP-owner reaches its owners as it was written, and no member", async (t) => {
  const node = await startNode(t, { members });
  const ana = await directory.membershipOf(node.pool, node.group.id, "ana@far.test");
  await directory.changeMembership(node.pool, ana!.id, { role: "owner" }, "test", node.clock.now());
  const sent = await node.post({ from: "dan@new.test", to: "readers-owner@groups.test", text: "May I join?" });
  await node.quiet();
  assert.equal(await outcomeOf(node, sent.id), "forwarded");
  assert.deepEqual(
    node.farSide.mails.flatMap((mail) => mail.to),
    ["ana@far.test"],
  );
  const mail = readMail(node.farSide.mails[0]!.raw);
  assert.deepEqual([mail.from?.address, mail.text?.trim()], ["dan@new.test", "May I join?"]);
});

test("mail for postmaster is taken and kept for a person", async (t) => {
  const node = await startNode(t, { members });
  for (const to of ["postmaster@groups.test", "abuse@groups.test", "postmaster"]) {
    const sent = await node.post({ from: "dan@new.test", to });
    assert.equal(sent.code, 250, to);
    await node.quiet();
    assert.equal(await outcomeOf(node, sent.id), "held", to);
  }
  assert.equal(node.farSide.mails.length, 0);
});

test("vacation notices, bounces and the group's own mail coming back end without an answer", async (t) => {
  const node = await startNode(t, { members, zone: proved("none") });
  await node.post({ from: "ana@far.test", messageId: "loop@x" });
  await node.quiet();
  const copy = node.farSide.mailFor("ben@far.test")!;
  const before = node.farSide.mails.length;
  const ids = [
    (await node.post({ from: "ben@far.test", headers: ["Auto-Submitted: auto-replied"] })).id,
    (await node.post({ from: "ben@far.test", headers: ["X-Autoreply: yes"], text: "I am away." })).id,
    (
      await node.send(
        { from: "", to: ["readers@groups.test"] },
        write({ from: "ben@far.test" }, node.group, node.config),
      )
    ).id,
    (await node.send({ from: "ben@far.test", to: ["readers@groups.test"] }, copy.raw)).id,
    (
      await node.send(
        { from: "", to: ["readers+subscribe@groups.test"] },
        write({ from: "x@far.test" }, node.group, node.config),
      )
    ).id,
  ];
  await node.quiet();
  for (const [i, id] of ids.entries()) assert.equal(await outcomeOf(node, id), "quiet", `mail ${i}`);
  assert.equal(node.farSide.mails.length, before, "nobody was sent anything");
});

test("a stranger's post is held, and only a proved stranger hears of it", async (t) => {
  const node = await startNode(t, { members, zone: proved("none") });
  const owner = await directory.membershipOf(node.pool, node.group.id, "cleo@other.test");
  await directory.changeMembership(node.pool, owner!.id, { role: "owner" }, "test", node.clock.now());
  const unproved = await node.post({ from: "eve@nowhere.test", text: "One" });
  const known = await node.post({ from: "dan@far.test", text: "Two" });
  await node.quiet();
  assert.deepEqual([await outcomeOf(node, unproved.id), await outcomeOf(node, known.id)], ["held", "held"]);
  assert.equal(letters(node, "eve@nowhere.test").length, 0, "a forged address would be hit by our answer");
  assert.ok(textOf(letters(node, "dan@far.test")[0]!).includes(`http://groups.test/mail/${known.id}`));
  assert.equal(letters(node, "cleo@other.test").length, 2, "the owner is asked about both");
});

test("a group that refuses strangers says so to proved ones, with the way in", async (t) => {
  const node = await startNode(t, { members, settings: { nonmembers: "refuse" }, zone: proved("none") });
  const unproved = await node.post({ from: "eve@nowhere.test", text: "One" });
  const known = await node.post({ from: "dan@far.test", text: "Two" });
  await node.quiet();
  assert.deepEqual([await outcomeOf(node, unproved.id), await outcomeOf(node, known.id)], ["declined", "declined"]);
  assert.deepEqual(
    node.farSide.mails.flatMap((mail) => mail.to),
    ["dan@far.test"],
  );
  assert.match(textOf(node.farSide.mails[0]!), /readers\+subscribe@groups\.test/);
});

test("a closed group lets nobody in by mail, and tells a proved stranger who its owners are", async (t) => {
  const node = await startNode(t, { members, settings: { joining: "closed" }, zone: proved("none") });
  const ids = [
    (await node.post({ from: "dan@far.test", to: "readers+subscribe@groups.test" })).id,
    (await node.post({ from: "eve@nowhere.test", to: "readers+subscribe@groups.test" })).id,
  ];
  await node.quiet();
  for (const id of ids) assert.match((await queue.outcomesOf(node.pool, id!))[0]!.detail, /closed/);
  assert.equal(node.farSide.mails.length, 1);
  const [letter] = letters(node, "dan@far.test");
  assert.match(textOf(letter!), /Readers is closed: ask its owners at readers-owner@groups\.test/);
  assert.doesNotMatch(letter!.raw.toString(), /join\+/);
  for (const address of ["dan@far.test", "eve@nowhere.test"])
    assert.equal(await directory.membershipOf(node.pool, node.group.id, address), undefined);
});

test("a member's address under p=reject that the mail can't prove is held, and its owner hears nothing", async (t) => {
  const node = await startNode(t, {
    members,
    zone: { "far.test TXT": [["v=spf1 -all"]], "_dmarc.far.test TXT": [["v=DMARC1; p=reject"]] },
  });
  const forged = await node.post({ from: "ana@far.test", subject: "Buy this" });
  await node.quiet();
  assert.equal(await outcomeOf(node, forged.id), "held");
  assert.match((await queue.waitingMail(node.pool, forged.id!))!.problem, /could not be proved/);
  assert.equal(node.farSide.mails.length, 0);
});

for (const [policy, rewrites] of [
  ["none", false],
  ["quarantine", true],
  ["reject", true],
] as const) {
  test(`with p=${policy} From ${rewrites ? "is the group's, with the author's name, and answers reach the author" : "stays the author's"}`, async (t) => {
    const node = await startNode(t, { members, zone: proved(policy) });
    await node.send(
      { from: "ana@far.test", to: ["readers@groups.test"] },
      write({ from: '"Ana Lopez" <ana@far.test>' }, node.group, node.config),
    );
    await node.quiet();
    const fields = fieldsOf(node.farSide.mailFor("cleo@other.test")!);
    if (rewrites) {
      assert.match(first(fields, "from")!, /^"?Ana Lopez via Readers"? <readers@groups\.test>$/);
      assert.match(first(fields, "reply-to")!, /ana@far\.test/);
    } else {
      assert.equal(first(fields, "from"), '"Ana Lopez" <ana@far.test>');
      assert.equal(first(fields, "reply-to"), undefined);
    }
    assert.match(all(fields, "authentication-results")[0]!, /^groups\.test;\s.*dmarc=pass/);
  });
}

test("a sender proved by an aligned DKIM signature alone hears that the post is held", async (t) => {
  const pair = generateKeys().rsa;
  const key = dkimKey(pair.privateKey, "s1", "signed.test");
  const record = dnsRecord("s1", "signed.test", pair.publicKey);
  const node = await startNode(t, {
    members,
    zone: {
      [`${record.name} TXT`]: [record.value],
      "_dmarc.signed.test TXT": [["v=DMARC1; p=reject"]],
    },
  });
  const raw = Buffer.from(write({ from: "dan@signed.test", text: "Let me in" }, node.group, node.config));
  const { head, body } = splitMessage(raw);
  const signature = await signWhole([key], readHeader(head), body, new Date());
  const sent = await node.send(
    { from: "dan@elsewhere.test", to: ["readers@groups.test"] },
    Buffer.concat([Buffer.from(signature, "latin1"), raw]),
  );
  await node.quiet();
  assert.equal(await outcomeOf(node, sent.id), "held");
  assert.match((await queue.waitingMail(node.pool, sent.id!))!.problem, /not a member/);
  assert.equal(letters(node, "dan@signed.test").length, 1);
  assert.equal(letters(node, "dan@elsewhere.test").length, 0);
});

test("an answer to a post that came without a Message-ID hangs under it", async (t) => {
  const node = await startNode(t, { members });
  const raw = write({ from: "ana@far.test", subject: "Tea" }, node.group, node.config).replace(
    /^Message-ID:.*\r\n/m,
    "",
  );
  await node.send({ from: "ana@far.test", to: ["readers@groups.test"] }, raw);
  await node.quiet();
  const id = first(fieldsOf(node.farSide.mailFor("ben@far.test")!), "message-id")!;
  await node.post({
    from: "ben@far.test",
    subject: "At four, then",
    messageId: "answer@x",
    headers: [`In-Reply-To: ${id}`],
  });
  await node.quiet();
  const answer = await archive.postWithMessageId(node.pool, node.group.id, "answer@x");
  const [topic] = await archive.topics(node.pool, node.group.id, null, 10);
  assert.equal(topic?.postCount, 2);
  assert.equal(answer?.topicId, topic?.id);
});

test("a member changes their mail by a word, hears what changed, and a plain reply takes it back", async (t) => {
  const node = await startNode(t, { members, zone: proved("none") });
  const mode = async (address: string) => {
    const { mode: set, holidayUntil } = (await directory.membershipOf(node.pool, node.group.id, address))!;
    return holidayUntil ? `${set} until ${holidayUntil.toISOString().slice(0, 10)}` : set;
  };
  const send = async (from: string, to: string, subject = "", text = "Hello") => {
    const before = letters(node, from).length;
    await node.post({ from, to, subject, text });
    await node.quiet();
    return letters(node, from).slice(before);
  };
  const replyTo = (mail: FarSideMail | undefined): string => first(fieldsOf(mail!), "reply-to")!;
  const day = new Date(node.clock.now().getTime() + 20 * 86_400_000).toISOString().slice(0, 10);

  const [changed] = await send("ana@far.test", "readers+help@groups.test", "Sammelmail");
  assert.equal(await mode("ana@far.test"), "digest");
  assert.match(
    textOf(changed!),
    /Posts come to you once a day, in one mail\.[\s\S]*reply to this mail with the word undo/,
  );
  assert.match(replyTo(changed), /^set\+[a-z2-7]{30,56}@groups\.test$/);
  const [undone] = await send("ana@far.test", replyTo(changed), "Re: undo", "undo");
  assert.equal(await mode("ana@far.test"), "each");
  assert.match(textOf(undone!), /Each post comes to you/);
  assert.deepEqual(await send("ana@far.test", replyTo(changed)), [], "again, it is so already");

  await send("ana@far.test", "readers+none@groups.test");
  assert.equal(await mode("ana@far.test"), "none");
  await send("ana@far.test", "readers-request@groups.test", "", `each\n\nThank you`);
  assert.equal(await mode("ana@far.test"), "each");
  const [paused] = await send("ana@far.test", "readers+pause@groups.test", `until ${day}`);
  assert.equal(await mode("ana@far.test"), `each until ${day}`);
  assert.match(textOf(paused!), new RegExp(`No mail comes to you before ${day}`));
  await send("ana@far.test", "readers+continue@groups.test");
  assert.equal(await mode("ana@far.test"), "each");
  assert.match(textOf((await send("ana@far.test", "readers+pause@groups.test"))[0]!), /Say until which day/);
  assert.match(
    textOf((await send("ana@far.test", "readers+pause@groups.test", "2020-01-01"))[0]!),
    /has begun already/,
  );

  const [state] = await send("ana@far.test", "readers+settings@groups.test");
  assert.match(textOf(state!), /Address: ana@far\.test[\s\S]*digest:/);
  await send("ana@far.test", replyTo(state), "Re: Your mail from Readers", "summary\n\n> Address: ana@far.test");
  assert.equal(await mode("ana@far.test"), "summary");
  assert.match(
    textOf((await send("ana@far.test", "readers+groups@groups.test"))[0]!),
    /- Readers: readers@groups\.test/,
  );
  const [help] = await send("ana@far.test", "readers-request@groups.test", "frobnicate");
  assert.match(textOf(help!), /We did not know what to do with “frobnicate”/);

  // Whoever is not proved is asked first, at the member's own address.
  const [question] = await send("cleo@other.test", "readers+digest@groups.test");
  assert.equal(await mode("cleo@other.test"), "each");
  assert.match(textOf(question!), /Somebody, probably you/);
  await send("cleo@other.test", replyTo(question), "Re: yes");
  assert.equal(await mode("cleo@other.test"), "digest");
  for (const altered of [replyTo(question).replace("set+", "leave+"), `set+${"a".repeat(45)}@groups.test`])
    assert.deepEqual(await send("cleo@other.test", altered), []);
  assert.equal(await mode("cleo@other.test"), "digest");

  assert.deepEqual(await send("dan@new.test", "readers+digest@groups.test"), [], "a stranger hears nothing");
  assert.equal((await send("dan@new.test", "readers+help@groups.test", "what?")).length, 1);
  assert.deepEqual(await send("dan@new.test", "readers+help@groups.test", "what?"), [], "and help once a day");
});
