/** Hostile HTML, posted by mail and opened in Chromium wherever a mail is shown: nothing runs, nothing is asked, nobody is led away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { openBrowser, withoutBrowser } from "../support/browser.ts";
import { HOSTILE_HTML } from "../support/hostile-html.ts";
import { startNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

/** A mail with this page, and a picture of its own that is a page in disguise. */
const mailOf = (html: string, n: number): string =>
  [
    "From: Mia <mia@far.test>",
    "To: readers@groups.test",
    `Subject: Hostile ${n} <script>window.ran=1</script>`,
    `Message-ID: <hostile-${n}@far.test>`,
    "Date: Sun, 01 Mar 2026 10:00:00 +0000",
    "MIME-Version: 1.0",
    "Content-Type: multipart/related; boundary=b",
    "",
    "--b",
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from(`<p>before</p>${html}`).toString("base64").replace(/.{76}/g, "$&\r\n"),
    "--b",
    "Content-Type: image/svg+xml",
    "Content-ID: <hostile@far.test>",
    'Content-Disposition: inline; filename="x.svg"',
    "",
    '<svg xmlns="http://www.w3.org/2000/svg" onload="window.ran=1"><script>window.ran=1</script></svg>',
    "--b--",
    "",
  ].join("\r\n");

type Seen = { ran: string[]; asked: string[]; led: string[] };

/** Opens a page and presses what can be pressed by a careless reader; notes what happened. */
async function look(page: Page, url: string, seen: Seen): Promise<void> {
  await page.goto(url, { waitUntil: "load" });
  for (const frame of page.frames())
    if (await frame.evaluate(() => Boolean((globalThis as { ran?: unknown }).ran)).catch(() => false))
      seen.ran.push(url);
  if (page.url() !== url) seen.led.push(`${url} → ${page.url()}`);
}

test("hostile mail runs no script, asks no server and leads nowhere", {
  skip: withoutBrowser,
  timeout: 300_000,
}, async (t) => {
  const node = await startNode(t, { members: ["mia@far.test"], roles: "intake,pipeline,outbound,chores,web" });
  for (const [i, html] of HOSTILE_HTML.entries()) {
    const sent = await node.send({ from: "mia@far.test", to: ["readers@groups.test"] }, mailOf(html, i));
    assert.equal(sent.code, 250);
  }
  await node.quiet();
  const posts = await node.pool<{ number: number; topicId: string }[]>`
    select number, topic_id as "topicId" from posts order by number`;
  assert.equal(posts.length, HOSTILE_HTML.length);
  const browser = await openBrowser(t);
  const cookie = await signInAt(node, "mia@far.test");
  const context = await browser.newContext();
  const seen: Seen = { ran: [], asked: [], led: [] };
  await context.addCookies(
    cookie.split("; ").map((one) => {
      const [name, ...value] = one.split("=");
      return { name: name!, value: value.join("="), url: node.webUrl };
    }),
  );
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.origin === node.webUrl) return route.continue();
    if (url.protocol !== "data:") seen.asked.push(url.href);
    return url.protocol === "data:" ? route.continue() : route.abort();
  });
  const page = await context.newPage();
  page.on("dialog", (dialog) => {
    seen.ran.push(dialog.message());
    void dialog.dismiss();
  });
  page.on("popup", (popup) => seen.led.push(popup.url()));
  const before = await node.pool`select id from memberships where ended_at is null`;
  for (const { number, topicId } of posts) {
    for (const path of [`topic/${topicId}`, `${number}`, `${number}?as=sent`, `${number}/html`])
      await look(page, `${node.webUrl}/g/readers/${path}`, seen);
  }
  await look(page, `${node.webUrl}/g/readers`, seen);
  assert.deepEqual(seen, { ran: [], asked: [], led: [] });
  assert.equal((await node.pool`select id from memberships where ended_at is null`).length, before.length);
  assert.equal((await context.request.get(`${node.webUrl}/account`)).status(), 200, "and nobody was signed out");
});

test("the hostile pages would run where they are not made harmless", { skip: withoutBrowser }, async (t) => {
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  await page.route("**/*", (route) => route.abort());
  let ran = 0;
  for (const html of HOSTILE_HTML) {
    await page.setContent(html, { waitUntil: "commit" }).catch(() => undefined);
    await page.waitForTimeout(20);
    if (await page.evaluate(() => Boolean((globalThis as { ran?: unknown }).ran)).catch(() => false)) ran += 1;
    await page.goto("about:blank").catch(() => undefined);
  }
  assert.ok(ran >= 20, `only ${ran} of ${HOSTILE_HTML.length} do anything: the corpus tests nothing`);
});
