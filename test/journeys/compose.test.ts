/** Writing on the web, over real HTTP, to what arrives over real SMTP: read there with a reader that is not ours. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import PostalMime from "postal-mime";
import * as directory from "../../src/directory/directory.ts";
import { DAY, HOUR, MINUTE } from "../../src/kit/clock.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const MEMBERS = ["mia@far.test", "ben@far.test"];
type Writer = { node: TestNode; cookie: string };

async function newHouse(t: TestContext, more: Record<string, string> = {}): Promise<Writer> {
  const node = await startNode(t, {
    members: MEMBERS,
    environment: { SMARTGROUPS_ROLES: "intake,pipeline,outbound,chores,web", ...more },
    roles: "intake,pipeline,outbound,chores,web",
  });
  return { node, cookie: await signInAt(node, "mia@far.test") };
}

/** Moves the clock on, until nothing that has fallen due is left. */
async function pass(node: TestNode, ms: number): Promise<void> {
  await node.pass(ms);
  for (let i = 0; i < 200; i += 1) {
    if ((await node.pool`select 1 from drafts where send_at <= ${node.clock.now()}`).length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await node.quiet();
}

type Fields = Record<string, string | File | File[]>;

async function press({ node, cookie }: Writer, path: string, fields: Fields, headers: Record<string, string> = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) body.append(name, one);
  return fetch(node.webUrl + path, {
    method: "POST",
    body,
    headers: { cookie: `${cookie}; zone=Europe/Berlin`, origin: node.webUrl, ...headers },
    redirect: "manual",
  });
}

const look = async ({ node, cookie }: Writer, path: string): Promise<string> =>
  (await fetch(node.webUrl + path, { headers: { cookie: `${cookie}; zone=Europe/Berlin` } })).text();

const hidden = (page: string): { id: string; version: string } => ({
  id: /name="id" value="([^"]+)"/.exec(page)![1]!,
  version: /name="version" value="(\d+)"/.exec(page)![1]!,
});

const JSON_PLEASE = { accept: "application/json" };
type Told = { id: string; version: number; words: string; problem: string; files: string; preview: string };
const told = async (answer: Response): Promise<Told> => (await answer.json()) as Told;

const arrived = async (node: TestNode, address: string, subject: RegExp) => {
  await node.quiet();
  const mail = node.farSide.mailsFor(address).find((one) => subject.test(one.raw.toString("latin1")));
  assert.ok(mail, `${subject} came to ${address}`);
  return PostalMime.parse(mail.raw);
};

const NAME = "Müller & Söhne – Übersicht über 日本語 2026.pdf";
const MARKDOWN = `Hello **everybody**,
this is the *second* line.

- one
- two

\`\`\`
columns   stay   where
they      are
\`\`\`

> somebody said so
and I answer, ${"at length ".repeat(30)}

https://example.org/a_b_c <script>alert(1)</script>

-- 
Mia
`;

test("what is written here arrives as good text and HTML, with files under their own names", async (t) => {
  const house = await newHouse(t);
  const { node } = house;
  const typed = { name: "Mia", subject: "Übersicht", text: MARKDOWN };
  const file = new File([Buffer.alloc(70_000, 1)], NAME, { type: "application/pdf" });
  const picture = new File([Buffer.from("89504e470d0a1a0a", "hex")], "../../shot 1.png", { type: "image/png" });
  const first = await press(house, "/g/readers/new", { ...typed, do: "attach", file: [file, picture] });
  assert.equal(first.status, 200);
  const page = await first.text();
  assert.match(page, /shot 1\.png<\/bdi> <small>8 bytes/);
  assert.match(page, /Müller &amp; Söhne/);
  const text = `${MARKDOWN.replace("-- \n", "![the shot](cid:shot%201.png)\n\n-- \n")}`;
  const preview = await (
    await press(house, "/g/readers/new", { ...hidden(page), ...typed, text, do: "preview" })
  ).text();
  assert.match(preview, /2 members get it/);
  assert.match(preview, /<strong>everybody<\/strong>/);
  assert.doesNotMatch(preview, /<script>alert/);
  const sent = await press(house, "/g/readers/new", { ...hidden(preview), ...typed, text, do: "post" });
  assert.equal(sent.headers.get("location"), `/mail/${hidden(page).id}`);
  const mail = await arrived(node, "ben@far.test", /Subject: =\?utf-8\?/);
  assert.equal(mail.subject, "Übersicht");
  assert.deepEqual(
    mail.attachments.map(({ filename, mimeType, disposition }) => [filename, mimeType, disposition]).sort(),
    [
      [NAME, "application/pdf", "attachment"],
      ["shot 1.png", "image/png", "inline"],
    ].sort(),
  );
  const pdf = mail.attachments.find((one) => one.mimeType === "application/pdf")!;
  assert.equal((pdf.content as ArrayBuffer).byteLength, 70_000);
  assert.match(mail.text!, /Hello \*\*everybody\*\*,\nthis is the \*second\* line\./);
  assert.match(mail.text!, /columns {3}stay {3}where\nthey {6}are/, "code keeps its columns");
  assert.match(mail.text!, new RegExp(`^and I answer, ${"at length ".repeat(30).trim()}`, "m"), "one line when joined");
  assert.match(mail.text!, /\[the shot\]/);
  const html = mail.html!;
  assert.match(html, /<strong>everybody<\/strong>,<br>/);
  assert.match(html, /<pre style="[^"]+"><code>columns {3}stay/);
  assert.match(html, /<blockquote[^>]*>\s*<p[^>]*>somebody said so<\/p>\s*<\/blockquote>\s*<p[^>]*>and I answer/);
  assert.match(html, /<a href="https:\/\/example\.org\/a_b_c">/);
  assert.match(html, /&lt;script&gt;alert\(1\)/);
  assert.doesNotMatch(html, /<script|color:#[0-9a-f]{3,6}(?!.*border)|background/i);
  const image = mail.attachments.find((one) => one.mimeType === "image/png")!;
  assert.match(html, new RegExp(`<img src="cid:${image.contentId!.replace(/[<>]/g, "")}" alt="the shot"`));
  const raw = node.farSide.mailsFor("ben@far.test").at(-1)!.raw.toString("latin1");
  for (const line of raw.split("\r\n")) assert.ok(line.length <= 998);
  assert.match(raw, /Content-Type: text\/plain; charset=[\w-]+; format=flowed; markup=markdown/);
  const archived = await look(house, "/g/readers/1");
  assert.match(archived, /<strong>everybody<\/strong>/, "the archive sets it as what it is");
  assert.match(archived, /shot 1\.png/);
  assert.match(await look(house, "/drafts"), /kept here until you post it/, "the draft went with it");
  const again = await press(house, "/g/readers/new", { ...hidden(preview), ...typed, text, do: "post" });
  assert.equal(again.headers.get("location"), `/mail/${hidden(page).id}`, "pressed twice, sent once");
  await node.quiet();
  assert.equal((await node.pool`select 1 from outcomes where mail_id = ${hidden(page).id}`).length, 1);
});

test("plain text goes out line by line, without HTML, and a special notice says that it is one", async (t) => {
  const house = await newHouse(t);
  const { node } = house;
  const mia = await directory.membershipOf(node.pool, node.group.id, "mia@far.test");
  const ben = await directory.membershipOf(node.pool, node.group.id, "ben@far.test");
  await directory.setMembership(node.pool, ben!, { mode: "notices" }, "test", node.clock.now());
  assert.doesNotMatch(await look(house, "/g/readers/new"), /name="special"/, "a member is not offered it");
  const typed = { name: "Mia", subject: "A patch", text: "*a*\n  b   c\n# no heading", plain: "yes", special: "yes" };
  await press(house, "/g/readers/new", { ...typed, do: "post" });
  await node.quiet();
  assert.equal(node.farSide.mailsFor("ben@far.test").length, 0, "a member's tick means nothing");
  await directory.setMembership(node.pool, mia!, { role: "owner" }, "test", node.clock.now());
  assert.match(await look(house, "/g/readers/new"), /also to members who want special notices only/);
  await press(house, "/g/readers/new", { ...typed, subject: "A storm", do: "post" });
  const mail = await arrived(node, "ben@far.test", /A storm/);
  assert.equal(mail.html, undefined);
  assert.equal(mail.text, "*a*\n  b   c\n# no heading\n");
  const raw = node.farSide.mailsFor("ben@far.test")[0]!.raw.toString();
  assert.match(raw, /^Importance: high\r$/m);
  assert.doesNotMatch(raw, /flowed|markup/);
});

test("a draft survives its session, two tabs do not overwrite each other, and it is nobody else's", async (t) => {
  const house = await newHouse(t);
  const { node } = house;
  const typed = { name: "Mia", subject: "Tea", text: "One" };
  const first = await told(await press(house, "/g/readers/new", { ...typed, do: "save" }, JSON_PLEASE));
  assert.equal(first.version, 1);
  assert.match(first.words, /^Saved at 11:00$/, "in the reader's zone");
  const same = { id: first.id, ...typed };
  const second = await told(
    await press(house, "/g/readers/new", { ...same, version: "1", text: "Two", do: "save" }, JSON_PLEASE),
  );
  assert.equal(second.version, 2);
  const late = await press(house, "/g/readers/new", { ...same, version: "1", text: "Three", do: "save" }, JSON_PLEASE);
  assert.equal(late.status, 409);
  const other = await told(late);
  assert.notEqual(other.id, first.id);
  assert.match(other.words, /kept as a draft of its own/);
  const stale = await press(house, "/g/readers/new", { ...same, version: "1", text: "Four", do: "post" });
  assert.equal(stale.status, 409, "nor is what another tab has changed sent over its head");
  assert.match(await stale.text(), /Four[\s\S]*in another tab|in another tab[\s\S]*Four/);
  assert.equal((await node.pool`select 1 from mails`).length, 0);
  const cookie = await signInAt(node, "mia@far.test");
  const list = await look({ node, cookie }, "/drafts");
  for (const words of ["Two", "Three", "Four"]) assert.match(list, new RegExp(`draft-words" dir="auto">${words}<`));
  assert.match(list, /kept until 30 May 2026/);
  assert.match(await look({ node, cookie }, `/g/readers/new?draft=${first.id}`), />\s*Two<\/textarea>/);
  const ben = { node, cookie: await signInAt(node, "ben@far.test") };
  assert.doesNotMatch(await look(ben, "/drafts"), /Two|Tea/);
  assert.equal(
    (await fetch(`${node.webUrl}/g/readers/new?draft=${first.id}`, { headers: { cookie: ben.cookie } })).status,
    404,
  );
  await press(ben, "/drafts", { id: first.id, do: "discard" });
  const taken = await press(ben, "/g/readers/new", { ...same, version: "2", text: "Mine", do: "save" }, JSON_PLEASE);
  assert.equal(taken.status, 409);
  assert.match(await look(house, `/g/readers/new?draft=${first.id}`), />\s*Two<\/textarea>/, "untouched by others");
  await press(house, "/drafts", { id: first.id, do: "discard" });
  const gone = await press(house, "/g/readers/new", { ...same, version: "2", text: "Five", do: "post" });
  assert.equal(gone.status, 409, "thrown away elsewhere: kept, not sent");
  await node.pass(91 * DAY, 91 * DAY);
  await node.restart(); // housekeeping is done at start
  for (let i = 0; i < 100 && (await node.pool`select 1 from drafts`).length > 0; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await node.pool`select 1 from drafts`).length, 0, "after 90 days");
});

test("files are bounded, come whole or not at all, and can be taken out", async (t) => {
  const house = await newHouse(t, { SMARTGROUPS_SIZE_LIMIT: "10M" });
  const { node } = house;
  const typed = { name: "Mia", subject: "Files", text: "See." };
  const of = (size: number, name: string, type = "text/plain"): File =>
    new File([Buffer.alloc(size, 65)], name, { type });
  const one = await told(
    await press(house, "/g/readers/new", { ...typed, do: "attach", file: of(5_000_000, "a.bin") }, JSON_PLEASE),
  );
  assert.match(one.files, /a\.bin/);
  const at = { ...typed, id: one.id, version: String(one.version) };
  const more = await told(
    await press(house, "/g/readers/new", { ...at, do: "attach", file: of(4_000_000, "b.bin") }, JSON_PLEASE),
  );
  assert.match(more.problem, /b\.bin was not added: all files of a post together may have 7\.\d MB/);
  assert.doesNotMatch(more.files, /b\.bin/);
  assert.equal(
    (await press(house, "/g/readers/new", { ...at, do: "attach", file: of(15_000_000, "c.bin") })).status,
    413,
  );
  const empty = await told(
    await press(house, "/g/readers/new", { ...at, do: "attach", file: of(0, "empty") }, JSON_PLEASE),
  );
  assert.match(empty.problem, /empty was not added: it is empty/);
  const many = Array.from({ length: 31 }, (_, i) => of(10, "same.txt", i % 2 ? "not a type" : "text/html\r\nX: y"));
  const crowd = await told(await press(house, "/g/readers/new", { ...at, do: "attach", file: many }, JSON_PLEASE));
  assert.match(crowd.problem, /a post may have 30 files/);
  assert.match(crowd.files, /same \(29\)\.txt/);
  const id = /remove ([0-9a-f-]{36})"[^>]*>[^<]*<span class="unseen"> a\.bin/.exec(crowd.files)![1]!;
  const less = await told(await press(house, "/g/readers/new", { ...at, do: `remove ${id}` }, JSON_PLEASE));
  assert.doesNotMatch(less.files, /a\.bin/);
  // Half an upload, then the line is cut.
  const { hostname, port } = new URL(node.webUrl);
  const { connect } = await import("node:net");
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST /g/readers/new HTTP/1.1\r\nHost: ${hostname}:${port}\r\nOrigin: ${node.webUrl}\r\nCookie: ${house.cookie}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 500000\r\n\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="half.bin"\r\n\r\n${"A".repeat(100_000)}`,
        () => socket.destroy(),
      );
    });
    socket.on("close", () => resolve());
    socket.on("error", () => undefined);
  });
  assert.doesNotMatch(await look(house, `/g/readers/new?draft=${one.id}`), /half\.bin/);
  assert.equal((await fetch(`${node.webUrl}/healthz`)).status, 200);
  for (const origin of ["https://evil.test", "null"])
    assert.equal(
      (await press(house, "/g/readers/new", { ...at, do: "post" }, { origin, "sec-fetch-site": "cross-site" })).status,
      403,
    );
  const strangers = await press({ node, cookie: "" }, "/g/readers/new", {
    ...at,
    do: "attach",
    file: of(7_000_000, "d.bin"),
  });
  assert.equal(strangers.status, 403);
  const sent = await press(house, "/g/readers/new", { ...at, version: String(less.version), do: "post" });
  assert.equal(sent.status, 303);
  const mail = await arrived(node, "ben@far.test", /Subject: Files/);
  assert.equal(mail.attachments.length, 29);
});

test("a post for a time goes out once then, can be called off, and only while its author may post", async (t) => {
  const house = await newHouse(t);
  const { node } = house;
  const typed = { name: "Mia", text: "At nine.", date: "2026-03-02", time: "09:00", do: "later" };
  const bad = await press(house, "/g/readers/new", { ...typed, subject: "Too late", date: "2026-02-31" });
  assert.match(await bad.text(), /Choose a day and a time/);
  for (const subject of ["First", "Second", "Third", "Fourth"]) {
    const answer = await press(house, "/g/readers/new", { ...typed, subject });
    assert.equal(answer.headers.get("location"), "/drafts?scheduled=1");
  }
  const idOf = async (subject: string): Promise<string> =>
    (await node.pool<{ id: string }[]>`select id from drafts where subject = ${subject}`)[0]!.id;
  const list = await look(house, "/drafts");
  assert.match(list, /Monday,? 2 March 2026 at 09:00:00 CET/);
  await press(house, "/drafts", { id: await idOf("Second"), do: "unschedule" });
  const page = await look(house, `/g/readers/new?draft=${await idOf("Third")}`);
  assert.match(page, /It is sent by itself on/);
  await press(house, "/g/readers/new", { ...hidden(page), name: "Mia", subject: "Third", text: "Changed", do: "save" });
  await pass(node, 21 * HOUR);
  assert.equal(node.farSide.mailsFor("ben@far.test").length, 0, "08:00 in Berlin");
  await pass(node, HOUR + MINUTE);
  const mail = await arrived(node, "ben@far.test", /Subject: First/);
  assert.match(mail.text!, /At nine\./);
  assert.ok(node.farSide.mailsFor("ben@far.test").some((one) => /Fourth/.test(one.raw.toString())));
  assert.equal(node.farSide.mailsFor("ben@far.test").length, 2, "neither what was called off nor what was changed");
  const again = await press(house, "/g/readers/new", { ...typed, subject: "Fifth", date: "2026-03-03" });
  assert.equal(again.status, 303);
  const mia = await directory.membershipOf(node.pool, node.group.id, "mia@far.test");
  await node.pool`update groups set nonmembers = 'refuse'`;
  await directory.endMemberships(node.pool, [mia!.id], "test", node.clock.now());
  await pass(node, DAY);
  assert.equal(node.farSide.mailsFor("ben@far.test").length, 2);
  const letter = node.farSide
    .mailsFor("mia@far.test")
    .find((one) => /Subject: Not sent: Fifth/.test(one.raw.toString()));
  assert.match((await PostalMime.parse(letter!.raw)).text!, /Readers takes\s+posts from its members only/);
  assert.match(await look(house, "/drafts"), /Fifth[\s\S]*takes posts from its members only/);
});

test("an answer quotes what is asked for, in the language of the group", async (t) => {
  const house = await newHouse(t);
  const { node } = house;
  await node.pool`update groups set language = 'de'`;
  await node.post({
    from: "Ben <ben@far.test>",
    text: "Own words.\r\n> older\r\n> and\r\n> much\r\n> longer\r\nMore.\r\n-- \r\nBen",
  });
  await node.quiet();
  assert.match(await look(house, "/g/readers/1/reply"), /<textarea[^>]*>\s*<\/textarea>/);
  const page = await look(house, "/g/readers/1/reply?quote=all");
  assert.match(page, /Am [^<]*schrieb Ben:\n&gt; Own words\.\n&gt;&gt; \[…\]\n&gt; More\.\n/);
  assert.doesNotMatch(page.slice(page.indexOf("<textarea"), page.indexOf("</textarea>")), /-- \n|Ben\n/);
  const text = "Am Sonntag schrieb Ben:\n> Own words.\n\nYes.";
  await press(house, "/g/readers/1/reply", { name: "Mia", subject: "Re: Chapter two", text, do: "post" });
  const mail = await arrived(node, "ben@far.test", /Subject: Re: Chapter two/);
  const [first] = await node.pool<{ message_id: string }[]>`select message_id from posts where number = 1`;
  assert.equal(mail.inReplyTo, `<${first!.message_id}>`);
  assert.match(mail.html!, /<blockquote/);
});

test("by the API Markdown goes out as the page would send it", async (t) => {
  const house = await newHouse(t);
  const { node, cookie } = house;
  const ask = (body: object) =>
    fetch(`${node.webUrl}/api/v1/groups/readers/posts`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { cookie, origin: node.webUrl, "content-type": "application/json" },
    });
  assert.equal((await ask({ subject: "As text", text: "*so*" })).status, 202);
  assert.equal((await ask({ subject: "As Markdown", text: "*so*", markdown: true })).status, 202);
  assert.equal((await ask({ subject: "x", text: "y", special: true })).status, 400);
  assert.equal((await ask({ subject: "x", text: "y", markdown: "yes" })).status, 400);
  assert.equal((await arrived(node, "ben@far.test", /Subject: As text/)).html, undefined);
  assert.match((await arrived(node, "ben@far.test", /Subject: As Markdown/)).html!, /<em>so<\/em>/);
});

test("what a group takes is said before it is sent: files, sizes, posts, and a moderator who looks first", async (t) => {
  const house = await newHouse(t);
  const { node } = house;
  const typed = { name: "Mia", subject: "Files", text: "See." };
  const exe = new File(["MZ"], "setup.EXE", { type: "application/x-msdownload" });
  const program = await told(await press(house, "/g/readers/new", { ...typed, do: "attach", file: exe }, JSON_PLEASE));
  assert.match(program.problem, /Readers takes no files like “setup\.EXE”/);
  await node.pool`update groups set size_max = 400`;
  const big = new File([Buffer.alloc(300_000)], "a.bin");
  const large = await told(await press(house, "/g/readers/new", { ...typed, do: "attach", file: big }, JSON_PLEASE));
  assert.match(large.problem, /all files of a post together may have 2\d\d kB/);
  await node.pool`update groups set attachments = 'refused'`;
  const page = await look(house, "/g/readers/new");
  assert.match(page, /Readers takes nothing attached/);
  assert.doesNotMatch(page, /type="file"|moderator will look/);
  const none = await told(
    await press(house, "/g/readers/new", { ...typed, do: "attach", file: new File(["x"], "a.txt") }, JSON_PLEASE),
  );
  assert.match(none.problem, /takes nothing attached/);
  for (const moderate of ["newcomers", "everyone"]) {
    await node.pool`update groups set moderate = ${moderate}`;
    assert.match(await look(house, "/g/readers/new"), /A moderator will look at it first/);
  }
  await node.pool`update groups set posting = 'moderators', others = 'decline'`;
  assert.match(await look(house, "/g/readers/new"), /Only moderators post to Readers/);
});
