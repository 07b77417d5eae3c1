/** Coming into a group: by a moderator's yes, by an invitation, and what strangers see before. By mail alone and on the web. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { tendJoining } from "../../src/chores/joining.ts";
import * as directory from "../../src/directory/directory.ts";
import { DAY } from "../../src/kit/clock.ts";
import { first, readHeader, splitMessage } from "../../src/mail/header.ts";
import { readMail } from "../../src/mail/read.ts";
import * as queue from "../../src/queue/queue.ts";
import type { FarSideMail } from "../support/far-side.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { aSite, type Site } from "../support/site.ts";

const OLGA = "olga@far.test";
const DAN = "dan@new.test";

async function aNode(t: Parameters<typeof startNode>[0], settings: Record<string, string>): Promise<TestNode> {
  const node = await startNode(t, { members: ["mia@far.test"], settings, roles: "intake,pipeline,outbound,web" });
  await directory.addMembers(
    node.pool,
    node.group.id,
    [{ address: OLGA, name: "Olga", role: "owner" }],
    "test",
    node.clock,
  );
  return node;
}

const about = (node: TestNode, to: string, subject: RegExp): FarSideMail[] =>
  node.farSide.mailsFor(to).filter((mail) => mail.from === "" && subject.test(readMail(mail.raw).subject ?? ""));
const replyTo = (mail: FarSideMail | undefined): string => first(readHeader(splitMessage(mail!.raw).head), "reply-to")!;
const isMember = async (node: { pool: TestNode["pool"]; group: directory.Group }, address: string): Promise<boolean> =>
  (await directory.membershipOf(node.pool, node.group.id, address)) !== undefined;

const consentOf = async (node: { pool: TestNode["pool"]; group: directory.Group }, address: string) =>
  directory.consentOf(node.pool, node.group.id, (await directory.membershipOf(node.pool, node.group.id, address))!.id);

/** Sends a mail and answers what became of it. */
async function mailed(node: TestNode, from: string, to: string, text = "", subject = "Re:"): Promise<string> {
  const sent = await node.post({ from, to, subject, text });
  await node.quiet();
  const [outcome] = await queue.outcomesOf(node.pool, sent.id!);
  return outcome?.outcome ?? "lost";
}

async function asksToJoin(node: TestNode, who: string): Promise<void> {
  await mailed(node, who, "readers+subscribe@groups.test", "I read a lot.", "");
  await mailed(node, who, replyTo(about(node, who, /Please confirm/).at(-1)), "hello");
}

test("joining by approval by mail alone: asked, confirmed, decided by one word, once", async (t) => {
  const node = await aNode(t, { joining: "approval", visibility: "private" });
  await asksToJoin(node, DAN);
  assert.equal(await isMember(node, DAN), false);
  assert.equal(about(node, DAN, /waits for a moderator/).length, 1, "hears at once that it waits");
  const [asked, ...more] = about(node, OLGA, /dan@new\.test.*asks to join/);
  assert.equal(more.length, 0);
  assert.match(readMail(asked!.raw).text!, /> I read a lot\./);
  assert.equal(about(node, "mia@far.test", /asks to join/).length, 0, "who may not decide is not asked");

  const answer = replyTo(asked);
  for (const forged of [
    answer.replace(/\+../, "+aa"),
    answer.replace(/^request/, "join"),
    `request+${"a".repeat(50)}@groups.test`,
  ])
    assert.equal(await mailed(node, "eve@evil.test", forged, "approve"), "declined", forged);
  assert.equal(
    await mailed(node, OLGA, answer, "Who is that?\n\napprove"),
    "declined",
    "another first word does nothing",
  );
  assert.equal(await isMember(node, DAN), false);

  assert.equal(await mailed(node, OLGA, answer, "Approve, of course.\n\n> decline"), "obeyed");
  assert.equal(await isMember(node, DAN), true);
  const { how, byWhom, source } = (await consentOf(node, DAN))!;
  assert.deepEqual([how, byWhom], ["mail", "Olga"], source);
  assert.equal(about(node, DAN, /^Welcome/).length, 1);
  assert.equal(await mailed(node, OLGA, answer, "decline"), "declined", "a replayed answer changes nothing");
  assert.equal(await isMember(node, DAN), true);

  await asksToJoin(node, "eva@new.test");
  const second = replyTo(about(node, OLGA, /eva@new\.test.*asks/)[0]);
  assert.equal(await mailed(node, OLGA, second, "decline  We are full."), "obeyed");
  assert.match(readMail(about(node, "eva@new.test", /not let in/)[0]!.raw).text!, /> We are full\./);
  assert.equal(await isMember(node, "eva@new.test"), false);
  await directory.changeMembership(
    node.pool,
    (await directory.membershipOf(node.pool, node.group.id, OLGA))!.id,
    { role: "member" },
    "test",
    node.clock.now(),
  );
  await asksToJoin(node, "fay@new.test");
  assert.equal(about(node, OLGA, /fay/).length, 0, "who decides no more is asked no more");
});

const means = (node: TestNode) => ({ pool: node.pool, domain: node.domain, url: node.webUrl, clock: node.clock });

test("a request is asked about once more and then ends with a letter", async (t) => {
  const node = await aNode(t, { joining: "approval" });
  await asksToJoin(node, DAN);
  await node.pass(6 * DAY, DAY);
  await tendJoining(means(node));
  await node.quiet();
  assert.equal(about(node, OLGA, /asks to join/).length, 1);
  await node.pass(DAY + 1000, DAY);
  for (let i = 0; i < 2; i += 1) await tendJoining(means(node));
  await node.quiet();
  assert.equal(about(node, OLGA, /asks to join/).length, 2, "reminded once");
  await node.pass(21 * DAY, 7 * DAY);
  for (let i = 0; i < 2; i += 1) await tendJoining(means(node));
  await node.quiet();
  assert.equal(about(node, DAN, /nobody has decided/).length, 1);
  const late = replyTo(about(node, OLGA, /asks to join/)[0]);
  assert.equal(await mailed(node, OLGA, late, "approve"), "declined");
});

test("to a stranger's commands and posts a secret group is not there; to its members and the invited it is", async (t) => {
  const node = await aNode(t, { visibility: "secret", joining: "open", nonmembers: "refuse" });
  assert.equal(await mailed(node, DAN, "readers@groups.test", "Is anybody here?", "Hello"), "quiet");
  for (const word of ["subscribe", "help", "unsubscribe"])
    assert.equal(await mailed(node, DAN, `readers+${word}@groups.test`), "declined", word);
  assert.deepEqual(node.farSide.mailsFor(DAN), []);
  assert.equal(await mailed(node, "mia@far.test", "readers+help@groups.test"), "obeyed");
});

const location = (text: string): string => /(\/invitation\/[a-z2-7]+)/.exec(text)![1]!;
const lettersTo = async ({ pool }: { pool: TestNode["pool"] }, to: string): Promise<string[]> =>
  (await pool<{ raw: Buffer }[]>`select raw from letters where recipient = ${to} order by id`).map(({ raw }) =>
    readMail(raw).text!.replace(/\n(?=\S)/g, " "),
  );
const invite = (site: Site, cookie: string, addresses: string, words = "") =>
  site.post("/g/readers/invitations", { do: "invite", addresses, words }, cookie);

test("an invitation is answered by mail alone, through a backlog, and never sent again to who declined", async (t) => {
  const node = await aNode(t, { joining: "invitation", visibility: "secret" });
  assert.equal(await mailed(node, DAN, "readers+subscribe@groups.test"), "declined");
  const olga = (await directory.membershipOf(node.pool, node.group.id, OLGA))!;
  const { inviteAll } = await import("../../src/joining/joining.ts");
  const { serviceKeys } = await import("../../src/keys/keys.ts");
  const { transact } = await import("../../src/db/sql.ts");
  const { token: tokenSecret } = await serviceKeys(node.pool, node.domain, node.clock);
  const asOlga = { membershipId: olga.id, name: "Olga", isModerator: true };
  const doer = { membershipId: olga.id, name: "Olga", how: "web" as const };
  const ask = (...addresses: string[]) =>
    transact(node.pool, (sql) =>
      inviteAll(
        sql,
        { ...means(node), tokenSecret },
        node.group,
        { addresses, words: "Come\r\nBcc: all@far.test" },
        asOlga,
        doer,
      ),
    );
  node.farSide.answers(DAN, "451 4.7.1 later");
  assert.deepEqual(
    (await ask(DAN, "no@new.test", "mia@far.test")).map((one) => one.state),
    ["invited", "invited", "member"],
  );
  await node.pass(9 * DAY, 12 * 3600 * 1000);
  await tendJoining(means(node));
  const [waiting] = await directory.invitations(node.pool, node.group.id);
  assert.equal((await directory.invitation(node.pool, waiting!.id))!.state, "waiting", "its time has not begun");
  void waiting;

  const [no] = about(node, "no@new.test", /invites you/);
  const text = readMail(no!.raw).text!;
  assert.match(text, /> Come Bcc: all@far\.test/, "the personal line stays one quoted line");
  assert.deepEqual(node.farSide.mailsFor("all@far.test"), []);
  assert.equal(await mailed(node, "no@new.test", replyTo(no), "who are you?"), "declined");
  assert.equal(await mailed(node, "no@new.test", replyTo(no), "No."), "obeyed");
  assert.equal(await mailed(node, "no@new.test", replyTo(no), "yes"), "declined", "a no is a no");
  assert.deepEqual(
    (await ask("no@new.test")).map((one) => one.state),
    ["declined"],
  );
});

test("a reply to an invitation joins who was invited, whoever sends it", async (t) => {
  const site = await aSite(t, { settings: { joining: "invitation", visibility: "secret" } });
  const mona = await site.signIn("mona@far.test");
  const page = await invite(
    site,
    mona,
    "Dan <dan@new.test>; eva@new.test, not-an-address\nmia@far.test",
    "Come <b>read</b>",
  );
  for (const said of [
    /dan@new\.test<\/b>: a letter is on its way/,
    /not-an-address<\/b>: is no mail address/,
    /mia@far\.test<\/b>: is a member already/,
  ])
    assert.match(page.text, said);
  const [letter] = await lettersTo(site, DAN);
  assert.match(letter!, /Mona invites you to/);
  const link = location(letter!);
  site.clock.pass(1000);
  const dan = await site.signIn(DAN);
  assert.equal((await site.get("/g/readers")).status, 404);
  assert.equal((await site.get("/g/readers", dan)).status, 200, "the invited see what it is");
  assert.equal((await site.get("/g/readers/months", dan)).status, 404);

  // What scanners open changes nothing, and somebody else's link brings in who was invited.
  for (let i = 0; i < 3; i += 1) assert.equal((await site.get(link)).status, 200);
  assert.equal(await isMember(site, DAN), false);
  assert.match((await site.get(link)).text, /Come &lt;b&gt;read/);
  const eve = await site.signIn("eve@evil.test");
  assert.equal((await site.post(link, { do: "join", name: "Dan" }, eve)).status, 200);
  assert.equal(await isMember(site, "eve@evil.test"), false);
  assert.equal(await isMember(site, DAN), true);
  const { how, byWhom } = (await consentOf(site, DAN))!;
  assert.deepEqual([how, byWhom], ["invited", "Mona"]);
  assert.equal((await site.post(link, { do: "join" })).status, 200, "pressed twice says the same");
  assert.equal((await site.get(`${link}a`)).status, 404);

  const evas = location((await lettersTo(site, "eva@new.test"))[0]!);
  assert.equal((await site.post(evas, { do: "never" })).status, 200);
  assert.equal((await site.post(evas, { do: "join" })).status, 403);
  assert.match((await invite(site, mona, "EVA@new.test")).text, /wants no invitations/);
  const other = await directory.addGroup(site.pool, { name: "others", title: "Others" }, site.clock);
  await directory.addMembers(
    site.pool,
    other.id,
    [{ address: "mona@far.test", name: "", role: "owner" }],
    "test",
    site.clock,
  );
  const there = await site.post("/g/others/invitations", { do: "invite", addresses: "eva@new.test" }, mona);
  assert.match(there.text, /wants no invitations/, "of this service none");
  assert.equal((await lettersTo(site, "eva@new.test")).length, 1);
});

test("invitations are bounded, by inviter and by who is invited, and taken back they are worth nothing", async (t) => {
  const site = await aSite(t, { settings: { joining: "approval", inviting: "members" } });
  const mia = await site.signIn("mia@far.test");
  const list = Array.from({ length: 7 }, (_, i) => `m${i}@new.test`).join("\n");
  const page = await invite(site, mia, list);
  assert.equal(page.text.match(/a letter is on its way/g)?.length, 5);
  assert.equal(page.text.match(/is over the number/g)?.length, 2);
  assert.match(
    page.text,
    /<textarea[^>]*name="addresses"[^>]*>\s*m5@new\.test\nm6@new\.test</,
    "what was not invited stays typed",
  );
  assert.equal(
    (
      await invite(
        site,
        mia,
        Array(101)
          .fill(0)
          .map((_, i) => `x${i}@new.test`)
          .join(","),
      )
    ).status,
    400,
  );
  assert.equal((await invite(site, mia, " ")).status, 400);

  const places = /<nav class="places".*?<\/nav>/s;
  const toInvitations = /href="\/g\/readers\/invitations"/;
  assert.match(places.exec((await site.get("/g/readers", mia)).text)![0], toInvitations, "she finds it");
  const mine = await directory.invitations(site.pool, site.group.id);
  const mona = await site.signIn("mona@far.test");
  const link = location((await lettersTo(site, "m0@new.test"))[0]!);
  const id = mine.find((one) => one.address === "m0@new.test")!.id;
  assert.equal((await site.post("/g/readers/invitations", { do: "revoke", id }, mona)).status, 303);
  assert.equal((await site.post(link, { do: "join" })).status, 403);
  assert.equal(await isMember(site, "m0@new.test"), false);

  await site.pool`update groups set inviting = 'moderators'`;
  assert.doesNotMatch(places.exec((await site.get("/g/readers", mia)).text)![0], toInvitations);
  assert.equal((await invite(site, mia, "n@new.test")).status, 403);
  for (let i = 0; i < 3; i += 1) {
    const group = await directory.addGroup(site.pool, { name: `g${i}`, title: "G" }, site.clock);
    await directory.addMembers(
      site.pool,
      group.id,
      [{ address: "mona@far.test", name: "", role: "owner" }],
      "test",
      site.clock,
    );
    const answer = await site.post(`/g/g${i}/invitations`, { do: "invite", addresses: "m1@new.test" }, mona);
    assert.match(answer.text, i < 2 ? /a letter is on its way/ : /was invited often/);
  }
});

test("asking to join on the web: signed in or by an address, read and decided on a page", async (t) => {
  const site = await aSite(t, { settings: { joining: "approval", visibility: "listed", joinQuestion: "Which book?" } });
  const strangers = await site.get("/g/readers");
  assert.match(strangers.text, /Ask to join/);
  assert.equal((await site.get("/g/readers/months")).status, 404);
  const dan = await site.signIn(DAN);
  assert.match((await site.get("/g/readers/join", dan)).text, /Which book\?/);
  const answer = await site.post(
    "/g/readers/join",
    { name: "Dan\r\nBcc: x@y.test", answer: "<i>Ulysses</i>", words: "I read" },
    dan,
  );
  assert.equal(answer.location, "/g/readers/join");
  assert.match((await site.get("/g/readers/join", dan)).text, /Your request waits/);
  await site.post("/g/readers/join", { name: "Dan" }, dan);

  assert.match(
    (await site.post("/g/readers/join", { email: "eva@new.test", words: "Me too" })).text,
    /A letter is on its way/,
  );
  const confirm = /(\/join\/[a-z2-7]+)/.exec((await lettersTo(site, "eva@new.test"))[0]!)![1]!;
  assert.equal((await site.get(confirm)).status, 200);
  site.clock.pass(1000);
  const mona = await site.signIn("mona@far.test");
  assert.doesNotMatch(
    (await site.get("/g/readers/requests", mona)).text,
    /eva@new/,
    "a scanner's GET confirms nothing",
  );
  assert.match((await site.post(confirm, {})).text, /Your request waits/);

  const page = (await site.get("/g/readers/requests", mona)).text;
  assert.match(page, /&lt;i&gt;Ulysses/);
  assert.match(page, /Dan Bcc: x@y\.test/);
  const waiting = await directory.waitingRequests(site.pool, site.group.id);
  assert.deepEqual(
    waiting.map((one) => one.address),
    [DAN, "eva@new.test"],
    "who asked twice waits once",
  );
  const mia = await site.signIn("mia@far.test");
  assert.equal((await site.post("/g/readers/requests", { approve: waiting[0]!.id }, mia)).status, 403);
  assert.equal((await site.post("/g/readers/requests", { do: "approve" }, mona)).status, 400);
  assert.equal(
    (await site.post("/g/readers/requests", { approve: waiting[0]!.id }, mona)).location,
    "/g/readers/requests?done=1",
  );
  assert.equal(await isMember(site, DAN), true);
  site.clock.pass(1000);
  await site.post("/g/readers/requests", { do: "decline", id: waiting[1]!.id, reason: "Full" }, mona);
  assert.equal(await isMember(site, "eva@new.test"), false);
  assert.match((await lettersTo(site, "eva@new.test")).at(-1)!, /> Full/);
});

test("a subgroup admits members of its parent, and who leaves that leaves both", async (t) => {
  const site = await aSite(t);
  const sub = await directory.addGroup(site.pool, { name: "cooks", title: "Cooks" }, site.clock);
  await directory.setParent(site.pool, sub.id, "readers");
  await assert.rejects(directory.setParent(site.pool, site.group.id, "cooks"), /can't be its parent/);
  await assert.rejects(directory.setParent(site.pool, sub.id, "cooks"), /can't be its parent/);
  const dan = await site.signIn(DAN);
  assert.equal((await site.post("/g/cooks/join", { name: "Dan" }, dan)).status, 403);
  await directory.addMembers(
    site.pool,
    sub.id,
    [{ address: "mona@far.test", name: "Mona", role: "owner" }],
    "test",
    site.clock,
  );
  const mona = await site.signIn("mona@far.test");
  await site.post("/g/cooks/invitations", { do: "invite", addresses: DAN }, mona);
  const invited = location((await lettersTo(site, DAN)).find((one) => one.includes("/invitation/"))!);
  assert.match((await site.post(invited, { do: "join" })).text, /Cooks belongs to Readers: join that group first/);
  assert.equal(await isMember({ pool: site.pool, group: sub }, DAN), false, "invited or not");
  const mia = await site.signIn("mia@far.test");
  assert.equal((await site.post("/g/cooks/join", { name: "Mia" }, mia)).status, 303);
  assert.match((await site.get("/g/readers", mia)).text, /href="\/g\/cooks"/, "it is shown under its parent");
  assert.equal((await site.post("/g/readers/leave", {}, mia)).status, 303);
  assert.equal(await isMember({ pool: site.pool, group: sub }, "mia@far.test"), false);
});

test("who asks to join is decided about, and people are invited, by the API", async (t) => {
  const site = await aSite(t, { settings: { joining: "approval" } });
  const at = "/api/v1/groups/readers";
  const ask = async (path: string, cookie: string): Promise<Record<string, string>[]> =>
    JSON.parse((await site.get(`${at}${path}`, cookie)).text);
  for (const address of [DAN, "eva@new.test"]) {
    const cookie = await site.signIn(address);
    await site.post("/g/readers/join", { name: "Somebody", words: "I read" }, cookie);
    site.clock.pass(1000);
  }
  const mona = await site.signIn("mona@far.test");
  const waiting = await ask("/requests", mona);
  assert.deepEqual(
    waiting.map((one) => [one["address"], one["words"], one["state"]]),
    [
      [DAN, "I read", "waiting"],
      ["eva@new.test", "I read", "waiting"],
    ],
  );
  const [dan, eva] = waiting.map((one) => `${at}/requests/${one["id"]}`);
  const mia = await site.signIn("mia@far.test");
  assert.equal((await site.json(dan!, { do: "approve" }, mia)).status, 403);
  assert.equal((await site.json(dan!, { do: "aprove" }, mona)).status, 400);
  assert.equal((await site.json(dan!, { do: "approve" }, mona)).status, 200);
  assert.equal(await isMember(site, DAN), true);
  assert.equal((await consentOf(site, DAN))!.how, "web", "they asked on the web, signed in");
  assert.equal((await site.json(dan!, { do: "decline" }, mona)).status, 400, "who is second changes nothing");
  assert.equal(await isMember(site, DAN), true);
  site.clock.pass(1000);
  assert.equal((await site.json(eva!, { do: "decline", reason: "Full" }, mona)).status, 200);
  assert.match((await lettersTo(site, "eva@new.test")).at(-1)!, /> Full/);
  assert.deepEqual(await ask("/requests", mona), []);

  const invited = await site.json(`${at}/invitations`, { addresses: "fay@new.test, nonsense", words: "Come" }, mona);
  assert.deepEqual(invited.body, [
    { address: "fay@new.test", state: "invited" },
    { address: "nonsense", state: "wrong" },
  ]);
  const [fay] = await ask("/invitations", mona);
  assert.deepEqual([fay!["by"], fay!["words"], fay!["state"]], ["Mona", "Come", "waiting"]);
  const link = location((await lettersTo(site, "fay@new.test"))[0]!);
  assert.equal((await site.remove(`${at}/invitations/${fay!["id"]}`, mia)).status, 403);
  assert.equal((await site.remove(`${at}/invitations/${fay!["id"]}`, mona)).status, 200);
  assert.equal((await ask("/invitations", mona))[0]!["state"], "revoked");
  assert.equal((await site.post(link, { do: "join" })).status, 403);
});
