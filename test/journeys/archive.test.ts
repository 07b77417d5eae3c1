/** Reading the archive: permanent addresses, months, what stands before and after, and lists that miss nothing. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Hono } from "hono";
import * as archive from "../../src/archive/archive.ts";
import type { Pool } from "../../src/db/sql.ts";
import type * as directory from "../../src/directory/directory.ts";
import { type HeldClock, heldClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import type { Environment } from "../../src/web/house.ts";
import { startWeb } from "../../src/web/web.ts";
import { fileMails, groupWith } from "../support/browser.ts";
import { cloneDatabase } from "../support/database.ts";

const URL_HERE = "https://groups.example.org";

type Site = { app: Hono<Environment>; pool: Pool; clock: HeldClock; group: directory.Group };

const members = [
  { address: "olga@far.test", name: "Olga", role: "owner" as const },
  { address: "mia@far.test", name: "Mia" },
];

async function site(t: TestContext, mails: Buffer[], wanted: Partial<directory.NewGroup> = {}): Promise<Site> {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-20T10:00:00Z"));
  const config = { domain: "groups.example.org", url: URL_HERE, outbound: { kind: "capture" } as const };
  const web = await startWeb({ listen: [], pool, config, clock, log: silent });
  t.after(() => web.stop());
  const group = await groupWith(pool, clock, { name: "readers", title: "Readers", ...wanted }, mails, members);
  return { app: web.app, pool, clock, group };
}

/** A mail with this id, subject and date, in answer to another when told so. */
function mail(id: string, subject: string, date: string, more: { answers?: string; body?: string } = {}): Buffer {
  const answers = more.answers ? `In-Reply-To: <${more.answers}@far.test>\r\n` : "";
  return Buffer.from(
    `From: Ana Lima <ana@far.test>\r\nSubject: ${subject}\r\nMessage-ID: <${id}@far.test>\r\nDate: ${new Date(date).toUTCString()}\r\n${answers}\r\n${more.body ?? "I liked it."}\r\n`,
  );
}

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
