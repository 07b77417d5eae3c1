/** A group's own rules: made on the page, tried before they are trusted, and asked of every post. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { readMail } from "../../src/mail/read.ts";
import * as moderation from "../../src/moderation/moderation.ts";
import * as queue from "../../src/queue/queue.ts";
import { startNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const members = ["olga@far.test", "mia@far.test", "ben@other.test"];

test("an owner tries a rule, adds it, moves it, and posts are held, declined or let through by it", async (t) => {
  const node = await startNode(t, { members, roles: "intake,pipeline,outbound,chores,web" });
  const owner = (await directory.membershipOf(node.pool, node.group.id, "olga@far.test"))!;
  await directory.changeMembership(node.pool, owner.id, { role: "owner" }, "test", node.clock.now());
  const olga = await signInAt(node, "olga@far.test");
  const send = async (path: string, form?: Record<string, string>) => {
    const answer = await fetch(`${node.webUrl}${path}`, {
      redirect: "manual",
      headers: { cookie: olga, origin: node.webUrl },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const post = async (from: string, subject: string, text = `${subject}.`, headers: string[] = []) => {
    const { id } = await node.post({ from, subject, text, headers });
    await node.quiet();
    return id!;
  };
  const problems = async (): Promise<string[]> =>
    (await queue.aside(node.pool, "held", "readers@groups.test", 50)).map((mail) => mail.problem);
  const seenBy = (address: string): string[] =>
    node.farSide.mailsFor(address).map((mail) => readMail(mail.raw).subject);

  await post("mia@far.test", "A house for sale");
  await post("mia@far.test", "Tea on Friday");
  const typed = { field: "any", how: "words", pattern: "For  SALE", action: "hold", why: "" };
  const tried = await send("/g/readers/rules", { ...typed, do: "try" });
  assert.equal(tried.status, 200);
  assert.match(tried.text, /It fits 1 post of the last 2:[\s\S]*A house for sale/);
  assert.match(tried.text, /value="For {2}SALE"/, "what was typed is still there");
  assert.equal((await moderation.rulesOf(node.pool, [node.group.id])).length, 0, "nothing is kept by trying");

  assert.equal((await send("/g/readers/rules", { ...typed, do: "add" })).status, 303);
  await send("/g/readers/rules", {
    ...typed,
    pattern: "win * now",
    how: "wildcard",
    action: "decline",
    why: "No adverts.",
    do: "add",
  });
  await send("/g/readers/rules", {
    field: "header",
    header: "X-Bot",
    how: "regex",
    pattern: "^tea(-[a-z]+)?$",
    action: "pass",
    do: "add",
  });
  const wrong = await send("/g/readers/rules", { ...typed, how: "regex", pattern: "(a", do: "add" });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /is no regular expression that can be used here[\s\S]*value="\(a"/);

  await post("mia@far.test", "Boat for sale");
  await post("ben@other.test", "You can WIN the great prize NOW");
  await post("stranger@third.test", "The kettle is on", "It is.", ["X-Bot: tea-time"]);
  await post("olga@far.test", "Our own tables are for sale");
  assert.deepEqual(await problems(), ["A rule of Readers has it wait."]);
  assert.ok(seenBy("ben@other.test").includes("The kettle is on"), "let pass, though its author is no member");
  assert.ok(seenBy("ben@other.test").includes("Our own tables are for sale"), "owners are not held by rules");
  const [declined] = await node.pool<{ detail: string }[]>`select detail from outcomes where outcome = 'declined'`;
  assert.equal(declined?.detail, "No adverts.");

  const page = (await send("/g/readers/rules")).text;
  assert.match(page, /Waits for a moderator<\/b> if subject, author and text has <bdi class="rule-pattern">For\s+SALE/);
  const order = async (): Promise<string[]> =>
    (await moderation.rulesOf(node.pool, [node.group.id])).map((rule) => rule.action);
  const [first, second] = await moderation.rulesOf(node.pool, [node.group.id]);
  await send("/g/readers/rules", { do: "later", id: first!.id });
  assert.deepEqual(await order(), ["decline", "hold", "pass"]);
  await send("/g/readers/rules", { do: "remove", id: second!.id });
  assert.deepEqual(await order(), ["hold", "pass"]);
  await post("ben@other.test", "You can win a cup now");
  assert.ok(seenBy("mia@far.test").includes("You can win a cup now"), "the rule is gone");

  const log = (await send("/g/readers/log")).text;
  for (const said of ["added a rule: hold field=any", "moved a rule later: hold field=any", "removed a rule: decline"])
    assert.ok(log.includes(said), said);

  assert.equal((await send("/g/readers/emergency", { emergency: "on" })).status, 303);
  await post("mia@far.test", "What now?");
  assert.ok((await problems()).includes("All posts to Readers wait for a moderator at present."));
  assert.match((await send("/g/readers/settings")).text, /Turned on by <bdi>olga@far\.test<\/bdi>/);
  const desk = (await send("/g/readers/held")).text;
  assert.match(
    desk,
    /name="emergency" value="off">[\s\S]*every post waits for a moderator[\s\S]*to decide/,
    "above all else",
  );
  await send("/g/readers/emergency", { emergency: "off" });
  assert.match((await send("/g/readers/held/list")).text, /to decide[\s\S]*name="emergency" value="on">/);
  await post("mia@far.test", "All is calm");
  assert.ok(seenBy("ben@other.test").includes("All is calm"));
});
