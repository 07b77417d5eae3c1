/** The web without a browser: rights, forms from elsewhere, headers, hostile mail, and the way of a post written here. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import type { Hono } from "hono";
import { settleDecisions } from "../../src/chores/chores.ts";
import { openPool, type Pool } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import * as keys from "../../src/keys/keys.ts";
import { type HeldClock, HOUR, heldClock, SECOND } from "../../src/kit/clock.ts";
import { idToBytes, newId } from "../../src/kit/id.ts";
import { silent } from "../../src/kit/log.ts";
import { sealToken } from "../../src/mail/token.ts";
import * as mailbox from "../../src/mailbox/mailbox.ts";
import * as queue from "../../src/queue/queue.ts";
import type { Environment } from "../../src/web/house.ts";
import { startWeb } from "../../src/web/web.ts";
import { fileMails, groupWith, oddMails } from "../support/browser.ts";
import { without } from "../support/corpora.ts";
import { cloneDatabase } from "../support/database.ts";

const URL_HERE = "https://groups.example.org";
const DOMAIN = "groups.example.org";

type Site = { app: Hono<Environment>; pool: Pool; clock: HeldClock };

async function site(t: TestContext): Promise<Site> {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: DOMAIN, url: URL_HERE, outbound: { kind: "capture" } as const };
  const web = await startWeb({ listen: [], pool, config, clock, log: silent });
  t.after(() => web.stop());
  return { app: web.app, pool, clock };
}

const mail = (fields: Record<string, string>, body: string): Buffer =>
  Buffer.from(
    `${Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")}\r\n${body}`,
  );

const plain = (subject = "Chapter two", extra: Record<string, string> = {}): Buffer =>
  mail(
    {
      From: "Ana Lima <ana@far.test>",
      Subject: subject,
      "Message-ID": `<${subject.replace(/\W/g, "")}@far.test>`,
      Date: "Sun, 1 Mar 2026 09:00:00 +0000",
      ...extra,
    },
    "I liked it.\r\nWrite to ben@far.test about it.\r\n",
  );

const post = (fields: Record<string, string>, headers: Record<string, string> = { origin: URL_HERE }) => ({
  method: "POST",
  body: new URLSearchParams(fields),
  headers,
});

/** Signs in as a reader would, with the link in the letter; answers the cookie. */
async function signedIn({ app, pool }: Site, address: string): Promise<string> {
  assert.equal((await app.request("/sign-in", post({ email: address, next: "/" }))).status, 200);
  const token = await linkTo(pool, address);
  const answer = await app.request(`/sign-in/${token}`, post({ next: "/" }));
  assert.equal(answer.status, 303);
  return answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}

async function linkTo(pool: Pool, address: string): Promise<string> {
  const [letter] = await pool<{ raw: Buffer }[]>`
    select raw from letters where recipient = ${address} order by created_at desc, id desc limit 1`;
  return /sign-in\/([A-Za-z]+)/.exec(letter!.raw.toString())![1]!;
}

const members = [
  { address: "olga@far.test", name: "Olga", role: "owner" as const },
  { address: "mia@far.test", name: "Mia" },
];

test("strangers read a public archive without the far end of any address", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers", title: "Readers" }, [plain()], members);
  for (const path of ["/", "/g/readers", "/g/readers/1", "/g/readers/1/raw"]) {
    const answer = await here.app.request(path);
    assert.equal(answer.status, 200, path);
    const text = await answer.text();
    assert.doesNotMatch(text, /ana@far|ben@far/, path);
  }
  assert.match(await (await here.app.request("/g/readers/1")).text(), /I liked it\.[\s\S]*ben@…/);
  const cookie = await signedIn(here, "mia@far.test");
  assert.match(
    await (await here.app.request("/g/readers/1", { headers: { cookie } })).text(),
    /ana@far\.test[\s\S]*ben@far\.test/,
  );
});

test("a members-only archive and a group that does not exist are one and the same to strangers", async (t) => {
  const here = await site(t);
  await groupWith(
    here.pool,
    here.clock,
    { name: "committee", title: "Secret plans", archive: "members" },
    [plain()],
    members,
  );
  const cookie = await signedIn(here, "stranger@far.test");
  for (const headers of [{}, { cookie }] as Record<string, string>[]) {
    for (const path of ["", "/1", "/1/raw", "/1/html", "/1/part/0"]) {
      const secret = await here.app.request(`/g/committee${path}`, { headers });
      const nothing = await here.app.request(`/g/nowhere00${path}`, { headers });
      assert.equal(secret.status, 404, path);
      assert.equal(nothing.status, 404, path);
      assert.equal((await secret.text()).replaceAll("committee", "nowhere00"), await nothing.text(), path);
    }
  }
  assert.doesNotMatch(await (await here.app.request("/")).text(), /Secret plans/);
  const insider = await signedIn(here, "mia@far.test");
  assert.match(await (await here.app.request("/g/committee", { headers: { cookie: insider } })).text(), /Chapter two/);
});

test("only moderators see what is held, and only owners the members", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, [], members);
  const mia = await signedIn(here, "mia@far.test");
  const olga = await signedIn(here, "olga@far.test");
  for (const path of ["/g/readers/held", "/g/readers/members"]) {
    assert.equal((await here.app.request(path)).status, 303, "a stranger is asked to sign in");
    assert.equal((await here.app.request(path, { headers: { cookie: mia } })).status, 403);
    assert.equal((await here.app.request(path, { headers: { cookie: olga } })).status, 200);
  }
});

test("the sign-in link is not used up by who only fetches it, works once, and not for ever", async (t) => {
  const here = await site(t);
  await here.app.request("/sign-in", post({ email: "mia@far.test" }));
  const token = await linkTo(here.pool, "mia@far.test");
  for (let i = 0; i < 3; i += 1) {
    const fetched = await here.app.request(`/sign-in/${token}`);
    assert.equal(fetched.status, 200);
    assert.deepEqual(fetched.headers.getSetCookie(), []);
  }
  const first = await here.app.request(`/sign-in/${token}`, post({ next: "//evil.test/" }));
  assert.equal(first.status, 303);
  assert.equal(first.headers.get("location"), "/account/welcome?next=%2F", "never to another site");
  assert.match(first.headers.getSetCookie()[0]!, /HttpOnly/);
  assert.match(first.headers.getSetCookie()[0]!, /SameSite=Lax/);
  assert.match(first.headers.getSetCookie()[0]!, /Secure/);
  assert.equal((await here.app.request(`/sign-in/${token}`, post({}))).status, 400);
});

test("nobody can have a stranger flooded with sign-in links", async (t) => {
  const here = await site(t);
  const answers: number[] = [];
  for (let i = 0; i < 7; i += 1)
    answers.push((await here.app.request("/sign-in", post({ email: "Victim@far.test" }))).status);
  assert.deepEqual(answers, [200, 200, 200, 200, 200, 429, 429]);
  here.clock.pass(HOUR + 1);
  assert.equal((await here.app.request("/sign-in", post({ email: "victim@far.test" }))).status, 200);
});

test("a form from elsewhere is refused and changes nothing", async (t) => {
  const here = await site(t);
  const group = await groupWith(here.pool, here.clock, { name: "readers" }, [], members);
  const cookie = await signedIn(here, "mia@far.test");
  for (const headers of [{ cookie, origin: "https://evil.test", "sec-fetch-site": "cross-site" }, { cookie }] as Record<
    string,
    string
  >[]) {
    assert.equal((await here.app.request("/g/readers/leave", post({}, headers))).status, 403);
    assert.equal(
      (await here.app.request("/g/readers/new", post({ subject: "x", text: "y", do: "post" }, headers))).status,
      403,
    );
  }
  assert.ok(await directory.membershipOf(here.pool, group.id, "mia@far.test"));
  assert.equal((await here.pool`select id from mails`).length, 0);
});

test("one-click unsubscribe works without a session, a GET changes nothing, and it can be undone", async (t) => {
  const here = await site(t);
  const group = await groupWith(here.pool, here.clock, { name: "readers" }, [], members);
  const mia = (await directory.membershipOf(here.pool, group.id, "mia@far.test"))!;
  const { token: secret } = await keys.serviceKeys(here.pool, DOMAIN, here.clock);
  const path = `/leave/${sealToken(secret, "leave", idToBytes(mia.id))}`;
  const isIn = async () => (await directory.membershipOf(here.pool, group.id, "mia@far.test")) !== undefined;
  assert.equal((await here.app.request(path)).status, 200);
  assert.equal(await isIn(), true);
  const click = await here.app.request(
    path,
    post({ "List-Unsubscribe": "One-Click" }, { origin: "https://mail.far.test" }),
  );
  assert.equal(click.status, 200);
  assert.equal(await isIn(), false);
  assert.equal((await here.app.request(`${path}/undo`, post({}))).status, 200);
  assert.equal(await isIn(), true);
  assert.equal(
    (await here.app.request(`${path.slice(0, -2)}aa`, post({ "List-Unsubscribe": "One-Click" }))).status,
    404,
  );
});

test("a member's own leave link, in a copy that came back to a list, is shown to nobody", async (t) => {
  const here = await site(t);
  const token = "aia2ecqj4ppxn45skcamhxo4hv3sk7ykqfz3xshm";
  const copy = plain("Copy", {
    "List-Unsubscribe": `<http://x.test/leave/${token}>,\r\n <mailto:leave+${token}@x.test>`,
    "Return-Path": `<bounce+${token}@x.test>`,
  });
  await groupWith(here.pool, here.clock, { name: "readers" }, [copy], members);
  for (const cookie of ["", await signedIn(here, "mia@far.test")]) {
    const raw = await (await here.app.request("/g/readers/1/raw", { headers: { cookie } })).text();
    assert.doesNotMatch(raw, new RegExp(token));
    assert.match(raw, /^Return-Path: <bounce\+…@x\.test>|^Return-Path: <bounce\+…@…>/m);
    assert.match(raw, /I liked it\./);
  }
});

test("there is nothing at an address that no database would look up", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, [plain()], members);
  const odd = ["/g/%00", "/g/readers?before=%00", "/leave/%00", `/g/readers/topic/${"-".repeat(36)}`];
  for (const path of odd) assert.equal((await here.app.request(path)).status, 404, path);
  const typed = { subject: "a\0b", name: "Mia\0", text: "So\0 so", do: "post" };
  const headers = { cookie: await signedIn(here, "mia@far.test"), origin: URL_HERE };
  assert.equal((await here.app.request("/g/readers/new", post(typed, headers))).status, 303);
});

test("a post written here waits in the queue once, however often its button is pressed", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, [plain()], members);
  const headers = { cookie: await signedIn(here, "mia@far.test"), origin: URL_HERE };
  const form = await (await here.app.request("/g/readers/1/reply?quote=all", { headers })).text();
  const id = /name="id" value="([^"]+)"/.exec(form)![1]!;
  assert.match(form, /&gt; I liked it\./, "the parent is quoted");
  assert.match(form, /2 members get it/);
  const typed = { id, subject: "Re: Chapter two", text: "So did I — 日本", do: "post" };
  const preview = await (
    await here.app.request("/g/readers/1/reply", post({ ...typed, do: "preview" }, headers))
  ).text();
  assert.match(preview, /So did I — 日本/);
  assert.equal((await here.pool`select id from mails`).length, 0);
  for (let i = 0; i < 2; i += 1) {
    const sent = await here.app.request("/g/readers/1/reply", post(typed, headers));
    assert.equal(sent.headers.get("location"), `/mail/${id}`);
  }
  const waiting = await queue.takeMails(here.pool, newId(here.clock), 10, here.clock.now());
  assert.equal(waiting.length, 1);
  assert.equal(waiting[0]!.client.protocol, "HTTP");
  assert.deepEqual(waiting[0]!.recipients, [`readers@${DOMAIN}`]);
  const tracker = await here.app.request(`/mail/${id}`);
  assert.equal(tracker.status, 200, "who holds the id needs no session");
  assert.match(await tracker.text(), /accepted and kept/);
});

test("nothing typed is lost when a post can't be sent", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, [], members);
  const headers = { cookie: await signedIn(here, "mia@far.test"), origin: URL_HERE };
  const text = "A long afternoon's <work>";
  const unnamed = await here.app.request("/g/readers/new", post({ subject: " ", text, do: "post" }, headers));
  assert.equal(unnamed.status, 400);
  assert.match(await unnamed.text(), /A long afternoon&#39;s &lt;work&gt;/);
  const ended = await here.app.request("/g/readers/new", post({ subject: "s", text, do: "post" }));
  assert.equal(ended.status, 403);
  assert.match(await ended.text(), /A long afternoon&#39;s &lt;work&gt;/);
  await here.pool`alter table groups rename to hidden`;
  const failed = await here.app.request("/g/readers/new", post({ subject: "s", text, do: "post" }, headers));
  assert.equal(failed.status, 500);
  assert.match(await failed.text(), /A long afternoon&#39;s &lt;work&gt;/);
});

test("with the database away a page says what is kept, carries what was typed, and the process stays alive", async (t) => {
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: DOMAIN, url: URL_HERE, outbound: { kind: "capture" } as const };
  const lost = openPool({ host: "127.0.0.1", port: 1, user: "nobody", database: "nowhere" }, { max: 1 });
  t.after(() => lost.end({ timeout: 1 }));
  const web = await startWeb({ listen: [], pool: lost, config, clock, log: silent });
  t.after(() => web.stop());
  const page = await web.app.request("/g/readers");
  assert.equal(page.status, 503);
  assert.equal(page.headers.get("retry-after"), "10");
  assert.match(await page.text(), /All mail that was accepted is kept/);
  const form = await web.app.request("/g/readers/new", post({ subject: "Tea", text: "A long afternoon", do: "post" }));
  assert.equal(form.status, 503);
  assert.match(await form.text(), /A long afternoon/);
  assert.equal((await web.app.request("/healthz")).status, 200);
  assert.equal((await web.app.request("/readyz")).status, 503);
});

test("a moderator approves one held mail and declines another with a reason its sender can read", async (t) => {
  const here = await site(t);
  const { pool, app, clock } = here;
  await groupWith(pool, clock, { name: "readers" }, [], members);
  const ids = [newId(clock), newId(clock)];
  for (const id of ids) {
    const raw = plain(`Held ${id}`);
    await queue.put(pool, [
      {
        id,
        receivedAt: clock.now(),
        sender: "x@far.test",
        recipients: [`readers@${DOMAIN}`],
        client: { address: "192.0.2.1", helo: "x", protocol: "ESMTP" },
        size: raw.length,
        raw: zstdCompressSync(raw),
        chunked: false,
      },
    ]);
    await pool`update mails set state = 'held', problem = 'Its author is not a member.' where id = ${id}`;
  }
  const headers = { cookie: await signedIn(here, "olga@far.test"), origin: URL_HERE };
  assert.match(await (await app.request("/g/readers/held", { headers })).text(), /2 posts to decide/);
  await app.request(`/g/readers/held/${ids[0]}`, post({ do: "approve" }, headers));
  await app.request(`/g/readers/held/${ids[1]}`, post({ do: "decline", reason: "Not about books." }, headers));
  assert.equal((await queue.waitingMail(pool, ids[0]!))?.state, "held", "for ten seconds it can be taken back");
  clock.pass(10 * SECOND);
  assert.equal(await settleDecisions({ pool, clock, domain: DOMAIN, url: URL_HERE }), 2);
  assert.equal((await queue.waitingMail(pool, ids[0]!))?.state, "waiting");
  assert.match(await (await app.request(`/mail/${ids[1]}`)).text(), /declined: Not about books\./);
});

test("every answer carries a policy that lets nothing foreign in", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, [plain()], members);
  for (const path of ["/", "/g/readers", "/g/readers/1", "/sign-in", "/nowhere", "/mailbox", "/healthz"]) {
    const { headers } = await here.app.request(path);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/, path);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("strict-transport-security") ?? "", /max-age/);
  }
});

test("an unchanged archive page is not sent twice", async (t) => {
  const here = await site(t);
  await groupWith(here.pool, here.clock, { name: "readers" }, [plain()], members);
  const first = await here.app.request("/g/readers/1");
  const etag = first.headers.get("etag")!;
  assert.match(first.headers.get("cache-control")!, /public/);
  assert.equal((await here.app.request("/g/readers/1", { headers: { "if-none-match": etag } })).status, 304);
  const cookie = await signedIn(here, "mia@far.test");
  assert.match(
    (await here.app.request("/g/readers/1", { headers: { cookie } })).headers.get("cache-control")!,
    /private/,
  );
});

test("hostile mail runs nothing, reaches nothing, and names no file of its choice", async (t) => {
  const here = await site(t);
  const hostile = mail(
    {
      From: '"<script>alert(1)</script>" <eve@evil.test>',
      Subject: "\u202e<img src=x onerror=alert(2)>",
      "Message-ID": "<h@evil.test>",
      Date: "Sun, 1 Mar 2026 09:00:00 +0000",
      "MIME-Version": "1.0",
      "Content-Type": "multipart/mixed; boundary=b",
    },
    `--b\r\nContent-Type: text/html\r\n\r\n<p style="position:fixed">Hi<script>alert(3)</script><img src="https://evil.test/pixel"><a href="javascript:alert(4)">x</a><form action=/sign-out method=post><button>y</button></form>\r\n--b\r\nContent-Type: image/svg+xml\r\nContent-Disposition: inline; filename="../../\\"x\r\n.svg"\r\n\r\n<svg onload="alert(5)"/>\r\n--b--\r\n`,
  );
  const group = await groupWith(here.pool, here.clock, { name: "readers" }, [], members);
  await fileMails(here.pool, group.id, [hostile], here.clock);
  for (const path of [
    "/g/readers",
    "/g/readers/1",
    "/g/readers/1?as=sent",
    "/g/readers/1/html",
    "/g/readers/1/html?images=shown",
  ]) {
    const text = await (await here.app.request(path)).text();
    assert.doesNotMatch(
      text,
      /alert\([1-5]\)<\/script>|<img src=x|javascript:|<form action=\/sign-out|position:\s*fixed/i,
      path,
    );
    assert.equal(/evil\.test\/pixel/.test(text), path.endsWith("shown"), path);
  }
  const sent = await here.app.request("/g/readers/1/html");
  assert.match(sent.headers.get("content-security-policy")!, /sandbox allow-popups/);
  assert.doesNotMatch(sent.headers.get("content-security-policy")!, /allow-scripts|allow-same-origin/);
  const svg = await here.app.request("/g/readers/1/part/0");
  assert.equal(svg.headers.get("content-type"), "application/octet-stream");
  assert.match(
    svg.headers.get("content-disposition")!,
    /^attachment; filename="[^"/\\]*"; filename\*=UTF-8''[\w.%-]*$/,
  );
  assert.match(svg.headers.get("content-security-policy")!, /sandbox/);
});

test("the local mailbox is there only while mail is captured", async (t) => {
  const here = await site(t);
  const id = newId(here.clock);
  await mailbox.keep(here.pool, [
    {
      id,
      at: here.clock.now(),
      sender: "",
      recipient: "mia@far.test",
      subject: "Hello",
      raw: zstdCompressSync(plain()),
    },
  ]);
  assert.match(await (await here.app.request("/mailbox?to=Mia@far.test")).text(), /Hello/);
  assert.match(await (await here.app.request(`/mailbox/${id}`)).text(), /I liked it/);
  const config = { domain: DOMAIN, url: URL_HERE, outbound: { kind: "direct" } as const };
  const other = await startWeb({ listen: [], pool: here.pool, config, clock: here.clock, log: silent });
  t.after(() => other.stop());
  assert.equal((await other.app.request("/mailbox")).status, 404);
  // It holds everybody's sign-in links: nobody reads it from elsewhere.
  const elsewhere = { incoming: { socket: { remoteAddress: "192.0.2.7" } } };
  assert.equal((await here.app.request("/mailbox", {}, elsewhere)).status, 403);
  assert.equal((await here.app.request(`/mailbox/${id}/html`, {}, elsewhere)).status, 403);
  assert.equal((await other.app.request(`/mailbox/${id}`)).status, 404);
});

test("every odd mail of the corpora has its pages", { skip: without("mime") }, async (t) => {
  const here = await site(t);
  const odd = oddMails();
  const group = await groupWith(here.pool, here.clock, { name: "odd" }, []);
  const numbers = await fileMails(
    here.pool,
    group.id,
    odd.map((one) => one.raw),
    here.clock,
  );
  assert.ok(numbers.filter(Boolean).length > 100);
  for (const [i, number] of numbers.entries()) {
    if (number === 0) continue;
    const page = await here.app.request(`/g/odd/${number}`);
    assert.equal(page.status, 200, odd[i]!.name);
    assert.doesNotMatch(await page.text(), /<script(?! src="\/assets)|\son\w+=|<style|\sstyle=/i, odd[i]!.name);
    assert.ok([200, 404].includes((await here.app.request(`/g/odd/${number}/html`)).status), odd[i]!.name);
  }
});
