/** What strangers try on the web: bodies without end, ways out to other sites, headers of their own, borrowed sessions. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { silent } from "../../src/kit/log.ts";
import { splitMessage } from "../../src/mail/header.ts";
import { unpack } from "../../src/web/bytes.ts";
import { startWeb } from "../../src/web/web.ts";
import { TABLE } from "../support/rights/table.ts";
import { newWorld, URL_HERE, type World } from "../support/rights/world.ts";

const form = (fields: Record<string, string>): RequestInit => ({
  body: new URLSearchParams(fields),
  headers: { origin: URL_HERE },
});

test("no address takes a body without end, whoever sends it and however its length is told", async (t) => {
  const world = await newWorld(t, "public");
  const large = "x".repeat(9 * 1024 * 1024);
  const stream = (): ReadableStream => new Blob([large]).stream();
  for (const row of TABLE.filter(({ route }) => route.startsWith("POST "))) {
    await world.restore();
    const path = await row.at(world, "member");
    const type = row.route.includes("/api/") ? "application/json" : "application/x-www-form-urlencoded";
    await world.changes();
    for (const who of ["visitor", "member", "operator"] as const)
      for (const told of [true, false]) {
        const headers = {
          origin: URL_HERE,
          "content-type": type,
          ...(told && { "content-length": `${large.length}` }),
        };
        const init = { body: stream(), duplex: "half", headers } as RequestInit;
        const { status } = await world.ask(who, "POST", path, init);
        assert.equal(status, 413, `${row.route} as ${who}, ${told ? "told" : "untold"}`);
      }
    assert.deepEqual(await world.changes(), [], row.route);
  }
});

test("signing in and choosing a language lead to a page of ours, however another is spelled", async (t) => {
  const world = await newWorld(t, "public");
  const elsewhere = [
    ...[
      "https://evil.test",
      "//evil.test",
      "///evil.test",
      "/\\evil.test",
      "\\\\evil.test",
      "/\t/evil.test",
      "/\n/evil.test",
    ],
    ...[
      "/\r\nLocation: https://evil.test",
      " //evil.test",
      "javascript:alert(1)",
      "data:text/html,x",
      "evil.test",
      "@evil.test",
    ],
    ...[
      "/..//evil.test",
      "/.//evil.test",
      "/./%2e//evil.test",
      "/x/..//evil.test",
      "/%09/evil.test",
      "/%2f%2fevil.test",
      "/%5cevil.test",
    ],
    ...[
      "/g/../..//evil.test",
      "http:evil.test",
      "https:/evil.test",

      "/\u2028/evil.test",
      "",
      `/${"x".repeat(5000)}`,
    ],
  ];
  for (const next of elsewhere) {
    const answers = [
      await world.ask("visitor", "POST", "/language", form({ language: "de", next })),
      await world.ask("member", "GET", `/sign-in?next=${encodeURIComponent(next)}`),
      await world.ask("visitor", "POST", `/sign-in/${await world.link()}`, form({ next })),
    ];
    for (const { status, headers } of answers) {
      assert.equal(status, 303, JSON.stringify(next));
      const location = headers.get("location")!;
      assert.match(location, /^\/(?![/\\])/, JSON.stringify(next));
      const led = new URL(location, URL_HERE);
      assert.equal(led.origin, URL_HERE, JSON.stringify(next));
      // What a browser makes of the path must not begin like a host when a page of ours hands it on.
      assert.doesNotMatch(led.pathname, /^\/[/\\]/, JSON.stringify(next));
    }
  }
});

test("no field of a form becomes a header of a mail or of an answer", async (t) => {
  const world = await newWorld(t, "public");
  await world.pool`update sign_in_sessions set signed_in_at = ${world.clock.now()}`; // addresses want a recent sign-in
  for (const end of ["\r\n", "\n", "\r", "\u0085", "\u2028", "\u0000", "%0d%0a", "=0D=0A"]) {
    const bad = `Tea${end}Bcc: eve@evil.test${end}${end}X: y`;
    const fields = { do: "post", name: bad, subject: bad, text: bad, id: bad };
    await world.ask("member", "POST", "/g/readers/new", form(fields));
    await world.ask("member", "POST", "/g/readers/1/reply", form(fields));
    const headers = { origin: URL_HERE, "content-type": "application/json" };
    await world.ask("member", "POST", "/api/v1/groups/readers/posts", { body: JSON.stringify(fields), headers });
    for (const email of [
      `eve@evil.test${end}Bcc: x@evil.test`,
      `"x${end}Bcc: y"@evil.test`,
      `eve@evil.test, x@evil.test`,
    ]) {
      await world.ask("visitor", "POST", "/sign-in", form({ email, next: `/${end}x` }));
      await world.ask("visitor", "POST", "/g/readers/leave", form({ email }));
      await world.ask("member", "POST", "/account", form({ do: "add", address: email }));
    }
    await world.ask("member", "POST", "/account", form({ do: "name", name: bad, everywhere: "yes" }));
    await world.ask("visitor", "POST", "/language", form({ language: `de${end}Set-Cookie: x=y`, next: "/" }));
    await world.pool`delete from sign_in_requests`;
  }
  const mails = await world.pool<{ raw: Buffer }[]>`select raw from mails where state = 'waiting'`;
  assert.ok(mails.length >= 8, `${mails.length} posts to look at`);
  const letters = await world.pool<{ raw: Buffer; recipient: string }[]>`select raw, recipient from letters`;
  for (const { recipient } of letters) assert.doesNotMatch(recipient, /evil\.test|\s/);
  for (const raw of [...mails.map((one) => unpack(one.raw)), ...letters.map((one) => one.raw)])
    assert.doesNotMatch(splitMessage(raw).head.toString("latin1"), /^(?:bcc|x):|\r(?!\n)|(?<!\r)\n|\0/im);
});

test("a session is made anew at each sign-in, ends at sign-out, and its cookie stays with us", async (t) => {
  const world = await newWorld(t, "public");
  const fixed = "smartgroups.session_token=chosen-by-eve; __Secure-smartgroups.session_token=chosen-by-eve";
  const enter = async (): Promise<string> => {
    const { headers } = await world.ask("visitor", "POST", `/sign-in/${await world.link()}`, {
      body: new URLSearchParams({ next: "/" }),
      headers: { origin: URL_HERE, cookie: fixed },
    });
    const cookies = headers.getSetCookie();
    assert.ok(cookies.length > 0);
    for (const cookie of cookies) {
      assert.match(cookie, /^__Secure-smartgroups\./);
      for (const attribute of [/; *HttpOnly/i, /; *Secure/i, /; *SameSite=Lax/i, /; *Path=\/(?:;|$)/i])
        assert.match(cookie, attribute);
      assert.doesNotMatch(cookie, /domain=|chosen-by-eve/i);
    }
    return cookies.map((one) => one.split(";")[0]).join("; ");
  };
  const [first, second] = [await enter(), await enter()];
  assert.notEqual(first, second);
  const asks = (cookie: string) => world.ask("visitor", "GET", "/account", { headers: { cookie } });
  assert.equal((await asks(first)).status, 200);
  assert.equal((await asks(fixed)).status, 303);
  await world.ask("visitor", "POST", "/sign-out", { headers: { origin: URL_HERE, cookie: first } });
  assert.equal((await asks(first)).status, 303, "signed out is signed out, for whoever kept the cookie");
  assert.equal((await asks(second)).status, 200);
  const operator = await world.ask("visitor", "POST", `/operator/${world.operatorLink()}`, form({}));
  assert.match(operator.headers.getSetCookie()[0]!, /HttpOnly.*Secure.*SameSite=Lax|Secure.*HttpOnly.*SameSite=Lax/i);
});

/** For everybody, and the same for everybody. */
const SHARED = /^GET \/(?:assets|robots|healthz|readyz|metrics|api\/v1\/(?:openapi|status))/;

test("every answer has its policy, none for members is kept where others look, and other verbs do nothing", async (t) => {
  const world = await newWorld(t, "secret");
  for (const row of TABLE.filter(({ route }) => route.startsWith("GET "))) {
    const path = await row.at(world, "owner");
    const who = row.right.name === "operators" ? "operator" : "owner";
    const { status, headers, text } = await world.ask(who, "GET", path);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/, row.route);
    assert.doesNotMatch(policy, /unsafe-eval|script-src [^;]*(?:unsafe-inline|https?:|\*)/, row.route);
    const isSandbox = /\/(?:html|preview)$/.test(row.route);
    assert.equal(policy.includes("unsafe-inline"), isSandbox, row.route);
    if (isSandbox) assert.match(policy, /sandbox(?! [^;]*allow-(?:scripts|same-origin|forms|top))/, row.route);
    else assert.doesNotMatch(text, /<script(?! src="\/assets)|\son\w+=|<style|\sstyle="/i, row.route);
    assert.equal(headers.get("x-content-type-options"), "nosniff", row.route);
    assert.equal(headers.get("access-control-allow-origin"), null, row.route);
    const kept = headers.get("cache-control") ?? "";
    if (!SHARED.test(row.route)) assert.match(kept, /private|no-store/, `${row.route}: ${kept}`);
    if (!SHARED.test(row.route)) assert.doesNotMatch(kept, /public|s-maxage/, `${row.route}: ${kept}`);
    await world.changes();
    const head = await world.ask(who, "HEAD", path);
    assert.deepEqual([head.status, head.text], [status, ""], row.route);
    for (const method of ["OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"]) {
      const answer = await world.ask(who, method, path, { headers: { origin: "https://evil.test" } });
      assert.ok([403, 404, 405].includes(answer.status), `${method} ${row.route}: ${answer.status}`);
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
    }
    const changed = (await world.changes()).filter((name) => !/_reads$/.test(name));
    assert.deepEqual(changed, [], row.route);
  }
});

test("the local mailbox opens by a name of this machine only: a name of somebody else's that leads here does not", async (t) => {
  const world = await newWorld(t, "public");
  const from = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };
  const ask = async (url: string, env: object = from): Promise<number> =>
    (await world.app.request(url, {}, env)).status;
  for (const host of ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "groups.localhost", "groups.test"])
    assert.equal(await ask(`http://${host}/mailbox`), 200, host);
  for (const host of ["evil.test", "evil.test:8080", "127.0.0.1.evil.test", "localhost.evil.test", "192.0.2.1"])
    for (const path of ["/mailbox", `/mailbox/${world.capturedId}`, `/mailbox/${world.capturedId}/html`])
      assert.equal(await ask(`http://${host}${path}`), 403, host + path);
  assert.equal(await ask("http://localhost/mailbox", { incoming: { socket: { remoteAddress: "192.0.2.7" } } }), 403);
});

/** One request as it is written here; answers the status, or 0 when the line was closed without a word. */
function say(port: number, request: string): Promise<number> {
  return new Promise((resolve) => {
    let heard = "";
    const line = connect(port, "127.0.0.1", () => line.write(request, "latin1"));
    line.on("data", (piece) => {
      heard += piece.toString("latin1");
      line.end();
    });
    line.on("error", () => undefined); // reset after or without an answer: "close" tells
    line.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1] ?? 0)));
  });
}

test("requests that no browser writes are refused, and the service answers the next one", async (t) => {
  const world: World = await newWorld(t, "public");
  const listen = [{ host: "127.0.0.1", port: 0 }];
  const config = { domain: "groups.test", url: URL_HERE, outbound: { kind: "direct" } as const };
  const web = await startWeb({ listen, pool: world.pool, config, clock: world.clock, log: silent });
  t.after(() => web.stop());
  const port = web.ports[0]!;
  const head = "Host: groups.test\r\nConnection: close\r\n\r\n";
  const paths = [
    ...[
      "/g/readers/%00",
      "/g/%2e%2e/%2e%2e/etc/passwd",
      "/assets/../../package.json",
      "/assets/x/..%2f..%2fpackage.json",
    ],
    ...[
      "/assets/x/%2e%2e%2f%2e%2e%2fsrc%2fconfig.ts",
      "/g/readers%2f1",
      "/g/readers/1%2fraw",
      "/g/readers\\1",
      "/%",
      "/g/%ff%fe",
    ],
    ...[
      "/g/readers/by-id/%c0%ae%c0%ae",
      `/${"x".repeat(14_000)}`,
      `/${"../".repeat(1000)}etc/passwd`,
      "//evil.test/",
      "/.git/config",
      "/mailbox",
    ],
    ...[
      "/g/__proto__",
      "/g/constructor/1",
      "/g/readers/1/part/9999",
      "/g/readers/1;x",
      "/sign-in/%0d%0aSet-Cookie:x=y",
    ],
  ];
  for (const path of paths) {
    const status = await say(port, `GET ${path} HTTP/1.1\r\n${head}`);
    assert.ok(
      (status >= 400 && status < 500) || (status === 200 && path.startsWith("/sign-in/")),
      `${path.slice(0, 60)}: ${status}`,
    );
  }
  const odd = [
    `TRACE / HTTP/1.1\r\n${head}`,
    `CONNECT evil.test:443 HTTP/1.1\r\n${head}`,
    `GET http://evil.test/mailbox HTTP/1.1\r\n${head}`,
    "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: evil.test/x?y#z@\r\nConnection: close\r\n\r\n",
    `GET / HTTP/1.1\r\nX: ${"y".repeat(100_000)}\r\n${head}`,
    `POST /sign-in HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${head}0\r\n\r\n`,
    "\u0016\u0003\u0001 hello",
  ];
  for (const request of odd) {
    const status = await say(port, request);
    assert.ok(status === 0 || (status >= 400 && status < 500), `${request.slice(0, 50)}: ${status}`);
  }
  assert.equal(await say(port, `GET /healthz HTTP/1.1\r\n${head}`), 200);
  const page = await fetch(`http://127.0.0.1:${port}/g/readers/feed.atom`, { headers: { host: "evil.test" } });
  assert.doesNotMatch(await page.text(), /evil\.test/);
});
