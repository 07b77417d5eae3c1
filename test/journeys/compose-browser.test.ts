/** Writing in Chromium, with scripts and without: drafts, files, preview, quotes, and what survives. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import PostalMime from "postal-mime";
import * as directory from "../../src/directory/directory.ts";
import { openBrowser, withoutBrowser } from "../support/browser.ts";
import { looksRightInAll } from "../support/looks.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

const ROLES = "intake,pipeline,outbound,chores,web";

async function newHouse(t: TestContext): Promise<{ node: TestNode; cookie: string }> {
  const node = await startNode(t, {
    members: ["mia@far.test", "ben@far.test"],
    settings: { footer: "The readers meet on Thursdays." },
    roles: ROLES,
    environment: { SMARTGROUPS_SIZE_LIMIT: "5M" },
  });
  const mia = await directory.membershipOf(node.pool, node.group.id, "mia@far.test");
  await directory.setMembership(node.pool, mia!, { name: "Mia Holm", role: "owner" }, "test", node.clock.now());
  await node.post({ from: "Ben <ben@far.test>", text: "I liked the first half.\r\n\r\nThe second half was long.\r\n" });
  await node.quiet();
  return { node, cookie: await signInAt(node, "mia@far.test") };
}

async function context(t: TestContext, node: TestNode, cookie: string, more: object = {}): Promise<BrowserContext> {
  const browser = await openBrowser(t);
  const made = await browser.newContext({ timezoneId: "Europe/Berlin", ...more });
  await sign(made, node, cookie);
  return made;
}

const sign = (made: BrowserContext, node: TestNode, cookie: string): Promise<void> =>
  made.addCookies(
    cookie.split("; ").map((one) => {
      const at = one.indexOf("=");
      return { name: one.slice(0, at), value: one.slice(at + 1), url: node.webUrl };
    }),
  );

const saved = (page: Page): Promise<unknown> => page.locator(".write-status", { hasText: "Saved at" }).waitFor();

/** Waits until this is true on the page, whose policy lets nothing be evaluated there. */
async function until(page: Page, expression: string): Promise<void> {
  for (let i = 0; i < 300; i += 1) {
    if (await page.evaluate(expression)) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.fail(`never came true: ${expression}`);
}

async function arrived(node: TestNode, subject: RegExp) {
  await node.quiet();
  const mail = node.farSide.mailsFor("ben@far.test").find((one) => subject.test(one.raw.toString()));
  assert.ok(mail, `${subject} came`);
  return PostalMime.parse(mail.raw);
}

const MARKDOWN = `Dear all,

the **next meeting** is on *Thursday* at seven. Please bring:

- the book
- something to drink

> Shall we read Sebald?

Yes. In columns:

\`\`\`
Mia    tea
Ben    cake
\`\`\`
`;

test("without scripts a post is written, looked at, put off, found again and sent with its file", {
  skip: withoutBrowser,
}, async (t) => {
  const { node, cookie } = await newHouse(t);
  const page = await (await context(t, node, cookie, { javaScriptEnabled: false })).newPage();
  await page.goto(`${node.webUrl}/g/readers/new`);
  await page.fill("input[name=subject]", "Thursday");
  await page.fill("textarea", MARKDOWN);
  await page.setInputFiles("input[name=file]", {
    name: "Plan für März.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("plan"),
  });
  await page.click("text=Preview");
  assert.equal(await page.locator(".preview strong").innerText(), "next meeting");
  assert.ok(!(await page.locator(".preview pre.tab-page").isVisible()));
  await page.click("label[for=preview-text]");
  assert.match(
    await page.locator(".preview pre.tab-page").innerText(),
    /the \*\*next meeting\*\*[\s\S]*meet on Thursdays/,
  );
  assert.match(await page.locator(".files").innerText(), /Plan für März\.txt\s+4 bytes/);
  assert.equal(await page.inputValue("textarea"), MARKDOWN, "nothing typed is lost");
  await page.click("summary:has-text('Send later')");
  await page.fill("input[name=date]", "2026-03-05");
  await page.fill("input[name=time]", "18:30");
  await page.click("text=Send it then");
  assert.match(await page.locator("main").innerText(), /It will be sent by itself[\s\S]*5 March 2026 at 18:30/);
  await page.click("button:has-text('Call it off')");
  await page.click("text=Go on writing");
  await page.fill("input[name=subject]", "");
  await page.click(".actions >> text=Post");
  assert.match(await page.locator(".field-problem:visible").first().innerText(), /Give it a subject/);
  await page.fill("input[name=subject]", "Thursday");
  await page.click(".actions >> text=Post");
  await page.waitForURL(/\/mail\//);
  const mail = await arrived(node, /Subject: Thursday/);
  assert.equal(mail.attachments[0]!.filename, "Plan für März.txt");
  await page.goto(`${node.webUrl}/drafts`);
  assert.match(await page.locator("main").innerText(), /is kept here until you post it/);
});

test("with scripts what is typed survives a closed tab and a server that is away, and goes out with what was dropped and pasted", {
  skip: withoutBrowser,
}, async (t) => {
  const { node, cookie } = await newHouse(t);
  const made = await context(t, node, cookie);
  const first = await made.newPage();
  await first.goto(`${node.webUrl}/g/readers/new`);
  await first.fill("input[name=subject]", "Kept");
  await first.fill("textarea", "Half a thought");
  await saved(first);
  await first.fill("textarea", "Half a thought, and the rest");
  await first.close({ runBeforeUnload: false });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const page = await made.newPage();
  await page.goto(`${node.webUrl}/drafts`);
  await page.click("text=Go on writing");
  assert.equal(await page.inputValue("textarea"), "Half a thought, and the rest");
  // The server is away while one writes, and comes back under the same address.
  await page.route("**/g/readers/new", (route) => route.abort());
  await page.fill("textarea", "Written while it was away");
  await page.locator(".write-status", { hasText: "can’t be reached" }).waitFor();
  await page.unroute("**/g/readers/new");
  await page.reload();
  assert.equal(await page.inputValue("textarea"), "Written while it was away");
  await saved(page);

  await page.evaluate(`(() => {
    const data = new DataTransfer();
    data.items.add(new File(["x".repeat(200000)], "dropped.txt", { type: "text/plain" }));
    document.querySelector("form.write").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  })()`);
  await page.locator(".files", { hasText: "dropped.txt" }).waitFor();
  await page.evaluate(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array([137, 80, 78, 71])], "image.png", { type: "image/png" }));
    document.querySelector("textarea").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  })()`);
  await page.locator(".files", { hasText: "image.png" }).waitFor();
  await until(page, `document.querySelector('textarea').value.includes('![image.png](cid:image.png)')`);
  await page.setInputFiles("input[name=file]", {
    name: "chosen.bin",
    mimeType: "application/x-odd",
    buffer: Buffer.alloc(2_000_000, 7),
  });
  assert.ok(await page.locator(".uploading progress").first().isVisible());
  await page.locator(".files", { hasText: "chosen.bin" }).waitFor();
  await page.setInputFiles("input[name=file]", {
    name: "giant.bin",
    mimeType: "application/x-odd",
    buffer: Buffer.alloc(4_500_000),
  });
  await page.locator("#files-problem", { hasText: "Too large" }).waitFor();
  await page.locator(".files li", { hasText: "dropped.txt" }).locator("text=Remove").click();
  await until(page, `!document.querySelector('#files').textContent.includes('dropped')`);
  await page.click("text=Preview");
  await page.locator(".preview .post-body", { hasText: "Written while it was away" }).waitFor();
  await page.fill("textarea", "Look: ![image.png](cid:image.png) **bold**");
  await page.locator(".preview strong", { hasText: "bold" }).waitFor();

  // Another tab has the same draft: it learns of what this one changed, and keeps its own.
  const other = await made.newPage();
  await other.goto(page.url());
  await page.fill("textarea", "Look: ![image.png](cid:image.png) **bolder**");
  const before = await other.inputValue("input[name=version]");
  await until(page, `document.querySelector('input[name=version]').value !== '${before}'`);
  await other.fill("textarea", "From the other tab");
  await other.locator(".write-status", { hasText: "in another tab" }).waitFor();
  await page.keyboard.press("Control+Enter");
  await page.waitForURL(/\/mail\//);
  const mail = await arrived(node, /Subject: Kept/);
  assert.match(mail.html!, /<strong>bolder<\/strong>/);
  assert.deepEqual(mail.attachments.map((one) => one.filename).sort(), ["chosen.bin", "image.png"]);
  await page.goto(`${node.webUrl}/drafts`);
  assert.match(await page.locator("main").innerText(), /From the other tab/);
});

test("what is selected in a post is quoted in the answer", { skip: withoutBrowser }, async (t) => {
  const { node, cookie } = await newHouse(t);
  const page = await (await context(t, node, cookie)).newPage();
  await page.goto(`${node.webUrl}/g/readers/1`);
  const select = (words: string) =>
    page.evaluate(
      `(() => {
      const walker = document.createTreeWalker(document.querySelector(".post-body"), NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.textContent.indexOf(${JSON.stringify("WORDS")});
        if (at >= 0) getSelection().setBaseAndExtent(node, at, node, at + ${JSON.stringify("WORDS")}.length);
      }
    })()`.replaceAll("WORDS", words),
    );
  await select("The second half");
  await page.keyboard.press("r");
  await page.waitForURL(/\/reply/);
  await until(page, "document.querySelector('textarea').value !== ''");
  assert.match(await page.inputValue("textarea"), /^On .* Ben wrote:\n> The second half\n\n$/);
  await select("the first half");
  await page.click("text=Quote what is selected");
  assert.match(await page.inputValue("textarea"), /> The second half\n\nOn .* wrote:\n> the first half\n\n$/);
});

test("the pages of writing are accessible and fit, narrow and wide, light and dark", {
  skip: withoutBrowser,
}, async (t) => {
  const { node, cookie } = await newHouse(t);
  const made = await context(t, node, cookie, { bypassCSP: true });
  const page = await made.newPage();
  await page.goto(`${node.webUrl}/g/readers/new`);
  await page.fill("input[name=subject]", "The next meeting, and what to bring");
  await page.fill("textarea", MARKDOWN);
  await page.setInputFiles("input[name=file]", [
    {
      name: "A rather long name of a file that somebody found in a folder of 2019.pdf",
      mimeType: "application/pdf",
      buffer: Buffer.alloc(1_200_000),
    },
    { name: "picture.png", mimeType: "image/png", buffer: Buffer.alloc(40_000) },
  ]);
  await page.locator(".files", { hasText: "picture.png" }).waitFor();
  await looksRightInAll(page, "new");
  await page.click("text=Preview");
  await page.locator(".preview strong").waitFor();
  await page.click("summary:has-text('Send later')");
  await looksRightInAll(page, "preview");
  await page.goto(`${node.webUrl}/g/readers/1/reply?quote=all`);
  await looksRightInAll(page, "reply");
  await page.goto(`${node.webUrl}/g/readers/1/write`);
  await looksRightInAll(page, "write");
  await page.goto(`${node.webUrl}/drafts`);
  await looksRightInAll(page, "drafts");
});
