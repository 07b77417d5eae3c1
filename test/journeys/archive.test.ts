/** Reading the archive: permanent addresses, months, what stands before and after, and lists that miss nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as archive from "../../src/archive/archive.ts";
import * as directory from "../../src/directory/directory.ts";
import { MINUTE } from "../../src/kit/clock.ts";
import { splitMbox } from "../../src/mail/mbox.ts";
import { readMail } from "../../src/mail/read.ts";
import {
  letter as mail,
  members,
  type Site,
  signedIn,
  archiveSite as site,
  URL_HERE,
} from "../support/archive-site.ts";
import { fileMails, groupWith } from "../support/browser.ts";

const three = [
  mail("one", "Chapter one", "2026-01-31T23:30:00Z"),
  mail("two", "Chapter two", "2026-03-01T00:30:00Z"),
  mail("re", "Re: Chapter one", "2026-03-02T09:00:00Z", { answers: "one" }),
];

const page = async ({ app }: Site, path: string, headers: Record<string, string> = {}): Promise<string> => {
  const answer = await app.request(path, { headers });
  assert.equal(answer.status, 200, path);
  return answer.text();
};

test("a post is found by its Message-ID, by readers only", async (t) => {
  const here = await site(t, three);
  for (const id of ["two@far.test", "%3Ctwo%40far.test%3E"]) {
    const answer = await here.app.request(`/g/readers/by-id/${id}`);
    assert.equal(answer.status, 302, id);
    assert.equal(answer.headers.get("location"), "/g/readers/2");
  }
  assert.equal((await here.app.request("/g/readers/by-id/none@far.test")).status, 404);
  await groupWith(here.pool, here.clock, { name: "secret", archive: "members" }, three, members);
  for (const path of ["by-id/two@far.test", "months", "2026-03"])
    assert.equal((await here.app.request(`/g/secret/${path}`)).status, 404, path);
});

test("months have their posts in the order of their dates, and lead to one another", async (t) => {
  const here = await site(t, three);
  const months = await page(here, "/g/readers/months");
  assert.match(months, /2026-01">January 2026<\/a> <small>1</);
  assert.match(months, /2026-03">March 2026<\/a> <small>2</);
  assert.doesNotMatch(months, /2026-02/);
  const march = await page(here, "/g/readers/2026-03");
  assert.match(march, /\/g\/readers\/2"[\s\S]*\/g\/readers\/3"[\s\S]*\/g\/readers\/2026-01"/);
  assert.doesNotMatch(march, /\/g\/readers\/1"/);
  assert.doesNotMatch(march, /ana@far/);
  for (const odd of ["2026-02", "2026-13", "0000-00"])
    assert.equal((await here.app.request(`/g/readers/${odd}`)).status, 404, odd);
});

test("a long month goes on where its page ended, also among posts of one second", async (t) => {
  const many = Array.from({ length: 230 }, (_, i) => mail(`m${i}`, `Letter ${i}`, "2026-03-05T09:00:00Z"));
  const here = await site(t, many);
  const seen: string[] = [];
  for (let path: string | undefined = "/g/readers/2026-03"; path; ) {
    const text: string = await page(here, path);
    seen.push(...[...text.matchAll(/topic-link" href="\/g\/readers\/(\d+)"/g)].map((found) => found[1]!));
    path = /rel="next" href="([^"]+)"/.exec(text)?.[1];
  }
  assert.deepEqual(
    seen.map(Number),
    Array.from({ length: 230 }, (_, i) => i + 1),
  );
});

test("topics of one time are all in the list, whatever page they fall on", async (t) => {
  const many = Array.from({ length: 60 }, (_, i) => mail(`m${i}`, `Letter ${i}`, "2026-03-05T09:00:00Z"));
  const here = await site(t, many);
  const seen = new Set<string>();
  let pages = 0;
  for (let path: string | undefined = "/g/readers"; path; pages += 1) {
    const text: string = await page(here, path);
    for (const [, id] of text.matchAll(/topic-link" href="\/g\/readers\/topic\/([^"]+)"/g)) seen.add(id!);
    path = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
  }
  assert.equal(seen.size, 60);
  assert.equal(pages, 3);
  const listed = new Set<string>();
  for (let path: string | undefined = "/api/v1/groups/readers/topics?limit=7"; path; ) {
    const answer: Response = await here.app.request(path);
    for (const { id } of (await answer.json()) as { id: string }[]) listed.add(id);
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  assert.deepEqual(listed, seen);
  assert.match(await page(here, "/g/readers?before=2026-03-05T09:00:00Z"), /no older topics/, "old links hold");
});

test("a post leads to those before and after it, by date and in its topic", async (t) => {
  const here = await site(t, three);
  const first = await page(here, "/g/readers/1");
  assert.match(first, /data-key="j" href="\/g\/readers\/3"/);
  assert.match(first, /data-key="l" href="\/g\/readers\/2"/);
  assert.doesNotMatch(first, /data-key="[kh]"/);
  const last = await page(here, "/g/readers/3");
  assert.match(last, /data-key="k" href="\/g\/readers\/1"/);
  assert.match(last, /data-key="h" href="\/g\/readers\/2"/);
});

test("the counts of months are those of the posts, also after an import in pieces", async (t) => {
  const here = await site(t, three);
  await fileMails(here.pool, here.group.id, [...three, mail("four", "Four", "2026-03-03T09:00:00Z")], here.clock);
  assert.deepEqual(
    (await archive.months(here.pool, here.group.id)).map(({ month, postCount }) => `${month} ${postCount}`),
    ["2026-03 3", "2026-01 1"],
  );
});

async function mailsIn(text: Buffer): Promise<string[]> {
  const mails: string[] = [];
  for await (const one of splitMbox(
    (async function* () {
      yield text;
    })(),
  )) {
    assert.equal(one.problem, undefined);
    mails.push(one.raw.toString("latin1"));
  }
  return mails;
}

test("a topic, a month and the archive come as mbox files that are read back as they were", async (t) => {
  const tricky =
    "From me to you\n>From others\n\nFrom ana Thu Mar  5 09:00:00 2026\nFrom: nobody\n\nWrite to ben@far.test.";
  const mails = [...three, mail("odd", "Quoting", "2026-03-04T09:00:00Z", { body: tricky })];
  const here = await site(t, mails);
  const cookie = await signedIn(here, "mia@far.test");
  const fetched = async (path: string, headers: Record<string, string> = {}): Promise<Buffer> => {
    const answer = await here.app.request(path, { headers });
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("content-disposition")!, /^attachment; filename="readers[\w-]*\.mbox"/);
    return Buffer.from(await answer.arrayBuffer());
  };
  const lf = (raw: Buffer): string => raw.toString("latin1").replaceAll("\r\n", "\n");
  assert.deepEqual(await mailsIn(await fetched("/g/readers/mbox", { cookie })), mails.map(lf));
  const march = await mailsIn(await fetched("/g/readers/2026-03/mbox", { cookie }));
  assert.deepEqual(march, [mails[1]!, mails[2]!, mails[3]!].map(lf));
  const topic = /topic\/[0-9a-f-]{36}/.exec(await page(here, "/g/readers/1"))![0];
  assert.deepEqual(
    await mailsIn(await fetched(`/g/readers/${topic}/mbox`, { cookie })),
    [mails[0]!, mails[2]!].map(lf),
  );
  const forStrangers = (await fetched("/g/readers/2026-03/mbox")).toString("latin1");
  assert.doesNotMatch(forStrangers, /@far\.test/);
  assert.equal((await here.app.request("/g/readers/mbox")).status, 303, "strangers are asked to sign in for all of it");
  const outsider = await signedIn(here, "out@far.test");
  assert.equal((await here.app.request("/g/readers/mbox", { headers: { cookie: outsider } })).status, 403);
});

test("addresses in coded text are cut for strangers too, and what is around them stays a mail", async (t) => {
  const coded = (encoding: string, body: string): string =>
    `--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n`;
  const words = Buffer.from("Grüße an ben@far.test und alle.\n".repeat(9)).toString("base64");
  const raw = Buffer.from(
    `From: ana@far.test\r\nMessage-ID: <c@far.test>\r\nDate: Sun, 1 Mar 2026 09:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${coded("base64", words.match(/.{1,76}/g)!.join("\r\n"))}${coded("quoted-printable", "Gr=C3=BC=C3=9Fe an carla=40far.test, dora@fa=\r\nr.test")}${coded("base64", Buffer.from("Nothing to cut.").toString("base64"))}--b--\r\n`,
  );
  const here = await site(t, [raw]);
  const [mbox] = await mailsIn(Buffer.from(await (await here.app.request("/g/readers/2026-03/mbox")).arrayBuffer()));
  const asRaw = await page(here, "/g/readers/1/raw");
  for (const text of [mbox!, Buffer.from(asRaw).toString("latin1")]) {
    const mail = readMail(Buffer.from(text, "latin1"));
    assert.deepEqual(mail.defects, ["8-bit text in the header"], "From was cut");
    assert.doesNotMatch(text + mail.text, /far\.test|=40far/);
    assert.match(mail.text!, /Grüße an ben@… und alle\.[\s\S]*Grüße an carla@…, dora@…[\s\S]*Nothing to cut\./);
  }
});

test("a feed has the newest posts, without addresses, and is not sent twice", async (t) => {
  const hostile = mail("bad", "A & B <b>\u0001", "2026-03-04T09:00:00Z", {
    body: "ben@far.test ]]> & \u000b <script>",
  });
  const here = await site(t, [...three, hostile]);
  const answer = await here.app.request("/g/readers/feed.atom");
  assert.equal(answer.headers.get("content-type"), "application/atom+xml; charset=utf-8");
  const text = await answer.text();
  assert.equal(text.match(/<entry>/g)?.length, 4);
  assert.doesNotMatch(text, /@far|<script|[\u0000-\u0008\u000b]/);
  assert.match(text, /<title>A &amp; B &lt;b&gt;<\/title>/);
  assert.match(text, /<id>urn:uuid:[0-9a-f-]{36}<\/id>[\s\S]*<updated>2026-03-20T/);
  const etag = answer.headers.get("etag")!;
  assert.equal((await here.app.request("/g/readers/feed.atom", { headers: { "if-none-match": etag } })).status, 304);
  const topic = /topic\/[0-9a-f-]{36}/.exec(await page(here, "/g/readers/1"))![0];
  assert.equal((await page(here, `/g/readers/${topic}/feed.atom`)).match(/<entry>/g)?.length, 2);
});

test("the feed of a members' archive opens by a member's own address, until they leave", async (t) => {
  const here = await site(t, three, { archive: "members" });
  const cookie = await signedIn(here, "mia@far.test");
  const feed = /rel="alternate" type="application\/atom\+xml" href="([^"]+)"/.exec(
    await page(here, "/g/readers", { cookie }),
  )![1]!;
  assert.match(await page(here, feed), /Chapter two/);
  assert.equal((await here.app.request("/g/readers/feed.atom")).status, 404);
  assert.equal((await here.app.request(feed.replace(/.$/, (last) => (last === "a" ? "b" : "a")))).status, 404);
  const other = await groupWith(here.pool, here.clock, { name: "others", archive: "members" }, three, members);
  assert.equal((await here.app.request(feed.replace("readers", other.name))).status, 404, "for its group alone");
  const mia = (await directory.membershipOf(here.pool, here.group.id, "mia@far.test"))!;
  await directory.endMemberships(here.pool, [mia.id], "test", here.clock.now());
  assert.equal((await here.app.request(feed)).status, 404);
});

test("robots are told what to leave alone", async (t) => {
  const here = await site(t, []);
  assert.match(await page(here, "/robots.txt"), /^User-agent: \*$[\s\S]*^Disallow: \/api\/$/m);
});

const NEW_ROW = /class="topic is-new"[\s\S]*?topic\/([0-9a-f-]{36})\/new"/g;
const NEW_POST = /class="post [^"]*is-new" id="p(\d+)"/g;
const found = (pattern: RegExp, text: string): string[] => [...text.matchAll(pattern)].map((one) => one[1]!);

test("what came since a member's last visit is marked, and read by opening it", async (t) => {
  const here = await site(t, three);
  const cookie = await signedIn(here, "mia@far.test");
  const list = (): Promise<string> => page(here, "/g/readers", { cookie });
  assert.deepEqual(found(NEW_ROW, await list()), [], "nothing is new on the first visit");
  await fileMails(
    here.pool,
    here.group.id,
    [
      mail("n1", "Re: Chapter one", "2026-03-05T09:00:00Z", { answers: "one" }),
      mail("n2", "Re: Chapter one", "2026-03-05T10:00:00Z", { answers: "one" }),
      mail("n3", "Re: Chapter two", "2026-03-06T09:00:00Z", { answers: "two" }),
    ],
    here.clock,
  );
  const [two, one] = found(NEW_ROW, await list());
  assert.ok(one && two);
  for (const headers of [{ "sec-purpose": "prefetch" }, { "sec-fetch-dest": "image" }])
    await page(here, `/g/readers/topic/${one}`, { cookie, ...headers });
  await page(here, `/g/readers/topic/${one}`);
  assert.equal(found(NEW_ROW, await list()).length, 2, "fetched ahead, or by a stranger, it is not read");
  const way = await here.app.request(`/g/readers/topic/${one}/new`, { headers: { cookie } });
  assert.equal(way.headers.get("location"), `/g/readers/topic/${one}#p4`);
  const text = await page(here, `/g/readers/topic/${one}`, { cookie });
  assert.deepEqual(found(NEW_POST, text), ["4", "5"]);
  assert.match(text, new RegExp(`data-key="n" href="/g/readers/topic/${two}/new"`));
  assert.deepEqual(found(NEW_POST, await page(here, `/g/readers/topic/${one}`, { cookie })), ["4", "5"], "one visit");
  here.clock.pass(31 * MINUTE);
  assert.deepEqual(found(NEW_POST, await page(here, `/g/readers/topic/${one}`, { cookie })), []);
  assert.deepEqual(found(NEW_ROW, await list()), [two]);
  await page(here, "/g/readers/6", { cookie });
  assert.deepEqual(found(NEW_ROW, await list()), [], "a post by itself is read too");
});

test("only what was shown of a long topic is read", async (t) => {
  const here = await site(t, three);
  const cookie = await signedIn(here, "mia@far.test");
  const start = /topic\/[0-9a-f-]{36}/.exec(await page(here, "/g/readers"))![0];
  assert.match(await page(here, `/g/readers/${start}`, { cookie }), /Nothing else is new/, "the very first visit");
  const many = Array.from({ length: 120 }, (_, i) =>
    mail(`m${i}`, "Re: Chapter two", new Date(Date.UTC(2026, 2, 5, 9, i)).toISOString(), { answers: "two" }),
  );
  await fileMails(here.pool, here.group.id, many, here.clock);
  const [topic] = found(NEW_ROW, await page(here, "/g/readers", { cookie }));
  const third = await page(here, `/g/readers/topic/${topic}?page=3`, { cookie });
  assert.equal(found(NEW_POST, third).length, 21);
  here.clock.pass(31 * MINUTE);
  const first = await page(here, `/g/readers/topic/${topic}`, { cookie });
  assert.equal(found(NEW_POST, first).length, 49, "page one was never shown");
  assert.match(first, new RegExp(`data-key="n" href="/g/readers/topic/${topic}\\?page=2#p53"`));
  here.clock.pass(31 * MINUTE);
  const again = await page(here, `/g/readers/topic/${topic}`, { cookie });
  assert.deepEqual(found(NEW_POST, again), []);
  assert.match(again, /page=2#p53/);
});

test("all is marked read by a form, up to what was seen, for oneself alone", async (t) => {
  const here = await site(t, three);
  const [mia, olga] = [await signedIn(here, "mia@far.test"), await signedIn(here, "olga@far.test")];
  for (const cookie of [mia, olga]) await page(here, "/g/readers", { cookie });
  await fileMails(here.pool, here.group.id, [mail("n1", "Three", "2026-03-05T09:00:00Z")], here.clock);
  const seen = /name="upto" value="(\d+)"/.exec(await page(here, "/g/readers", { cookie: mia }))![1]!;
  await fileMails(here.pool, here.group.id, [mail("n2", "Four", "2026-03-06T09:00:00Z")], here.clock);
  const form = (cookie?: string) => ({
    method: "POST",
    body: new URLSearchParams({ upto: seen }),
    headers: { origin: URL_HERE, ...(cookie && { cookie }) },
  });
  assert.equal((await here.app.request("/g/readers/read", form())).status, 403);
  assert.equal((await here.app.request("/g/readers/read", form(mia))).status, 303);
  assert.equal(found(NEW_ROW, await page(here, "/g/readers", { cookie: mia })).length, 1, "what came since stays new");
  assert.equal(found(NEW_ROW, await page(here, "/g/readers", { cookie: olga })).length, 2);
});

test("the count of many members is kept for a minute, so that no page waits for it; that of few is always true", async (t) => {
  const here = await site(t, three);
  const add = (from: number, to: number) =>
    directory.addMembers(
      here.pool,
      here.group.id,
      Array.from({ length: to - from }, (_, i) => ({ address: `m${from + i}@far.test`, name: "" })),
      "test",
      here.clock,
    );
  const told = async () => /([\d,]+) members/.exec(await page(here, "/g/readers"))![1];
  assert.equal(await told(), "2");
  await add(0, 1);
  assert.equal(await told(), "3");
  await add(1, 1200);
  assert.equal(await told(), "1,202");
  await add(1200, 1300);
  assert.equal(await told(), "1,202");
  here.clock.pass(MINUTE);
  assert.equal(await told(), "1,202", "counted anew behind this one");
  for (let i = 0; i < 100 && (await told()) === "1,202"; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await told(), "1,302");
});
