/** From the link that `start` prints to the first post in a member's mailbox: in a browser, as a volunteer goes it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import * as keys from "../../src/keys/keys.ts";
import { first, readHeader, splitMessage } from "../../src/mail/header.ts";
import { readMail } from "../../src/mail/read.ts";
import { openBrowser, withoutBrowser } from "../support/browser.ts";
import { contextFor, looksRight, WAYS } from "../support/looks.ts";
import { startNode, type TestNode } from "../support/node.ts";

const OLGA = "olga@far.test";
const MIA = "mia@far.test";

async function setupPath(node: TestNode): Promise<string> {
  const { token } = await keys.serviceKeys(node.pool, node.domain, node.clock);
  return new URL(keys.setupLink(node.webUrl, token, node.clock.now())).pathname;
}

/** Somebody who only ever uses mail joins: asks, and answers the letter. */
async function joinsByMail(node: TestNode, group: string, from: string): Promise<void> {
  await node.post({ from, to: `${group}+subscribe@groups.test`, subject: "" });
  await node.quiet();
  const question = node.farSide.mailsFor(from).at(-1)!;
  await node.post({ from, to: first(readHeader(splitMessage(question.raw).head), "reply-to")!, subject: "Re: Join" });
  await node.quiet();
}

test("the first run leads from a link to a group, a member and a post that they have", {
  skip: withoutBrowser,
}, async (t) => {
  const browser = await openBrowser(t);
  for (const way of WAYS) {
    await t.test(way.name, async (t) => {
      const node = await startNode(t, { roles: "intake,pipeline,outbound,chores,web" });
      const context = await contextFor(browser, way);
      const page = await context.newPage();
      const look = async (): Promise<void> => {
        if (way.javaScriptEnabled) await looksRight(page);
      };
      await page.goto(node.webUrl + (await setupPath(node)));
      await look();
      await page.fill("input[name=name]", "Olga Oake");
      await page.fill("input[name=email]", OLGA);
      await page.fill("input[name=group]", "walkers");
      await page.fill("input[name=title]", "The walkers");
      await page.click("main .form button");
      await page.goto(`${node.webUrl}/g/walkers`);
      assert.match(await page.locator("h1").innerText(), /The walkers/);
      await look();

      await joinsByMail(node, "walkers", MIA);
      const walkers = await directory.groupNamed(node.pool, "walkers");
      assert.ok(await directory.membershipOf(node.pool, walkers!.id, MIA), "she needs no account");

      await page.click("main a[href='/g/walkers/new']");
      await look();
      await page.fill("input[name=subject]", "Sunday: the long way round");
      await page.fill("textarea[name=text]", "We meet at *nine*.\n\nBring tea.");
      await page.click("main button[value=post]");
      await page.waitForURL(/\/mail\//);
      await node.quiet();
      const [copy, ...more] = node.farSide.mailsFor(MIA).filter((mail) => mail.raw.includes("the long way round"));
      assert.deepEqual(more, [], "once");
      const read = readMail(copy!.raw);
      assert.match(read.text ?? "", /We meet at \*?nine\*?\.\s+Bring tea\./);
      assert.equal(read.from?.name, "Olga Oake");

      await page.goto(`${node.webUrl}/g/walkers/1/delivery`);
      await look();
      assert.match(await page.locator("main").innerText(), /delivered/);
      assert.match(await page.locator("main").innerText(), new RegExp(MIA), "its owner sees who has it");
      await context.close();
    });
  }
});
