/** In a browser, with scripts and without, on a phone and a desktop: being erased, and a member on digest with a pause. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { Page } from "playwright-core";
import PostalMime from "postal-mime";
import { DAY, HOUR } from "../../src/kit/clock.ts";
import { readMail } from "../../src/mail/read.ts";
import { openBrowser, withoutBrowser } from "../support/browser.ts";
import { contextFor, looksRight, overflow, signInOn, WAYS, type Way } from "../support/looks.ts";
import { startNode, type TestNode } from "../support/node.ts";

const MIA = "mia@far.test";
const ROLES = "intake,pipeline,outbound,web,chores";

/** Axe and measuring are scripts, so they look where scripts run. */
const fits = async (page: Page, way: Way): Promise<void> => {
  if (way.javaScriptEnabled) await looksRight(page);
};

const letterTo = async (node: TestNode, address: string, path: RegExp): Promise<string> => {
  await node.quiet();
  const letter = node.farSide.mailsFor(address).findLast((mail) => path.test(readMail(mail.raw).text ?? ""))!;
  return path.exec(readMail(letter.raw).text!)![0];
};

async function until(look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await look()); tries += 1) {
    if (tries > 400) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a person takes everything along and is erased", { skip: withoutBrowser }, async (t) => {
  const browser = await openBrowser(t);
  for (const way of WAYS)
    await t.test(way.name, async (t) => {
      const node = await startNode(t, { members: [MIA, "ben@far.test"], roles: ROLES });
      await node.post({ from: MIA, subject: "Tea", text: "Green, please." });
      await node.quiet();
      const context = await contextFor(browser, way);
      const page = await context.newPage();
      await signInOn(page, node.webUrl, node.pool, MIA);
      await page.goto(`${node.webUrl}/account`);
      await page.click("main a[href='/account/data']");
      await fits(page, way);
      await page.click("main .form button, main form[method=post] button");
      await until(async () => {
        await page.goto(`${node.webUrl}/account/data`);
        return (await page.locator("main a[download]").count()) === 1;
      });
      await fits(page, way);
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("main a[download]")]);
      assert.match(download.suggestedFilename(), /\.zip$/);
      await page.click("main a[href='/account/erase']");
      await fits(page, way);
      await page.fill("main input[name=address]", "ben@far.test");
      await page.click("main button[value=ask]");
      assert.match(await page.innerText("main"), /Type mia@far\.test, so that this can't happen by mistake/);
      assert.equal(await page.inputValue("main input[name=address]"), "ben@far.test");
      await fits(page, way);
      await page.fill("main input[name=address]", MIA);
      await page.click("main button[value=ask]");
      assert.match(await page.innerText("main"), /Nothing happens until then/);
      const link = node.webUrl + (await letterTo(node, MIA, /\/account\/erase\/[a-z2-7]+/));
      await page.goto(link);
      await fits(page, way);
      await page.click("main button[value=confirm]");
      await page.click("main button[value=keep]");
      assert.match(await page.innerText("main"), /You keep your account/);
      await page.goto(`${node.webUrl}/account/erase`);
      await page.fill("main input[name=address]", MIA);
      await page.click("main button[value=ask]");
      const second = node.webUrl + (await letterTo(node, MIA, /\/account\/erase\/[a-z2-7]+/));
      await page.goto(second);
      await page.click("main button[value=confirm]");
      assert.match(await page.innerText("main"), /On .* you will be erased/);
      node.clock.pass(7 * DAY + HOUR);
      await until(async () => {
        node.clock.pass(61_000);
        return (await node.pool`select from erasures where state = 'done'`).length > 0;
      });
      await page.goto(second);
      assert.match(await page.innerText("main"), /You are erased/);
      await page.goto(`${node.webUrl}/account`);
      assert.match(page.url(), /\/sign-in/, "the session ended with the person");
      await page.goto(`${node.webUrl}/g/readers/1`);
      assert.match(await page.innerText("main"), /A former member[\s\S]*Green, please/);
      assert.ok(!way.javaScriptEnabled || (await overflow(page)) <= 0);
      await context.close();
    });
});

test("a member gets digests, pauses, and comes back", { skip: withoutBrowser }, async (t) => {
  const browser = await openBrowser(t);
  for (const [i, way] of WAYS.entries())
    await t.test(way.name, async (t) => {
      const node = await startNode(t, { members: [MIA, "ben@far.test"], roles: ROLES });
      const context = await contextFor(browser, way);
      const page = await context.newPage();
      await signInOn(page, node.webUrl, node.pool, MIA);
      await page.goto(`${node.webUrl}/g/readers/membership`);
      await fits(page, way);
      await page.check("main input[name=mode][value=digest]");
      await page.selectOption("main select[name=digest-hour]", "8");
      await page.fill("main input[name=zone]", "Europe/Berlin");
      const form = i % 2 === 0 ? "html" : "mime";
      await page.selectOption("main select[name=digest-form]", form);
      await page.click("main button[value=mail]");
      assert.match(await page.innerText("main"), /Saved\./);
      await until(async () => (await node.pool`select from memberships where digest_due_at is not null`).length > 0);
      await node.post({ from: "ben@far.test", subject: "Grüße aus Köln", text: "Schön war's.\n\nBen" });
      await node.post({ from: "ben@far.test", subject: "Tea", text: "Green?" });
      await node.quiet();
      const digests = () => node.farSide.mailsFor(MIA).filter((mail) => /^Readers: /.test(readMail(mail.raw).subject));
      node.clock.pass(DAY);
      await until(async () => digests().length === 1);
      await opensInMimeReaders(digests()[0]!.raw, form);

      await page.goto(`${node.webUrl}/g/readers/membership`);
      await page.fill("main input[name=holiday]", "2026-03-20");
      await page.click("main button[value=holiday]");
      assert.match(await page.innerText("main"), /No mail comes to you until/);
      await fits(page, way);
      await node.post({ from: "ben@far.test", subject: "While you were away" });
      await node.quiet();
      node.clock.pass(2 * DAY);
      await until(
        async () =>
          (await node.pool`select from memberships where address_key = ${MIA} and digest_upto = 3`).length === 1,
      );
      assert.equal(digests().length, 1, "nothing comes meanwhile");
      await page.goto(`${node.webUrl}/g/readers/3/why`);
      assert.match(await page.innerText("main"), /holiday/);
      await fits(page, way);
      await page.goto(`${node.webUrl}/g/readers/membership`);
      await page.click("main button[value=back]");
      await node.post({ from: "ben@far.test", subject: "Here again" });
      await node.quiet();
      node.clock.pass(2 * DAY);
      await until(async () => digests().length === 2);
      const text = (await PostalMime.parse(digests()[1]!.raw)).text!;
      assert.match(text, /Here again/);
      assert.doesNotMatch(text, /While you were away/);
      await context.close();
    });
});

const PYTHON = `
import sys, email, json
from email import policy
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=policy.default)
parts = [one for one in mail.walk()]
inner = [one.get_payload()[0] for one in parts if one.get_content_type() == "message/rfc822"]
print(json.dumps({"subject": mail["subject"], "type": mail.get_content_type(), "defects": [str(d) for one in parts for d in one.defects],
  "text": mail.get_body(("plain",)).get_content(), "inner": [{"subject": one["subject"], "from": one["from"], "text": one.get_content()} for one in inner]}))
`;

/** What other readers of MIME make of a digest: postal-mime, and Python's email. */
async function opensInMimeReaders(raw: Buffer, form: "html" | "mime"): Promise<void> {
  const read = await PostalMime.parse(raw);
  assert.match(read.subject!, /^Readers: 2 posts/);
  assert.match(read.text!, /Grüße aus Köln[\s\S]*Tea/);
  if (form === "html") assert.match(read.html!, /Schön war/);
  const ran = spawnSync("python3", ["-c", PYTHON], { input: raw, encoding: "utf8" });
  if (ran.error) return; // no Python here
  assert.equal(ran.stderr, "");
  const said = JSON.parse(ran.stdout) as {
    subject: string;
    type: string;
    defects: string[];
    text: string;
    inner: { subject: string; from: string; text: string }[];
  };
  assert.deepEqual(said.defects, []);
  assert.equal(said.subject, read.subject);
  if (form === "html") {
    assert.match(said.text, /Schön war's\./);
    return;
  }
  assert.deepEqual(
    said.inner.map((one) => one.subject),
    ["Grüße aus Köln", "Tea"],
  );
  assert.match(said.inner[0]!.text, /Schön war's\./);
  assert.match(said.inner[0]!.from, /ben@far\.test/);
}
