/** The operator's way to the pages about providers: who gets in, by what, and for how long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as keys from "../../src/keys/keys.ts";
import { HOUR, heldClock, MINUTE } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import * as providers from "../../src/providers/providers.ts";
import { startWeb } from "../../src/web/web.ts";
import { cloneDatabase } from "../support/database.ts";

const URL_HERE = "https://groups.example.org";

test("the printed link lets an operator in by a press, for half a day, and nobody else", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: "groups.example.org", url: URL_HERE, outbound: { kind: "direct" } as const };
  const { app, stop } = await startWeb({ listen: [], pool, config, clock, log: silent });
  t.after(stop);
  await providers.standings(pool, ["google"], ["192.0.2.1"], clock.now());
  const { token } = await keys.serviceKeys(pool, config.domain, clock);
  const link = `/operator/${keys.operatorPass(token, "link", clock.now())}`;
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    app.request(path, { method: "POST", body: new URLSearchParams(fields), headers: { origin: URL_HERE, ...headers } });

  // A proxy on this machine passes on what the world asks: coming from here is not enough.
  for (const path of ["/providers", "/providers/google"]) {
    assert.equal((await app.request(path)).status, 403);
    assert.equal((await app.request(path, { headers: { "x-forwarded-for": "127.0.0.1" } })).status, 403);
  }
  assert.equal((await post("/providers/google", { connections: "1" })).status, 403);

  const asked = await app.request(link);
  assert.deepEqual([asked.status, asked.headers.getSetCookie()], [200, []], "fetching the link lets nobody in");
  assert.equal((await post("/operator/aaaa", {})).status, 400);
  assert.equal((await post(link, {}, { origin: "https://elsewhere.test" })).status, 403);
  const entered = await post(link, {});
  assert.deepEqual([entered.status, entered.headers.get("location")], [303, "/providers"]);
  const [set] = entered.headers.getSetCookie();
  assert.match(set!, /^smartgroups\.operator=[a-z2-7]+; .*HttpOnly; Secure; SameSite=Lax/);
  const headers = { cookie: set!.split(";")[0]! };

  const list = await app.request("/providers", { headers });
  assert.equal(list.status, 200);
  assert.match(await list.text(), /href="\/providers\/google"[\s\S]*192\.0\.2\.1[\s\S]*warming[\s\S]*0 of 500/);
  assert.equal((await app.request("/providers/nowhere.test", { headers })).status, 404);
  const changed = await post("/providers/google", { connections: "4", "per-minute": "60", recipients: "" }, headers);
  assert.equal(changed.headers.get("location"), "/providers/google?done=1");
  const limits = (await providers.limitsOf(pool, ["google"])).get("google")!;
  assert.deepEqual([limits.connections, limits.perMinute, limits.recipients], [4, 60, 100]);
  assert.equal(
    (await post("/providers/google", { connections: "5" }, { ...headers, origin: "https://x.test" })).status,
    403,
  );

  clock.pass(16 * MINUTE);
  assert.equal((await post(link, {})).status, 400, "the link is too old");
  assert.equal((await app.request("/providers", { headers })).status, 200);
  clock.pass(12 * HOUR);
  assert.equal((await app.request("/providers", { headers })).status, 403);
});

test("a provider with an odd name has a page of its own", async (t) => {
  const { pool } = await cloneDatabase(t);
  const clock = heldClock(new Date("2026-03-02T10:00:00Z"));
  const config = { domain: "groups.example.org", url: URL_HERE, outbound: { kind: "direct" } as const };
  const { app, stop } = await startWeb({ listen: [], pool, config, clock, log: silent });
  t.after(stop);
  const { token } = await keys.serviceKeys(pool, config.domain, clock);
  const headers = { cookie: `smartgroups.operator=${keys.operatorPass(token, "cookie", clock.now())}` };
  const given = { sources: ["<mail1>"], known: [] };
  for (const name of ["[2001:db8::1]:25", "127.0.0.1:2600"]) {
    await providers.change(pool, name, { recipients: "9", standing: "warming" }, given, clock.now());
    const text = await (await app.request("/providers", { headers })).text();
    assert.ok(text.includes(`href="/providers/${encodeURIComponent(name)}"`));
    const page = await app.request(`/providers/${encodeURIComponent(name)}`, { headers });
    assert.equal(page.status, 200);
    assert.match(await page.text(), /&lt;mail1&gt;/);
  }
});
