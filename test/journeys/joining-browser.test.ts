/** Coming into a group in a browser: asked, let in or declined, and by an invitation; on a phone and a desktop. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import type { Pool } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { nodeClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import { readMail } from "../../src/mail/read.ts";
import { startWeb } from "../../src/web/web.ts";
import { groupWith, openBrowser, withoutBrowser } from "../support/browser.ts";
import { cloneDatabase } from "../support/database.ts";
import { contextFor, looksRight, signInOn, WAYS } from "../support/looks.ts";

const OLGA = "olga@far.test";
const DAN = "dan@new.test";
const EVA = "eva@new.test";
const FAY = "fay@new.test";
const WORDS = "I read a lot,\nmostly on trains.";

const POST = Buffer.from(
  "From: Ana Lima <ana@far.test>\r\nSubject: Chapter one\r\nMessage-ID: <one@far.test>\r\nDate: Sun, 1 Mar 2026 09:00:00 +0000\r\n\r\nIt rains on the first page.\r\n",
);

/** A listed group that lets people in by a moderator's yes, and its owner. */
async function aHouse(t: TestContext) {
  const { pool } = await cloneDatabase(t);
  const clock = nodeClock();
  const config = { domain: "groups.example.org", url: "http://127.0.0.1", outbound: { kind: "capture" } as const };
  const web = await startWeb({ listen: [{ host: "127.0.0.1", port: 0 }], pool, config, clock, log: silent });
  t.after(() => web.stop());
  config.url = `http://127.0.0.1:${web.ports[0]}`;
  const group = await groupWith(
    pool,
    clock,
    {
      ...{ name: "readers", title: "The Thursday readers", visibility: "listed", joining: "approval" },
      description: "We read a novel a month, and talk about it by mail.",
      guidelines: "Be kind.\n\nKeep to the book.",
      joinQuestion: "Which book did you read last?",
    },
    [POST],
    [{ address: OLGA, name: "Olga Novak", role: "owner" }],
  );
  return { pool, group, url: config.url };
}

/** Where the newest letter to this address leads. */
async function linkTo(pool: Pool, address: string, path: string): Promise<string> {
  const [found] = await pool<{ raw: Buffer }[]>`
    select raw from letters where recipient = ${address} order by created_at desc, id desc limit 1`;
  return new RegExp(`http://127\\.0\\.0\\.1:\\d+/${path}/\\S+`).exec(readMail(found!.raw).text!)![0];
}

for (const way of WAYS)
  test(`a stranger finds a group, asks and is let in, and another is invited ${way.name}`, {
    skip: withoutBrowser,
  }, async (t) => {
    const { pool, group, url } = await aHouse(t);
    const browser = await openBrowser(t);
    const open = async (): Promise<Page> => await (await contextFor(browser, way)).newPage();
    const look = async (page: Page): Promise<void> => {
      await page.waitForSelector("main h1");
      if (way.javaScriptEnabled) await looksRight(page);
    };
    const says = async (page: Page, what: RegExp): Promise<void> =>
      assert.match(await page.locator("main").innerText(), what);

    /** From the group's front page to the page that says that the request waits. */
    const asksToJoin = async (page: Page, address: string, name: string, words: string): Promise<void> => {
      await page.goto(`${url}/g/readers`);
      await look(page);
      await says(page, /its moderators let people in/);
      assert.doesNotMatch(await page.content(), /Chapter one|far\.test/, "no post and no address");
      await page.click("main >> text=Ask to join");
      await look(page);
      await page.click("text=Sign in instead");
      await page.fill("input[name=email]", address);
      await page.click("main .form button");
      await page.goto(await linkTo(pool, address, "sign-in"));
      await page.click("main button");
      assert.equal(new URL(page.url()).pathname, "/account/welcome");
      await page.fill("input[name=name]", name);
      await page.click("main .form button");
      assert.equal(new URL(page.url()).pathname, "/g/readers/join", "back to where they were");
      await look(page);
      assert.equal(await page.inputValue("input[name=name]"), name);
      await page.fill("textarea[name=answer]", "Middlemarch");
      await page.fill("textarea[name=words]", words);
      await page.click("main .form button");
      await says(page, /Your request waits/);
      await look(page);
    };
    const dan = await open();
    await asksToJoin(dan, DAN, "Dan Diaz", WORDS);
    const eva = await open();
    await asksToJoin(eva, EVA, "Eva Ek", "");

    const olga = await open();
    await signInOn(olga, url, pool, OLGA);
    await olga.goto(`${url}/g/readers/requests`);
    await look(olga);
    await says(olga, /I read a lot, mostly on trains\..*Middlemarch/s);
    await olga.click("text=Let in those ticked");
    await says(olga, /Tick those you mean/);
    await look(olga);
    await olga.fill("textarea[name=reason]", "We are full.");
    await olga.click(`li:has-text("${EVA}") >> button[name=decline]`);
    await says(olga, /1 request is decided/);
    await look(olga);
    await olga.click("button[name=approve]");
    await says(olga, /Nobody waits/);
    await look(olga);

    const [toEva] = await pool<{ raw: Buffer }[]>`
      select raw from letters where recipient = ${EVA} order by created_at desc, id desc limit 1`;
    assert.match(readMail(toEva!.raw).text!, /> We are full\./);
    assert.equal(await directory.membershipOf(pool, group.id, EVA), undefined);
    await eva.goto(`${url}/g/readers`);
    assert.doesNotMatch(await eva.content(), /Chapter one/);
    await dan.goto(`${url}/g/readers`);
    await look(dan);
    await dan.click("text=Chapter one");
    await says(dan, /It rains on the first page/);
    assert.match(await origin(pool, url, olga, group, DAN), /by themselves, on the web.*let in by Olga Novak/s);

    await olga.goto(`${url}/g/readers/invitations`);
    await look(olga);
    await olga.fill("textarea[name=addresses]", `Fay Ford <${FAY}>, not-an-address`);
    await olga.fill("input[name=words]", "Thursdays would not be the same without you.");
    await olga.click("button[value=invite]");
    await says(olga, /fay@new\.test: a letter is on its way.*not-an-address: is no mail address/s);
    assert.equal(await olga.inputValue("textarea[name=addresses]"), "not-an-address", "what went wrong is kept");
    await look(olga);

    const fay = await open();
    await fay.goto(await linkTo(pool, FAY, "invitation"));
    await says(fay, /Olga Novak invites fay@new\.test.*would not be the same/s);
    await look(fay);
    await fay.fill("input[name=name]", "Fay Ford");
    await fay.click("button[value=join]");
    await says(fay, /You are in The Thursday readers/);
    await look(fay);
    await olga.goto(`${url}/g/readers/invitations`);
    await says(olga, /fay@new\.test\s+joined by Olga Novak/);
    await look(olga);
    assert.match(await origin(pool, url, olga, group, FAY), /invited by Olga Novak/);
  });

/** What the owner's page of a member says about how they came. */
async function origin(pool: Pool, url: string, page: Page, group: directory.Group, address: string): Promise<string> {
  const member = await directory.membershipOf(pool, group.id, address);
  await page.goto(`${url}/g/${group.name}/members/${member!.id}`);
  return page.locator("main").innerText();
}
