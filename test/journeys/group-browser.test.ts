/** Groups in a browser: made, set, renamed, removed and kept, on a phone and a desktop, with scripts and without. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { type Clock, nodeClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import { startWeb } from "../../src/web/web.ts";
import { fileMails, openBrowser, withoutBrowser } from "../support/browser.ts";
import { cloneDatabase } from "../support/database.ts";
import { contextFor, looksRight, signInOn, WAYS } from "../support/looks.ts";

const OLGA = "olga@far.test";

const mail = (number: number, group: string): Buffer =>
  Buffer.from(
    `From: Ana Lima <ana@far.test>\r\nSubject: What shall we read next, number ${number}?\r\nMessage-ID: <${number}.${group}@far.test>\r\nDate: ${new Date(Date.UTC(2026, 1 + (number % 3), 10)).toUTCString()}\r\n\r\nHello\r\n`,
  );

async function site(t: TestContext) {
  const { pool } = await cloneDatabase(t);
  const clock: Clock = nodeClock();
  const config = { domain: "groups.example.org", url: "http://127.0.0.1", outbound: { kind: "capture" } as const };
  const web = await startWeb({ listen: [{ host: "127.0.0.1", port: 0 }], pool, config, clock, log: silent });
  t.after(() => web.stop());
  const url = `http://127.0.0.1:${web.ports[0]}`;
  config.url = url;
  const long = "A group for everybody who reads on Thursdays, and for those who would like to. ".repeat(4);
  for (const [name, title, settings] of [
    ["readers", "The Thursday readers", { description: long, guidelines: "Be kind.\n\nKeep to the book." }],
    [
      "a-very-long-name-for-a-group-of-people",
      "Verein-der-Freunde-der-alten-Straßenbahn-e.V. und ihrer Wagen",
      { language: "de" },
    ],
    ["linux-arm", "لينكس على المعالجات الصغيرة", { description: "نقاش مفتوح", keep: "2y" }],
    ["quiet", "A quiet one", {}],
  ] as const) {
    const group = await directory.addGroup(pool, { name, title, ...settings }, clock);
    if (name !== "quiet")
      await fileMails(
        pool,
        group.id,
        Array.from({ length: 12 }, (_, i) => mail(i, name)),
        clock,
      );
    if (name === "quiet") await directory.closeGroup(pool, group.id, clock.now());
    const olga = { address: OLGA, name: "Olga Novak", role: "owner" as const };
    if (name !== "linux-arm") await directory.addMembers(pool, group.id, [olga], "test", clock);
  }
  await directory.setOperator(pool, (await directory.personWith(pool, OLGA))!.id, true);
  return { url, pool, clock };
}

for (const way of WAYS)
  test(`a group is made, set, renamed, removed and kept ${way.name}`, { skip: withoutBrowser }, async (t) => {
    const { url, pool } = await site(t);
    const browser = await openBrowser(t);
    const context = await contextFor(browser, way);
    const page = await context.newPage();
    const look = async (): Promise<void> => {
      await page.waitForSelector("main h1");
      if (way.javaScriptEnabled) await looksRight(page);
    };
    await signInOn(page, url, pool, OLGA);
    for (const path of ["/", "/groups", "/groups?find=thursday", "/g/readers/about", "/g/quiet"]) {
      await page.goto(url + path);
      await look();
    }
    await page.goto(`${url}/groups`);
    await page.click("text=Make a group");
    await page.click("text=What this sets >> nth=4");
    await look();
    await page.fill("input[name=name]", "readers");
    await page.check("input[value=neighbourhood]");
    await page.fill("textarea[name=description]", "We live here.");
    await page.click("main .form .button:not(.bare)");
    assert.match(await page.textContent(".field-problem").then(String), /already a group called readers/);
    assert.equal(await page.inputValue("textarea[name=description]"), "We live here.");
    assert.ok(await page.isChecked("input[value=neighbourhood]"));
    await look();
    await page.fill("input[name=name]", "olive-lane");
    await page.click("main .form .button:not(.bare)");
    assert.equal(new URL(page.url()).pathname, "/g/olive-lane/about");
    await look();

    await page.click("text=Look through its settings");
    await look();
    await page.click("text=Change: Keeping");
    await look();
    await page.fill("input[name=sizeMax]", "many");
    await page.click("main .form .button:not(.bare)");
    assert.match(await page.textContent("#field-sizeMax-problem").then(String), /whole number/);
    await look();
    await page.fill("input[name=sizeMax]", "700");
    await page.click("main .form .button:not(.bare)");
    assert.equal((await directory.groupNamed(pool, "olive-lane"))?.sizeMax, 700);

    await page.click("text=Change the address");
    await page.fill("input[name=to]", "orchard");
    await page.click("main .form .button:not(.bare)");
    await look();
    await page.click("main .form .button:not(.bare)");
    assert.equal(new URL(page.url()).pathname, "/g/orchard/settings");
    await page.goto(`${url}/g/olive-lane/about`);
    assert.equal(new URL(page.url()).pathname, "/g/orchard/about");

    await page.goto(`${url}/g/orchard/end`);
    await page.fill("input[name=typed]", "orchard");
    await look();
    await page.click("button[value=remove]");
    await look();
    assert.ok((await directory.groupNamed(pool, "orchard"))?.eraseAt);
    await page.click("button[value=restore]");
    assert.equal((await directory.groupNamed(pool, "orchard"))?.eraseAt, null);
  });
