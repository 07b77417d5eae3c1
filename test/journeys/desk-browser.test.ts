/** A moderator clears 50 held posts in Chromium: by keys with scripts, by forms without, on a phone and on a desktop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import type { Page } from "playwright-core";
import { settleDecisions } from "../../src/chores/chores.ts";
import { type HeldClock, heldClock, SECOND } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import { silent } from "../../src/kit/log.ts";
import * as moderation from "../../src/moderation/moderation.ts";
import * as queue from "../../src/queue/queue.ts";
import { startWeb } from "../../src/web/web.ts";
import { groupWith, openBrowser, withoutBrowser } from "../support/browser.ts";
import { cloneDatabase } from "../support/database.ts";
import { contextFor, looksRight, overflow, signInOn, WAYS } from "../support/looks.ts";

const DOMAIN = "groups.test";
const POSTS = 50;
const members = [{ address: "olga@far.test", name: "Olga", role: "owner" as const }];

test("a moderator clears 50 held posts", { skip: withoutBrowser }, async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock: HeldClock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: DOMAIN, url: "http://127.0.0.1", outbound: { kind: "capture" } as const };
  const web = await startWeb({ listen: [{ host: "127.0.0.1", port: 0 }], pool, config, clock, log: silent });
  t.after(() => web.stop());
  const url = `http://127.0.0.1:${web.ports[0]}`;
  const browser = await openBrowser(t);
  for (const way of WAYS) {
    const name = way.name.replaceAll(" ", "-").slice(5);
    const group = await groupWith(pool, clock, { name, title: `Readers ${way.name}` }, [], members);
    for (let i = 0; i < POSTS; i += 1) {
      clock.pass(1);
      const raw = Buffer.from(
        `From: Ann ${i % 7} <ann${i % 7}@far.test>\r\nSubject: Post ${i}\r\nMessage-ID: <${name}-${i}@x>\r\n\r\nThe text of ${i}.\r\n`,
      );
      const id = newId(clock);
      const client = { address: "192.0.2.1", helo: "x", protocol: "ESMTP" };
      const envelope = { id, receivedAt: clock.now(), sender: "x@far.test", recipients: [`${name}@${DOMAIN}`], client };
      await queue.put(pool, [{ ...envelope, size: raw.length, raw: zstdCompressSync(raw), chunked: false }]);
    }
    await pool`update mails set state = 'held', problem = 'Its author is not a member.' where ${`${name}@${DOMAIN}`} = any(recipients)`;
    const context = await contextFor(browser, way);
    const page = await context.newPage();
    await signInOn(page, url, pool, "olga@far.test");
    await page.goto(`${url}/g/${name}/held`);
    const titles = page.locator("h1");
    assert.equal(await titles.innerText(), "50 posts to decide");
    if (way.javaScriptEnabled) await looksRight(page);
    else assert.ok((await overflow(page).catch(() => 0)) <= 0);

    const press = async (key: "a" | "d" | "z"): Promise<void> => {
      const loaded = page.waitForNavigation();
      if (way.javaScriptEnabled) await page.keyboard.press(key);
      else await page.click(`[data-press="${key}"]`);
      await loaded;
    };
    await press("d");
    assert.equal(await titles.innerText(), "49 posts to decide");
    await press("z");
    assert.equal(await titles.innerText(), "50 posts to decide");
    assert.match(await page.locator("h2.subject").innerText(), /Post 0/);
    for (let i = 0; i < 20; i += 1) await press(i % 3 === 0 ? "d" : "a");
    if (way.javaScriptEnabled) await looksRight(page);
    await all(page, `${url}/g/${name}/held/list`, "ann1@far.test");
    await page.goto(`${url}/g/${name}/held/list`);
    if (way.javaScriptEnabled) await looksRight(page);
    for (const box of await page.locator("input[name=id]").all()) await box.check();
    await page.click(".desk-choices button[value=approve]");
    assert.equal(await titles.innerText(), "Held posts");
    clock.pass(11 * SECOND);
    while ((await settleDecisions({ pool, clock, domain: DOMAIN, url })) > 0);
    assert.equal(await moderation.countWaiting(pool, group.id), 0);
    const [row] = await pool<{ approved: number; declined: number }[]>`
      select count(*) filter (where state = 'approved')::int as approved, count(*) filter (where state = 'declined')::int as declined
      from held_posts where group_id = ${group.id}`;
    assert.equal(row!.approved + row!.declined, POSTS, way.name);
    assert.ok(row!.declined >= 7 && row!.approved >= 20, way.name);
    await context.close();
  }
});

/** Declines all that wait of one author. */
async function all(page: Page, list: string, author: string): Promise<void> {
  await page.goto(`${list}?author=${encodeURIComponent(author)}`);
  await page.check("input[name=all]");
  await page.click(".desk-choices button[value=decline]");
}
