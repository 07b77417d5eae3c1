/** What every page must pass in a browser: axe-core finds nothing, nothing is too wide; and signing in there as a person does. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Pool } from "../../src/db/sql.ts";

const axe = (): string => readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

type Violation = { id: string; nodes: { html: string }[] };

/** What axe-core has against the page: rule and markup. The context needs `bypassCSP`. */
export async function violations(page: Page): Promise<string[]> {
  // Half a megabyte: said once to each document.
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe());
  const found = (await page.evaluate("axe.run(document, { iframes: false, resultTypes: ['violations'] })")) as {
    violations: Violation[];
  };
  return found.violations.map((one) => `${one.id}: ${one.nodes[0]?.html.slice(0, 200)}`);
}

/** Pixels by which the page is wider than the window. */
export const overflow = async (page: Page): Promise<number> =>
  Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));

/** Fails unless the page that is open is accessible and fits. */
export async function looksRight(page: Page, what = page.url()): Promise<void> {
  assert.deepEqual(await violations(page), [], what);
  const wide = await overflow(page);
  assert.ok(wide <= 0, `${what} is ${wide} px too wide`);
}

const VIEWS = [
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 1280 },
] as const;
const SHOTS = process.env["SHOTS"];

/** looksRight on a phone by day and on a desktop by night; with SHOTS=directory, pictures are left there to be looked at. */
export async function looksRightInAll(page: Page, what = page.url()): Promise<void> {
  for (const { colorScheme, width } of VIEWS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await looksRight(page, `${what}, ${colorScheme}, ${width} px`);
    if (!SHOTS) continue;
    const name = what.replace(/\W+/g, "-");
    await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
  }
}

const ALL_WAYS = [
  { name: "on a phone without scripts", width: 390, javaScriptEnabled: false },
  { name: "on a phone with scripts", width: 390, javaScriptEnabled: true },
  { name: "on a desktop without scripts", width: 1280, javaScriptEnabled: false },
  { name: "on a desktop with scripts", width: 1280, javaScriptEnabled: true },
] as const;
export type Way = (typeof ALL_WAYS)[number];

/**
 * The ways a journey is gone: a phone without scripts and a desktop with them; with `--slow` also a phone with them and a
 * desktop without.
 */
export const WAYS: readonly Way[] = process.env["SMARTGROUPS_TEST_SLOW"]
  ? ALL_WAYS
  : ALL_WAYS.filter(({ width, javaScriptEnabled }) => javaScriptEnabled === width > 600);

/** A browser of its own for one way of going; axe itself can only look where scripts run. */
export const contextFor = (browser: Browser, { width, javaScriptEnabled }: Way): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled, bypassCSP: true });

/** Where the newest sign-in letter leads. */
export async function signInPath(pool: Pool): Promise<string> {
  const [found] = await pool<{ raw: Buffer }[]>`
    select raw from letters where kind = 'sign-in' order by created_at desc, id desc limit 1`;
  return /\/sign-in\/[A-Za-z]+/.exec(found!.raw.toString())![0];
}

/** Signs in by the link of the letter. */
export async function signInOn(page: Page, url: string, pool: Pool, address: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.fill("input[name=email]", address);
  await page.click("main .form button");
  await page.goto(url + (await signInPath(pool)));
  await page.click("main button");
}
