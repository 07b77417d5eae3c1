/** Signing in with a browser: passkeys by a virtual authenticator, another service, with scripts and without, on phone and desktop. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import type { Pool } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { type HeldClock, heldClock, MINUTE } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import { startWeb } from "../../src/web/web.ts";
import { openBrowser, withoutBrowser } from "../support/browser.ts";
import { cloneDatabase } from "../support/database.ts";
import { contextFor, looksRightInAll, signInOn, WAYS } from "../support/looks.ts";
import { type Provider, SECRET, startProvider } from "../support/oidc.ts";
import { freePort } from "../support/service.ts";
import { codeOf } from "../support/sign-in-forms.ts";

const SKIP = { skip: withoutBrowser };
const MIA = "mia@far.test";
const GOOD = "lantern quorum biscuit river";

type Site = { url: string; pool: Pool; clock: HeldClock; work: Provider; open(url: string): Promise<void> };

/** A web on localhost, where browsers allow passkeys; more of it can be opened at other addresses. */
async function site(t: TestContext): Promise<Site> {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date());
  const url = `http://localhost:${await freePort()}`;
  const work = await startProvider(t, [`${url}/sign-in/with/work/back`]);
  const named = { id: "work", label: "The Works", issuer: work.issuer, clientId: "groups", clientSecret: SECRET };
  await directory.peopleFor(pool, [{ address: MIA, name: "Mia Lang" }], clock);
  const open = async (at: string): Promise<void> => {
    const { stop } = await startWeb({
      listen: [{ host: "127.0.0.1", port: Number(new URL(at).port) }],
      pool,
      config: {
        domain: "groups.test",
        url: at,
        outbound: { kind: "direct" },
        oidc: [{ ...named, domains: ["far.test"] }],
      },
      clock,
      log: silent,
    });
    t.after(stop);
  };
  await open(url);
  return { url, pool, clock, work, open };
}

/** A phone or laptop with a fingerprint reader, which its owner touches whenever asked. */
async function authenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** As a browser that offers no passkeys in a field: the button is pressed. */
const withoutOffers = (page: Page): Promise<unknown> =>
  page.addInitScript("PublicKeyCredential.isConditionalMediationAvailable = async () => false");

/** What the browser would send to sign in, taken from it on its way. */
async function answerOf(page: Page, url: string): Promise<string> {
  let sent = "";
  await page.route("**/sign-in/passkey", async (route) => {
    sent = new URLSearchParams(route.request().postData() ?? "").get("answer") ?? "";
    await route.abort();
  });
  await page.goto(`${url}/sign-in`);
  for (let i = 0; sent === "" && i < 100; i += 1) await page.waitForTimeout(50);
  await page.unroute("**/sign-in/passkey");
  assert.notEqual(sent, "", "the browser answered");
  return sent;
}

const use = async (url: string, answer: string): Promise<number> =>
  (
    await fetch(`${url}/sign-in/passkey`, {
      method: "POST",
      redirect: "manual",
      headers: { origin: url },
      body: new URLSearchParams({ answer, next: "/account" }),
    })
  ).status;

test("a passkey is made, named, signs in without a letter, and is removed", SKIP, async (t) => {
  const { url, pool } = await site(t);
  const browser = await openBrowser(t);
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  await authenticator(page);
  await withoutOffers(page);
  await signInOn(page, url, pool, MIA);
  await page.goto(`${url}/account/security`);
  await page.fill("#field-passkey-name", "Blue phone");
  await page.click("[data-passkey] button");
  await page.waitForURL("**/account/security?done=passkey");
  await page.locator("text=Blue phone").first().waitFor();
  const [told] = await pool<{ recipient: string }[]>`select recipient from letters where kind = 'account-changed'`;
  assert.equal(told?.recipient, MIA);

  await page.context().clearCookies();
  await page.goto(`${url}/sign-in?next=/account/security`);
  await page.click(".passkey button");
  await page.waitForURL(`${url}/account/security`);
  assert.match(await page.innerText("main"), /Blue phone\s+used/i);
  await page.click(".own .care summary");
  await page.fill(".own input[name=name]", "Old phone");
  await page.click(".own button[value=passkey-name]");
  await page.locator("text=Old phone").first().waitFor();
  await page.click(".own .care summary");
  await page.click(".own button[value=passkey-off]");
  await page.waitForURL("**/account/security?done=passkey-off");
  assert.equal((await pool`select from sign_in_passkeys`).length, 0);
});

test("passkeys are offered in the address field, without a press", SKIP, async (t) => {
  const { url, pool } = await site(t);
  const browser = await openBrowser(t);
  const page = await (await browser.newContext()).newPage();
  await authenticator(page);
  await signInOn(page, url, pool, MIA);
  await page.goto(`${url}/account/security`);
  await page.click("[data-passkey] button");
  await page.waitForURL("**/account/security?done=passkey");
  await page.context().clearCookies();
  await page.goto(`${url}/sign-in?next=/account`);
  await page.waitForURL(`${url}/account`); // the virtual authenticator chooses what is offered
});

test(
  "an answer used twice, for another site, too old, altered, or of a copied key signs nobody in",
  SKIP,
  async (t) => {
    const here = await site(t);
    const { url, pool, clock } = here;
    const browser = await openBrowser(t);
    const page = await (await browser.newContext()).newPage();
    await authenticator(page);
    await signInOn(page, url, pool, MIA);
    await page.goto(`${url}/account/security`);
    await page.click("[data-passkey] button");
    await page.waitForURL("**/account/security?done=passkey");
    await page.context().clearCookies();

    const first = await answerOf(page, url);
    assert.deepEqual([await use(url, first), await use(url, first)], [303, 400], "a challenge works once");
    const elsewhere = `http://localhost:${await freePort()}`;
    await here.open(elsewhere);
    assert.equal(await use(url, await answerOf(page, elsewhere)), 400, "it was given to a page of another origin");
    const old = await answerOf(page, url);
    clock.pass(11 * MINUTE);
    assert.equal(await use(url, old), 400, "ten minutes are over");
    const altered = JSON.parse(await answerOf(page, url));
    const made = JSON.parse(Buffer.from(altered.response.clientDataJSON, "base64url").toString());
    const other = {
      ...made,
      challenge: JSON.parse(Buffer.from(JSON.parse(first).response.clientDataJSON, "base64url").toString()).challenge,
    };
    altered.response.clientDataJSON = Buffer.from(JSON.stringify(other)).toString("base64url");
    assert.equal(await use(url, JSON.stringify(altered)), 400, "the signature is over something else");
    for (const odd of ["", "{}", "[]", "null", '{"id":1}', '{"id":"x"}', `{"id":"${"x".repeat(30_000)}"}`])
      assert.equal(await use(url, odd), 400, odd.slice(0, 20));

    const [row] = await pool<{ counter: number }[]>`select counter::int as counter from sign_in_passkeys`;
    assert.ok(row!.counter > 0, "the counter is kept");
    await pool`update sign_in_passkeys set counter = 1000`;
    assert.equal(await use(url, await answerOf(page, url)), 400, "a counter that goes back is a copy");
    await pool`update sign_in_passkeys set counter = 0`;
    const twice = await answerOf(page, url);
    const both = await Promise.all([use(url, twice), use(url, twice)]);
    assert.deepEqual(both.sort(), [303, 400], "two at once");
  },
);

for (const way of WAYS.filter(({ name }) => /phone without|desktop with scripts/.test(name)))
  test(`another service, codes from an app and a password, ${way.name}`, SKIP, async (t) => {
    const { url, pool, work } = await site(t);
    work.people["m1"] = { email: MIA, email_verified: true, name: "Mia Lang" };
    const browser = await openBrowser(t);
    const context = await contextFor(browser, way);
    const page = await context.newPage();
    const outside: string[] = [];
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) outside.push(message.text());
    });
    const looks = async (name: string): Promise<void> => {
      if (way.javaScriptEnabled) await looksRightInAll(page, name);
    };
    const agree = async (): Promise<void> => {
      await page.fill("input[name=login]", "m1");
      await page.fill("input[name=password]", "any");
      await page.click("button[type=submit]");
      await page.click("button[type=submit]");
    };

    await page.goto(`${url}/sign-in?next=/account`);
    assert.equal(await page.isVisible(".passkey"), way.javaScriptEnabled, "a passkey needs scripts");
    await looks("sign-in");
    await page.click("text=Continue with The Works");
    await agree();
    await page.waitForURL(`${url}/account`);
    assert.match(await page.innerText("main"), /signed in as mia@far\.test/);

    await page.click("text=Password, codes and passkeys");
    await looks("security");
    await page.click("button[value=unlink]");
    await page.click("text=Connect The Works");
    await page.waitForURL("**/account/security?done=linked");
    await page.fill("input[name=password]", "password123");
    await page.click("button[value=password]");
    await looks("security-wrong");
    await page.fill("input[name=password]", GOOD);
    await page.click("button[value=password]");
    await page.click("button[value=codes-begin]");
    await looks("security-codes");
    const secret = await page.innerText(".secret");
    await page.fill("input[name=code]", codeOf(secret, -1));
    await page.click("button[value=codes-on]");
    await looks("security-on");
    const backup = await page.locator(".codes code").first().innerText();

    await context.clearCookies();
    await page.goto(`${url}/sign-in?next=/account`);
    await page.click("text=Use a password");
    await page.fill("#field-password-email", MIA);
    await page.fill("#field-password", "wrong one here");
    await page.click("text=Sign in with the password");
    await looks("sign-in-wrong");
    await page.fill("#field-password-email", MIA);
    await page.fill("#field-password", GOOD);
    await page.click("text=Sign in with the password");
    await page.waitForURL("**/sign-in/second?*");
    await looks("second");
    await page.fill("input[name=code]", "000000");
    await page.click("main .form button");
    await page.fill("input[name=code]", backup);
    await page.click("main .form button");
    await page.waitForURL(`${url}/account`);
    await page.click("text=Password, codes and passkeys");
    await page.click("button[value=codes-off]");
    await page.waitForURL("**/account/security?done=codes-off");
    assert.equal((await pool`select from sign_in_second_factors`).length, 0);
    await page.goto(`${url}/account/welcome?next=/`);
    await looks("welcome");
    assert.deepEqual(outside, [], "the policy blocks nothing of ours");
  });
