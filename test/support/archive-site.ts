/** A group's archive on the web, without a browser: its mails, who signs in, and when they were written. */
import type { TestContext } from "node:test";
import type { Hono } from "hono";
import type { Pool } from "../../src/db/sql.ts";
import type * as directory from "../../src/directory/directory.ts";
import { type HeldClock, heldClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import type { Environment } from "../../src/web/house.ts";
import { startWeb } from "../../src/web/web.ts";
import { groupWith } from "./browser.ts";
import { cloneDatabase } from "./database.ts";

export const URL_HERE = "https://groups.example.org";

export type Site = { app: Hono<Environment>; pool: Pool; clock: HeldClock; group: directory.Group };

export const members = [
  { address: "olga@far.test", name: "Olga", role: "owner" as const },
  { address: "mia@far.test", name: "Mia" },
];

export async function archiveSite(
  t: TestContext,
  mails: Buffer[],
  wanted: Partial<directory.NewGroup> = {},
): Promise<Site> {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-20T10:00:00Z"));
  const config = { domain: "groups.example.org", url: URL_HERE, outbound: { kind: "capture" } as const };
  const web = await startWeb({ listen: [], pool, config, clock, log: silent });
  t.after(() => web.stop());
  const group = await groupWith(pool, clock, { name: "readers", title: "Readers", ...wanted }, mails, members);
  return { app: web.app, pool, clock, group };
}

/** Signs in with the link in the letter; answers the cookie. */
export async function signedIn({ app, pool }: Site, address: string): Promise<string> {
  const form = (fields: Record<string, string>) => ({
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: URL_HERE },
  });
  await app.request("/sign-in", form({ email: address, next: "/" }));
  const [letter] = await pool<{ raw: Buffer }[]>`
    select raw from letters where recipient = ${address} order by created_at desc, id desc limit 1`;
  const answer = await app.request(
    `/sign-in/${/sign-in\/([A-Za-z]+)/.exec(letter!.raw.toString())![1]}`,
    form({ next: "/" }),
  );
  return answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}

/** A mail with this id, subject and date, in answer to another when told so. */
export function letter(
  id: string,
  subject: string,
  date: string,
  more: { answers?: string; body?: string } = {},
): Buffer {
  const answers = more.answers ? `In-Reply-To: <${more.answers}@far.test>\r\n` : "";
  return Buffer.from(
    `From: Ana Lima <ana@far.test>\r\nSubject: ${subject}\r\nMessage-ID: <${id}@far.test>\r\nDate: ${new Date(date).toUTCString()}\r\n${answers}\r\n${more.body ?? "I liked it."}\r\n`,
  );
}
