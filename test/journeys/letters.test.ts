/** An owner words the group's letters: on the page, by the command and by the API; what goes out has these words. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { type TestContext, test } from "node:test";
import * as directory from "../../src/directory/directory.ts";
import { readMail } from "../../src/mail/read.ts";
import { openBrowser, withoutBrowser } from "../support/browser.ts";
import { startNode, type TestNode } from "../support/node.ts";
import { signInAt } from "../support/sign-in.ts";

type Send = (path: string, form?: Record<string, string>) => Promise<{ status: number; text: string; csp: string }>;

async function start(t: TestContext): Promise<{ node: TestNode; send: Send; cookie: string }> {
  const members = ["olga@far.test", "mia@far.test"];
  const node = await startNode(t, { members, roles: "intake,pipeline,outbound,chores,web" });
  const olga = (await directory.membershipOf(node.pool, node.group.id, "olga@far.test"))!;
  await directory.changeMembership(node.pool, olga.id, { role: "owner" }, "test", node.clock.now());
  const cookie = await signInAt(node, "olga@far.test");
  const send: Send = async (path, form) => {
    const answer = await fetch(`${node.webUrl}${path}`, {
      redirect: "manual",
      headers: { cookie, origin: node.webUrl },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    const csp = answer.headers.get("content-security-policy") ?? "";
    return { status: answer.status, text: await answer.text(), csp };
  };
  return { node, send, cookie };
}

async function lettersTo(node: TestNode, kind: string, recipient: string) {
  const rows = await node.pool<{ raw: Buffer }[]>`
    select raw from letters where kind = ${kind} and recipient = ${recipient} order by id desc`;
  return rows.map((row) => ({ ...readMail(row.raw), raw: row.raw.toString("latin1") }));
}

const WORDS = {
  subject: "Come to {group}",
  text: "Dear {name},\n\nplease say yes:\n{link}\n\n<b>The {group} team</b>",
};

test("an owner words a letter, sees and tries it, and the next one that goes out has these words until they are put back", async (t) => {
  const { node, send } = await start(t);
  const at = "/g/readers/letters/confirm-join";
  const list = await send("/g/readers/letters");
  assert.match(list.text, /letters\/welcome"/);
  assert.doesNotMatch(list.text, /your words/);
  assert.match((await send(at)).text, /Somebody, probably you, asked for \{receiver\} to join \{group\}\./);

  const wrong = await send(at, { do: "save", ...WORDS, text: `${WORDS.text} {nam}` });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /There is no value \{nam\} in this letter/);
  assert.match(wrong.text, /please say yes/, "what was typed is still there");
  assert.equal((await send(at, { do: "save", ...WORDS, text: "Come!" })).status, 400, "the link is needed");

  const seen = await send(`${at}/preview?as=dark`, WORDS);
  assert.match(seen.text, /&lt;b&gt;The <bdi>[^<]*<\/bdi> team&lt;\/b&gt;/);
  assert.match(seen.csp, /default-src 'none'.*sandbox/);
  assert.match((await send(`${at}/preview?as=text`, WORDS)).text, /Subject: Come to/);
  assert.match((await send(`${at}/preview`, { ...WORDS, text: "Come!" })).text, /role="alert"/);

  assert.match((await send(at, { do: "test", ...WORDS })).text, /A test is on its way to olga@far\.test/);
  await node.quiet();
  const [trial] = await lettersTo(node, "letter-test", "olga@far.test");
  assert.match(trial!.subject, /^\[Test\] Come to/);

  assert.equal((await send(at, { do: "save", ...WORDS })).status, 303);
  assert.match((await send("/g/readers/letters")).text, /your words/);
  await node.post({ from: "new@far.test", to: "readers+join@groups.test" });
  await node.quiet();
  const [letter] = await lettersTo(node, "confirm-join", "new@far.test");
  assert.match(letter!.subject, /^Come to /);
  assert.match(letter!.text!, /^Dear new@far\.test,\s+please say yes:\nhttp\S+\/join\/\w+/);
  assert.match(letter!.html!, /&lt;b&gt;The/);
  await node.post({ from: "new@far.test", to: /join\+[a-z2-7]+@groups\.test/.exec(letter!.raw)![0] });
  await node.quiet();
  assert.ok(await directory.membershipOf(node.pool, node.group.id, "new@far.test"), "a plain reply joins as before");

  const version = /version=(\d+)/.exec((await send(at)).text)![1]!;
  assert.equal((await send(at, { do: "reset" })).status, 303);
  await node.post({ from: "next@far.test", to: "readers+join@groups.test" });
  await node.quiet();
  assert.match((await lettersTo(node, "confirm-join", "next@far.test"))[0]!.subject, /Please confirm/);
  assert.match((await send(`${at}?language=en&version=${version}`)).text, /please say yes[\s\S]*back to our words/);
  const log = await send("/g/readers/log");
  assert.match(log.text, /changed the words of the letter “Confirm joining”/);
});

test("words of one language leave another's alone, and the API and the page tell of the same", async (t) => {
  const { node, send, cookie } = await start(t);
  const api = (path: string, body?: object) =>
    fetch(`${node.webUrl}/api/v1/groups/readers/letters${path}`, {
      headers: { cookie, origin: node.webUrl, "content-type": "application/json" },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
  const said = await api("/welcome?language=de", { subject: "Hallo {name}", text: "Austreten: {leave}" });
  assert.equal(said.status, 200);
  assert.match((await send("/g/readers/letters/welcome?language=de")).text, /Hallo \{name\}/);
  assert.match((await send("/g/readers/letters/welcome")).text, /Welcome to \{group\}/);
  const all = (await (await api("?language=de")).json()) as { name: string; isOwn: boolean }[];
  assert.deepEqual(
    all.filter((one) => one.isOwn).map((one) => one.name),
    ["welcome"],
  );
  assert.equal((await api("/welcome?language=de", { subject: "Hallo", text: "Ohne Link" })).status, 400);
  assert.equal((await api("/welcome?language=xx")).status, 400);
  assert.equal((await api("/nothing")).status, 404);
  const back = (await (await api("/welcome?language=de", {})).json()) as { isOwn: boolean; subject: string };
  assert.deepEqual([back.isOwn, back.subject], [false, "Willkommen bei {group}"]);
});

test("the pages work without scripts, on a phone and a desktop, light and dark", {
  skip: withoutBrowser,
}, async (t) => {
  const { node, cookie } = await start(t);
  const browser = await openBrowser(t);
  const shots = process.env["SHOTS"];
  if (shots) mkdirSync(shots, { recursive: true });
  const [name, value] = cookie.split(/=(.*)/s);
  for (const [width, scheme] of [
    [390, "light"],
    [1280, "dark"],
  ] as const) {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      javaScriptEnabled: false,
    });
    await context.addCookies([{ name: name!, value: value!, url: node.webUrl }]);
    const page = await context.newPage();
    await page.goto(`${node.webUrl}/g/readers/letters`);
    if (shots) await page.screenshot({ path: `${shots}/list-${width}.png`, fullPage: true });
    await page.getByRole("link", { name: "Welcome", exact: true }).click();
    await page.getByLabel("Subject").fill("Good morning, {name}");
    await page.getByRole("button", { name: "Dark" }).click();
    const frame = page.frameLocator("iframe[name=preview]");
    await frame.getByText("Leave at any time").waitFor();
    await page.getByRole("button", { name: "Text" }).click();
    await frame.getByText("Subject: Good morning, olga@far.test").waitFor();
    if (shots) await page.screenshot({ path: `${shots}/editor-${width}.png`, fullPage: true });
    const over = await page.evaluate("document.documentElement.scrollWidth > innerWidth").catch(() => false);
    assert.equal(over, false, `nothing is too wide at ${width}`);
    await context.close();
  }
});
