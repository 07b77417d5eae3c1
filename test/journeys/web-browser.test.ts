/** The web in a browser: every page in light and dark is accessible, no page reaches outside, and all works without scripts. */
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { zstdCompressSync } from "node:zlib";
import * as archive from "../../src/archive/archive.ts";
import type { Pool } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import * as health from "../../src/health/health.ts";
import * as keys from "../../src/keys/keys.ts";
import { type Clock, DAY, nodeClock } from "../../src/kit/clock.ts";
import { idToBytes, newId } from "../../src/kit/id.ts";
import { silent } from "../../src/kit/log.ts";
import { type Catalogue, catalogues } from "../../src/language/language.ts";
import { sealToken } from "../../src/mail/token.ts";
import * as mailbox from "../../src/mailbox/mailbox.ts";
import * as providers from "../../src/providers/providers.ts";
import * as queue from "../../src/queue/queue.ts";
import * as returns from "../../src/returns/returns.ts";
import { startWeb } from "../../src/web/web.ts";
import { fileMails, groupWith, mailsOf, oddMails, openBrowser, withoutBrowser } from "../support/browser.ts";
import { cloneDatabase } from "../support/database.ts";
import { logOf430 } from "../support/log-of-430.ts";
import { looksRightInAll, overflow, signInOn, signInPath } from "../support/looks.ts";

const ANA = "ana@far.test";
const DOMAIN = "localhost.test";

const letter = (n: number, parent?: number): Buffer =>
  Buffer.from(
    `From: Ana Lima <${ANA}>\r\nSubject: Chapter two\r\nMessage-ID: <${n}@far.test>\r\n${parent === undefined ? "" : `In-Reply-To: <${parent}@far.test>\r\n`}Date: Sun, 1 Mar 2026 09:${String(n % 60).padStart(2, "0")}:00 +0000\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n> one\r\n> two\r\n> three\r\n> four\r\n\r\nI liked it.\r\n-- \r\nAna\r\n--b\r\nContent-Type: text/html\r\n\r\n<p style="color:navy">I liked it.</p><img src="http://outside.invalid/x.png">\r\n--b--\r\n`,
  );

type Site = { url: string; pool: Pool; operator: string; paths: string[]; signedOut: string[] };

/** One who is paused, one who is asked, a provider in trouble; and the reader's own mail from `stopped` is stopped. */
async function membersInTrouble(
  pool: Pool,
  clock: Clock,
  group: directory.Group,
  stopped: directory.Group,
): Promise<string[]> {
  const addresses = ["gone@far.test", "asked@far.test", ...Array.from({ length: 12 }, (_, i) => `m${i}@big.test`)];
  const people = addresses.map((address) => ({ address, name: "A rather long name of somebody who reads" }));
  await directory.addMembers(pool, group.id, people, "test", clock);
  const said = `550-5.1.1 ${"The-account-that-you-tried-to-reach-does-not-exist.".repeat(3)}`;
  const failing = { groupId: group.id, found: "refused", provider: "far.test", status: "5.1.1", said } as const;
  const ids = [];
  for (const address of addresses) {
    const { id } = (await directory.membershipOf(pool, group.id, address))!;
    ids.push(id);
    const provider = address.split("@")[1]!;
    const about = {
      ...failing,
      provider,
      membershipId: id,
      address,
      sense: "no such user",
      kind: "permanent",
    } as const;
    for (const ago of provider === "big.test" ? [0] : [0, 1, 2])
      await health.noteTroubles(pool, [{ ...about, at: new Date(clock.now().getTime() - ago * DAY) }]);
  }
  const { token } = await keys.serviceKeys(pool, DOMAIN, clock);
  const means = { pool, domain: DOMAIN, url: "http://127.0.0.1", tokenSecret: token, clock };
  await returns.weighOnce(means);
  await health.openOutage(
    pool,
    { ...failing, sense: "no such user", failing: 12, usual: 0, firstAt: clock.now(), lastAt: clock.now() },
    12,
    clock,
  );
  const ana = await directory.membershipOf(pool, stopped.id, ANA);
  await returns.stopMail(pool, means, ana!.id, "hand", "test");
  await returns.stopMail(pool, means, ids[0]!, "hand", "test");
  return ids.slice(0, 2);
}

/** A topic that is pinned, locked and tagged, with a deleted post, and something new for the reader. */
async function cared(pool: Pool, groupId: string, clock: Clock): Promise<void> {
  const ana = (await directory.membershipOf(pool, groupId, ANA))!;
  const reader = { groupId, membershipId: ana.id };
  await archive.readAll(pool, reader, 4);
  const tagged = Buffer.from(letter(200).toString().replace("Chapter two", "Our next #books in spring"));
  await fileMails(pool, groupId, [tagged], clock);
  const topic = (await archive.postNumbered(pool, groupId, 1))!.topicId;
  const doing = () => ({
    id: newId(clock),
    groupId,
    at: clock.now(),
    membershipId: ana.id,
    byName: "Ana",
    reason: "Enough said",
  });
  await archive.pin(pool, doing(), topic, true);
  await archive.lock(pool, doing(), topic, true);
  await pool.begin((sql) => archive.deletePost(sql, doing(), 5));
}

/** A house with everything in it; without real and odd mail where a test does not read it. */
async function site(t: TestContext, { withMail } = { withMail: false }): Promise<Site> {
  const { pool } = await cloneDatabase(t);
  const clock = nodeClock();
  const members = [{ address: ANA, name: "Ana Lima", role: "owner" as const }];
  const thread = Array.from({ length: 60 }, (_, i) => letter(i, i === 0 ? undefined : Math.floor(i / 2)));
  const group = await groupWith(pool, clock, { name: "readers", title: "Readers", footer: "Bye" }, thread, members);
  await groupWith(
    pool,
    clock,
    { name: "real", title: "Real mail" },
    withMail ? mailsOf("archives/small/cocci.systeme.lip6.fr.mbox.zst", 200) : [],
    members,
  );
  await groupWith(
    pool,
    clock,
    { name: "odd", title: "Odd mail" },
    withMail ? oddMails().map((one) => one.raw) : [],
    members,
  );
  const empty = await groupWith(pool, clock, { name: "empty" }, [], members);
  await groupWith(pool, clock, { name: "open" }, [], []);
  const annual = await groupWith(pool, clock, { name: "annual", title: "Annual meeting" }, [], members);
  const log = await logOf430(pool, annual.id, clock);
  const held = newId(clock);
  const mails = [held, newId(clock)].map((id) => ({
    id,
    receivedAt: clock.now(),
    sender: "x@far.test",
    recipients: [`readers@${DOMAIN}`],
    client: { address: "192.0.2.1", helo: "x", protocol: "ESMTP" },
    size: 9,
    raw: zstdCompressSync(letter(99)),
    chunked: false,
  }));
  await queue.put(pool, mails);
  await pool`update mails set state = 'held', problem = 'Its author is not a member.'`;
  const kept = newId(clock);
  await mailbox.keep(pool, [
    { id: kept, at: clock.now(), sender: "", recipient: ANA, subject: "Hello", raw: zstdCompressSync(letter(1)) },
  ]);
  const addresses = ["192.0.2.10", "192.0.2.11"];
  await providers.standings(pool, ["google", "t-online"], addresses, clock.now());
  const given = { sources: addresses, known: [] };
  await providers.change(pool, "t-online", { standing: "closed", recipients: "7" }, given, clock.now());
  const config = { domain: DOMAIN, url: "http://127.0.0.1", outbound: { kind: "capture" } as const };
  const unwell = await membersInTrouble(pool, clock, group, empty);
  const web = await startWeb({ listen: [{ host: "127.0.0.1", port: 0 }], pool, config, clock, log: silent });
  t.after(() => web.stop());
  const careful = await groupWith(pool, clock, { name: "cared", title: "Cared for" }, thread.slice(0, 8), members);
  await cared(pool, careful.id, clock);
  const caredTopic = (await archive.postNumbered(pool, careful.id, 1))!.topicId;
  const [first] = await pool<{ topic: string }[]>`
    select topic_id as topic from posts where group_id = ${group.id} and number = 1`;
  const topic = `/g/readers/topic/${first!.topic}`;
  const open = [
    "/",
    "/g/readers",
    "/g/real",
    "/g/odd",
    "/g/empty",
    "/g/real/months",
    "/g/readers/2026-03",
    topic,
    `${topic}?view=flat&page=2`,
    `${topic}?fixed=1`,
    "/g/readers/2?fixed=0",
    "/g/readers/2?as=sent",
    "/g/readers/2/html",
    "/g/real/100",
    "/g/odd/20",
    "/g/odd/90",
    "/nowhere",
    `/mail/${held}`,
    "/mailbox",
    `/mailbox/${kept}`,
    `/mailbox/${kept}?as=source`,
    "/leave/nothing",
    "/g/annual/leave",
    "/g/annual/1",
    "/g/annual/1/delivery",
    `/back/${sealToken((await keys.serviceKeys(pool, DOMAIN, clock)).token, "back", idToBytes(unwell[0]!))}`,
  ];
  const own = [
    "/drafts",
    "/g/readers/new",
    "/g/readers/2/reply",
    "/g/readers/held",
    "/g/readers/members",
    "/groups",
    "/groups?find=readers",
    "/g/readers/about",
    "/g/readers/settings",
    "/g/readers/settings/keeping",
    "/g/readers/rename",
    "/g/readers/end",
    "/g/readers/health",
    ...unwell.map((id) => `/g/readers/health/${id}`),
    "/g/cared",
    `/g/cared/topic/${caredTopic}`,
    "/g/cared/log",
    "/g/cared/tag/books",
    "/g/cared/5",
    "/g/readers/leave",
    "/g/open/join",
    "/g/open/leave",
    "/g/annual/1/delivery?state=waiting",
    "/g/annual/1/delivery?find=quiet",
    `/g/annual/members/${log.members[1]!.id}/delivery`,
  ];
  return {
    url: `http://127.0.0.1:${web.ports[0]}`,
    pool,
    operator: keys.operatorPass((await keys.serviceKeys(pool, DOMAIN, clock)).token, "link", clock.now()),
    paths: [
      ...open,
      ...own,
      "/account",
      "/account/security",
      "/account/welcome",
      "/providers",
      "/providers/t-online?done=1",
    ],
    signedOut: ["/", "/sign-in", "/sign-in/second", "/g/readers", "/g/readers/2"],
  };
}

/** A session's cookie, as a program gets it. */
async function cookieOf(url: string, pool: Pool): Promise<string> {
  const form = (path: string, fields: Record<string, string>): Promise<Response> =>
    fetch(url + path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { origin: url },
      redirect: "manual",
    });
  await form("/sign-in", { email: ANA });
  const answer = await form(await signInPath(pool), {});
  return answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}

/** What a page and the style sheets it names weigh, and its scripts: as the browser unpacks them, fonts and pictures aside. */
async function weightOf(url: string, path: string, cookie: string): Promise<{ page: number; scripts: number }> {
  const answer = await fetch(url + path, { headers: { cookie, "accept-encoding": "gzip" } });
  assert.equal(answer.headers.get("content-encoding"), "gzip", `${path} comes packed`);
  const html = await answer.text();
  const sizes = async (found: RegExp): Promise<number> => {
    const names = [...html.matchAll(found)].map((match) => match[1]!);
    const all = await Promise.all(
      names.map(async (name) => (await (await fetch(url + name)).arrayBuffer()).byteLength),
    );
    return all.reduce((sum, size) => sum + size, 0);
  };
  const sheets = await sizes(/<link rel="stylesheet" href="([^"]+)"/g);
  return { page: Buffer.byteLength(html) + sheets, scripts: await sizes(/<script src="([^"]+)"/g) };
}

/** What a page says itself, without what people wrote: text, labels and hints. */
const SAID = `(() => {
  const copy = document.body.cloneNode(true);
  const told = [...copy.querySelectorAll("[aria-label], [title], [placeholder]")].flatMap((one) =>
    ["aria-label", "title", "placeholder"].map((name) => one.getAttribute(name) ?? ""));
  for (const one of copy.querySelectorAll("bdi, [dir=auto], [lang=en], code, pre, q, .post-body, .group-address, .attachments, .faces, .event-why, .said, .languages, .where")) one.remove();
  return [copy.textContent, ...told].join("\\n");
})()`;

/** Words that stand in almost every English sentence, and in no German or French one. */
const ENGLISH = /\b(?:the|and|with|your|you|of|by|are|has|this|that|it|its|is)\b/i;

test("every page", { skip: withoutBrowser }, async (t) => {
  const { url, pool, operator, paths, signedOut } = await site(t, { withMail: true });
  const browser = await openBrowser(t);

  await t.test(
    "axe finds nothing on any page, light or dark, narrow or wide, and nothing is fetched from elsewhere",
    async () => {
      const context = await browser.newContext({ bypassCSP: true });
      const pages = [await context.newPage(), await context.newPage()] as const;
      context.on("request", (request) =>
        assert.ok(/^(data:|blob:)/.test(request.url()) || new URL(request.url()).origin === url, request.url()),
      );
      /** The two pages share the work. */
      const look = async (all: string[]): Promise<void> => {
        const left = [...all];
        await Promise.all(
          pages.map(async (page) => {
            for (let path = left.shift(); path !== undefined; path = left.shift()) {
              await page.goto(url + path);
              await looksRightInAll(page, path);
            }
          }),
        );
      };
      await look(signedOut);
      await signInOn(pages[0], url, pool, ANA);
      await look(["/providers", `/operator/${operator}`]); // the first is not open to a member
      await pages[0].goto(`${url}/operator/${operator}`);
      await pages[0].click("main button");
      await look(paths);
      await context.close();
    },
  );

  await t.test(
    "no page weighs more than 100 KB with its style sheets, and all our scripts together 40 KB",
    async () => {
      const cookie = await cookieOf(url, pool);
      const heavy: string[] = [];
      for (const path of paths) {
        const { page, scripts } = await weightOf(url, path, cookie);
        if (page > 100 * 1024 || scripts > 40 * 1024) heavy.push(`${path}: ${page} bytes, scripts ${scripts}`);
      }
      assert.deepEqual(heavy, []);
      const files = readdirSync(fileURLToPath(new URL("../../src/web/assets/", import.meta.url)));
      const scripts = files.filter((name) => name.endsWith(".js"));
      assert.ok(scripts.length > 2);
      const all = scripts.map(
        (name) => statSync(fileURLToPath(new URL(`../../src/web/assets/${name}`, import.meta.url))).size,
      );
      assert.ok(all.reduce((sum, size) => sum + size, 0) <= 40 * 1024);
    },
  );

  await t.test("a language that is written from right to left turns the page around", async (t) => {
    const known = catalogues() as Map<string, Catalogue>;
    known.set("he", { ...known.get("de")!, name: "עברית", direction: "rtl" });
    t.after(() => known.delete("he"));
    for (const width of [390, 1280]) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, bypassCSP: true, locale: "he-IL" });
      const page = await context.newPage();
      await signInOn(page, url, pool, ANA);
      for (const path of paths.filter((one) => !one.endsWith("/html"))) {
        await page.goto(url + path);
        assert.equal(await page.locator("html").getAttribute("dir"), "rtl");
        const off = await page.evaluate(`[...document.querySelectorAll("main *, .rail *, .foot *")]
          .filter((one) => !one.closest(".skip, .unseen, .table-frame, .as-sent, pre, svg, .post-body") && one.getBoundingClientRect().width > 0)
          .filter((one) => one.getBoundingClientRect().left < -4 || one.getBoundingClientRect().right > innerWidth + 4)
          .map((one) => one.outerHTML.slice(0, 120))`);
        assert.deepEqual(off, [], `${path} at ${width}`);
      }
      const brand = (await page.locator(".brand").boundingBox())!;
      assert.ok(brand.x + brand.width > width - 60, "the name stands on the right");
      await context.close();
    }
  });

  for (const language of ["de", "fr"]) {
    await t.test(`every page is whole in ${language}: no English is left, and nothing is too wide`, async () => {
      const context = await browser.newContext({ viewport: { width: 390, height: 900 }, bypassCSP: true });
      const page = await context.newPage();
      const left: string[] = [];
      const look = async (path: string): Promise<void> => {
        await page.goto(url + path);
        if (path.endsWith("/html")) return; // a mail alone
        assert.equal(await page.locator("html").getAttribute("lang"), language, path);
        assert.ok((await overflow(page)) <= 0, `${path} is too wide in ${language}`);
        const said = (await page.evaluate(SAID)) as string;
        left.push(
          ...said
            .split("\n")
            .filter((line) => ENGLISH.test(line))
            .map((line) => `${path}: ${line.trim()}`),
        );
      };
      await page.goto(url);
      await page.click(`button[lang=${language}]`);
      assert.equal(page.url(), `${url}/`, "back to the same page");
      for (const path of signedOut) await look(path);
      await signInOn(page, url, pool, ANA);
      await page.goto(`${url}/operator/${operator}`);
      await page.click("main button");
      for (const path of paths) await look(path);
      assert.deepEqual(left, []);
      await context.close();
    });
  }
});

for (const javaScriptEnabled of [true, false]) {
  test(`a reader signs in, reads, previews and posts ${javaScriptEnabled ? "with" : "without"} scripts`, {
    skip: withoutBrowser,
  }, async (t) => {
    const { url, pool } = await site(t);
    const browser = await openBrowser(t);
    const page = await (await browser.newContext({ javaScriptEnabled })).newPage();
    const trouble: string[] = [];
    page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
    await signInOn(page, url, pool, ANA);
    await page.click(".groups >> text=Readers");
    await page.click("text=Chapter two");
    assert.equal(await page.locator("article.post").count(), 50);
    await page.locator("details.quote summary").first().click();
    assert.equal(await page.locator("details.quote[open]").count(), 1);
    await page.click("text=Flat");
    await page.click("text=Later posts");
    assert.equal(await page.locator("article.post").count(), 10);
    await page.locator("text=Reply").first().click();
    await page.fill("textarea[name=text]", "So did I.\n\nVery much.");
    await page.click("text=Preview");
    assert.match(await page.locator(".preview").innerText(), /So did I\.\s+Very much\./);
    await page.click("button:has-text('Post')");
    await page.waitForURL(/\/mail\/[0-9a-f-]{36}$/); // a script sends when what it was saving is saved
    assert.match(await page.locator("main").innerText(), /accepted and kept/);
    const [mail] = await pool<{ sender: string }[]>`select sender from mails where state = 'waiting'`;
    assert.equal(mail!.sender, ANA);
    assert.deepEqual(trouble, [], "the policy blocks nothing of ours");
  });
}

test("keys lead to what is new, and from post to post", { skip: withoutBrowser }, async (t) => {
  const { url, pool } = await site(t);
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  await signInOn(page, url, pool, ANA);
  await page.goto(`${url}/g/cared`);
  await page.keyboard.press("n");
  assert.equal(await page.locator(".topic.is-at.is-new").count(), 1);
  await page.keyboard.press("o");
  await page.waitForURL(/\/g\/cared\/topic\/[^/]+#p6$/);
  await page.keyboard.press("n");
  assert.equal(await page.locator(".post.is-new.is-at").getAttribute("id"), "p7");
  await page.goto(`${url}/g/readers/1`);
  for (const [key, number] of [
    ["j", 2],
    ["k", 1],
    ["l", 2],
    ["h", 1],
  ] as const) {
    await page.keyboard.press(key);
    await page.waitForURL(`${url}/g/readers/${number}`);
  }
});

test("a post shown as it was formatted stands in its sandbox, and pictures from elsewhere stay out until asked for", {
  skip: withoutBrowser,
}, async (t) => {
  const { url } = await site(t);
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const asked: string[] = [];
  await page.route("**://outside.invalid/**", (route) => {
    asked.push(route.request().url());
    return route.abort();
  });
  await page.goto(`${url}/g/readers/2?as=sent`);
  const frame = page.frames()[1]!;
  await frame.waitForLoadState("domcontentloaded");
  assert.equal(frame.url(), `${url}/g/readers/2/html`);
  assert.deepEqual(asked, []);
  await page.click("text=Show pictures");
  await page.waitForLoadState("networkidle");
  assert.deepEqual(asked, ["http://outside.invalid/x.png"]);
});

test("an operator opens the providers by the printed link and changes them, without scripts", {
  skip: withoutBrowser,
}, async (t) => {
  const { url, operator } = await site(t);
  const browser = await openBrowser(t);
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(`${url}/operator/${operator}`);
  await page.click("main button");
  await page.click("text=T-Online (Deutsche Telekom)");
  assert.match(await page.locator("main").innerText(), /every address is closed here/i);
  assert.match(await page.locator(".asks").innerText(), /postmaster@rx\.t-online\.de/);
  const second = page.locator("form.standing").nth(1);
  await second.locator("select").selectOption("warming");
  await second.locator("input[name=budget]").fill("75");
  await second.locator("button").click();
  assert.match(await page.locator("[role=status]").innerText(), /Changed/);
  assert.match(await page.locator("form.standing").nth(1).innerText(), /192\.0\.2\.11\s+warming\s+0 of 75 today/);
  assert.match(await page.locator("form.standing").nth(0).innerText(), /192\.0\.2\.10\s+closed/);
  await page.fill("input[name=connections]", "many");
  await page.click("text=Set the limits");
  assert.match(await page.locator("[role=alert]").innerText(), /connections can't be "many"/);
  assert.equal(await page.inputValue("input[name=connections]"), "many", "what was typed is kept");
  await page.fill("input[name=connections]", "2");
  await page.click("text=Set the limits");
  assert.equal(await page.inputValue("input[name=connections]"), "2");
  assert.equal(await page.inputValue("input[name=recipients]"), "7");
  await page.goto(`${url}/providers`);
  await page.click("text=Stop being an operator here");
  await page.goto(`${url}/providers`);
  assert.match(await page.locator("main").innerText(), /not open to you/);
});
