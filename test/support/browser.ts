/** Debian's Chromium by playwright-core, and a house with real mail in it to look at. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, type TestContext } from "node:test";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Browser } from "playwright-core";
import * as archive from "../../src/archive/archive.ts";
import { type Pool, transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import type { Clock } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import { summarise } from "../../src/mail/summary.ts";
import { corpus } from "./corpora.ts";

/** Without a window of its own it takes a quarter less time; either will do. */
const CHROMIUMS = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
const CHROMIUM = CHROMIUMS.find((one) => existsSync(one)) ?? CHROMIUMS[1]!;

/** Why tests with a browser are skipped, or false when they can run. */
export const withoutBrowser: string | false = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not here`;

let launched: Promise<Browser> | undefined;

/** The browser of this file; what a test opens in it is closed after the test. */
export async function openBrowser(t: TestContext): Promise<Browser> {
  launched ??= launch();
  const browser = await launched;
  t.after(() => Promise.all(browser.contexts().map((one) => one.close())));
  return browser;
}

async function launch(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
}

after(async () => (await launched)?.close());

/** Raw mails of an mbox of the corpora (mboxrd), the first `most`; none when the corpora are not here. */
export function mailsOf(path: string, most: number): Buffer[] {
  const file = corpus(path);
  if (!file) return [];
  const text = zstdDecompressSync(readFileSync(file)).toString("latin1");
  const mails = text.split(/^From .*\d{4}.*\n/m).filter((one) => /^[\w-]+:/.test(one));
  return mails.slice(0, most).map((one) => Buffer.from(one.replace(/^>(>*From )/gm, "$1"), "latin1"));
}

/** Every odd mail of the corpora: path and bytes. */
export function oddMails(): { name: string; raw: Buffer }[] {
  const root = corpus("mime");
  if (!root) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(eml|msg)$/.test(name))
    .sort()
    .map((name) => ({ name, raw: readFileSync(`${root}/${name}`) }));
}

/** Files mails in a group's archive as an import would. Answers their numbers, in order; 0 for one that is there already. */
export async function fileMails(pool: Pool, groupId: string, mails: Buffer[], clock: Clock): Promise<number[]> {
  const numbers: number[] = [];
  for (let from = 0; from < mails.length; from += 200) {
    const posts = mails.slice(from, from + 200).map((raw) => postOf(raw, groupId, clock));
    for (const placed of await transact(pool, (sql) => archive.place(sql, posts)))
      numbers.push(placed.kind === "placed" ? placed.number : 0);
  }
  return numbers;
}

function postOf(raw: Buffer, groupId: string, clock: Clock): archive.NewPost {
  const id = newId(clock);
  const { fields: _, ...summary } = summarise(raw, clock.now());
  return {
    ...summary,
    id,
    groupId,
    messageId: summary.messageId ?? `${createHash("sha256").update(raw).digest("hex").slice(0, 20)}@made.invalid`,
    receivedAt: summary.sentAt,
    size: raw.length,
    auth: {},
    source: "import",
    raw: zstdCompressSync(raw),
  };
}

/** A group with an owner and members, and the archive of real mail asked for. */
export async function groupWith(
  pool: Pool,
  clock: Clock,
  group: directory.NewGroup,
  mails: Buffer[],
  members: directory.NewMember[] = [],
): Promise<directory.Group> {
  const made = await directory.addGroup(pool, group, clock);
  await directory.addMembers(pool, made.id, members, "test", clock);
  await fileMails(pool, made.id, mails, clock);
  return made;
}
