/** An owner hears whose mail comes back, reads why, and acts: in a browser, as it happens in a week of a real group. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { DAY, SECOND } from "../../src/kit/clock.ts";
import { openBrowser, withoutBrowser } from "../support/browser.ts";
import { contextFor, looksRight, signInOn, WAYS } from "../support/looks.ts";
import { startNode, type TestNode } from "../support/node.ts";

const GONE = "550 5.1.1 No such user here";
const GONE_ONES = WAYS.map((_, i) => `gone${i}@far.test`);

/** A group in which mail to some members has come back for five days, and is stopped: one for each way of going. */
async function troubled(t: Parameters<typeof startNode>[0]): Promise<TestNode> {
  const members = ["olga@far.test", ...GONE_ONES, "well@far.test"];
  const node = await startNode(t, { members, roles: "intake,pipeline,outbound,chores,web" });
  const olga = await directory.membershipOf(node.pool, node.group.id, "olga@far.test");
  await node.pool`update memberships set role = 'owner' where id = ${olga!.id}`;
  for (const gone of GONE_ONES) node.farSide.answers(gone, GONE);
  for (let day = 1; day <= 5; day += 1) {
    await node.post({ from: "well@far.test", subject: `Chapter ${day}` });
    await node.quiet();
    await node.pass(DAY);
  }
  for (const gone of GONE_ONES) {
    for (let i = 0; i < 400 && !(await isPaused(node, gone)); i += 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.ok(await isPaused(node, gone), "the mail of who is gone is stopped");
  }
  return node;
}

const isPaused = async (node: TestNode, address: string): Promise<boolean> =>
  (await directory.membershipOf(node.pool, node.group.id, address))!.pausedAt !== null;

test("an owner reads the health of the members, why one gets no mail, brings them back and takes it back", {
  skip: withoutBrowser,
}, async (t) => {
  const node = await troubled(t);
  node.farSide.behaves();
  const browser = await openBrowser(t);
  for (const [i, way] of WAYS.entries()) {
    const gone = GONE_ONES[i]!;
    await t.test(way.name, async () => {
      const context = await contextFor(browser, way);
      const page = await context.newPage();
      const look = async (): Promise<void> => {
        if (way.javaScriptEnabled) await looksRight(page);
      };
      await node.pass(SECOND); // the newest letter is this one's
      await signInOn(page, node.webUrl, node.pool, "olga@far.test");
      await page.goto(`${node.webUrl}/g/readers`);
      await page.click(".places-care summary");
      await page.click(".places-care a[href$='/health']");
      await look();
      const item = page.locator(".trouble", { hasText: gone });
      assert.match(await item.innerText(), /paused/);
      assert.equal(await page.locator(".trouble", { hasText: "well@" }).count(), 0, "who is well is not among them");

      await item.locator("summary").click();
      assert.match(
        await item.innerText(),
        /550 5\.1\.1 No such user here/,
        "the far side's own words are one press away",
      );
      await item.locator("a", { hasText: gone }).click();
      await look();
      const story = await page.locator(".way").innerText();
      assert.match(story, /Paused[\s\S]*Asked whether mail arrives[\s\S]*Joined/, "the newest first");

      await page.click("main button[value=resume], main button[value=forget]");
      await look();
      assert.equal(await isPaused(node, gone), false);
      assert.match(await page.locator(".lead").innerText(), /arrives/);

      await page.click("main button[value=pause]");
      assert.equal(await isPaused(node, gone), true, "as it was");
      await context.close();
    });
  }
});
