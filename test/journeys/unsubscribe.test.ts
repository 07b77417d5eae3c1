/** Leaving: what a mail program, a person, a scanner and a stranger can do with what stands in our mails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authenticate } from "mailauth";
import * as directory from "../../src/directory/directory.ts";
import * as keys from "../../src/keys/keys.ts";
import { DAY, HOUR } from "../../src/kit/clock.ts";
import { idToBytes, newId } from "../../src/kit/id.ts";
import { dnsRecord } from "../../src/mail/dkim.ts";
import { all, first, type HeaderField, readHeader, splitMessage } from "../../src/mail/header.ts";
import { readMail } from "../../src/mail/read.ts";
import { sealToken } from "../../src/mail/token.ts";
import * as notices from "../../src/notices/notices.ts";
import * as queue from "../../src/queue/queue.ts";
import * as returns from "../../src/returns/returns.ts";
import type { FarSideMail } from "../support/far-side.ts";
import { startNode, type TestNode, type Wanted } from "../support/node.ts";

const ROLES = "intake,pipeline,outbound,chores,web";
const members = ["ana@far.test", "ben@far.test", "cleo@other.test"];

/** `far.test` sends from this machine: its authors are proved. */
const zone = { "far.test TXT": [["v=spf1 ip4:127.0.0.1 -all"]], "_dmarc.far.test TXT": [["v=DMARC1; p=none"]] };

const start = (t: Parameters<typeof startNode>[0], wanted: Wanted = {}): Promise<TestNode> =>
  startNode(t, { members, zone, roles: ROLES, ...wanted });

const fieldsOf = (mail: FarSideMail): HeaderField[] => readHeader(splitMessage(mail.raw).head);
const memberOf = (node: TestNode, address: string) => directory.membershipOf(node.pool, node.group.id, address);

async function pathOf(node: TestNode, address: string): Promise<string> {
  const { token } = await keys.serviceKeys(node.pool, node.domain, node.clock);
  return `/leave/${sealToken(token, "leave", idToBytes((await memberOf(node, address))!.id))}`;
}

const fetchFrom = (node: TestNode, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${node.webUrl}${path}`, { redirect: "manual", ...init });

const setRole = async (node: TestNode, address: string, role: directory.Role): Promise<void> => {
  const member = (await memberOf(node, address))!;
  await directory.changeMembership(node.pool, member.id, { role }, "test", node.clock.now());
};

const historyOf = async (node: TestNode, address: string): Promise<string[]> => {
  const rows = await node.pool<{ what: string }[]>`
    select e.what from membership_events e join memberships m on m.id = e.membership_id
    where m.address = ${address} and m.group_id = ${node.group.id}`;
  return rows.map((row) => row.what);
};

/** Posts here as a reader signs in, by the link in the letter; answers the cookie. */
async function signedIn(node: TestNode, address: string): Promise<string> {
  const form = (fields: Record<string, string>): RequestInit => ({
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: node.webUrl },
  });
  await fetchFrom(node, "/sign-in", form({ email: address }));
  await node.quiet();
  const letter = node.farSide.mailsFor(address).findLast((mail) => mail.raw.includes("/sign-in/"))!;
  const token = /sign-in\/([A-Za-z]+)/.exec(readMail(letter.raw).text!)![1];
  const answer = await fetchFrom(node, `/sign-in/${token}`, form({}));
  return answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}

const CLICK = "List-Unsubscribe=One-Click";
const FORM = "application/x-www-form-urlencoded";

for (const [how, init] of [
  ["as a form", { body: CLICK, headers: { "content-type": FORM } }],
  [
    "from another site, with a referrer",
    {
      body: CLICK,
      headers: {
        "content-type": FORM,
        origin: "https://mail.test",
        referer: "https://mail.test/inbox",
        "sec-fetch-site": "cross-site",
      },
    },
  ],
  ["with the origin null", { body: CLICK, headers: { "content-type": FORM, origin: "null" } }],
  [
    "as multipart",
    {
      body: `--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n`,
      headers: { "content-type": "multipart/form-data; boundary=b" },
    },
  ],
  ["as broken multipart", { body: "--c", headers: { "content-type": "multipart/form-data; boundary=b" } }],
  ["without a body", {}],
  ["in a charset", { body: CLICK, headers: { "content-type": `${FORM}; charset=UTF-8` } }],
] as const) {
  test(`one click ${how} takes a member out, without session, cookie or account`, async (t) => {
    const node = await start(t);
    const path = await pathOf(node, "ben@far.test");
    const answer = await fetchFrom(node, path, { method: "POST", ...init });
    assert.equal(answer.status, 200, "no redirect: RFC 8058 3.1 follows none");
    assert.deepEqual(answer.headers.getSetCookie(), []);
    assert.equal(await memberOf(node, "ben@far.test"), undefined);
    assert.ok(await memberOf(node, "ana@far.test"));
    for (let again = 0; again < 3; again += 1)
      assert.equal((await fetchFrom(node, path, { method: "POST", ...init })).status, 200);
    await node.quiet();
    const letters = node.farSide.mailsFor("ben@far.test");
    assert.equal(letters.length, 1, "told once, however often it is pressed");
    assert.match(
      readMail(letters[0]!.raw).text!,
      /gets no more mail from Readers[\s\S]*within 30 days[\s\S]*\/leave\//,
    );
  });
}

test("looking changes nothing: GET, HEAD, OPTIONS, and verbs that are none of ours", async (t) => {
  const node = await start(t);
  const path = await pathOf(node, "ben@far.test");
  for (const suffix of ["", "/undo", "/"])
    for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
      await fetchFrom(node, path + suffix, { method, ...(method === "PUT" && { body: CLICK }) });
  assert.ok(await memberOf(node, "ben@far.test"));
  assert.equal((await fetchFrom(node, path, { method: "HEAD" })).status, 200);
  assert.match(await (await fetchFrom(node, path)).text(), /Leave <bdi>Readers<\/bdi>\?[\s\S]*ben@…/);
  const huge = await fetchFrom(node, path, { method: "POST", body: "x".repeat(100_000) });
  assert.equal(huge.status, 413);
  for (const other of ["/leave/aaaa", `${path.slice(0, -3)}aaa`, "/leave/%00"])
    assert.equal((await fetchFrom(node, other, { method: "POST", body: CLICK })).status, 404, other);
  assert.deepEqual(await historyOf(node, "ben@far.test"), ["joined"]);
});

test("leaving is taken back within 30 days: GET shows, POST does, with mode and history; later it is too late", async (t) => {
  const node = await start(t);
  const ben = (await memberOf(node, "ben@far.test"))!;
  const path = await pathOf(node, "ben@far.test");
  await fetchFrom(node, path, { method: "POST", body: CLICK });
  for (const method of ["GET", "HEAD"]) await fetchFrom(node, path, { method });
  for (const method of ["GET", "HEAD"]) await fetchFrom(node, `${path}/undo`, { method });
  assert.equal(await memberOf(node, "ben@far.test"), undefined);
  node.clock.pass(29 * DAY);
  assert.match(
    await (await fetchFrom(node, path)).text(),
    /You have left[\s\S]*until[\s\S]*31 March 2026[\s\S]*\/undo"/,
  );
  const back = await fetchFrom(node, `${path}/undo`, { method: "POST" });
  assert.match(await back.text(), /You are in/);
  assert.deepEqual(await memberOf(node, "ben@far.test"), ben, "the same membership");
  assert.deepEqual(await historyOf(node, "ben@far.test"), ["joined", "left", "came back"]);
  await fetchFrom(node, path, { method: "POST", body: CLICK });
  node.clock.pass(30 * DAY + HOUR);
  assert.match(await (await fetchFrom(node, path)).text(), /nothing to take back/);
  assert.equal((await fetchFrom(node, `${path}/undo`, { method: "POST" })).status, 409);
  assert.equal(await memberOf(node, "ben@far.test"), undefined);
});

test("who was removed by somebody else does not come back by an old link", async (t) => {
  const node = await start(t);
  const path = await pathOf(node, "ben@far.test");
  const ben = (await memberOf(node, "ben@far.test"))!;
  await directory.endMemberships(node.pool, [ben.id], "removed by the operator", node.clock.now());
  assert.doesNotMatch(await (await fetchFrom(node, path)).text(), /Undo/);
  assert.equal((await fetchFrom(node, `${path}/undo`, { method: "POST" })).status, 409);
  await fetchFrom(node, path, { method: "POST", body: CLICK });
  await fetchFrom(node, `${path}/undo`, { method: "POST" });
  assert.equal(await memberOf(node, "ben@far.test"), undefined);
});

test("a moderator comes back as one only when signed in: the token alone may have been forwarded", async (t) => {
  const node = await start(t);
  for (const isSignedIn of [false, true]) {
    await setRole(node, "ben@far.test", "moderator");
    const path = await pathOf(node, "ben@far.test");
    await fetchFrom(node, path, { method: "POST", body: CLICK });
    const headers: Record<string, string> = isSignedIn ? { cookie: await signedIn(node, "ben@far.test") } : {};
    const page = await (await fetchFrom(node, path, { headers })).text();
    assert.equal(/Sign in first<\/a> to come back as one/.test(page), !isSignedIn);
    await fetchFrom(node, `${path}/undo`, { method: "POST", headers });
    assert.equal((await memberOf(node, "ben@far.test"))?.role, isSignedIn ? "moderator" : "member");
  }
  assert.ok((await historyOf(node, "ben@far.test")).includes("role moderator → member"));
});

test("the only owner is not lost by a click: the mail stops, the group keeps its owner, and it can be taken back", async (t) => {
  const node = await start(t);
  await setRole(node, "ana@far.test", "owner");
  const path = await pathOf(node, "ana@far.test");
  assert.match(await (await fetchFrom(node, path)).text(), /You are the only owner/);
  const answer = await fetchFrom(node, path, { method: "POST", body: CLICK });
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /no longer come to you[\s\S]*make somebody else an owner/);
  assert.partialDeepStrictEqual(await memberOf(node, "ana@far.test"), { role: "owner", mode: "none" });
  await node.quiet();
  assert.match(
    readMail(node.farSide.mailFor("ana@far.test")!.raw).text!,
    /You are its only owner, so you are still in/,
  );
  await fetchFrom(node, `${path}/undo`, { method: "POST" });
  assert.partialDeepStrictEqual(await memberOf(node, "ana@far.test"), { role: "owner", mode: "each" });

  await setRole(node, "ben@far.test", "owner");
  const bens = await pathOf(node, "ben@far.test");
  await Promise.all([path, bens].map((one) => fetchFrom(node, one, { method: "POST", body: CLICK })));
  const owners = (await directory.deciders(node.pool, node.group.id)).map((one) => [one.role, one.mode]);
  assert.deepEqual(owners, [["owner", "none"]], "two owners who leave at the same moment: one of them stays");
});

test("a member who chose no mail and holds an old link is not given mail by an undo", async (t) => {
  const node = await start(t);
  const ben = (await memberOf(node, "ben@far.test"))!;
  await directory.changeMembership(node.pool, ben.id, { mode: "none" }, "test", node.clock.now());
  await fetchFrom(node, `${await pathOf(node, "ben@far.test")}/undo`, { method: "POST" });
  assert.equal((await memberOf(node, "ben@far.test"))?.mode, "none");
});

test("the link in a mail from before one left and joined anew ends the new membership", async (t) => {
  const node = await start(t);
  const path = await pathOf(node, "ben@far.test");
  await fetchFrom(node, path, { method: "POST", body: CLICK });
  await directory.addMembers(node.pool, node.group.id, [{ address: "ben@far.test", name: "" }], "test", node.clock);
  assert.match(await (await fetchFrom(node, path)).text(), /Leave <bdi>Readers<\/bdi>\?/);
  const page = await (await fetchFrom(node, path, { method: "POST", body: CLICK })).text();
  assert.equal(await memberOf(node, "ben@far.test"), undefined);
  await fetchFrom(node, /action="([^"]+\/undo)"/.exec(page)![1]!, { method: "POST" });
  assert.ok(await memberOf(node, "ben@far.test"), "and its page takes that one back");
});

test("the mail a program sends to List-Unsubscribe is obeyed whatever stands in it and whoever it is from", async (t) => {
  const node = await start(t, { members: [...members, "dan@far.test", "eva@far.test", "fay@far.test"] });
  await node.post({ from: "ana@far.test" });
  await node.quiet();
  const way = (address: string): string =>
    /<mailto:([^>]+)>/.exec(first(fieldsOf(node.farSide.mailFor(address)!), "list-unsubscribe")!)![1]!;
  await node.post({ from: "ben@far.test", to: way("ben@far.test"), subject: "", text: "" });
  await node.post({
    from: "work@elsewhere.test",
    to: way("cleo@other.test").toUpperCase(),
    subject: "Re: Fwd: Chapter two",
  });
  await node.post({
    from: "dan@far.test",
    to: way("dan@far.test"),
    headers: ["Auto-Submitted: auto-generated"],
    text: "This message was automatically generated.",
  });
  await node.send({ from: "eva@far.test", to: [way("eva@far.test")] }, "Subject: unsubscribe\r\n\r\n");
  await node.post({ from: "fay@far.test", to: way("fay@far.test"), headers: ["Auto-Submitted: auto-replied"] });
  await node.quiet();
  const left = await directory.members(node.pool, node.group.id);
  assert.deepEqual(
    left.map((one) => one.address),
    ["ana@far.test", "fay@far.test"],
    "a vacation notice leaves nothing",
  );
});

test("a shared copy leads to a page and an address that ask who one is, and the letter confirms", async (t) => {
  const node = await start(t, { settings: { copies: "shared", archive: "members" } });
  await node.post({ from: "ana@far.test" });
  await node.quiet();
  const field = first(fieldsOf(node.farSide.mailFor("cleo@other.test")!), "list-unsubscribe")!;
  assert.match(field, /<mailto:readers\+unsubscribe@groups\.test>/);
  assert.equal(first(fieldsOf(node.farSide.mailFor("cleo@other.test")!), "list-unsubscribe-post"), undefined);
  const path = new URL(/<(http[^>]+)>/.exec(field)![1]!).pathname;
  const page = await (await fetchFrom(node, path)).text();
  const nowhere = await (await fetchFrom(node, "/g/nowhere/leave")).text();
  assert.equal(page.replaceAll("readers", "nowhere"), nowhere, "a secret group looks like none");
  const ask = (email: string, at = path, origin = node.webUrl): Promise<Response> =>
    fetchFrom(node, at, { method: "POST", body: new URLSearchParams({ email }), headers: { origin } });
  const told = await (await ask("cleo@other.test")).text();
  assert.equal((await (await ask("who@other.test")).text()).replaceAll("who@", "cleo@"), told);
  assert.equal(
    (await (await ask("cleo@other.test", "/g/nowhere/leave")).text()).replaceAll("nowhere", "readers"),
    told,
  );
  assert.equal((await ask("cleo@other.test", path, "https://evil.test")).status, 403);
  assert.equal((await ask("no address")).status, 400);
  await node.quiet();
  const letters = node.farSide.mails.filter((mail) => mail.from === "");
  assert.deepEqual(
    letters.flatMap((mail) => mail.to),
    ["cleo@other.test"],
  );
  assert.ok(await memberOf(node, "cleo@other.test"), "not without an answer");
  const link = /http:\/\/groups\.test(\/leave\/\S+)/.exec(readMail(letters[0]!.raw).text!)![1]!;
  await fetchFrom(node, link, { method: "POST" });
  assert.equal(await memberOf(node, "cleo@other.test"), undefined);
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await ask("ana@far.test")).status));
  assert.equal(statuses.filter((status) => status === 200).length, 5, "nobody's box is filled by it");
});

test("who leaves while the backlog holds copies for them is sent nothing more, and nobody is told that it failed", async (t) => {
  const node = await start(t);
  await queue.hold(node.pool, { scope: "all", key: "" }, node.clock.now());
  await node.post({ from: "ana@far.test", messageId: "late@x" });
  await node.quiet();
  const path = await pathOf(node, "ben@far.test");
  await fetchFrom(node, path, { method: "POST", body: CLICK });
  await queue.release(node.pool, { scope: "all", key: "" }, node.clock.now());
  await node.pass(5000, 1000);
  await node.quiet();
  const posts = node.farSide.mails.filter((mail) => mail.from !== "");
  assert.deepEqual(posts.flatMap((mail) => mail.to).sort(), ["ana@far.test", "cleo@other.test"]);
  assert.deepEqual(
    node.farSide.mailsFor("ben@far.test").map((mail) => mail.from),
    [""],
    "the goodbye alone",
  );
});

test("DKIM signatures that hold cover List-Unsubscribe and List-Unsubscribe-Post (RFC 8058 4)", async (t) => {
  const node = await start(t);
  await node.post({ from: "ana@far.test" });
  await node.quiet();
  const { dkim } = await keys.serviceKeys(node.pool, node.domain, node.clock);
  const { createPublicKey } = await import("node:crypto");
  const records = new Map(
    dkim.map((key) => {
      const pem = createPublicKey(key.privateKey).export({ type: "spki", format: "pem" }).toString();
      const record = dnsRecord(key.selector, key.domain, pem);
      return [record.name, [record.value]];
    }),
  );
  const resolver = async (name: string, type: string) => {
    const found = type === "TXT" ? records.get(name) : undefined;
    if (found) return found;
    throw Object.assign(new Error("none"), { code: "ENOTFOUND" });
  };
  const copy = node.farSide.mailFor("cleo@other.test")!;
  const { dkim: verified } = await authenticate(copy.raw, {
    resolver,
    disableArc: true,
    disableDmarc: true,
    disableBimi: true,
  });
  const good = verified.results.filter((one) => one.status.result === "pass" && one.signingDomain === "groups.test");
  assert.ok(good.length > 0);
  const covering = all(fieldsOf(copy), "dkim-signature").filter((value) => {
    const names = /\bh=([^;]+);/
      .exec(value)![1]!
      .toLowerCase()
      .split(":")
      .map((name) => name.trim());
    return names.includes("list-unsubscribe") && names.includes("list-unsubscribe-post");
  });
  assert.ok(covering.some((value) => good.some((one) => value.includes(`s=${one.selector}`))));
  const changed = Buffer.from(
    copy.raw.toString("latin1").replace(/^(List-Unsubscribe: <http:\/\/groups\.test\/leave\/)./m, "$1z"),
    "latin1",
  );
  const after = (await authenticate(changed, { resolver, disableArc: true, disableDmarc: true, disableBimi: true }))
    .dkim;
  const still = after.results.filter((one) => one.status.result === "pass").map((one) => one.selector);
  assert.ok(
    !covering.some((value) => still.some((selector) => value.includes(`s=${selector}`))),
    "an altered link breaks them",
  );
});

/** Every address a scanner would find: in fields, in the text, in HTML. */
function addressesIn(mail: FarSideMail): { urls: string[]; mailtos: string[] } {
  const { text, html } = readMail(mail.raw);
  const fields = fieldsOf(mail).map((field) => field.value.replace(/\s+/g, " "));
  const found = [...fields, text ?? "", html ?? ""].join("\n");
  const clean = (one: string): string => one.replace(/&amp;/g, "&").replace(/[.,;:!?]+$/, "");
  return {
    urls: [...new Set([...found.matchAll(/https?:\/\/[^\s<>"')\]]+/g)].map(([one]) => clean(one)))],
    mailtos: [...new Set([...found.matchAll(/mailto:([^\s<>"']+)/g)].map(([, one]) => one!))],
  };
}

/** Everything the database holds, but for what changes by itself: leases, and the clock's chores. */
async function stateOf(node: TestNode): Promise<Map<string, string>> {
  const tables = await node.pool<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not in ('workers', 'lanes', 'weighings') order by c.relname`;
  const state = new Map<string, string>();
  for (const { name } of tables) {
    const [row] = await node.pool.unsafe<{ sum: string }[]>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as sum from ${name} t`,
    );
    state.set(name, row!.sum);
  }
  return state;
}

/** The letters that only trouble brings about, to a member whose mail is stopped, with links that work. */
async function lettersOfTrouble(node: TestNode, address: string): Promise<void> {
  const { pool, clock, group, domain } = node;
  const member = (await memberOf(node, address))!;
  const { token: tokenSecret } = await keys.serviceKeys(pool, domain, clock);
  const writer = { domain, url: node.config.url, clock };
  const means = { ...writer, pool, tokenSecret };
  await returns.stopMail(pool, means, member.id, "hand", "test");
  const [back, leave] = (["back", "leave"] as const).map((kind) => sealToken(tokenSecret, kind, idToBytes(member.id)));
  const to = { to: "gus@far.test", group, about: { messageId: null, subject: "Chapter two" } };
  const trouble = { reason: "the mailbox is full", said: "452 4.2.2 full", days: 3 };
  const paused = { name: "", address, isComplaint: false, ...trouble };
  const letters = [
    notices.enquiryLetter(writer, { ...to, returned: { id: newId(clock), sender: "" } }, trouble, back!),
    notices.pausedLetter(writer, { ...to, address }, trouble, back!, 1),
    notices.complaintLetter(writer, to, back!, leave!),
    notices.welcomeBackLetter(writer, to, leave!),
    notices.ownersLetter(writer, to, [paused], 0),
    notices.resentLetter(writer, to, `${writer.url}/mail/${newId(clock)}`),
    notices.declinedLetter(writer, to, "It is too large."),
  ];
  await queue.plan(pool, await notices.write(pool, letters, clock), clock);
}

test("a scanner that fetches every address in every mail of ours, again and again, changes nothing", async (t) => {
  const node = await start(t, { settings: { footer: "Leave, or read the rules: http://groups.test/g/readers" } });
  await setRole(node, "ana@far.test", "owner");
  await node.post({ from: "ana@far.test", text: "See http://groups.test/g/readers/1 about it." }); // a post's copies
  await node.post({ from: "dan@far.test", to: "readers+subscribe@groups.test" }); // the question to confirm joining
  await node.post({ from: "cleo@other.test", to: "readers+unsubscribe@groups.test" }); // the question to confirm leaving
  await node.post({ from: "eve@far.test", text: "Let me in" }); // held: its author and the owner hear of it
  await node.post({ from: "fay@far.test", to: "readers+help@groups.test" });
  await node.quiet();
  const reply = first(fieldsOf(node.farSide.mailFor("dan@far.test")!), "reply-to")!;
  await node.post({ from: "dan@far.test", to: reply }); // welcome
  await node.post({ from: "gus@far.test", to: "readers+subscribe@groups.test" }); // a question that stays open
  await fetchFrom(node, await pathOf(node, "ben@far.test"), { method: "POST", body: CLICK }); // goodbye
  await fetchFrom(node, await pathOf(node, "ana@far.test"), { method: "POST", body: CLICK }); // the only owner's
  const form = {
    method: "POST",
    body: new URLSearchParams({ email: "cleo@other.test", next: "/g/readers" }),
    headers: { origin: node.webUrl },
  };
  await fetchFrom(node, "/sign-in", form);
  await node.quiet();
  await lettersOfTrouble(node, "cleo@other.test");
  await node.quiet();
  const kinds = await node.pool<{ kind: string }[]>`select distinct kind from letters order by kind`;
  assert.deepEqual(
    kinds.map((row) => row.kind),
    [
      "complaint",
      "confirm-join",
      "confirm-leave",
      "declined",
      "enquiry",
      "goodbye",
      "held",
      "help",
      "mail-stopped",
      "moderate",
      "newly-paused",
      "resent",
      "sign-in",
      "still-paused",
      "welcome",
      "welcome-back",
    ],
  );

  const found = node.farSide.mails.map(addressesIn);
  const urls = [...new Set(found.flatMap((one) => one.urls))].filter((url) => url.startsWith("http://groups.test/"));
  const mailtos = [...new Set(found.flatMap((one) => one.mailtos))];
  for (const wanted of [
    /\/leave\/[a-z2-7]+$/,
    /\/join\/[a-z2-7]+$/,
    /\/back\/[a-z2-7]+$/,
    /\/sign-in\/\w+/,
    /\/mail\/[0-9a-f-]{36}$/,
    /\/g\/readers\/held\/[0-9a-f-]{36}$/,
    /\/g\/readers\/1$/,
  ])
    assert.ok(
      urls.some((url) => wanted.test(url)),
      `${wanted} is among them`,
    );
  assert.ok(mailtos.some((one) => one.startsWith("leave+")) && mailtos.includes("readers@groups.test"));
  const forms: string[] = []; // what a page would post to; a scanner may follow those addresses too
  const before = await stateOf(node);
  for (const headers of [
    {},
    { purpose: "prefetch", "sec-purpose": "prefetch;prerender" },
    { "x-moz": "prefetch", cookie: "smartgroups.session_token=nonsense" },
    { "user-agent": "Mozilla/5.0 (compatible; SafeLinks)", origin: "https://scanner.test" },
  ] as Record<string, string>[]) {
    for (const url of urls) {
      for (const method of ["HEAD", "GET", "OPTIONS", "GET"]) {
        const answer = await fetchFrom(node, url.slice("http://groups.test".length), { method, headers });
        assert.ok(answer.status < 500, `${method} ${url}: ${answer.status}`);
        assert.deepEqual(answer.headers.getSetCookie(), []);
        for (const [, action] of (await answer.text()).matchAll(/ action="([^"]+)"/g)) forms.push(action!);
      }
    }
  }
  for (const action of new Set(forms)) for (const method of ["GET", "HEAD"]) await fetchFrom(node, action, { method });
  assert.ok(
    [...new Set(forms)].some((action) => action.endsWith("/undo")),
    "the forms were found",
  );
  assert.deepEqual(await stateOf(node), before);

  const signIn = urls.find((url) => url.includes("/sign-in/"))!.slice("http://groups.test".length);
  const entered = await fetchFrom(node, signIn.replace(/\?.*/, ""), { ...form, body: new URLSearchParams({}) });
  assert.equal(entered.status, 303, "the sign-in link still works");
  assert.equal(entered.headers.getSetCookie().length > 0, true);
  assert.notDeepEqual(await stateOf(node), before, "what would change is seen to change");
});
