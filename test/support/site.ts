/** The web over a database of its own, asked without a browser: one group, its people, and who signs in. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Pool } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { type HeldClock, heldClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import type { WebConfig } from "../../src/web/house.ts";
import { startWeb } from "../../src/web/web.ts";
import { cloneDatabase } from "./database.ts";

const SITE_URL = "https://groups.example.org";

export type SiteAnswer = { status: number; text: string; location: string | null; headers: Headers };
export type Site = {
  pool: Pool;
  clock: HeldClock;
  group: directory.Group;
  port: number | undefined;
  get(path: string, cookie?: string): Promise<SiteAnswer>;
  post(path: string, fields: Record<string, string>, cookie?: string): Promise<SiteAnswer>;
  /** A call of the API that sends JSON. */
  json(path: string, body: object, cookie?: string): Promise<{ status: number; body: unknown }>;
  /** A call of the API that takes something out. */
  remove(path: string, cookie?: string): Promise<SiteAnswer>;
  /** By the link in a letter, as a reader would; answers the cookie. */
  signIn(address: string): Promise<string>;
};

/** A site with the group readers: olga owns it, mona moderates, mia is a member. */
export async function aSite(
  t: TestContext,
  wanted: { settings?: Partial<directory.NewGroup>; config?: Partial<WebConfig>; listens?: boolean } = {},
): Promise<Site> {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const outbound = { kind: "capture" } as const;
  const config = { domain: "groups.example.org", url: SITE_URL, outbound, ...wanted.config };
  const listen = wanted.listens ? [{ host: "127.0.0.1", port: 0 }] : [];
  const web = await startWeb({ listen, pool, config, clock, log: silent });
  t.after(() => web.stop());
  const group = await directory.addGroup(pool, { name: "readers", title: "Readers", ...wanted.settings }, clock);
  const people = [
    { address: "olga@far.test", name: "Olga", role: "owner" as const },
    { address: "mona@far.test", name: "Mona", role: "moderator" as const },
    { address: "mia@far.test", name: "Mia" },
  ];
  await directory.addMembers(pool, group.id, people, "test", clock);

  const ask = async (path: string, init: RequestInit): Promise<SiteAnswer> => {
    const answer = await web.app.request(path, init);
    return {
      status: answer.status,
      text: await answer.text(),
      location: answer.headers.get("location"),
      headers: answer.headers,
    };
  };
  const headers = (cookie: string | undefined): Record<string, string> => (cookie ? { cookie } : {});
  const site: Site = {
    ...{ pool, clock, group, port: web.ports[0] },
    get: (path, cookie) => ask(path, { headers: headers(cookie) }),
    post: (path, fields, cookie) =>
      ask(path, {
        method: "POST",
        body: new URLSearchParams(fields),
        headers: { origin: config.url, ...headers(cookie) },
      }),
    json: async (path, body, cookie) => {
      const answer = await ask(path, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { origin: config.url, "content-type": "application/json", ...headers(cookie) },
      });
      return { status: answer.status, body: JSON.parse(answer.text) as unknown };
    },
    remove: (path, cookie) => ask(path, { method: "DELETE", headers: { origin: config.url, ...headers(cookie) } }),
    async signIn(address) {
      assert.equal((await site.post("/sign-in", { email: address, next: "/" })).status, 200);
      const [letter] = await pool<{ raw: Buffer }[]>`
        select raw from letters where recipient = ${address} order by created_at desc, id desc limit 1`;
      const token = /sign-in\/([A-Za-z]+)/.exec(letter!.raw.toString())![1]!;
      const answer = await site.post(`/sign-in/${token}`, { next: "/" });
      assert.equal(answer.status, 303);
      return answer.headers
        .getSetCookie()
        .map((one) => one.split(";")[0])
        .join("; ");
    },
  };
  return site;
}
